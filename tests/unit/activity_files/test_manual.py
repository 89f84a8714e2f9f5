"""A session entered by hand is a file like any other."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from momentum.activity_files.decoded import Refused
from momentum.activity_files.manual import decode_manual, encode
from momentum.activity_files.read import decode

BERLIN = timezone(timedelta(hours=2))
SESSION: dict[str, Any] = {
    "sport": "strength",
    "started_at": datetime(2024, 5, 1, 18, 30, tzinfo=BERLIN),
    "elapsed_s": 2700.0,
    "rpe": 7.0,
    "title": "Kniebeugen",
    "notes": "3 x 5",
}


def test_what_goes_in_comes_out_through_the_same_door_as_files() -> None:
    data = encode(**SESSION, moving_s=2400, distance_m=0, ascent_m=12)
    for decoded in (decode_manual(data), decode(io.BytesIO(data)), decode(io.BytesIO(b"\xef\xbb\xbf" + data))):
        assert decoded.format == "manual"
        [activity] = decoded.activities
        assert activity.started_at_ms == 1714581000000
        assert activity.utc_offset_s == 7200
        assert (activity.sport, activity.elapsed_s, activity.moving_s, activity.rpe) == ("strength", 2700, 2400, 7)
        assert (activity.distance_m, activity.ascent_m) == (0, 12)


def test_the_same_session_is_the_same_content_and_a_nonce_makes_another() -> None:
    assert encode(**SESSION) == encode(**dict(reversed(SESSION.items())))
    assert encode(**SESSION) == encode(**SESSION, moving_s=None, nonce="")
    assert encode(**SESSION) != encode(**SESSION, nonce="2")
    assert json.loads(encode(**SESSION)) == json.loads(encode(**SESSION).decode("utf-8"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"sport": "flying"}, "sport 'flying'"),
        ({"sport": "multisport"}, "sport 'multisport'"),
        ({"elapsed_s": 0}, "elapsed_s is missing or 0"),
        ({"elapsed_s": None}, "elapsed_s is missing or 0"),
        ({"elapsed_s": -5}, "elapsed_s -5 is not between"),
        ({"elapsed_s": 1e9}, "elapsed_s 1e+09 is not between"),
        ({"elapsed_s": True}, "elapsed_s True is not a number"),
        ({"elapsed_s": "3600"}, "elapsed_s '3600' is not a number"),
        ({"elapsed_s": float("nan")}, "elapsed_s nan is not a number"),
        ({"moving_s": 9999}, "moving_s 9999 is more than elapsed_s 2700"),
        ({"rpe": 11}, "rpe 11 is not between 0 and 10"),
        ({"distance_m": float("inf")}, "distance_m inf is not a number"),
        ({"title": 5}, "title is not a text"),
        ({"notes": "x" * 10_001}, "notes is not a text of at most 10000"),
        ({"started_at": datetime(2024, 5, 1, 18, 30)}, "has no offset"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_name(change: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused) as refused:
        encode(**(SESSION | change))
    assert refused.value.reason == "not a session"
    assert says in refused.value.detail


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"format":"manual"}', "version None"),
        (b'{"format":"manual","version":2}', "version 2, this reads version 1"),
        (b'{"format":"manual","version":1,"colour":"red"}', "unknown field 'colour'"),
        (b'{"format":"manual","version":1,"sport":"running","elapsed_s":5}', "started_at None"),
        (b'{"format":"manual","version":1,"sport":"running","elapsed_s":5,"started_at":"monday"}', "'monday'"),
        (b'{"format":"manual"', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"format":"other"}', '"format" is not "manual"'),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_a_file_that_is_not_a_session_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(Refused, match="not a session") as refused:
        decode_manual(data)
    assert says in refused.value.detail
