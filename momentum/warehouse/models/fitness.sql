-- One row per athlete, local day and sport ever trained, and for all sports together.
--
-- An exponential average y += (1 - exp(-1/tau)) * (load - y) is a decayed sum of loads times the gain
-- (1 - exp(-1/tau)), plus what is left of the seed; exponentialTimeDecayedSum carries that sum from row to
-- row, so nothing overflows however long the series is. Moving sums are added afresh in each window:
-- differences of running sums would cancel digits, and a week of rest would not be exactly 0.
WITH
    1 - exp(-1 / $ctl_tau_d) AS ctl_gain,
    1 - exp(-1 / $atl_tau_d) AS atl_gain,
    days AS
    (
        SELECT athlete_id, local_date, load, load_by_sport, load_sources_by_sport
        FROM daily_load
        WHERE athlete_id BETWEEN {athlete_from:String} AND {athlete_to:String} AND local_date <= {last:Date}
    ),
    trained AS
    (
        SELECT athlete_id, local_date, sport, sport_load, source
        FROM days
        ARRAY JOIN
            mapKeys(load_by_sport) AS sport,
            mapValues(load_by_sport) AS sport_load,
            mapValues(load_sources_by_sport) AS source
    ),
    -- A sport's series begins on its first day, not with years of zeros; its seed is 0, for a seed that
    -- an athlete brings along is not known by sport.
    series AS
    (
        SELECT athlete_id, sport, min(local_date) AS first_day, argMin(sport_load, local_date) AS first_load,
            0. AS ctl_seed, 0. AS atl_seed
        FROM trained
        GROUP BY athlete_id, sport
        UNION ALL
        SELECT athlete_id, 'all', first_day, first_load, seeds.ctl_seed, seeds.atl_seed
        FROM (
            SELECT athlete_id, min(local_date) AS first_day, argMin(load, local_date) AS first_load
            FROM days
            GROUP BY athlete_id
        ) AS whole
        LEFT JOIN (
            SELECT athlete_id, argMax(ctl_seed, at) AS ctl_seed, argMax(atl_seed, at) AS atl_seed
            FROM athletes
            GROUP BY athlete_id
        ) AS seeds USING (athlete_id)
    ),
    -- Days on which a sport's sources of load are not those of its last training day with a load.
    source_changes AS
    (
        SELECT athlete_id, local_date, groupArray(sport) AS sports
        FROM (
            SELECT athlete_id, local_date, sport, source, lagInFrame(source, 1, source) OVER
                (PARTITION BY athlete_id, sport ORDER BY local_date ROWS UNBOUNDED PRECEDING) AS source_before
            FROM trained
            WHERE source != ''
        )
        WHERE source != source_before
        GROUP BY athlete_id, local_date
    ),
    series_days AS
    (
        SELECT
            days.athlete_id AS athlete_id,
            series.sport AS sport,
            days.local_date AS local_date,
            toInt32(days.local_date - series.first_day + 1) AS n,
            if(series.sport = 'all', days.load, days.load_by_sport[series.sport]) AS load,
            if(series.sport = 'all', notEmpty(source_changes.sports), has(source_changes.sports, series.sport))
                AS source_changed,
            series.first_load AS first_load,
            series.ctl_seed AS ctl_seed,
            series.atl_seed AS atl_seed
        FROM days
        LEFT JOIN source_changes
            ON days.athlete_id = source_changes.athlete_id AND days.local_date = source_changes.local_date
        INNER JOIN series ON days.athlete_id = series.athlete_id
        WHERE days.local_date >= series.first_day
    ),
    sums AS
    (
        SELECT
            *,
            exponentialTimeDecayedSum($ctl_tau_d)(load, n) OVER to_yesterday AS ctl_sum_yesterday,
            exponentialTimeDecayedSum($atl_tau_d)(load, n) OVER to_yesterday AS atl_sum_yesterday,
            exponentialTimeDecayedSum($ctl_tau_d)(load, n) OVER to_ramp_start AS ctl_sum_ramp_start,
            exponentialTimeDecayedSum($acute_tau_d)(load, n) OVER to_yesterday AS acute_sum_yesterday,
            exponentialTimeDecayedSum($chronic_tau_d)(load, n) OVER to_yesterday AS chronic_sum_yesterday,
            sum(load) OVER acute AS acute_load,
            sum(load) OVER chronic AS chronic_load,
            sum(load) OVER before_acute AS before_acute_load,
            sum(load) OVER week AS week_load,
            stddevSampStable(load) OVER week AS week_sd
        FROM series_days
        WINDOW
            one AS (PARTITION BY athlete_id, sport ORDER BY n),
            to_yesterday AS (one ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
            to_ramp_start AS (one ROWS BETWEEN UNBOUNDED PRECEDING AND $ramp_d PRECEDING),
            acute AS (one ROWS BETWEEN $acute_d - 1 PRECEDING AND CURRENT ROW),
            chronic AS (one ROWS BETWEEN $chronic_d - 1 PRECEDING AND CURRENT ROW),
            before_acute AS (one ROWS BETWEEN $chronic_d - 1 PRECEDING AND $acute_d PRECEDING),
            week AS (one ROWS BETWEEN $monotony_d - 1 PRECEDING AND CURRENT ROW)
    )
SELECT
    athlete_id,
    local_date,
    sport,
    load,
    -- Seeds are the values of the evening before the first day; before that they are taken to stand still.
    ctl_gain * (load + exp(-1 / $ctl_tau_d) * ctl_sum_yesterday) + ctl_seed * exp(-n / $ctl_tau_d) AS ctl,
    atl_gain * (load + exp(-1 / $atl_tau_d) * atl_sum_yesterday) + atl_seed * exp(-n / $atl_tau_d) AS atl,
    ctl_gain * ctl_sum_yesterday + ctl_seed * exp(-(n - 1) / $ctl_tau_d)
        - atl_gain * atl_sum_yesterday - atl_seed * exp(-(n - 1) / $atl_tau_d) AS tsb,
    ctl - atl AS tsb_evening,
    ctl - ctl_gain * ctl_sum_ramp_start - ctl_seed * exp(-greatest(n - $ramp_d, 0) / $ctl_tau_d) AS ramp_rate,
    if(n < $chronic_d OR chronic_load = 0, NULL, acute_load / $acute_d / (chronic_load / $chronic_d)) AS acwr,
    if(
        n < $chronic_d OR before_acute_load = 0,
        NULL,
        acute_load / $acute_d / (before_acute_load / ($chronic_d - $acute_d))
    ) AS acwr_uncoupled,
    -- y += lambda * (x - y) with y = x on the first day: the decayed sum, and the first load as a seed.
    $acute_lambda * (load + exp(-1 / $acute_tau_d) * acute_sum_yesterday)
        + first_load * exp(-n / $acute_tau_d) AS acute_ewma,
    $chronic_lambda * (load + exp(-1 / $chronic_tau_d) * chronic_sum_yesterday)
        + first_load * exp(-n / $chronic_tau_d) AS chronic_ewma,
    if(n < $chronic_d OR chronic_ewma = 0, NULL, acute_ewma / chronic_ewma) AS acwr_ewma,
    multiIf(
        n < $monotony_d, 'fewer than $monotony_d days', week_load = 0, 'no load', week_sd = 0, 'constant load', ''
    ) AS monotony_reason,
    if(monotony_reason = '', week_load / $monotony_d / week_sd, NULL) AS monotony,
    week_load * monotony AS strain,
    source_changed,
    {model_version:String} AS model_version
FROM sums
WHERE local_date >= {first:Date}
