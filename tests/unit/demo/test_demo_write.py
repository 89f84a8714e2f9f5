"""What write_demo leaves in its folder: the planted defects, counted anew, and the same bytes each time."""

from __future__ import annotations

import gzip
import hashlib
import time
from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from momentum.activity_files.decoded import DecodedFile, Refused
from momentum.activity_files.fit import decode_fit
from momentum.activity_files.matching import Candidate, group_candidates
from momentum.activity_files.xml import decode_gpx, decode_tcx
from momentum.demo.manifest import DemoFile, DemoManifest
from momentum.demo.write import write_demo
from momentum.warehouse.tables import TABLES

LAST_DAY = date(2026, 11, 24)


def _content(file: DemoFile) -> bytes:
    content = file.path.read_bytes()
    return gzip.decompress(content) if file.path.suffix == ".gz" else content


def _decode(file: DemoFile) -> DecodedFile:
    if file.format == "fit":
        return decode_fit(_content(file))
    with file.path.open("rb") as stream:
        return (decode_tcx if file.format == "tcx" else decode_gpx)(stream)


@pytest.fixture(scope="module")
def decoded(demo: DemoManifest) -> dict[Path, DecodedFile]:
    found = {}
    for file in demo.files:
        try:
            found[file.path] = _decode(file)
        except Refused:
            continue
    return found


def test_the_manifest_names_every_file_and_no_other(demo: DemoManifest) -> None:
    on_disk = sorted(path for path in demo.folder.rglob("*") if path.is_file())
    assert on_disk == sorted(file.path for file in demo.files)
    assert {file.path.parent.name for file in demo.files} == {"camille", "noor", "jonas"}


def test_files_without_an_activity_are_refused_and_no_other(demo: DemoManifest, decoded: dict) -> None:
    refused = [file for file in demo.files if file.path not in decoded]
    assert [file.defect for file in refused] == ["settings"]
    assert demo.refused == 1


def test_the_truncated_file_is_read_in_part_and_no_other(demo: DemoManifest, decoded: dict) -> None:
    in_part = [file for file in demo.files if file.path in decoded and decoded[file.path].problems]
    assert [file.defect for file in in_part] == ["truncated"]
    (activity,) = decoded[in_part[0].path].activities
    assert activity.sport == in_part[0].sport
    assert len(activity.samples["ts"]) > 600


def test_every_other_file_holds_the_activity_that_the_manifest_says(demo: DemoManifest, decoded: dict) -> None:
    for file in demo.files:
        if file.path not in decoded:
            continue
        (activity,) = decoded[file.path].activities
        assert activity.sport == file.sport
        assert len(activity.legs) == file.legs
        zone = next(ZoneInfo(a["timezone"]) for a in demo.athletes if a["athlete_id"] == file.athlete_id)
        started = np.datetime64(activity.started_at_ms, "ms").astype("datetime64[s]").item()
        assert started.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date() == file.local_date <= LAST_DAY


def test_heart_rates_that_die_after_ten_minutes(demo: DemoManifest, decoded: dict) -> None:
    dead = set()
    for path, file in decoded.items():
        rate = file.activities[0].samples.get("heart_rate_bpm")
        if rate is not None and np.isfinite(rate).mean() < 0.9:
            assert np.flatnonzero(np.isfinite(rate)).tolist() == list(range(600))
            dead.add(path)
    assert dead == {file.path for file in demo.files if file.defect == "hr_dropout"}


def test_positions_that_are_missing_for_minutes(demo: DemoManifest, decoded: dict) -> None:
    gaps = set()
    for path, file in decoded.items():
        lat = file.activities[0].samples.get("lat")
        if lat is not None and np.isnan(lat).any() and file.format == "fit":
            assert 90 <= np.isnan(lat).sum() < 300
            gaps.add(path)
    assert gaps == {file.path for file in demo.files if file.defect == "gps_gap"}


def test_one_second_of_five_thousand_watts(demo: DemoManifest, decoded: dict) -> None:
    spikes = Counter()
    for path, file in decoded.items():
        power = file.activities[0].samples.get("power_w", np.zeros(1))
        spikes[path] = int((power > 1500).sum())
    assert {path: n for path, n in spikes.items() if n} == {
        file.path: 1 for file in demo.files if file.defect == "power_spike"
    }


def test_files_that_are_there_twice(demo: DemoManifest) -> None:
    names = defaultdict(list)
    for file in demo.files:
        names[hashlib.sha256(_content(file)).hexdigest()].append(file)
    twice = [files for files in names.values() if len(files) > 1]
    assert len(twice) == demo.defects["twice"]
    for files in twice:
        assert len({file.activity for file in files}) == 1
        assert sorted(str(file.defect) for file in files) == ["None", "twice"]
    assert all(" (1)" in file.path.name or file.path.suffix == ".gz" for file in demo.files if file.defect == "twice")


def test_rides_that_two_devices_recorded(demo: DemoManifest, decoded: dict) -> None:
    watches = [file for file in demo.files if file.defect == "two_devices"]
    assert watches
    for watch in watches:
        (unit,) = [file for file in demo.files if file.activity == watch.activity and file is not watch]
        (ridden,), (worn,) = decoded[unit.path].activities, decoded[watch.path].activities
        assert (unit.format, watch.format) == ("fit", "tcx")
        assert "power_w" in ridden.samples
        assert "power_w" not in worn.samples
        assert 0 < worn.started_at_ms - ridden.started_at_ms < 60_000
        assert worn.distance_m == pytest.approx(ridden.distance_m, rel=0.02)


def test_activities_are_counted_once_and_never_overlap(demo: DemoManifest, decoded: dict) -> None:
    assert demo.activities == len({file.activity for file in demo.files if file.activity})
    assert demo.activities == len(demo.files) - demo.defects["twice"] - demo.defects["two_devices"] - demo.refused
    for profile in demo.athletes:
        times = sorted(
            (decoded[file.path].activities[0].started_at_ms, decoded[file.path].activities[0].ended_at_ms)
            for file in demo.files
            if file.athlete_id == profile["athlete_id"]
            and file.activity
            and file.defect not in ("twice", "two_devices")
        )
        assert all(before[1] < after[0] for before, after in pairwise(times))


def test_matching_finds_as_many_activities_as_the_manifest_says(demo: DemoManifest, decoded: dict) -> None:
    for profile in demo.athletes:
        candidates = {}
        for file in demo.files:
            if file.athlete_id == profile["athlete_id"] and file.path in decoded:
                content = hashlib.sha256(_content(file)).hexdigest()
                candidates[content] = _candidate(content, decoded[file.path])
        groups = group_candidates(candidates.values())
        assert len(groups) == demo.activities_of(profile["athlete_id"])


def _candidate(content: str, decoded: DecodedFile) -> Candidate:
    (activity,) = decoded.activities
    parts = activity.legs or [activity]
    first, last = parts[0].samples, parts[-1].samples
    start = [float(first[name][0]) for name in ("lat", "lon") if name in first]
    end = [float(last[name][-1]) for name in ("lat", "lon") if name in last]
    return Candidate(
        sha256=content,
        part=0,
        format=decoded.format,
        sport=activity.sport,
        device=activity.device,
        device_serial=activity.device_serial,
        started_at_ms=activity.started_at_ms,
        ended_at_ms=activity.ended_at_ms,
        elapsed_s=activity.elapsed_s,
        moving_s=activity.moving_s,
        distance_m=activity.distance_m,
        start_lat=start[0] if start else None,
        start_lon=start[1] if start else None,
        end_lat=end[0] if end else None,
        end_lon=end[1] if end else None,
        samples=sum(len(part.samples["ts"]) for part in parts),
        channels=tuple(sorted(first.keys() - {"ts"})),
        legs=len(activity.legs),
        source="file",
    )


def test_entries_have_the_columns_of_their_tables(demo: DemoManifest) -> None:
    for name in ("athletes", "thresholds", "events", "wellness", "body"):
        rows, table = getattr(demo, name), TABLES[name]
        limits = {column.name: (column.low, column.high) for column in table.columns}
        assert rows
        for row in rows:
            assert row.keys() <= set(table.column_names)
            assert row.keys() >= set(table.key) - {"at"}
            for column, value in row.items():
                low, high = limits[column]
                assert low is None or value is None or low <= value <= high, (name, column, value)
                assert not column.endswith("date") or isinstance(value, date)


def test_the_race_of_the_short_demo_is_an_event(demo: DemoManifest) -> None:
    races = [event for event in demo.events if event["kind"] == "race"]
    assert [(race["athlete_id"], race["sport"]) for race in races] == [("jonas", "multisport")]
    (file,) = [file for file in demo.files if file.legs]
    assert file.local_date == races[0]["date"]
    assert (file.legs, demo.legs) == (5, 5)


def _hashes(manifest: DemoManifest) -> dict[str, str]:
    return {
        str(file.path.relative_to(manifest.folder)): hashlib.sha256(file.path.read_bytes()).hexdigest()
        for file in manifest.files
    }


def test_the_same_arguments_give_the_same_bytes(demo: DemoManifest, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    again = write_demo(tmp_path / "again", last_day=LAST_DAY, weeks=6, progress=lambda *at: told.append(at))
    other = write_demo(tmp_path / "other", last_day=LAST_DAY, weeks=4, seed=8)
    assert _hashes(again) == _hashes(demo)
    assert not set(_hashes(other).values()) & set(_hashes(demo).values())
    assert told == [(k + 1, len(told)) for k in range(len(told))]
    assert len(told) == again.activities


def test_a_short_demo_is_quick_enough_for_other_tests(tmp_path: Path) -> None:
    begins = time.process_time()
    write_demo(tmp_path, last_day=LAST_DAY, weeks=6)
    assert time.process_time() - begins < 4


def test_too_short_a_season_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 4 weeks"):
        write_demo(tmp_path, last_day=LAST_DAY, weeks=3)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_two_years_have_the_planted_numbers(tmp_path: Path) -> None:
    manifest = write_demo(tmp_path, last_day=LAST_DAY)
    assert manifest.defects == {
        "hr_dropout": 10, "power_spike": 6, "gps_gap": 9, "two_devices": 5, "twice": 5, "truncated": 1, "settings": 1,
    }  # fmt: skip
    formats = Counter(file.format for file in manifest.files)
    assert formats["fit"] / formats.total() > 0.9
    assert formats["tcx"] > 10
    assert formats["gpx"] > 10
    assert manifest.legs == 20
    assert {path.suffix for path in tmp_path.rglob("*.*")} == {".fit", ".tcx", ".gpx", ".gz"}
