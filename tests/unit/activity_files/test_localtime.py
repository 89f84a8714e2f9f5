"""The day of an activity is the day where the athlete was."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from made_activities import ride

from momentum.activity_files.decoded import Activity
from momentum.activity_files.localtime import local_date

HOUR = 3600


def activity(
    utc: str, *, offset_s: int | None = None, at: tuple[float, float] | None = None, hours: float = 1
) -> Activity:
    started_at_ms = round(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp() * 1000)
    samples = (
        {}
        if at is None
        else {
            "ts": started_at_ms + 1000 * np.arange(3),
            "lat": np.array([np.nan, at[0], at[0]]),
            "lon": np.array([np.nan, at[1], at[1]]),
        }
    )
    return Activity("running", started_at_ms, elapsed_s=hours * HOUR, utc_offset_s=offset_s, samples=samples)


PARIS, AUCKLAND, HONOLULU = (48.86, 2.35), (-36.85, 174.76), (21.31, -157.86)


def test_the_files_own_offset_comes_before_position_and_position_before_home() -> None:
    evening = "2024-05-01T20:00"
    assert local_date(activity(evening, offset_s=9 * HOUR, at=PARIS), "UTC") == (date(2024, 5, 2), 9 * HOUR, "file")
    assert local_date(activity(evening, at=AUCKLAND), "UTC") == (date(2024, 5, 2), 12 * HOUR, "position")
    assert local_date(activity(evening), "Asia/Tokyo") == (date(2024, 5, 2), 9 * HOUR, "home")


@pytest.mark.parametrize(
    ("utc", "at", "day", "offset_h"),
    [
        # the date line: neighbours on one afternoon, a day apart
        ("2024-05-01T22:00", (-13.83, -171.76), date(2024, 5, 2), 13),  # Apia
        ("2024-05-01T22:00", (-14.28, -170.70), date(2024, 5, 1), -11),  # Pago Pago
        ("2024-05-01T10:30", (1.98, -157.47), date(2024, 5, 2), 14),  # Kiritimati
        ("2024-05-01T09:30", HONOLULU, date(2024, 4, 30), -10),
        # the clocks of Paris go forward on 31 March and back on 27 October
        ("2024-03-30T22:59", PARIS, date(2024, 3, 30), 1),
        ("2024-03-30T23:01", PARIS, date(2024, 3, 31), 1),
        ("2024-03-31T21:59", PARIS, date(2024, 3, 31), 2),
        ("2024-03-31T22:01", PARIS, date(2024, 4, 1), 2),
        ("2024-10-26T22:01", PARIS, date(2024, 10, 27), 2),
        ("2024-10-27T22:59", PARIS, date(2024, 10, 27), 1),
        # turn of the year and leap day
        ("2023-12-31T11:30", AUCKLAND, date(2024, 1, 1), 13),
        ("2024-01-01T09:59", HONOLULU, date(2023, 12, 31), -10),
        ("2024-02-28T23:30", PARIS, date(2024, 2, 29), 1),
        ("2024-03-01T05:00", HONOLULU, date(2024, 2, 29), -10),
        # quarters of an hour
        ("2024-05-01T18:14", (27.70, 85.32), date(2024, 5, 1), 5.75),  # Kathmandu
        ("2024-05-01T18:16", (27.70, 85.32), date(2024, 5, 2), 5.75),
        ("2024-01-01T10:14", (-43.95, -176.55), date(2024, 1, 1), 13.75),  # Chatham Islands, summer
        # far out on the Pacific: the nautical zone
        ("2024-05-01T10:30", (20.0, -160.5), date(2024, 4, 30), -11),
        ("2024-05-01T12:30", (30.0, 179.0), date(2024, 5, 2), 12),
    ],
)  # fmt: skip
def test_the_day_at_the_place(utc: str, at: tuple[float, float], day: date, offset_h: float) -> None:
    assert local_date(activity(utc, at=at), "UTC") == (day, offset_h * HOUR, "position")


def test_nepals_offset_in_a_file_and_a_few_seconds_of_slack() -> None:
    assert local_date(activity("2024-05-01T18:16", offset_s=20700), "UTC") == (date(2024, 5, 2), 20700, "file")
    assert local_date(activity("2024-05-01T18:16", offset_s=20698), "UTC") == (date(2024, 5, 2), 20700, "file")


@pytest.mark.parametrize("offset_s", [-22 * 86400, 15 * HOUR, -13 * HOUR, 1350])
def test_an_offset_of_no_place_on_earth_is_not_believed(offset_s: int) -> None:
    assert local_date(activity("2024-05-01T20:00", offset_s=offset_s, at=PARIS), "UTC")[2] == "position"
    assert local_date(activity("2024-05-01T20:00", offset_s=offset_s), "Asia/Tokyo")[2] == "home"


def test_a_watch_that_writes_utc_as_its_local_time_is_corrected_by_the_place() -> None:
    assert local_date(activity("2024-05-01T22:30", offset_s=0, at=PARIS), "UTC") == (date(2024, 5, 2), 7200, "position")
    assert local_date(activity("2024-01-01T22:30", offset_s=0, at=(51.5, -0.1)), "UTC") == (date(2024, 1, 1), 0, "file")
    assert local_date(activity("2024-05-01T22:30", offset_s=0), "Europe/Paris") == (date(2024, 5, 1), 0, "file")


def test_a_file_that_ends_after_the_clocks_changed_keeps_the_day_on_which_it_began() -> None:
    # 23:30 on 30 March in Paris; at the end, eight hours later, the file says +02:00
    ultra = activity("2024-03-30T22:30", offset_s=2 * HOUR, at=PARIS, hours=8)
    assert local_date(ultra, "UTC") == (date(2024, 3, 30), HOUR, "file")
    assert local_date(activity("2024-03-30T22:30", offset_s=2 * HOUR, hours=8), "Europe/Paris") == (
        date(2024, 3, 30),
        HOUR,
        "file",
    )


def test_an_invented_map_says_nothing_of_the_day() -> None:
    virtual = activity("2024-05-01T20:00", at=(-11.64, 166.95))
    virtual.sub_sport = "virtual_activity"
    assert local_date(virtual, "Europe/Paris") == (date(2024, 5, 1), 7200, "home")


def test_legs_give_the_event_its_day() -> None:
    swim, bike = ride(60), activity("2024-05-01T20:00", at=AUCKLAND)
    swim.samples = {"ts": swim.samples["ts"]}
    event = Activity("multisport", bike.started_at_ms, elapsed_s=60, legs=[swim, bike])
    assert local_date(event, "UTC") == (date(2024, 5, 2), 12 * HOUR, "position")
