-- One row per athlete and local day, from the first activity to today where the athlete lives.
WITH
    athlete_days AS
    (
        SELECT
            athlete_id,
            min(local_date) AS first_day,
            any({utc_today:Date} + transform(timezone, {zones:Array(String)}, {zone_offsets_d:Array(Int8)}, toInt8(0)))
                AS today
        FROM activity_metrics
        LEFT JOIN (SELECT athlete_id, argMax(timezone, at) AS timezone FROM athletes GROUP BY athlete_id) AS home
            USING (athlete_id)
        WHERE athlete_id BETWEEN {athlete_from:String} AND {athlete_to:String}
        GROUP BY athlete_id
    ),
    -- A device whose clock runs ahead never extends the series: what lies after today is left out here.
    days AS
    (
        SELECT
            athlete_id,
            greatest(first_day, {first:Date}) AS from_day,
            from_day + arrayJoin(range(toUInt32(greatest(least(today, {last:Date}) - from_day + 1, 0)))) AS local_date
        FROM athlete_days
    ),
    sport_days AS
    (
        SELECT
            athlete_id,
            local_date,
            sport,
            -- Sorted before they are added: floats add up to the same bits whatever order rows are read in.
            arraySum(arraySort(groupArray(ifNull(load, 0)))) AS sport_load,
            arraySum(arraySort(groupArray(duration_s))) AS sport_duration_s,
            count() AS sport_sessions,
            countIf(load IS NULL) AS sport_unloaded,
            arraySort(groupUniqArrayIf(load_source, load IS NOT NULL)) AS sources
        FROM activity_metrics
        WHERE athlete_id BETWEEN {athlete_from:String} AND {athlete_to:String}
            AND local_date BETWEEN {first:Date} AND {last:Date}
        GROUP BY athlete_id, local_date, sport
    ),
    trained AS
    (
        SELECT
            athlete_id,
            local_date,
            arraySort(groupArray((sport, sport_load, sport_duration_s, sources))) AS sports,
            sum(sport_sessions) AS day_sessions,
            sum(sport_unloaded) AS day_unloaded
        FROM sport_days
        GROUP BY athlete_id, local_date
    )
SELECT
    athlete_id,
    local_date,
    arraySum(sports.2) AS load,
    arraySum(sports.3) AS duration_s,
    day_sessions AS sessions,
    mapFromArrays(sports.1, sports.2) AS load_by_sport,
    mapFromArrays(sports.1, arrayMap(sources -> arrayStringConcat(sources, '+'), sports.4)) AS load_sources_by_sport,
    day_unloaded AS unloaded_sessions,
    arraySort(arrayDistinct(arrayFlatten(sports.4))) AS load_sources,
    {model_version:String} AS model_version
FROM days
LEFT JOIN trained USING (athlete_id, local_date)
