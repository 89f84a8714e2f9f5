"""What people said: profiles, thresholds, days, events, decisions. Not derivable from anything."""

from __future__ import annotations

from momentum.warehouse.tables.table import AT, ATHLETE, Column, Table

ATHLETES = Table(
    "athletes",
    "small",
    "One row per athlete.",
    (
        ATHLETE,
        Column("name", "String", "Name as the athlete writes it."),
        Column("sex", "LowCardinality(String)", "f, m or unknown; chooses TRIMP's weights."),
        Column("birth_date", "Nullable(Date32)", "Date of birth."),
        Column("weight_kg", "Nullable(Float64)", "Body mass where `body` has none for the day.", 20, 300),
        Column("height_m", "Nullable(Float64)", "Height.", 1, 2.5),
        Column("language", "LowCardinality(String)", "Language of the notes, such as en or fr."),
        Column("units", "LowCardinality(String)", "metric or imperial, for display only."),
        Column("timezone", "LowCardinality(String)", "Home zone, such as Europe/Paris."),
        Column("load_preference", "Array(LowCardinality(String))", "Sources of load, best first."),
        Column("ctl_seed", "Float64", "CTL on the day before the first activity.", 0, 1000),
        Column("atl_seed", "Float64", "ATL on the day before the first activity.", 0, 1000),
        Column("llm_consent", "Bool", "Whether a language model may read this athlete's data."),
        AT,
    ),
    key=("athlete_id",),
    version_column="at",
)

THRESHOLDS = Table(
    "thresholds",
    "journal",
    "One row per athlete, sport and day from which a set of thresholds is valid; the newest row of a key wins.",
    (
        ATHLETE,
        Column("valid_from", "Date", "First day on which the values count."),
        Column("sport", "LowCardinality(String)", "The sport, or all."),
        Column("ftp_w", "Nullable(Float64)", "Functional threshold power.", 30, 700),
        Column("critical_power_w", "Nullable(Float64)", "Critical power.", 30, 700),
        Column("w_prime_j", "Nullable(Float64)", "Work above critical power.", 1000, 100000),
        Column("lthr_bpm", "Nullable(Float64)", "Heart rate at lactate threshold.", 60, 240),
        Column("resting_hr_bpm", "Nullable(Float64)", "Heart rate at rest.", 20, 120),
        Column("max_hr_bpm", "Nullable(Float64)", "Highest heart rate.", 90, 250),
        Column("threshold_speed_mps", "Nullable(Float64)", "Running speed held for about an hour.", 0.5, 8),
        Column("css_mps", "Nullable(Float64)", "Critical swim speed.", 0.2, 3),
        Column("vt1_bpm", "Nullable(Float64)", "Heart rate at the first ventilatory threshold.", 60, 240),
        Column("vt2_bpm", "Nullable(Float64)", "Heart rate at the second ventilatory threshold.", 60, 240),
        Column("source", "LowCardinality(String)", "set by a person, or estimated."),
        Column("status", "LowCardinality(String)", "proposed or accepted; only accepted ones count."),
        Column("evidence", "String", "What an estimate rests on."),
        AT,
    ),
    key=("athlete_id", "sport", "valid_from", "at"),
)

BODY = Table(
    "body",
    "journal",
    "One row per athlete and weighing; the newest row of a day wins.",
    (ATHLETE, Column("date", "Date", "The day."), Column("weight_kg", "Float64", "Body mass.", 20, 300), AT),
    key=("athlete_id", "date", "at"),
)

WELLNESS = Table(
    "wellness",
    "journal",
    "One row per athlete and day as entered; the newest row of a day wins.",
    (
        ATHLETE,
        Column("date", "Date", "The day."),
        Column("hrv_rmssd_ms", "Nullable(Float64)", "Morning rMSSD.", 1, 400),
        Column("resting_hr_bpm", "Nullable(Float64)", "Morning heart rate.", 20, 120),
        Column("sleep_s", "Nullable(Float64)", "Time asleep.", 0, 86400),
        Column("mood", "Nullable(UInt8)", "1 (poor) to 5 (good).", 1, 5),
        Column("illness", "String", "What, in the athlete's words; empty for none."),
        Column("injury", "String", "What, in the athlete's words; empty for none."),
        AT,
    ),
    key=("athlete_id", "date", "at"),
)

EVENTS = Table(
    "events",
    "journal",
    "One row per race or marked performance test; the newest row of a name and day wins.",
    (
        ATHLETE,
        Column("date", "Date", "The day."),
        Column("name", "String", "What it is called."),
        Column("kind", "LowCardinality(String)", "race or test."),
        Column("sport", "LowCardinality(String)", "The sport."),
        Column("distance_m", "Nullable(Float64)", "Distance.", 0, 2_000_000),
        Column("time_s", "Nullable(Float64)", "Result.", 0, 1_000_000),
        Column("power_w", "Nullable(Float64)", "Mean power.", 0, 2500),
        Column("priority", "LowCardinality(String)", "A, B or C."),
        AT,
    ),
    key=("athlete_id", "date", "name", "at"),
)

DECISIONS = Table(
    "decisions",
    "journal",
    "One row per wish of a person about two files: same activity, or not; the newest row of a pair wins.",
    (
        ATHLETE,
        Column("kind", "LowCardinality(String)", "merge or split."),
        Column("sha256_a", "String", "One file (the smaller hash)."),
        Column("part_a", "UInt16", "Its activity."),
        Column("sha256_b", "String", "The other file."),
        Column("part_b", "UInt16", "Its activity."),
        AT,
    ),
    key=("athlete_id", "sha256_a", "part_a", "sha256_b", "part_b", "at"),
)

ACTIVITY_RPE = Table(
    "activity_rpe",
    "journal",
    "One row per exertion that a person entered for an activity, held by one of its files; the newest wins.",
    (
        ATHLETE,
        Column("source_sha256", "String", "A file of the activity."),
        Column("part", "UInt16", "Its activity."),
        Column("leg", "UInt16", "Its leg; 0 for the whole."),
        Column("rpe", "Float64", "CR-10.", 0, 10),
        AT,
    ),
    key=("athlete_id", "source_sha256", "part", "leg", "at"),
)
