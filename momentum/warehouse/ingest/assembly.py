"""Journals to the tables `activities` and `activity_sources`: what the files, taken together, say.

A reconciliation: groups that the journals ask for are compared with the rows that stand; only months
that differ are swapped in. Nothing depends on which import came first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from momentum.activity_files.decoder_version import DECODER_VERSION
from momentum.activity_files.matching import Group, activity_id
from momentum.warehouse.ingest.book import BARRED_SOURCES, SOURCE_ORDER, Book, Key, read_book
from momentum.warehouse.ingest.columns import rows_to_arrow
from momentum.warehouse.ingest.intake import Archive, Intake, archived
from momentum.warehouse.ingest.versions import founding, stored_versions, sweep_begun, version_id, write_versions
from momentum.warehouse.publish import Published, staging, swap
from momentum.warehouse.tables import TABLES

Row = dict[str, Any]
Entered = tuple[datetime, float]  # when, exertion
# When a row was made says nothing about the activity, and must not make a month differ.
_IGNORED = frozenset({"ingested_at", "seen_at"})


@dataclass(frozen=True)
class Assembled:
    """Rows of one athlete, all months."""

    activities: list[Row]
    sources: list[Row]


def assemble_athlete(client: Any, archive: Archive, athlete_id: str, *, run_id: str, now: datetime) -> Assembled:
    """Rows of `activities` and `activity_sources` of one athlete; writes the samples still missing."""
    book = read_book(client, athlete_id, DECODER_VERSION)
    groups = book.groups()
    write_versions(
        client, book, groups, archived(archive, {}, now), decoder_version=DECODER_VERSION, run_id=run_id, now=now
    )
    stored = stored_versions(client, athlete_id)
    entered = _entered_rpe(client, athlete_id)
    activities: list[Row] = []
    sources: list[Row] = []
    for group in groups:
        event_id = activity_id(athlete_id, *founding(group))
        pieces = stored[(event_id, version_id(book, group, DECODER_VERSION))]
        said = _said_by_exports(book, group)
        pieces = sorted(pieces, key=lambda row: row["leg"])
        by_hand = _rpe_by_leg(book, group, pieces, entered)
        activities += [_activity(book, group, piece, said, by_hand.get(piece["leg"]), now) for piece in pieces]
        sources += _sources(book, group, event_id, pieces[0]["taken"])
    return Assembled(activities, sources)


def _entered_rpe(client: Any, athlete_id: str) -> dict[Key, dict[int, Entered]]:
    """The newest exertion a person entered, by file and leg."""
    rows = client.rows(
        "SELECT source_sha256, part, leg, argMax(rpe, at) AS rpe, max(at) AS newest FROM activity_rpe "
        "WHERE athlete_id = {athlete:String} GROUP BY source_sha256, part, leg",
        {"athlete": athlete_id},
    )
    entered: dict[Key, dict[int, Entered]] = {}
    for row in rows:
        entered.setdefault((row["source_sha256"], row["part"]), {})[row["leg"]] = (row["newest"], row["rpe"])
    return entered


def _rpe_by_leg(
    book: Book, group: Group, pieces: list[Row], entered: dict[Key, dict[int, Entered]]
) -> dict[int, Entered]:
    """The newest of what was entered for the group's files, by leg; 0 is the whole."""
    found: dict[int, list[Entered]] = {}
    for key in group.members:
        for leg, said in entered.get(key, {}).items():
            found.setdefault(leg or _leg_recorded(book.parts[key], pieces), []).append(said)
    return {leg: max(said) for leg, said in found.items()}


def _leg_recorded(part: Row, pieces: list[Row]) -> int:
    """The leg of an event that a file of its own recorded: which piece it shares most of its time with."""

    def shared(piece: Row) -> float:
        lasting = timedelta(seconds=part["elapsed_s"]), timedelta(seconds=piece["elapsed_s"])
        starts = part["started_at"], piece["started_at"]
        ends = starts[0] + lasting[0], starts[1] + lasting[1]
        return (min(ends) - max(starts)) / max(max(ends) - min(starts), timedelta(milliseconds=1))

    return int(max(pieces, key=shared)["leg"])


def _said_by_exports(book: Book, group: Group) -> Row:
    """Title, sport and exertion that exports give beside the files.

    What comes from a barred source is used only where the activity is that source's alone, or it would
    bar an activity that the athlete uploaded as well.
    """
    names = [row for key in [group.chosen, *sorted(group.members)] for row in book.names.get(key[0], [])]
    allowed = [row for row in names if row["source"] not in BARRED_SOURCES] or names
    return {
        "title": next((row["title"] for row in allowed if row["title"]), ""),
        "sport": next((row["sport_hint"] for row in allowed if row["sport_hint"]), ""),
        "rpe": next((row["rpe"] for row in allowed if row["rpe"] is not None), None),
        "llm_allowed": any(row["source"] not in BARRED_SOURCES for row in names),
    }


def _activity(book: Book, group: Group, piece: Row, said: Row, by_hand: Entered | None, now: datetime) -> Row:
    leg, sport = piece["leg"], piece["sport"]
    exported = said["rpe"] if leg == 0 else None
    rpe = by_hand[1] if by_hand else piece["rpe"] if piece["rpe"] is not None else exported
    sources = book.sources_of(group.chosen[0])
    barred_only = [key for key in group.members if set(book.sources_of(key[0])) <= BARRED_SOURCES]
    takes_barred = group.chosen in barred_only or any(piece["taken"].get(f"{sha}:{part}") for sha, part in barred_only)
    return {
        **{name: piece[name] for name in _COPIED},
        "sport": said["sport"] if sport == "other" and said["sport"] and leg == 0 else sport,
        "title": said["title"] if leg == 0 else "",
        "rpe": rpe,
        "source": sources[0] if sources else SOURCE_ORDER[1],
        "source_sha256": group.chosen[0],
        "problems": sorted({problem for key in group.members for problem in book.parts[key]["problems"]})
        if leg == 0
        else [],
        "llm_allowed": said["llm_allowed"] and not takes_barred,
        "decoder_version": DECODER_VERSION,
        "ingested_at": now,
    }


_COPIED = (
    "athlete_id", "activity_id", "parent_id", "leg", "started_at", "local_date", "sub_sport", "device",
    "elapsed_s", "moving_s", "distance_m", "ascent_m", "pool_length_m", "version",
)  # fmt: skip


def _sources(book: Book, group: Group, event_id: str, taken: dict[str, list[str]]) -> list[Row]:
    day = book.local_date(group.chosen)
    rows = []
    for key in sorted(group.members):
        part = book.parts[key]
        for name in book.names.get(key[0], []):
            rows.append(
                {
                    "athlete_id": book.athlete_id,
                    "activity_id": event_id,
                    "source_sha256": key[0],
                    "part": key[1],
                    "source_file": name["source_file"],
                    "source": name["source"],
                    "device": part["device"],
                    "format": part["format"],
                    "chosen": key == group.chosen,
                    "channels": sorted(
                        part["channels"] if key == group.chosen else taken.get(f"{key[0]}:{key[1]}", [])
                    ),
                    "reason": group.reasons.get(key, ""),
                    "local_date": day,
                    "seen_at": name["seen_at"],
                }
            )
    return rows


def assemble(
    client: Any,
    archive: Archive,
    athlete_ids: Sequence[str],
    first: date,
    last: date,
    *,
    open_change: Callable[..., str],
    model_version: str,
    run_id: str,
    now: datetime,
) -> list[Published]:
    """Swap in the months from `first` to `last` of both tables that differ for these athletes.

    What an older decoder has read of their files is read again first.
    """
    sweep_begun(client, now)  # a run that was killed may have left samples that would be written again
    for athlete_id in sorted(set(athlete_ids) - _read_by_this_decoder(client)):
        Intake(
            client, archive, athlete_id, open_change=open_change, run_id=run_id, now=now, cause="model"
        ).decode_again()
    assembled = [assemble_athlete(client, archive, athlete, run_id=run_id, now=now) for athlete in athlete_ids]
    published = []
    for table, rows in (
        ("activity_sources", [row for one in assembled for row in one.sources]),
        # last, because the activity's row is what makes the rest count
        ("activities", [row for one in assembled for row in one.activities]),
    ):
        wanted = [row for row in rows if first <= row["local_date"].replace(day=1) <= last]
        published += replace_athletes(client, table, athlete_ids, wanted, first, last, model_version=model_version)
    return published


def _read_by_this_decoder(client: Any) -> set[str]:
    rows = client.rows(
        "SELECT DISTINCT athlete_id FROM decoder_runs WHERE decoder_version = {version:UInt32}",
        {"version": DECODER_VERSION},
    )
    return {row["athlete_id"] for row in rows}


def replace_athletes(
    client: Any,
    table: str,
    athlete_ids: Sequence[str],
    rows: list[Row],
    first: date,
    last: date,
    *,
    model_version: str,
    identity: Sequence[str] = (),
) -> list[Published]:
    """Swap in the months of `first`..`last` (first days) in which these athletes' rows differ from `rows`.

    Rows are compared by the columns of `identity`, by all that say something if there are none. Other
    athletes' rows of such a month are carried over as they stand.
    """
    parameters = {"athletes": list(athlete_ids), "first": first, "after": _next_month(last)}
    compared = identity or [column.name for column in TABLES[table].columns if column.name not in _IGNORED]
    standing = client.rows(
        f"SELECT {', '.join({*compared, 'local_date'})} FROM {table} WHERE athlete_id IN {{athletes:Array(String)}} "
        "AND local_date >= {first:Date} AND local_date < {after:Date}",
        parameters,
    )
    months = sorted(_differing(_by_month(standing, compared), _by_month(rows, compared)))
    if not months:
        return []
    wanted = set(months)
    with staging(client, table) as name:
        columns = ", ".join(rows_to_arrow(table, []).column_names)
        client.command(
            f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {table} "
            "WHERE athlete_id NOT IN {athletes:Array(String)} AND toStartOfMonth(local_date) IN {months:Array(Date)}",
            parameters | {"months": months},
        )
        data = [row for row in rows if row["local_date"].replace(day=1) in wanted]
        if data:
            client.insert(name, rows_to_arrow(table, data))
        return swap(client, table, name, months, model_version=model_version, inputs_hash="")


def _by_month(rows: Iterable[Row], compared: Sequence[str]) -> dict[date, set[str]]:
    months: dict[date, set[str]] = {}
    for row in rows:
        fixed = repr([_comparable(row[name]) for name in compared])
        months.setdefault(row["local_date"].replace(day=1), set()).add(fixed)
    return months


def _comparable(value: Any) -> str:
    """One spelling for what the store gives back in another type than it was handed."""
    if isinstance(value, datetime):
        return str(round(value.timestamp() * 1000))
    if isinstance(value, bool | int | float):
        return repr(float(value))
    return repr(list(value)) if isinstance(value, list | tuple) else str(value)


def _differing(standing: dict[date, set[str]], wanted: dict[date, set[str]]) -> set[date]:
    return {month for month in standing.keys() | wanted.keys() if standing.get(month) != wanted.get(month)}


def _next_month(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
