"""Which files are one activity, case by case. Ids and versions."""

from __future__ import annotations

from typing import Any

import pytest
from made_activities import HOUR_MS, INDOORS, MINUTE_MS, NOWHERE, candidate

from momentum.activity_files.matching import Candidate, Decision, activity_id, group_candidates, version_of


def names(candidates: list[Candidate], decisions: list[Decision] | None = None) -> set[str]:
    """Groups as strings of their files' names, one letter each."""
    return {
        "".join(sha256 + (str(part) if part else "") for sha256, part in group.members)
        for group in group_candidates(candidates, decisions or [])
    }


def merge(a: str, b: str, at: int = 1) -> Decision:
    return Decision("merge", (a, 0), (b, 0), at)


def split(a: str, b: str, at: int = 1) -> Decision:
    return Decision("split", (a, 0), (b, 0), at)


SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "watch FIT and its GPX": ({}, {"format": "gpx", "distance_m": 28_500.0, "start": 0.02}),
    "watch FIT and its TCX, which sums the timer": ({"minutes": 62}, {"format": "tcx", "minutes": 60}),
    "TCX knows few sports": ({"sport": "hiking"}, {"format": "tcx", "sport": "other"}),
    "a walk that a site calls a hike": ({"sport": "walking"}, {"sport": "hiking", "format": "gpx"}),
    "head unit and watch, started 6 min earlier, stopped 9 min later": (
        {"device_serial": "1111111"},
        {"device_serial": "2222222", "start": -6, "minutes": 75, "distance_m": 29_400.0},
    ),
    "head unit that paused at the café and a watch that did not": ({"minutes": 60}, {"minutes": 78}),
    "a copy that a site trimmed at both ends": (
        {"minutes": 90},
        {"start": 20, "minutes": 50, "format": "gpx", "distance_m": 17_000.0, "start_lon": 4.99, "end_lon": 5.2},
    ),
    "an exported FIT with the serial of the original, trimmed": (
        {"device_serial": "1111111", "minutes": 90},
        {"device_serial": "1111111", "start": 20, "minutes": 60, "distance_m": 20_000.0},
    ),
    "strength on two watches": (
        INDOORS | {"sport": "strength", "minutes": 45},
        INDOORS | {"sport": "cardio", "minutes": 48, "start": -2, "channels": ()},
    ),
    "trainer without position and a watch without distance": (
        NOWHERE | {"minutes": 61},
        INDOORS | {"minutes": 60, "start": 1},
    ),
    "treadmill, foot pod and wrist": (
        NOWHERE | {"sport": "running", "distance_m": 10_000.0},
        NOWHERE | {"sport": "running", "distance_m": 8_300.0, "start": 0.3},
    ),
    "a session entered by hand and the watch's file found later": (
        INDOORS | {"sport": "strength", "minutes": 60, "samples": 0, "channels": (), "format": "manual"},
        INDOORS | {"sport": "strength", "minutes": 52, "start": 4},
    ),
    "a wrong sport on a copy that agrees in all else": ({}, {"format": "gpx", "sport": "running"}),
    "GPX with local time as UTC": ({}, {"format": "gpx", "start": 120, "distance_m": 28_700.0}),
    "GPX of Nepal with local time as UTC": ({}, {"format": "gpx", "start": 345, "distance_m": None}),
    "first fix late, on the road": ({}, {"device_serial": "2222222", "start_lon": 4.95, "start": 1}),
    "two events, one without the last transition": (
        {"sport": "multisport", "legs": 5, "minutes": 150},
        {"sport": "multisport", "legs": 4, "minutes": 146, "format": "tcx"},
    ),
    "event and the head unit's bike leg": (
        {"sport": "multisport", "legs": 5, "minutes": 150, "distance_m": 51_500.0},
        {"start": 32, "minutes": 70, "distance_m": 40_000.0, "start_lat": 45.76},
    ),
    "event and the whole day on a phone": (
        {"sport": "multisport", "legs": 5, "minutes": 150, "distance_m": 51_500.0},
        {"format": "gpx", "sport": "cycling", "minutes": 152, "distance_m": 50_000.0},
    ),
}

APART: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "two files of one device, one after the other": (
        {"device_serial": "1111111"},
        {"device_serial": "1111111", "start": 60.05},
    ),
    "two files of one device that overlap by a slow clock": (
        {"device_serial": "1111111"},
        {"device_serial": "1111111", "start": 10, "minutes": 55},
    ),
    "commute there and back": (
        {"minutes": 25},
        {"start": 30, "minutes": 27, "start_lon": 5.22, "end_lon": 4.85},
    ),
    "two swims of one morning": (
        NOWHERE | {"sport": "swimming", "minutes": 30, "distance_m": 1500.0},
        NOWHERE | {"sport": "swimming", "minutes": 30, "distance_m": 1500.0, "start": 31},
    ),
    "brick: bike, then run": (
        {"minutes": 60},
        {"sport": "running", "start": 60.5, "minutes": 20, "distance_m": 5000.0},
    ),
    "the watch's next file begins before the head unit is stopped": (
        {"device_serial": "1111111", "minutes": 60},
        {"device_serial": "2222222", "start": 55, "minutes": 40},
    ),
    "strength on the watch while the head unit rides": (INDOORS | {"sport": "strength"}, {"start": 1}),
    "bike and run at one time, far from alike": ({}, {"sport": "running", "distance_m": 12_000.0, "start": 2}),
    "same time, other town: somebody else's file": ({}, {"start_lat": 48.86, "end_lat": 48.9, "format": "gpx"}),
    "same time, other suburb at both ends": ({}, {"start_lat": 45.8, "end_lat": 45.8, "start": 0.1}),
    "same time, a tenth of the way": ({}, {"distance_m": 2_500.0}),
    "a walk of a whole day and a run in it": (
        {"sport": "walking", "minutes": 600, "distance_m": 30_000.0},
        {"sport": "running", "start": 200, "minutes": 40, "distance_m": 8_000.0},
    ),
    "the same loop again two hours later by the same device": (
        {"device_serial": "1111111"},
        {"device_serial": "1111111", "start": 120, "format": "tcx"},
    ),
    "the same loop again two hours later, by FIT": ({}, {"start": 120}),
    "the same loop in the afternoon, not on the quarter": ({}, {"start": 187.3, "format": "gpx"}),
    "the same loop in the afternoon, 20 s slower": ({}, {"start": 180, "minutes": 60.4, "format": "gpx"}),
    "the same workout indoors in the morning and the evening": (NOWHERE, NOWHERE | {"start": 600, "format": "tcx"}),
    "a clock wrong by more than any zone": ({}, {"start": 15 * 60, "format": "gpx"}),
    "strength in the transition area": (
        {"sport": "multisport", "legs": 5, "minutes": 150},
        INDOORS | {"sport": "strength", "start": 30, "minutes": 20},
    ),
    "the ride home after the event": (
        {"sport": "multisport", "legs": 5, "minutes": 150, "distance_m": 51_500.0},
        {"start": 140, "minutes": 60},
    ),
    "a leg of an event elsewhere": (
        {"sport": "multisport", "legs": 5, "minutes": 150, "distance_m": 51_500.0},
        {"start": 32, "minutes": 70, "start_lat": 43.3, "end_lat": 43.3},
    ),
}


@pytest.mark.parametrize("case", SAME)
def test_one_activity(case: str) -> None:
    a, b = SAME[case]
    assert names([candidate("a", **a), candidate("b", **b)]) == {"ab"}
    assert names([candidate("b", **a), candidate("a", **b)]) == {"ab"}


@pytest.mark.parametrize("case", APART)
def test_two_activities(case: str) -> None:
    a, b = APART[case]
    assert names([candidate("a", **a), candidate("b", **b)]) == {"a", "b"}
    assert names([candidate("b", **a), candidate("a", **b)]) == {"a", "b"}


def test_placeholders_are_no_serial_numbers() -> None:
    for placeholder in ("0", "1", "2147483647"):
        half = [
            candidate("a", device_serial=placeholder, minutes=60),
            candidate("b", device_serial=placeholder, start=9, minutes=58),
        ]
        assert names(half) == {"ab"}


def test_parts_of_one_file_are_different_activities_unless_the_file_says_one_twice() -> None:
    assert names([candidate("a"), candidate("a", part=1, start=3)]) == {"a", "a1"}
    assert names([candidate("a"), candidate("a", part=1)]) == {"aa1"}


def test_the_legs_of_an_event_recorded_apart_join_it_though_unlike_each_other() -> None:
    event = candidate("e", sport="multisport", legs=5, minutes=150, distance_m=51_500.0)
    swim = candidate("s", sport="swimming", minutes=30, distance_m=1_500.0)
    bike = candidate("b", start=33, minutes=70, distance_m=40_000.0)
    bike_on_watch = candidate("c", start=32, minutes=72, distance_m=40_100.0, format="gpx")
    run = candidate("r", sport="running", start=105, minutes=44, distance_m=10_000.0)
    phone = candidate("p", sport="other", minutes=151, distance_m=51_000.0, format="gpx")
    everything = [event, swim, bike, bike_on_watch, run, phone]
    assert names(everything) == {"bceprs"}
    [group] = group_candidates(everything)
    assert group.chosen == ("e", 0)
    assert group.reasons[("b", 0)].startswith("lies inside the event")
    assert names([swim, bike, bike_on_watch, run]) == {"s", "bc", "r"}


def test_a_chain_of_likenesses_does_not_join_what_is_not_alike() -> None:
    ride, anything, lift = candidate("a"), candidate("b", sport="cardio"), candidate("c", sport="strength", **INDOORS)
    assert names([ride, anything]) == {"ab"}
    assert names([anything, lift]) == {"bc"}
    assert names([ride, anything, lift]) == {"ab", "c"}
    creeping = [candidate(chr(97 + row), start=row * 8, minutes=60, **NOWHERE) for row in range(8)]
    assert names(creeping[:2]) == {"ab"}
    assert all(len(group) <= 3 for group in names(creeping))


def test_a_copy_with_a_wrong_clock_joins_the_files_of_its_original() -> None:
    watch = candidate("a", device_serial="1111111")
    head_unit = candidate("b", device_serial="2222222", start=-4, minutes=66, distance_m=29_100.0)
    late = candidate("c", format="gpx", start=120, distance_m=28_400.0)
    assert names([watch, head_unit, late]) == {"abc"}
    [group] = group_candidates([watch, head_unit, late])
    assert "clock wrong by 2 h" in group.reasons[("c", 0)]
    # the same loop in the afternoon claims the late copy, whose clock says so; morning and afternoon stay two
    afternoon = candidate("d", start=121, minutes=58)
    assert names([watch, head_unit, late, afternoon]) == {"ab", "cd"}


class TestDecisions:
    alike = (candidate("a"), candidate("b"), candidate("c"))
    unlike = (candidate("a"), candidate("b", start=1000), candidate("c", start=4000))

    def test_a_split_keeps_two_files_apart_and_the_third_with_one_of_them(self) -> None:
        assert names([*self.alike], [split("a", "b")]) in ({"ac", "b"}, {"a", "bc"})

    def test_splits_of_one_file_from_all_others_leave_it_alone(self) -> None:
        assert names([*self.alike], [split("b", "a"), split("b", "c")]) == {"ac", "b"}

    def test_merges_join_what_is_not_alike_and_pass_on(self) -> None:
        assert names([*self.unlike], [merge("a", "b"), merge("b", "c")]) == {"abc"}

    def test_the_newest_word_on_a_pair_counts(self) -> None:
        assert names([*self.alike[:2]], [split("a", "b", 1), merge("b", "a", 2)]) == {"ab"}
        assert names([*self.alike[:2]], [split("b", "a", 2), merge("a", "b", 1)]) == {"a", "b"}

    def test_a_newer_split_breaks_the_oldest_link_of_a_chain(self) -> None:
        chain = [merge("a", "b", 1), merge("b", "c", 2)]
        assert names([*self.unlike], [*chain, split("a", "c", 3)]) == {"a", "bc"}
        assert names([*self.unlike], [split("a", "c", 0), *chain]) == {"abc"}

    def test_a_merge_brings_the_copies_of_both_along(self) -> None:
        files = [*self.unlike[:2], candidate("d", format="gpx"), candidate("e", format="tcx", start=1000)]
        assert names(files, [merge("a", "b")]) == {"abde"}
        [group] = group_candidates(files, [merge("a", "b")])
        assert list(group.reasons.values()).count("merged by hand") == 2

    def test_a_split_from_a_merged_file_holds_for_its_copies_group(self) -> None:
        files = [*self.unlike[:2], candidate("d", format="gpx")]
        assert names(files, [merge("a", "b", 1), split("d", "b", 2)]) == {"ab", "d"}

    def test_decisions_on_files_that_are_not_here_change_nothing(self) -> None:
        assert names([*self.alike], [split("a", "z"), merge("y", "z"), merge("a", "a")]) == {"abc"}


def test_the_richest_file_is_chosen_for_stated_reasons() -> None:
    channels = ("distance_m", "heart_rate_bpm", "lat", "lon", "speed_mps")
    watch = candidate("a", channels=channels)
    head_unit = candidate("b", channels=(*channels, "power_w", "cadence_rpm"), minutes=58)
    tcx = candidate("c", format="tcx", channels=(*channels, "power_w", "cadence_rpm"), minutes=58)
    smart = candidate("d", channels=(*channels, "power_w", "cadence_rpm"), minutes=58, samples=700)
    [group] = group_candidates([watch, head_unit, tcx, smart])
    assert group.chosen == ("b", 0)
    assert group.reasons[("b", 0)] == (
        "richest of 4 files: fit with power, heart rate, position, cadence, a sample every 1.0 s"
    )
    assert group.reasons[("a", 0)] == "same start within 1 s, end 2 min later, same distance within 0.1 %"


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"format": "fit"}, {"format": "tcx"}),
        ({"format": "tcx"}, {"format": "gpx"}),
        ({"format": "gpx"}, {"format": "manual", "samples": 0, "channels": ()}),
        ({"samples": 3600}, {"samples": 900}),
        ({"source": "file"}, {"source": "strava"}),
        ({"source": "garmin"}, {"source": "strava"}),
        ({"legs": 3, "sport": "multisport", "channels": (), "format": "tcx"}, {"sport": "other"}),
        ({"minutes": 80}, {"minutes": 45, "start": 10, "channels": ("power_w", "lat", "lon", "heart_rate_bpm")}),
    ],
)
def test_better_and_worse_files(better: dict[str, Any], worse: dict[str, Any]) -> None:
    [group] = group_candidates([candidate("z", **better), candidate("a", **worse)])
    assert group.chosen == ("z", 0)


def test_of_equal_files_the_smallest_hash_is_chosen() -> None:
    [group] = group_candidates([candidate("b"), candidate("a"), candidate("c")])
    assert group.chosen == ("a", 0)
    assert group.members == (("a", 0), ("b", 0), ("c", 0))


def test_one_file_alone() -> None:
    [group] = group_candidates([candidate("a")])
    assert (group.members, group.chosen, group.reasons) == ((("a", 0),), ("a", 0), {("a", 0): "the only file"})
    assert group_candidates([]) == []


def test_one_candidate_twice_is_one_and_two_that_differ_are_an_error() -> None:
    assert names([candidate("a"), candidate("a")]) == {"a"}
    with pytest.raises(ValueError, match="differ"):
        group_candidates([candidate("a"), candidate("a", minutes=61)])


def test_activities_of_no_length_and_of_weeks_are_taken() -> None:
    point = candidate("a", minutes=0, samples=1, distance_m=0.0)
    assert names([point, candidate("b", minutes=0, samples=1, distance_m=0.0, format="gpx")]) == {"ab"}
    assert names([point, candidate("c", minutes=60 * 24 * 27), candidate("d", start=500)]) == {"a", "c", "d"}


def test_ids_depend_on_athlete_file_part_and_leg_only() -> None:
    ids = {
        activity_id(athlete, sha256, part, leg)
        for athlete in ("ada", "bob")
        for sha256 in ("0a", "0b")
        for part in (0, 1)
        for leg in (0, 1)
    }
    assert len(ids) == 16
    assert activity_id("ada", "0a", 0) == activity_id("ada", "0a", 0, leg=0)
    assert all(len(one) == 20 and set(one) <= set("0123456789abcdef") for one in ids)


def test_versions_depend_on_the_set_of_files_and_the_decoder() -> None:
    files = [("0a", 0), ("0b", 1)]
    assert version_of(files, 1) == version_of(reversed(files), 1)
    assert len({version_of(files, 1), version_of(files, 2), version_of(files[:1], 1), version_of([], 1)}) == 4
    assert len(version_of(files, 1)) == 16


def test_units_of_this_table() -> None:
    late = candidate("a", start=90, minutes=30)
    assert late.ended_at_ms - late.started_at_ms == 30 * MINUTE_MS
    assert late.started_at_ms - candidate("b").started_at_ms == 1.5 * HOUR_MS
