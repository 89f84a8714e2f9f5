"""Checks of what ingest leaves behind: samples, metrics of each activity, what could not be read."""

from __future__ import annotations

from momentum.warehouse.checks.check import Check, in_months

# Share of files that are refused or read in part above which something is wrong with a source or with us.
# Our own measure: an account export of a watch has some settings and broken recordings among thousands.
MAX_QUARANTINE_SHARE = 0.1


def ingest_checks() -> list[Check]:
    """Blocking where metrics and loads would be computed from less, or more, than there is."""
    return [_samples_stored(), _metrics_of_each_activity(), _quarantine_share()]


def _samples_stored() -> Check:
    return Check(
        "records",
        "stored_as_journalled",
        "as many samples of each activity's version as were written",
        True,
        f"""
        SELECT activities.athlete_id AS athlete_id, activities.activity_id AS activity_id,
            activities.version AS version, stored.samples AS written, counted.samples AS found
        FROM (SELECT athlete_id, activity_id, version FROM activities WHERE {in_months("local_date")}) AS activities
        LEFT JOIN (
            SELECT athlete_id, activity_id, version, max(toInt64(rows)) AS samples FROM activity_versions
            WHERE state = 'stored' GROUP BY athlete_id, activity_id, version
        ) AS stored USING (athlete_id, activity_id, version)
        LEFT JOIN (
            SELECT athlete_id, activity_id, version, toInt64(count()) AS samples FROM records
            WHERE {in_months("local_date")} GROUP BY athlete_id, activity_id, version
        ) AS counted USING (athlete_id, activity_id, version)
        WHERE ifNull(stored.samples, -1) != ifNull(counted.samples, 0)
        SETTINGS join_use_nulls = 1
        """,
    )


def _metrics_of_each_activity() -> Check:
    """An event of several sports is left out: its legs count."""
    return Check(
        "activity_metrics",
        "one_per_activity",
        "metrics of every activity and leg, on its day, and of nothing else",
        True,
        f"""
        SELECT athlete_id, activity_id, local_date, countIf(side = 'activity') AS activities,
            countIf(side = 'metrics') AS metrics
        FROM (
            SELECT athlete_id, activity_id, local_date, 'activity' AS side FROM activities WHERE sport != 'multisport'
            UNION ALL
            SELECT athlete_id, activity_id, local_date, 'metrics' AS side FROM activity_metrics
        )
        WHERE {in_months("local_date")}
        GROUP BY athlete_id, activity_id, local_date
        HAVING activities != metrics
        """,
    )


def _quarantine_share() -> Check:
    return Check(
        "quarantine",
        "share",
        f"at most {MAX_QUARANTINE_SHARE:.0%} of an athlete's files refused or read in part",
        False,
        """
        SELECT athlete_id, files, quarantined, round(quarantined / files, 3) AS share
        FROM (
            SELECT athlete_id, uniqExact(source_file) AS files, uniqExactIf(source_file, bad) AS quarantined
            FROM (
                SELECT athlete_id, source_file, false AS bad FROM raw_files
                UNION ALL
                SELECT athlete_id, source_file, true AS bad FROM quarantine
            )
            GROUP BY athlete_id
        )
        WHERE quarantined > files * {limit:Float64}
        """,
        {"limit": MAX_QUARANTINE_SHARE},
    )
