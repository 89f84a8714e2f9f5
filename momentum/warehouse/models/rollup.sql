-- One row per athlete, sport (or all) and period: sums over activities and legs.
WITH
    sums AS
    (
        SELECT
            athlete_id,
            $period_start(local_date) AS period_start,
            arrayJoin([toString(activity_metrics.sport), 'all']) AS sport,
            count() AS sessions,
            -- Sorted before they are added: floats add up to the same bits whatever order rows are read in.
            arraySum(arraySort(groupArray(duration_s))) AS duration_s,
            arraySum(arraySort(groupArray(ifNull(distance_m, 0)))) AS distance_m,
            arraySum(arraySort(groupArray(ifNull(ascent_m, 0)))) AS ascent_m,
            arraySum(arraySort(groupArray(ifNull(load, 0)))) AS load,
            -- Whole seconds: exact in any order.
            sumForEach(hr_zone_s) AS hr_zone_s,
            sumForEach(power_zone_s) AS power_zone_s,
            sumForEach(polarised_zone_s) AS polarised_zone_s,
            -- As momentum.training.zones has it, which the tests compare.
            arraySum(polarised_zone_s) AS zones_s,
            polarised_zone_s[1] AS low_s,
            polarised_zone_s[2] AS middle_s,
            polarised_zone_s[3] AS high_s
        FROM activity_metrics
        WHERE athlete_id BETWEEN {athlete_from:String} AND {athlete_to:String}
            AND local_date BETWEEN {first:Date} AND {last:Date}
        GROUP BY athlete_id, period_start, sport
    )
SELECT
    athlete_id,
    period_start,
    sport,
    sessions,
    duration_s,
    distance_m,
    ascent_m,
    load,
    hr_zone_s,
    power_zone_s,
    polarised_zone_s,
    -- Treff's second equation where zone 2 is empty.
    if(middle_s = 0, $polarisation_empty_zone, middle_s / zones_s) AS middle,
    if(middle_s = 0, high_s / zones_s - $polarisation_empty_zone, high_s / zones_s) AS high,
    multiIf(
        zones_s = 0 OR low_s = 0, NULL,
        high <= 0, 0,
        log10(low_s / zones_s / middle * high * 100)
    ) AS polarisation_index,
    multiIf(
        zones_s = 0, '',
        middle_s = 0 AND high_s = 0, 'low intensity',
        low_s > high_s AND high_s > middle_s,
            if(ifNull(polarisation_index, 0) > $polarised_above, 'polarised', 'weakly polarised'),
        low_s > middle_s AND middle_s > high_s, 'pyramidal',
        middle_s > greatest(low_s, high_s), 'threshold',
        high_s > greatest(low_s, middle_s), 'high intensity',
        'mixed'
    ) AS distribution,
    {model_version:String} AS model_version
FROM sums
