"""Journals and small tables: what people, files and decisions said. Not derivable from anything."""

from __future__ import annotations

from momentum.warehouse.tables.table import Column, Table

ATHLETE = Column("athlete_id", "LowCardinality(String)", "The athlete.")
_RUN = Column("run_id", "String", "The run that wrote the row.")
_AT = Column("at", "DateTime64(3, 'UTC')", "When the row was written.")

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
        _AT,
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
        _AT,
    ),
    key=("athlete_id", "sport", "valid_from", "at"),
)

BODY = Table(
    "body",
    "journal",
    "One row per athlete and weighing; the newest row of a day wins.",
    (ATHLETE, Column("date", "Date", "The day."), Column("weight_kg", "Float64", "Body mass.", 20, 300), _AT),
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
        _AT,
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
        _AT,
    ),
    key=("athlete_id", "date", "name", "at"),
)

RAW_FILES = Table(
    "raw_files",
    "journal",
    "One row per athlete, content, name and source under which a file came; content is kept in the archive.",
    (
        ATHLETE,
        Column("source_sha256", "String", "SHA-256 of the file's content, unpacked."),
        Column("source_file", "String", "Name under which it came, with the archives around it."),
        Column("source", "LowCardinality(String)", "file, garmin, strava or manual."),
        Column("format", "LowCardinality(String)", "fit, tcx, gpx or manual."),
        Column("bytes", "UInt64", "Size of the content."),
        Column("title", "String", "Name of the activity as the export has it."),
        Column("sport_hint", "LowCardinality(String)", "Sport as the export has it, in our words; empty for none."),
        Column("rpe", "Nullable(Float64)", "Exertion as the export has it, CR-10.", 0, 10),
        _RUN,
        Column("seen_at", "DateTime64(3, 'UTC')", "When the file came first under this name."),
    ),
    key=("athlete_id", "source_sha256", "source_file", "source"),
)

DECODED_FILES = Table(
    "decoded_files",
    "journal",
    "One row per activity in a file, per decoder version: what matching needs to know of it.",
    (
        ATHLETE,
        Column("source_sha256", "String", "SHA-256 of the file's content."),
        Column("part", "UInt16", "Which activity of the file, from 0."),
        Column("decoder_version", "UInt32", "Version of the decoder."),
        Column("format", "LowCardinality(String)", "fit, tcx, gpx or manual."),
        Column("sport", "LowCardinality(String)", "Sport, multisport for an event with legs."),
        Column("sub_sport", "LowCardinality(String)", "The device's finer word."),
        Column("device", "LowCardinality(String)", "Maker and product."),
        Column("device_serial", "String", "Serial number; empty where not sent."),
        Column("started_at", "DateTime64(3, 'UTC')", "Start."),
        Column("local_date", "Date", "Day of the start where the athlete was."),
        Column("utc_offset_s", "Int32", "Local time minus UTC at the start."),
        Column("offset_source", "LowCardinality(String)", "file, position or home: where the offset is from."),
        Column("elapsed_s", "Float64", "From start to end.", 0),
        Column("moving_s", "Nullable(Float64)", "Time with the timer running.", 0),
        Column("distance_m", "Nullable(Float64)", "Distance.", 0),
        Column("ascent_m", "Nullable(Float64)", "Ascent.", 0),
        Column("rpe", "Nullable(Float64)", "Exertion stored by the device, CR-10.", 0, 10),
        Column("start_lat", "Nullable(Float64)", "First position.", -90, 90),
        Column("start_lon", "Nullable(Float64)", "First position.", -180, 180),
        Column("end_lat", "Nullable(Float64)", "Last position.", -90, 90),
        Column("end_lon", "Nullable(Float64)", "Last position.", -180, 180),
        Column("samples", "UInt32", "Number of samples, legs included."),
        Column("channels", "Array(LowCardinality(String))", "Channels with at least one value, sorted."),
        Column("legs", "UInt16", "Number of legs; 0 unless an event."),
        Column("problems", "Array(String)", "What was read in part or not believed."),
        _RUN,
        Column("decoded_at", "DateTime64(3, 'UTC')", "When."),
    ),
    key=("athlete_id", "source_sha256", "part", "decoder_version"),
)

DECODER_RUNS = Table(
    "decoder_runs",
    "journal",
    "One row per athlete and version of the decoder that has read all of the athlete's archive.",
    (ATHLETE, Column("decoder_version", "UInt32", "Version of the decoder."), _RUN, _AT),
    key=("athlete_id", "decoder_version", "at"),
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
        _AT,
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
        _AT,
    ),
    key=("athlete_id", "source_sha256", "part", "leg", "at"),
)

ACTIVITY_ALIASES = Table(
    "activity_aliases",
    "journal",
    "One row per identifier that an activity ever had, and the file that founded it.",
    (
        ATHLETE,
        Column("alias_id", "String", "The identifier."),
        Column("source_sha256", "String", "The founding file."),
        Column("part", "UInt16", "Its activity."),
        Column("leg", "UInt16", "Its leg; 0 for the whole."),
        _AT,
    ),
    key=("athlete_id", "alias_id"),
)

ACTIVITY_VERSIONS = Table(
    "activity_versions",
    "journal",
    "Two rows per activity, event or leg and version: begun before its samples are written, stored after them. "
    "The second row makes the samples count; a begun one without it is swept.",
    (
        ATHLETE,
        Column("activity_id", "String", "The activity, event or leg."),
        Column("version", "String", "Hash of its files and of the decoder's version."),
        Column("state", "LowCardinality(String)", "begun or stored."),
        Column("parent_id", "String", "The event a leg belongs to; empty for all others."),
        Column("leg", "UInt16", "Number of the leg from 1; 0 for all others."),
        Column("started_at", "DateTime64(3, 'UTC')", "Start."),
        Column("local_date", "Date", "The activity's day."),
        Column("sport", "LowCardinality(String)", "The sport."),
        Column("sub_sport", "LowCardinality(String)", "The device's finer word."),
        Column("device", "LowCardinality(String)", "Maker and product of the chosen file."),
        Column("elapsed_s", "Float64", "From start to end.", 0),
        Column("moving_s", "Nullable(Float64)", "Time with the timer running.", 0),
        Column("distance_m", "Nullable(Float64)", "Distance.", 0),
        Column("ascent_m", "Nullable(Float64)", "Ascent.", 0),
        Column("pool_length_m", "Nullable(Float64)", "Length of the pool.", 5, 200),
        Column("rpe", "Nullable(Float64)", "Exertion stored by a device, CR-10.", 0, 10),
        Column("rows", "UInt32", "Samples of the activity or leg."),
        Column("taken", "Map(String, Array(String))", "Channels taken from each file, by hash and part."),
        _RUN,
        _AT,
    ),
    key=("athlete_id", "activity_id", "version", "state", "at"),
)

QUARANTINE = Table(
    "quarantine",
    "journal",
    "One row per file, athlete and reason for which it was refused or read in part.",
    (
        Column("source_file", "String", "Name under which it came."),
        Column("source_sha256", "String", "SHA-256 of its content; empty where it could not be read at all."),
        ATHLETE,
        Column("reason", "LowCardinality(String)", "Short and fixed."),
        Column("detail", "String", "What exactly, for a person."),
        Column("seen_at", "DateTime64(3, 'UTC')", "When first seen."),
    ),
    key=("athlete_id", "source_file", "source_sha256", "reason"),
)

CHANGES = Table(
    "changes",
    "journal",
    "One row per opening of a change, and one more with published_run set when all that it needs is published.",
    (
        Column("change_id", "String", "The change."),
        ATHLETE,
        Column("from_date", "Date", "First local day that may differ."),
        Column("cause", "LowCardinality(String)", "file, threshold, decision, rpe, athlete, event, model or day."),
        Column("detail", "String", "What, for a person."),
        _AT,
        Column("published_run", "String", "Empty while open."),
    ),
    key=("change_id", "published_run"),
)

PUBLICATIONS = Table(
    "publications",
    "journal",
    "One row per month of a table swapped in.",
    (
        Column("table", "LowCardinality(String)", "The table."),
        Column("month", "Date", "First day of the month."),
        Column("model_version", "String", "Version of the model that computed it."),
        Column("inputs_hash", "String", "What it was computed from; the same hash again is skipped."),
        Column("rows", "UInt64", "Rows of the month."),
        _RUN,
        _AT,
    ),
    key=("table", "month", "at"),
)

SWAPS = Table(
    "swaps",
    "journal",
    "One row per partition that is about to be swapped, and one more with done set when all of its batch are.",
    (
        Column("swap_id", "String", "The batch."),
        Column("done", "Bool", "True in the row that closes the batch."),
        Column("table", "LowCardinality(String)", "The table, or its history."),
        Column("partition", "String", "The partition, as ALTER TABLE writes it."),
        Column("source", "String", "The staging table that holds what comes."),
        Column("month", "Date", "First day of the month."),
        Column("model_version", "String", "Version of the model that computed it."),
        Column("inputs_hash", "String", "What it was computed from."),
        Column("rows", "UInt64", "Rows that come."),
        _RUN,
        _AT,
    ),
    key=("swap_id", "done", "partition"),
)
