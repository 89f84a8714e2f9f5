"""Exertion and words of a person about legs, while files of the event and of its legs come and go."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from momentum.activity_files.decoded import Activity
from momentum.adapters.clickhouse import Client
from momentum.demo.fit_writer import fit_bytes
from momentum.warehouse.entries import find_activity, merge_activities, rpe_entries, split_activity
from tests.imports import NOW, archive_at, compute, entered, opener, take_in
from tests.unit.activity_files.made_activities import NOON_MS, ride, without

SECONDS = 480


def leg(number: int, sport: str, device: str = "Forerunner 955") -> Activity:
    start_ms = NOON_MS + number * SECONDS * 1000
    activity = ride(SECONDS, started_at_ms=start_ms, seed=number)
    activity.laps = {
        "start": np.array([start_ms]), "elapsed_s": np.array([float(SECONDS)]), "distance_m": np.array([np.nan]),
        "kind": np.array(["lap"]), "stroke": np.array([""]), "swim_strokes": np.array([np.nan]),
    }  # fmt: skip
    return replace(activity, sport=sport, device=device, device_serial="1" if device == "Forerunner 955" else "2")


BIKE, RUN = leg(0, "cycling"), leg(1, "running")
EVENT = fit_bytes(
    replace(
        BIKE, sport="multisport", elapsed_s=2.0 * SECONDS, samples={}, laps={}, legs=[BIKE, without(RUN, "power_w")]
    )
)


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def bike_alone(*, founds: bool) -> bytes:
    """The bike leg by a head unit; its hash before that of the event, so that it founds it, or after."""
    for serial in range(2, 100):
        content = fit_bytes(replace(leg(0, "cycling", "Edge 540"), device_serial=f"{serial}"))
        if (sha(content) < sha(EVENT)) is founds:
            return content
    raise AssertionError("no such file in a hundred")


def pieces(client: Client) -> list[dict[str, Any]]:
    return client.rows("SELECT * FROM activities ORDER BY leg, started_at")


@pytest.mark.parametrize("founds", [True, False])
def test_exertion_entered_for_a_leg_stays_with_it(client: Client, tmp_path: Path, founds: bool) -> None:
    archive = archive_at(tmp_path)
    take_in(client, archive, "ana", [("event.fit", EVENT), ("bike.fit", bike_alone(founds=founds))])
    compute(client, archive)
    event, bike, run = pieces(client)
    assert [event["sport"], bike["sport"], run["sport"]] == ["multisport", "cycling", "running"]

    entered(client, rpe_entries, athlete_id="ana", activity=run["activity_id"], rpe=8.0)
    compute(client, archive)
    assert [piece["rpe"] for piece in pieces(client)] == [None, None, 8.0]

    split_activity(client, "ana", run["activity_id"], None, open_change=opener(client), now=NOW)
    compute(client, archive)
    assert {piece["leg"]: piece["rpe"] for piece in pieces(client) if piece["parent_id"]} == {1: None, 2: 8.0}


@pytest.mark.parametrize("founds", [True, False])
def test_exertion_of_a_leg_s_own_file_goes_to_the_leg_when_the_event_comes(
    client: Client, tmp_path: Path, founds: bool
) -> None:
    archive = archive_at(tmp_path)
    take_in(client, archive, "ana", [("bike.fit", bike_alone(founds=founds))])
    compute(client, archive)
    [alone] = pieces(client)
    entered(client, rpe_entries, athlete_id="ana", activity=alone["activity_id"], rpe=7.0)
    compute(client, archive)

    take_in(client, archive, "ana", [("event.fit", EVENT)])
    compute(client, archive)
    assert [piece["rpe"] for piece in pieces(client)] == [None, 7.0, None]


def test_a_leg_stands_for_its_event_when_it_is_merged(client: Client, tmp_path: Path) -> None:
    archive = archive_at(tmp_path)
    other = fit_bytes(leg(40, "cycling"))  # five hours later
    take_in(client, archive, "ana", [("event.fit", EVENT), ("other.fit", other)])
    compute(client, archive)
    run = next(piece for piece in pieces(client) if piece["leg"] == 2)
    alone = next(piece for piece in pieces(client) if piece["leg"] == 0 and piece["sport"] == "cycling")
    refs = run["activity_id"], alone["activity_id"]
    merge_activities(client, "ana", refs, open_change=opener(client), now=NOW)
    compute(client, archive)
    assert [piece["leg"] for piece in pieces(client)] == [0, 1, 2]


def test_a_leg_is_found_by_the_id_it_had_before_another_file_founded_the_event(client: Client, tmp_path: Path) -> None:
    archive = archive_at(tmp_path)
    take_in(client, archive, "ana", [("event.fit", EVENT)])
    compute(client, archive)
    former = {piece["leg"]: piece["activity_id"] for piece in pieces(client)}
    entered(client, rpe_entries, athlete_id="ana", activity=former[1], rpe=7.0)

    take_in(client, archive, "ana", [("bike.fit", bike_alone(founds=True))])
    compute(client, archive)
    now = {piece["leg"]: piece["activity_id"] for piece in pieces(client)}
    assert set(former.values()).isdisjoint(now.values())
    for number, former_id in former.items():
        assert find_activity(client, "ana", former_id)["activity_id"] == now[number]
        assert find_activity(client, "ana", former_id[:12])["activity_id"] == now[number]
    entered(client, rpe_entries, athlete_id="ana", activity=former[2], rpe=8.0)
    compute(client, archive)
    assert [piece["rpe"] for piece in pieces(client)] == [None, 7.0, 8.0]

    split_activity(client, "ana", former[2], None, open_change=opener(client), now=NOW)
    compute(client, archive)
    assert find_activity(client, "ana", former[2])["activity_id"] == former[2]
    merge_activities(client, "ana", (former[2], now[0]), open_change=opener(client), now=NOW)
    compute(client, archive)
    assert {piece["leg"]: piece["rpe"] for piece in pieces(client)} == {0: None, 1: 7.0, 2: 8.0}
