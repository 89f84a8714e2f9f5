-- One row per athlete, month, sport and duration: the month's best mean power and best mean speed, which
-- may come from different activities. First the best of each duration, array against array, then who
-- holds it: only those elements become rows. A mean of 0 is a sensor that said nothing, not an effort.
WITH
    curves AS
    (
        SELECT
            athlete_id,
            toStartOfMonth(local_date) AS month,
            sport,
            local_date,
            activity_id,
            quantity,
            if(quantity = 'power', mean_max_w, mean_max_speed_mps) AS means
        FROM activity_metrics
        ARRAY JOIN ['power', 'speed'] AS quantity
        WHERE athlete_id BETWEEN {athlete_from:String} AND {athlete_to:String}
            AND local_date BETWEEN {first:Date} AND {last:Date}
    ),
    bests AS
    (
        SELECT athlete_id, month, sport, quantity, maxForEach(means) AS best_means
        FROM curves
        GROUP BY athlete_id, month, sport, quantity
    ),
    holders AS
    (
        SELECT
            athlete_id,
            month,
            sport,
            quantity,
            place,
            any(best_means[place]) AS best,
            -- Of equals the first in time, then the smaller id: the answer does not depend on the order of rows.
            min((local_date, activity_id)).2 AS holder
        FROM curves
        INNER JOIN bests USING (athlete_id, month, sport, quantity)
        ARRAY JOIN arrayFilter(i -> means[i] > 0 AND means[i] = best_means[i], arrayEnumerate(means)) AS place
        GROUP BY athlete_id, month, sport, quantity, place
    )
SELECT
    athlete_id,
    month,
    sport,
    $durations_s[place] AS duration_s,
    anyIf(toNullable(best), quantity = 'power') AS best_w,
    anyIf(toNullable(best), quantity = 'speed') AS best_speed_mps,
    anyIf(holder, quantity = 'power') AS activity_id,
    anyIf(holder, quantity = 'speed') AS speed_activity_id,
    {model_version:String} AS model_version
FROM holders
GROUP BY athlete_id, month, sport, place
