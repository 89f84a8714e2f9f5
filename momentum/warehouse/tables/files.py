"""Journals of ingest: which files came, what is in them, which samples are written, what was refused."""

from __future__ import annotations

from momentum.warehouse.tables.table import AT, ATHLETE, RUN, Column, Table

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
        RUN,
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
        RUN,
        Column("decoded_at", "DateTime64(3, 'UTC')", "When."),
    ),
    key=("athlete_id", "source_sha256", "part", "decoder_version"),
)

DECODER_RUNS = Table(
    "decoder_runs",
    "journal",
    "One row per athlete and version of the decoder that has read all of the athlete's archive.",
    (ATHLETE, Column("decoder_version", "UInt32", "Version of the decoder."), RUN, AT),
    key=("athlete_id", "decoder_version", "at"),
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
        AT,
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
        RUN,
        AT,
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
