"""What is computed from activities and samples: metrics, loads, fitness, rollups, curves."""

from __future__ import annotations

from momentum.warehouse.tables.activities import ACTIVITY, LOCAL_DATE, SPORT
from momentum.warehouse.tables.table import ATHLETE, Column, Table

_MODEL = Column("model_version", "LowCardinality(String)", "Hash of everything that computed the row.")

_LOADS = {
    "tss": "Training Stress Score, from power: an hour at FTP is 100 (Coggan).",
    "bikescore": "BikeScore, from xPower over critical power (Skiba).",
    "trimp": "Training impulse, from heart rate reserve (Banister).",
    "trimp100": "TRIMP on the scale of TSS: an hour at the lactate threshold's heart rate is 100.",
    "edwards": "Minutes in five zones of maximal heart rate, weighted 1 to 5 (Edwards).",
    "lucia": "Minutes below, between and above the two ventilatory thresholds, weighted 1, 2, 3 (Lucia).",
    "srpe": "Minutes times rated exertion, CR-10 (Foster).",
    "rtss": "Running TSS, from speed adjusted to the slope: an hour at threshold speed is 100.",
    "govss": "Gravity Ordered Velocity Stress Score of a run, from the power that running costs (Skiba).",
    "stss": "Swimming TSS, from mean speed over critical swim speed.",
}

ACTIVITY_METRICS = Table(
    "activity_metrics",
    "month",
    "One row per activity or leg that counts in loads (events are left to their legs).",
    (
        ATHLETE,
        ACTIVITY,
        LOCAL_DATE,
        SPORT,
        Column("duration_s", "Float64", "Moving time, elapsed where unknown.", 0),
        Column("distance_m", "Nullable(Float64)", "Distance.", 0),
        Column("ascent_m", "Nullable(Float64)", "Ascent.", 0),
        Column("load", "Nullable(Float64)", "The one load that counts.", 0, 5000),
        Column("load_source", "LowCardinality(String)", "Which metric it is; empty when there is none."),
        Column("load_reason", "String", "Why no better source, or why none."),
        *(Column(name, "Nullable(Float64)", text, 0, 20000) for name, text in _LOADS.items()),
        Column("np_w", "Nullable(Float64)", "Normalised power.", 0, 3000),
        Column("intensity_factor", "Nullable(Float64)", "np_w over FTP.", 0, 10),
        Column("xpower_w", "Nullable(Float64)", "Skiba's xPower.", 0, 3000),
        Column("decoupling_pct", "Nullable(Float64)", "Drift of output over heart rate; null on intervals."),
        Column("efficiency_factor", "Nullable(Float64)", "Output over mean heart rate; steady efforts only.", 0),
        Column("hr_zone_s", "Array(Float64)", "Seconds in five zones of LTHR; empty without."),
        Column("power_zone_s", "Array(Float64)", "Seconds in seven zones of FTP; empty without."),
        Column("polarised_zone_s", "Array(Float64)", "Seconds in three zones; empty without."),
        Column(
            "mean_max_w",
            "Array(Float64)",
            "Best mean power for durations from 1 s to 5 h (DURATIONS_S), as far as the activity lasts.",
        ),
        Column("mean_max_speed_mps", "Array(Float64)", "Best mean speed for the same durations."),
        Column("hr_held_5s_bpm", "Nullable(Float64)", "Highest heart rate held 5 s: evidence for max_hr_bpm.", 20, 250),
        Column(
            "steady_30min_hr_bpm",
            "Nullable(Float64)",
            "Heart rate of a steady half hour: evidence for lthr_bpm.",
            20,
            250,
        ),
        Column(
            "w_prime_min_j", "Nullable(Float64)", "Lowest W' balance: what was left of the work above critical power."
        ),
        Column("avg_hr_bpm", "Nullable(Float64)", "Mean heart rate.", 20, 250),
        Column("max_hr_bpm", "Nullable(Float64)", "Highest heart rate.", 20, 250),
        Column("avg_power_w", "Nullable(Float64)", "Mean power, zeros included.", 0, 3000),
        Column("max_power_w", "Nullable(Float64)", "Highest power.", 0, 3000),
        Column("avg_speed_mps", "Nullable(Float64)", "Mean speed over moving time.", 0, 60),
        Column("max_speed_mps", "Nullable(Float64)", "Highest speed.", 0, 60),
        Column("avg_cadence_rpm", "Nullable(Float64)", "Mean cadence over moving time.", 0, 300),
        Column("threshold_source", "LowCardinality(String)", "set, estimated or empty: the thresholds used."),
        Column("notes", "Array(String)", "Why a metric is null."),
        Column("inputs_hash", "String", "Hash of all that the row was computed from; equal means nothing to do."),
        _MODEL,
    ),
    key=("athlete_id", "activity_id"),
    day="local_date",
)

DAILY_LOAD = Table(
    "daily_load",
    "month",
    "One row per athlete and local day from the first activity to today; rest days are zero.",
    (
        ATHLETE,
        LOCAL_DATE,
        Column("load", "Float64", "Sum over sports.", 0, 10000),
        Column("duration_s", "Float64", "Sum of durations.", 0, 200000),
        Column("sessions", "UInt32", "Number of activities and legs."),
        Column("load_by_sport", "Map(LowCardinality(String), Float64)", "Load of each sport trained that day."),
        Column(
            "load_sources_by_sport",
            "Map(LowCardinality(String), String)",
            "Sources of each trained sport's load, sorted, joined by +; empty where none could be had.",
        ),
        Column("unloaded_sessions", "UInt32", "Sessions of which no load could be had."),
        Column("load_sources", "Array(LowCardinality(String))", "Sources of that day's load, sorted."),
        _MODEL,
    ),
    key=("athlete_id", "local_date"),
    day="local_date",
)

FITNESS = Table(
    "fitness",
    "month",
    "One row per athlete, local day and sport (or all).",
    (
        ATHLETE,
        LOCAL_DATE,
        SPORT,
        Column("load", "Float64", "Load of the day.", 0, 10000),
        Column("ctl", "Float64", "Fitness: load averaged with a time constant of 42 days.", 0, 5000),
        Column("atl", "Float64", "Fatigue: load averaged with a time constant of 7 days.", 0, 5000),
        Column("tsb", "Float64", "Form in the morning: CTL(d-1) - ATL(d-1)."),
        Column("tsb_evening", "Float64", "Form in the evening: CTL(d) - ATL(d)."),
        Column("ramp_rate", "Float64", "How fast fitness rises: CTL(d) - CTL(d-7)."),
        Column("acwr", "Nullable(Float64)", "Acute to chronic load: mean of 7 days over mean of 28, coupled.", 0),
        Column("acwr_uncoupled", "Nullable(Float64)", "The same, uncoupled: over the mean of the 21 days before.", 0),
        Column("acwr_ewma", "Nullable(Float64)", "The same by moving averages with lambda 2/(N+1).", 0),
        Column("monotony", "Nullable(Float64)", "Mean over SD of 7 d; null when the load is constant or zero.", 0),
        Column("monotony_reason", "LowCardinality(String)", "Why monotony is null; empty otherwise."),
        Column("strain", "Nullable(Float64)", "Sum of 7 d times monotony.", 0),
        Column("source_changed", "Bool", "True where the source of load differs from the last training day's."),
        _MODEL,
    ),
    key=("athlete_id", "sport", "local_date"),
    day="local_date",
)


def _rollup(name: str, row: str) -> Table:
    return Table(
        name,
        "month",
        row,
        (
            ATHLETE,
            Column("period_start", "Date", "First day."),
            SPORT,
            Column("sessions", "UInt32", "Number of activities and legs."),
            Column("duration_s", "Float64", "Sum of moving times, elapsed where unknown.", 0),
            Column("distance_m", "Float64", "Distance.", 0),
            Column("ascent_m", "Float64", "Ascent.", 0),
            Column("load", "Float64", "Load.", 0),
            Column("hr_zone_s", "Array(Float64)", "Seconds in five zones of LTHR."),
            Column("power_zone_s", "Array(Float64)", "Seconds in seven zones of FTP."),
            Column("polarised_zone_s", "Array(Float64)", "Seconds in three zones."),
            Column("polarisation_index", "Nullable(Float64)", "Polarisation index (Treff 2019): above 2 is polarised."),
            Column(
                "distribution", "LowCardinality(String)", "polarised, pyramidal, threshold, ...; empty without zones."
            ),
            _MODEL,
        ),
        key=("athlete_id", "sport", "period_start"),
        day="period_start",
    )


WEEKLY_ROLLUP = _rollup("weekly_rollup", "One row per athlete, sport (or all) and week; a week starts on Monday.")
MONTHLY_ROLLUP = _rollup("monthly_rollup", "One row per athlete, sport (or all) and month.")

POWER_CURVE = Table(
    "power_curve",
    "month",
    "One row per athlete, month, sport and duration with a best effort.",
    (
        ATHLETE,
        Column("month", "Date", "First day of the month."),
        SPORT,
        Column("duration_s", "UInt32", "Seconds for which the effort was held."),
        Column("best_w", "Nullable(Float64)", "Best mean power of the month.", 0, 3000),
        Column("best_speed_mps", "Nullable(Float64)", "Best mean speed of the month.", 0, 60),
        Column("activity_id", "String", "The activity or leg of best_w; empty for none."),
        Column("speed_activity_id", "String", "The activity or leg of best_speed_mps; empty for none."),
        _MODEL,
    ),
    key=("athlete_id", "sport", "month", "duration_s"),
    day="month",
)
