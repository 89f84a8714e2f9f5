"""Real files of many athletes and devices, taken as one athlete's: what is read, and which are one activity."""

from __future__ import annotations

import hashlib
import io
import random
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from made_activities import HOUR_MS, MINUTE_MS, candidate_of

from momentum.activity_files.decoded import Activity, DecodedFile, Refused
from momentum.activity_files.localtime import local_date
from momentum.activity_files.matching import Candidate, Key, group_candidates
from momentum.activity_files.merging import merge
from momentum.activity_files.read import decode

FOLDER = Path(__file__).parents[4] / "shared" / "activities"
NOW = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the real files are not kept in the repository")

RIDE = {"sports-lib__3939576645.fit", "sports-lib__3939576645.gpx", "sports-lib__6791039036.tcx"}
# Every other file is an activity of its own, and so is each of its parts.
EXPECTED = [
    # one ride: the device's file, the site's GPX and its TCX
    RIDE,
    # a triathlon, and its swim as another site exported it
    {"sports-lib__4623204522.fit", "sports-lib__4623204522-1.gpx"},
    # one walk recorded by two apps
    {"sports-lib__movescount.gpx", "sports-lib__sports-tracker.gpx"},
    # the same bytes, packed
    {"GoldenCheetah__Fr955v19.28andStryd.fit", "GoldenCheetah__Fr955v19.28andStryd.fit.zip"},
    # one run of 13 s, damaged in several ways, twice in one of the files
    {
        "fitdecode__activity-activity-filecrc.fit",
        "fitdecode__activity-activity-filecrc.fit, part 1",
        "fitdecode__activity-filecrc.fit",
        "fitdecode__activity-settings-corruptheader.fit",
        "fitdecode__activity-settings-nodata.fit",
        "fitdecode__activity-unexpected-eof.fit",
    },
    # one track in two versions of a format
    {"gpxpy__gpx1.0_with_all_fields.gpx", "gpxpy__gpx1.1_with_all_fields.gpx"},
]
REFUSED = {
    "fitdecode__MonitoringFile.fit": "no activity in it",
    "sports-lib__empty-sessions.fit": "empty file",
    "gpxpy__unicode.gpx": "no recorded track",
    "gpxpy__unicode_with_bom.gpx": "no recorded track",
}


def content(path: Path) -> bytes:
    if path.suffix != ".zip":
        return path.read_bytes()
    with zipfile.ZipFile(path) as packed:
        return packed.read(packed.namelist()[0])


@pytest.fixture(scope="module")
def read() -> dict[str, tuple[str, DecodedFile | Refused]]:
    """Every real file: its hash, and what became of it."""
    found: dict[str, tuple[str, DecodedFile | Refused]] = {}
    for path in sorted(FOLDER.glob("*/*")):
        data = content(path)
        try:
            became: DecodedFile | Refused = decode(io.BytesIO(data), NOW)
        except Refused as refused:
            became = refused
        found[path.name] = hashlib.sha256(data).hexdigest(), became
    return found


@pytest.fixture(scope="module")
def good(read: dict[str, tuple[str, DecodedFile | Refused]]) -> dict[str, tuple[str, DecodedFile]]:
    return {name: (sha, became) for name, (sha, became) in read.items() if isinstance(became, DecodedFile)}


@pytest.fixture(scope="module")
def candidates(good: dict[str, tuple[str, DecodedFile]]) -> dict[str, Candidate]:
    return {
        name + (f", part {part}" if part else ""): candidate_of(activity, sha256, part, decoded.format)
        for name, (sha256, decoded) in good.items()
        for part, activity in enumerate(decoded.activities)
    }


def names_of(candidates: dict[str, Candidate]) -> dict[Key, set[str]]:
    names: dict[Key, set[str]] = {}
    for name, one in candidates.items():
        names.setdefault(one.key, set()).add(name)
    return names


def test_what_holds_no_activity_is_refused_and_nothing_else(read: dict[str, tuple[str, DecodedFile | Refused]]) -> None:
    refused = {name: became.reason for name, (_, became) in read.items() if isinstance(became, Refused)}
    assert refused == {name: reason for name, reason in REFUSED.items() if name in read}


def test_groups_of_all_files_together(candidates: dict[str, Candidate]) -> None:
    names = names_of(candidates)
    groups = [set().union(*(names[key] for key in group.members)) for group in group_candidates(candidates.values())]
    expected = [group & set(candidates) for group in EXPECTED]
    assert sorted(map(sorted, (group for group in groups if len(group) > 1))) == sorted(
        sorted(group) for group in expected if len(group) > 1
    )


def test_any_order_gives_the_same_groups(candidates: dict[str, Candidate]) -> None:
    whole = list(candidates.values())
    groups = group_candidates(whole)
    for seed in range(20):
        random.Random(seed).shuffle(whole)
        assert group_candidates(whole) == groups


def test_the_device_file_and_the_event_are_chosen(candidates: dict[str, Candidate]) -> None:
    chosen = {group.chosen for group in group_candidates(candidates.values()) if len(group.members) > 1}
    for name in ("sports-lib__3939576645.fit", "sports-lib__4623204522.fit", "sports-lib__movescount.gpx"):
        assert candidates[name].key in chosen


def variants(name: str, one: Candidate) -> list[Candidate]:
    """Copies of a real recording that are still the same activity."""
    made = {
        "another site": replace(one, format="gpx", device="", device_serial="", samples=one.samples // 4),
        "two devices": replace(
            one,
            device_serial="7654321",
            started_at_ms=one.started_at_ms - 3 * MINUTE_MS,
            elapsed_s=one.elapsed_s + 300,
            ended_at_ms=one.ended_at_ms + 2 * MINUTE_MS,
            distance_m=one.distance_m and one.distance_m * 1.03,
        ),
    }
    if one.start_lat is not None:
        for hours in (-5, 1, 5.75, 10):
            made[f"clock {hours} h off"] = replace(
                made["another site"],
                started_at_ms=one.started_at_ms + round(hours * HOUR_MS),
                ended_at_ms=one.ended_at_ms + round(hours * HOUR_MS),
            )
    return [replace(copy, sha256=f"{name} by {what}") for what, copy in made.items()]


def test_made_copies_of_every_real_recording_join_it_and_no_other(candidates: dict[str, Candidate]) -> None:
    for name, one in candidates.items():
        if one.elapsed_s < 900:
            continue
        for copy in variants(name, one):
            others = [other for other in candidates.values() if other.key != one.key]
            [group] = [group for group in group_candidates([one, copy, *others]) if copy.key in group.members]
            assert one.key in group.members, copy.sha256
            before = next(group for group in group_candidates([one, *others]) if one.key in group.members)
            assert set(group.members) == {*before.members, copy.key}, copy.sha256


def test_the_next_day_is_another_activity(candidates: dict[str, Candidate]) -> None:
    for name, one in candidates.items():
        again = replace(
            one,
            sha256=name,
            started_at_ms=one.ended_at_ms + 30_000,
            ended_at_ms=one.ended_at_ms + 30_000 + round(one.elapsed_s * 1000),
        )
        groups = group_candidates([one, again])
        assert len(groups) == 2, name


def activity_of(good: dict[str, tuple[str, DecodedFile]], name: str, part: int = 0) -> Activity:
    if name not in good:
        pytest.skip(f"{name} is not there")
    return good[name][1].activities[part]


def reasons(good: dict[str, tuple[str, DecodedFile]], name: str) -> set[str]:
    return {problem.reason for problem in good[name][1].problems}


def test_the_ride_of_27_days_took_two_hours(good: dict[str, tuple[str, DecodedFile]]) -> None:
    ride = activity_of(good, "sports-lib__27-days-activity.fit")
    assert "clock jump" in reasons(good, "sports-lib__27-days-activity.fit")
    assert datetime.fromtimestamp(ride.started_at_ms / 1000, UTC).date() == date(2021, 7, 18)
    assert ride.elapsed_s == 7857
    assert len(ride.samples["ts"]) == 3696


def test_broken_and_inverted_times_are_set_right(good: dict[str, tuple[str, DecodedFile]]) -> None:
    broken = activity_of(good, "sports-lib__broken-dates.fit")
    assert datetime.fromtimestamp(broken.started_at_ms / 1000, UTC) == datetime(2017, 3, 20, 19, 9, 28, tzinfo=UTC)
    assert broken.elapsed_s == pytest.approx(658, abs=1)
    inverted = activity_of(good, "sports-lib__inverted-times.fit")
    assert (inverted.elapsed_s, inverted.moving_s) == (21680.0, 2839.6)


def test_samples_of_every_file_are_in_order_and_within_bounds(good: dict[str, tuple[str, DecodedFile]]) -> None:
    from momentum.activity_files.plausible_samples import BOUNDS

    for name, (_, decoded) in good.items():
        for activity in decoded.activities:
            for piece in activity.legs or [activity]:
                if not piece.samples:
                    continue
                assert (np.diff(piece.samples["ts"]) > 0).all(), name
                for channel, values in piece.samples.items():
                    if channel != "ts":
                        assert values.dtype == np.float64, (name, channel)
                        assert np.nanmin(values) >= BOUNDS[channel][0], (name, channel)
                        assert np.nanmax(values) <= BOUNDS[channel][1], (name, channel)
                        assert not np.isnan(values).all(), (name, channel)
                assert piece.ended_at_ms >= piece.samples["ts"][-1] - 1, name


@pytest.mark.parametrize(
    ("name", "day", "offset_h", "source"),
    [
        ("sports-lib__4623204522.fit", date(2018, 10, 13), -10, "file"),  # Kona, ends after midnight UTC
        ("fitdecode__sample-activity.fit", date(2011, 6, 26), -4, "position"),
        ("sports-lib__27-days-activity.fit", date(2021, 7, 18), 10, "position"),
        ("sports-lib__6916663933.fit", date(2020, 3, 14), 1, "position"),  # writes UTC for local time
        ("GoldenCheetah__GarminSwimExample.fit", date(2015, 11, 5), 1, "home"),  # local time three weeks old
        ("fitdecode__null_compressed_speed_dist.fit", date(2017, 10, 5), 2, "home"),  # a virtual island
        ("GoldenCheetah__Move_2019_03_17_10_24_32_Running.fit.zip", date(2019, 3, 17), 3, "file"),
    ],
)
def test_local_days(good: dict[str, tuple[str, DecodedFile]], name: str, day: date, offset_h: int, source: str) -> None:
    assert local_date(activity_of(good, name), "Europe/Paris") == (day, offset_h * 3600, source)


def test_what_the_tcx_lacks_comes_from_the_device_file(good: dict[str, tuple[str, DecodedFile]]) -> None:
    tcx = activity_of(good, "sports-lib__6791039036.tcx")
    fit = activity_of(good, "sports-lib__3939576645.fit")
    assert "temperature_c" not in tcx.samples
    merged, taken = merge(tcx, [(("fit", 0), fit)])
    assert "temperature_c" in taken[("fit", 0)]
    shared = np.isin(merged.samples["ts"], fit.samples["ts"])
    assert shared.mean() > 0.99
    np.testing.assert_array_equal(
        merged.samples["temperature_c"][shared],
        fit.samples["temperature_c"][np.isin(fit.samples["ts"], merged.samples["ts"])],
    )
    assert merged.utc_offset_s == 7200


def test_the_swim_of_the_triathlon_takes_what_the_other_site_knows(good: dict[str, tuple[str, DecodedFile]]) -> None:
    event = activity_of(good, "sports-lib__4623204522.fit")
    swim = activity_of(good, "sports-lib__4623204522-1.gpx")
    merged, taken = merge(event, [(("gpx", 0), swim)])
    assert [leg.sport for leg in merged.legs] == ["swimming", "transition", "cycling", "transition", "running"]
    lacked = set(swim.samples) - set(event.legs[0].samples)
    assert lacked <= set(taken[("gpx", 0)])
    for before, after in zip(event.legs[1:], merged.legs[1:], strict=True):
        assert set(before.samples) == set(after.samples)
    assert (merged.distance_m, merged.elapsed_s) == (event.distance_m, event.elapsed_s)
