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
    -- A sport's series begins on its first day, not with years of zeros; its seed is 0, for a seed that
    -- an athlete brings along is not known by sport.
    sport_series AS
    (
        SELECT
            athlete_id,
            sport,
            min(local_date) AS first_day,
            argMin(sport_load, local_date) AS first_load,
            arraySort(groupArrayIf((local_date, source), source != '')) AS told,
            -- Days on which the sources of load are not those of the sport's last training day with a load.
            arrayMap(
                pair -> pair.2.1,
                arrayFilter(pair -> pair.1.2 != pair.2.2, arrayZip(arrayPopBack(told), arrayPopFront(told)))
            ) AS source_changes
        FROM days
        ARRAY JOIN
            mapKeys(load_by_sport) AS sport,
            mapValues(load_by_sport) AS sport_load,
            mapValues(load_sources_by_sport) AS source
        GROUP BY athlete_id, sport
    ),
    series AS
    (
        SELECT athlete_id, sport, first_day, first_load, source_changes, 0. AS ctl_seed, 0. AS atl_seed
        FROM sport_series
        UNION ALL
        SELECT athlete_id, 'all', first_day, first_load, source_changes, seeds.ctl_seed, seeds.atl_seed
        FROM (
            SELECT athlete_id, min(local_date) AS first_day, argMin(load, local_date) AS first_load
            FROM days
            GROUP BY athlete_id
        ) AS whole
        LEFT JOIN (
            SELECT athlete_id, groupUniqArrayArray(source_changes) AS source_changes
            FROM sport_series
            GROUP BY athlete_id
        ) AS sports USING (athlete_id)
        LEFT JOIN (
            SELECT athlete_id, argMax(ctl_seed, at) AS ctl_seed, argMax(atl_seed, at) AS atl_seed
            FROM athletes
            GROUP BY athlete_id
        ) AS seeds USING (athlete_id)
    ),
    series_days AS
    (
        SELECT
            days.athlete_id AS athlete_id,
            series.sport AS sport,
            days.local_date AS local_date,
            toInt32(days.local_date - series.first_day + 1) AS n,
            if(series.sport = 'all', days.load, days.load_by_sport[series.sport]) AS load,
            has(series.source_changes, days.local_date) AS source_changed,
            series.first_load AS first_load,
            series.ctl_seed AS ctl_seed,
            series.atl_seed AS atl_seed
        FROM days
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
            exponentialTimeDecayedSum($acute_tau_d)(load, n) OVER to_today AS acute_sum,
            exponentialTimeDecayedSum($chronic_tau_d)(load, n) OVER to_today AS chronic_sum,
            sum(load) OVER acute AS acute_load,
            sum(load) OVER chronic AS chronic_load,
            sum(load) OVER before_acute AS before_acute_load,
            sum(load) OVER week AS week_load,
            stddevSampStable(load) OVER week AS week_sd
        FROM series_days
        WINDOW
            one AS (PARTITION BY athlete_id, sport ORDER BY n),
            to_today AS (one ROWS UNBOUNDED PRECEDING),
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
    $acute_lambda * acute_sum + first_load * exp(-n / $acute_tau_d) AS acute_ewma,
    $chronic_lambda * chronic_sum + first_load * exp(-n / $chronic_tau_d) AS chronic_ewma,
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
