"""A session without a file: what it counts and why; how hard one was; which are one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.momentum_dagster.conftest import Command

DAY = (datetime.now() - timedelta(days=3)).strftime("%Y-%m-%d")


@pytest.fixture
def ana(momentum: Command, computed: Callable[[], None]) -> Command:
    """The command, with an athlete without thresholds who trained twice on a day."""
    momentum("athlete", "add", "ana")
    momentum("activity", "add", "ana", "--sport", "strength", "--start", f"{DAY}T18:00", "--later")
    words = ("--start", f"{DAY}T07:00", "--minutes", "30", "--rpe", "7", "--title", "Track", "--later")
    momentum("activity", "add", "ana", "--sport", "running", *words)
    computed()
    return momentum


def listed(momentum: Command) -> list[dict[str, Any]]:
    return json.loads(momentum("activity", "list", "ana", "--json").out)


def test_without_thresholds_a_session_counts_by_its_exertion_and_says_so(ana: Command) -> None:
    run, gym = listed(ana)
    assert (run["load_source"], run["load"]) == ("srpe", 50.0)  # half an hour at 7, where an hour at 7 is 100
    assert "convention" in run["load_reason"]
    assert gym["load"] is None
    assert "no session RPE" in gym["load_reason"]
    table = ana("activity", "list", "ana").out.splitlines()
    assert len(table) == 5
    assert table[-2].split()[-1] == "none"
    assert f"momentum activity show ana {gym['activity_id'][:12]}" in table[-1]


def test_the_same_session_again_is_one_session(ana: Command, computed: Callable[[], None]) -> None:
    ana("activity", "add", "ana", "--sport", "strength", "--start", f"{DAY}T18:00", "--later")
    computed()
    assert len(listed(ana)) == 2


def test_show_is_for_people_and_json_is_whole(ana: Command) -> None:
    run, gym = listed(ana)
    said = ana("activity", "show", "ana", run["activity_id"][:8]).out
    for told in ("Track", "running", "load: 50 by srpe", "exertion 7 of 10", "chosen: running"):
        assert told in said
    assert "load: none (" in ana("activity", "show", "ana", gym["activity_id"]).out
    detail = json.loads(ana("activity", "show", "ana", gym["activity_id"], "--json").out)
    assert detail["activity"]["activity_id"] == gym["activity_id"]
    assert detail["metrics"]["load"] is None
    assert [source["format"] for source in detail["sources"]] == ["manual"]


def test_exertion_entered_by_hand_and_by_csv(ana: Command, computed: Callable[[], None], tmp_path: Path) -> None:
    run, gym = (one["activity_id"] for one in listed(ana))
    assert ana("activity", "set-rpe", "ana", gym[:10], "5", "--later").code == 0
    rows = tmp_path / "rpe.csv"
    rows.write_text(f"athlete_id,activity,rpe\nana,{run},3\n")
    assert ana("activity", "set-rpe", "--csv", rows, "--later").code == 0
    computed()
    assert [one["rpe"] for one in listed(ana)] == [3, 5]
    rows.write_text(f"athlete_id,activity,rpe\nana,{run},4\nana,zzz,4\n")
    said = ana("activity", "set-rpe", "--csv", rows, "--later")
    assert said.code == 1
    assert "line 3: no activity 'zzz'" in said.err


def test_what_is_said_to_be_one_is_one_until_it_is_said_to_be_two(ana: Command, computed: Callable[[], None]) -> None:
    run, gym = (one["activity_id"] for one in listed(ana))
    assert ana("activity", "merge", "ana", run[:8], gym[:8], "--later").code == 0
    computed()
    (one,) = listed(ana)
    detail = json.loads(ana("activity", "show", "ana", one["activity_id"], "--json").out)
    assert len(detail["sources"]) == 2
    assert ana("activity", "merge", "ana", run, gym).code == 1
    assert ana("activity", "split", "ana", one["activity_id"], "--later").code == 0
    computed()
    assert len(listed(ana)) == 2
    nothing = ana("activity", "split", "ana", run)
    assert nothing.code == 1
    assert "nothing to split" in nothing.err


def test_a_start_that_fits_several_activities_is_not_guessed(ana: Command) -> None:
    said = ana("activity", "show", "ana", "")
    assert said.code == 1
    assert "2 activities start with" in said.err


def test_what_is_missing_for_a_load_is_told_by_the_list_of_thresholds(ana: Command) -> None:
    lacking = json.loads(ana("threshold", "list", "ana", "--json").out)["estimated_today"]
    by_name = {(row["sport"], row["name"]): row for row in lacking}
    assert by_name["all", "resting_hr_bpm"]["value"] is None
    assert "somebody has to set it" in by_name["all", "resting_hr_bpm"]["evidence"]
    assert "no value" in by_name["running", "threshold_speed_mps"]["evidence"]
    assert "neither set nor to be estimated" in ana("threshold", "list", "ana").out
