"""Variants for benchmarks: the same training at other times, each whole, distinct and on its own."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks.variants import ACTIVITIES, STEP_S, write_variants
from momentum.activity_files.decoded import Activity
from momentum.activity_files.fit import decode_fit
from momentum.activity_files.read import decode
from momentum.demo.manifest import DemoManifest

UNTIL = date(2026, 11, 1)
COUNT = 130  # of the real files, at least two variants each


@pytest.fixture(scope="module", params=["real files", "demo"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "real files" and not ACTIVITIES.is_dir():
        pytest.skip(f"no real files at {ACTIVITIES}")
    source = ACTIVITIES if request.param == "real files" else Path("nothing-here")
    out = tmp_path_factory.mktemp("variants")
    write_variants(source, out, COUNT, until=UNTIL)
    return out


@pytest.fixture(scope="module")
def decoded(folder: Path) -> dict[Path, list[Activity]]:
    found = {}
    for path in sorted(folder.rglob("*.*")):
        with path.open("rb") as stream:
            found[path] = decode(stream).activities
    return found


def _parts(activities: list[Activity]) -> list[Activity]:
    return [part for activity in activities for part in activity.legs or [activity]]


def test_as_many_as_were_asked_for_and_no_two_the_same(folder: Path) -> None:
    hashes = {hashlib.sha256(path.read_bytes()).digest() for path in folder.rglob("*.*")}
    assert len(hashes) == COUNT


def test_no_two_overlap_and_all_lie_within_the_ten_years(decoded: dict[Path, list[Activity]]) -> None:
    spans = sorted(
        (min(a.started_at_ms for a in activities), max(a.ended_at_ms for a in activities))
        for activities in decoded.values()
    )
    assert all(before[1] + 10 * 60_000 < after[0] for before, after in pairwise(spans))
    until = datetime(UNTIL.year, UNTIL.month, UNTIL.day, tzinfo=UTC)
    assert spans[0][0] >= (until - timedelta(days=3651)).timestamp() * 1000
    assert spans[-1][1] <= until.timestamp() * 1000
    assert spans[-1][1] - spans[0][0] > timedelta(days=3500).total_seconds() * 1000


def test_fit_files_are_whole_still(folder: Path) -> None:
    fits = [path for path in folder.rglob("*") if path.suffix.lower() == ".fit"]
    assert len(fits) > COUNT / 2
    for path in fits:
        assert "decoded in part" not in [problem.reason for problem in decode_fit(path.read_bytes()).problems]


def test_variants_of_a_file_differ_in_time_only(decoded: dict[Path, list[Activity]]) -> None:
    """Everything is moved by one shift: samples, laps, beats, in every leg."""
    by_source: dict[str, list[list[Activity]]] = {}
    for path, activities in decoded.items():
        by_source.setdefault(path.name.partition("-")[2], []).append(activities)
    several = [variants for variants in by_source.values() if len(variants) > 1]
    assert several
    for one, other, *_ in several:
        shift_ms = other[0].started_at_ms - one[0].started_at_ms
        assert shift_ms != 0
        assert shift_ms % (STEP_S * 1000) == 0
        assert len(_parts(one)) == len(_parts(other))
        for a, b in zip(_parts(one), _parts(other), strict=True):
            assert b.started_at_ms - a.started_at_ms == shift_ms
            assert (a.sport, a.elapsed_s, a.distance_m, a.device) == (b.sport, b.elapsed_s, b.distance_m, b.device)
            assert a.utc_offset_s == b.utc_offset_s
            for name in ("samples", "rr", "laps"):
                columns, moved = getattr(a, name), getattr(b, name)
                assert columns.keys() == moved.keys()
                for channel, values in columns.items():
                    shift = shift_ms if channel in ("ts", "start") else 0
                    expected = values + shift if shift else values
                    np.testing.assert_array_equal(moved[channel], expected, err_msg=f"{name} {channel}")


def test_a_fit_variant_has_a_serial_number_of_its_own(decoded: dict[Path, list[Activity]]) -> None:
    serials: dict[str, list[str]] = {}
    for path, activities in decoded.items():
        if path.suffix.lower() == ".fit" and activities[0].device_serial:
            serials.setdefault(path.name.partition("-")[2], []).append(activities[0].device_serial)
    assert serials
    assert all(len(set(of_source)) == len(of_source) for of_source in serials.values())


def test_the_same_seed_gives_the_same_files(demo: DemoManifest, tmp_path: Path) -> None:
    jonas = demo.folder / "jonas"
    again = write_variants(jonas, tmp_path / "again", 20, until=UNTIL)
    twice = write_variants(jonas, tmp_path / "twice", 20, until=UNTIL)
    other = write_variants(jonas, tmp_path / "other", 20, seed=8, until=UNTIL)
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in twice]
    assert [path.name for path in again] != [path.name for path in other]


def test_more_than_ten_years_can_hold_is_refused(demo: DemoManifest, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too many for 10 years"):
        write_variants(demo.folder / "jonas", tmp_path, 200_000, until=UNTIL)


def test_a_folder_without_activities_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no activity file"):
        write_variants(tmp_path, tmp_path / "out", 1)
