"""What comes late, or is said differently later, moves its own month and every later one, and nothing before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from momentum.adapters.clickhouse import Client
from momentum.demo.fit_writer import fit_bytes
from momentum.demo.xml_writer import tcx_parts
from momentum.training import constants_of_periods
from momentum.warehouse.entries import athlete_entries, merge_activities, split_activity, threshold_entries
from momentum.warehouse.metrics import recompute_metrics
from momentum.warehouse.models.registry import model_version
from momentum.warehouse.models.run import recompute
from momentum.warehouse.models.stale import stale_months
from tests.imports import NOW, SQL_MODELS, archive_at, compute, entered, opener, take_in
from tests.same_tables import differences, tables_of
from tests.small_files import recorded, small_files
from tests.unit.activity_files.made_activities import without

DAYS = {"weekly_rollup": "period_start", "monthly_rollup": "period_start", "power_curve": "month"}


def at_noon(*days: date) -> dict[str, bytes]:
    """A ride on each of the days."""
    noons = {day: datetime(day.year, day.month, day.day, 12, tzinfo=UTC) for day in days}
    return {
        f"{day}.fit": fit_bytes(recorded(day.toordinal(), round(noon.timestamp()) * 1000))
        for day, noon in noons.items()
    }


SPRING = [date(2024, month, day) for month in (3, 4, 5, 6) for day in (3, 17)]
LATE = date(2022, 5, 20)


def rows_of(client: Client, table: str, condition: str = "1") -> list[dict[str, object]]:
    return client.rows(f"SELECT * FROM {table} WHERE {condition} ORDER BY ALL")


def by_month(client: Client, table: str) -> dict[date, list[dict[str, object]]]:
    months: dict[date, list[dict[str, object]]] = {}
    for row in rows_of(client, table):
        months.setdefault(row[DAYS.get(table, "local_date")].replace(day=1), []).append(row)  # type: ignore[attr-defined]
    return months


def with_ftp(client: Client, athlete_id: str) -> None:
    """An athlete whose rides have a load."""
    entered(client, athlete_entries, athlete_id=athlete_id)
    since = date(2020, 1, 1)
    ftp = {"valid_from": since, "sport": "cycling", "ftp_w": 250.0}
    entered(client, threshold_entries, athlete_id=athlete_id, **ftp)


def test_a_file_two_years_late_gives_what_importing_all_at_once_gives(client: Client, tmp_path: Path) -> None:
    archive = archive_at(tmp_path)
    with_ftp(client, "late")
    take_in(client, archive, "late", at_noon(*SPRING).items())
    compute(client, archive)
    since_spring = "SELECT local_date, ctl FROM fitness WHERE sport = 'all' AND local_date >= '2024-03-03' ORDER BY ALL"
    before = client.rows(since_spring)
    take_in(client, archive, "late", at_noon(LATE).items())
    compute(client, archive)
    after = client.rows(since_spring)
    assert len(before) == len(after) == (NOW.date() - SPRING[0]).days + 1
    assert all(new["ctl"] > old["ctl"] for old, new in zip(before, after, strict=True))

    with_ftp(client, "fresh")
    take_in(client, archive, "fresh", (at_noon(*SPRING) | at_noon(LATE)).items())
    compute(client, archive)
    assert differences(tables_of(client, "fresh"), tables_of(client, "late")) == []


def test_an_edited_threshold_moves_its_month_and_every_later_one_and_none_earlier(
    client: Client, tmp_path: Path
) -> None:
    archive = archive_at(tmp_path)
    take_in(client, archive, "ana", at_noon(*SPRING).items())
    with_ftp(client, "ana")
    compute(client, archive)
    tables = ("daily_load", "fitness", "weekly_rollup", "monthly_rollup", "power_curve")
    before = {table: by_month(client, table) for table in tables}

    later = NOW.replace(hour=13)
    ftp = {"valid_from": date(2024, 5, 1), "sport": "cycling", "ftp_w": 220.0}
    entered(client, threshold_entries, later, athlete_id="ana", **ftp)
    compute(client, archive)
    for table in tables[:-1]:
        after = by_month(client, table)
        moved = {month for month, rows in after.items() if rows != before[table][month]}
        wanted = {month for month in after if month >= date(2024, 5, 1)}
        if table == "daily_load":
            wanted -= {date(2024, 7, 1)}  # nobody trains in July: its load is what it was
        if table == "weekly_rollup":
            wanted |= {date(2024, 4, 1)}  # the week of 29 April, whose Friday is a day of May
            assert after[date(2024, 4, 1)][:-2] == before[table][date(2024, 4, 1)][:-2]
        assert moved == wanted, table
    assert by_month(client, "power_curve") == before["power_curve"]  # watts are relative to nothing


def test_a_changed_constant_makes_stale_what_uses_it_and_a_backfill_mends_it(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = archive_at(tmp_path)
    take_in(client, archive, "ana", at_noon(*SPRING).items())
    with_ftp(client, "ana")
    compute(client, archive)
    assert stale_months(client) == []
    version, old = model_version("fitness"), rows_of(client, "fitness")

    monkeypatch.setattr(constants_of_periods, "CTL_TAU_D", 50)
    first, months = SPRING[0].replace(day=1), by_month(client, "fitness")
    assert [(one.table, one.month) for one in stale_months(client)] == [("fitness", month) for month in sorted(months)]

    recompute_metrics(client, ["ana"], first, NOW.date(), model_version=model_version("activity_metrics"))
    for table in SQL_MODELS:
        recompute(client, table, first, NOW.date(), now=NOW)
    assert stale_months(client) == []
    new = rows_of(client, "fitness")
    assert [(row["local_date"], row["sport"]) for row in new] == [(row["local_date"], row["sport"]) for row in old]
    changed = [row["local_date"] for row, was in zip(new, old, strict=True) if row["ctl"] != was["ctl"]]
    assert set(changed) == {row["local_date"] for row in old}
    kept = rows_of(client, "fitness_history")
    assert {row["model_version"] for row in kept} == {version}
    assert kept == old


def test_another_home_zone_gives_what_that_zone_from_the_start_gives(client: Client, tmp_path: Path) -> None:
    archive = archive_at(tmp_path)
    night = round(datetime(2024, 4, 30, 22, tzinfo=UTC).timestamp()) * 1000  # 1 May in Auckland
    indoors = without(recorded(3, night), "lat", "lon", "power_w")
    files = [("trainer.tcx", b"".join(tcx_parts(indoors))), *at_noon(*SPRING).items()]
    auckland = {"timezone": "Pacific/Auckland"}

    take_in(client, archive, "moved", files)
    compute(client, archive)
    entered(client, athlete_entries, athlete_id="moved", **auckland)
    entered(client, athlete_entries, athlete_id="there", **auckland)
    take_in(client, archive, "there", files)
    compute(client, archive)
    there, moved = tables_of(client, "there"), tables_of(client, "moved")
    # the journal of what was read says on which day it lay then
    del there["decoded_files"], moved["decoded_files"]
    assert differences(there, moved) == []
    first_of_may = rows_of(client, "activities", "athlete_id = 'moved' AND local_date = '2024-05-01'")
    assert [row["started_at"].hour for row in first_of_may] == [22]  # type: ignore[attr-defined]


def test_a_split_and_a_merge_survive_a_backfill_and_every_kind_of_import_again(client: Client, tmp_path: Path) -> None:
    archive, files = archive_at(tmp_path), small_files()
    take_in(client, archive, "ana", files.items())
    compute(client, archive)

    def of_file(name: str) -> str:
        found = client.rows(
            "SELECT activity_id FROM activity_sources WHERE source_file = {name:String}", {"name": name}
        )
        return str(found[0]["activity_id"])

    assert of_file("watch.fit") == of_file("unit.fit")
    apart = of_file("monday.fit"), of_file("late.fit")
    split_activity(client, "ana", of_file("watch.fit"), None, open_change=opener(client), now=NOW)
    merge_activities(client, "ana", apart, open_change=opener(client), now=NOW)
    compute(client, archive)
    decided = tables_of(client)
    assert of_file("watch.fit") != of_file("unit.fit")
    assert of_file("monday.fit") == of_file("late.fit")

    # the same files again, then a backfill of everything
    take_in(client, archive, "ana", files.items())
    opener(client)(athlete_id="ana", from_date=date(2024, 1, 1), cause="model", detail="all of it")
    compute(client, archive)
    assert differences(decided, tables_of(client)) == []

    # the same files by other names
    take_in(client, archive, "ana", [(f"again {name}", data) for name, data in files.items()])
    compute(client, archive)
    assert of_file("again watch.fit") == of_file("watch.fit") != of_file("again unit.fit")
    assert of_file("again late.fit") == of_file("again monday.fit")
    assert len(tables_of(client)["activities"]) == len(decided["activities"])
