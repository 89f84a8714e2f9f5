"""Activities as the files, taken together, have them, and their samples: all can be read again from the archive."""

from __future__ import annotations

from momentum.warehouse.tables.table import ATHLETE, Column, Table

# Chosen by benchmarks/codecs.py on real files: 9.3 bytes per sample of records, where LZ4 alone leaves 26.2.
_REPEATED = "ZSTD(3)"  # the same value for many rows on end
_SERIES = "Delta, ZSTD(3)"  # each value near the one before; for floats, too, it beats Gorilla and FPC

ACTIVITY = Column("activity_id", "String", "The activity, or the leg of a multisport event.", codec=_REPEATED)
LOCAL_DATE = Column("local_date", "Date", "The activity's day where the athlete was.", codec=_REPEATED)
SPORT = Column("sport", "LowCardinality(String)", "The sport.")
_VERSION = Column("version", "String", "Version of the activity that the row belongs to.", codec=_REPEATED)
_TS = Column("ts", "DateTime64(3, 'UTC')", "Time.", codec=_SERIES)

ACTIVITIES = Table(
    "activities",
    "month",
    "One row per activity, per multisport event and per leg of one.",
    (
        ATHLETE,
        ACTIVITY,
        Column("parent_id", "String", "The event a leg belongs to; empty for all others."),
        Column("leg", "UInt16", "Number of the leg from 1; 0 for all others."),
        Column("started_at", "DateTime64(3, 'UTC')", "Start."),
        LOCAL_DATE,
        SPORT,
        Column("sub_sport", "LowCardinality(String)", "The device's finer word."),
        Column("title", "String", "Name from the export; empty for none."),
        Column("device", "LowCardinality(String)", "Maker and product of the chosen file."),
        Column("elapsed_s", "Float64", "From start to end.", 0),
        Column("moving_s", "Nullable(Float64)", "Time with the timer running.", 0),
        Column("distance_m", "Nullable(Float64)", "Distance.", 0),
        Column("ascent_m", "Nullable(Float64)", "Ascent.", 0),
        Column("pool_length_m", "Nullable(Float64)", "Length of the pool.", 5, 200),
        Column("rpe", "Nullable(Float64)", "Exertion, CR-10: entered, else the device's, else the export's.", 0, 10),
        Column("source", "LowCardinality(String)", "file, garmin, strava or manual: of the chosen file."),
        Column("source_sha256", "String", "The chosen file."),
        Column("problems", "Array(String)", "What was read in part or not believed, of all its files."),
        Column("llm_allowed", "Bool", "False where all of it comes from a source that bars language models."),
        Column("decoder_version", "UInt32", "Version of the decoder."),
        _VERSION,
        Column("ingested_at", "DateTime64(3, 'UTC')", "When the row was made."),
    ),
    key=("athlete_id", "activity_id"),
    day="local_date",
)

ACTIVITY_SOURCES = Table(
    "activity_sources",
    "month",
    "One row per activity, name and source of a file it is made of.",
    (
        ATHLETE,
        Column("activity_id", "String", "The activity or event."),
        Column("source_sha256", "String", "The file."),
        Column("part", "UInt16", "Which activity of the file."),
        Column("source_file", "String", "Name under which it came."),
        Column("source", "LowCardinality(String)", "file, garmin, strava or manual."),
        Column("device", "LowCardinality(String)", "Maker and product."),
        Column("format", "LowCardinality(String)", "fit, tcx, gpx or manual."),
        Column("chosen", "Bool", "Whether it is the file that the activity is read from."),
        Column("channels", "Array(LowCardinality(String))", "Channels that the activity takes from it."),
        Column("reason", "String", "Why it is chosen, or why it counts as the same activity."),
        LOCAL_DATE,
        Column("seen_at", "DateTime64(3, 'UTC')", "When the file came first."),
    ),
    key=("athlete_id", "activity_id", "source_sha256", "part", "source_file", "source"),
    day="local_date",
)

RECORDS = Table(
    "records",
    "versioned",
    "One row per sample of a version of an activity.",
    (
        ATHLETE,
        ACTIVITY,
        _VERSION,
        LOCAL_DATE,
        _TS,
        Column("lat", "Nullable(Float64)", "Degrees, WGS 84.", -90, 90, codec=_SERIES),
        Column("lon", "Nullable(Float64)", "Degrees, WGS 84.", -180, 180, codec=_SERIES),
        Column("altitude_m", "Nullable(Float32)", "Altitude.", -500, 9000, codec=_SERIES),
        Column("distance_m", "Nullable(Float64)", "Distance from the start.", 0, codec=_SERIES),
        Column("speed_mps", "Nullable(Float32)", "Speed.", 0, 60, codec=_SERIES),
        Column("heart_rate_bpm", "Nullable(Float32)", "Heart rate.", 20, 250, codec=_SERIES),
        Column("power_w", "Nullable(Float32)", "Power.", 0, 3000, codec=_SERIES),
        Column("cadence_rpm", "Nullable(Float32)", "Cadence.", 0, 300, codec=_REPEATED),
        Column("temperature_c", "Nullable(Float32)", "Temperature.", -60, 80, codec=_REPEATED),
    ),
    key=("athlete_id", "activity_id", "version", "ts"),
    day="local_date",
)

DEVELOPER_FIELDS = Table(
    "developer_fields",
    "versioned",
    "One row per value of a developer field.",
    (
        ATHLETE,
        ACTIVITY,
        _VERSION,
        LOCAL_DATE,
        _TS,
        Column("field", "LowCardinality(String)", "Name in the file."),
        Column("unit", "LowCardinality(String)", "Unit in the file."),
        Column("value", "Float64", "Value.", codec=_REPEATED),
    ),
    key=("athlete_id", "activity_id", "version", "field", "ts"),
    day="local_date",
    repeats=True,
)

RR_INTERVALS = Table(
    "rr_intervals",
    "versioned",
    "One row per beat-to-beat interval.",
    (ATHLETE, ACTIVITY, _VERSION, LOCAL_DATE, _TS, Column("rr_ms", "Float32", "Interval.", 1, 65535)),
    key=("athlete_id", "activity_id", "version", "ts"),
    day="local_date",
    repeats=True,
)

LAPS = Table(
    "laps",
    "versioned",
    "One row per lap, and per length of a pool.",
    (
        ATHLETE,
        ACTIVITY,
        _VERSION,
        LOCAL_DATE,
        Column("start", "DateTime64(3, 'UTC')", "Start."),
        Column("elapsed_s", "Float64", "Duration.", 0),
        Column("distance_m", "Nullable(Float64)", "Distance.", 0),
        Column("kind", "LowCardinality(String)", "lap or length."),
        Column("stroke", "LowCardinality(String)", "Swim stroke; empty where not sent."),
        Column("swim_strokes", "Nullable(Float64)", "Strokes of the length.", 0),
    ),
    key=("athlete_id", "activity_id", "version", "kind", "start"),
    day="local_date",
    repeats=True,
)
