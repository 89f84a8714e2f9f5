"""Hundreds of damaged documents: what is read is what a plain parser reads, and only Refused is raised."""

from __future__ import annotations

import io
import math
import random
import re
from collections.abc import Callable

import numpy as np
import pytest
from xml_reference import by_callbacks

from momentum.activity_files.decoded import CHANNELS, Refused
from momentum.activity_files.plausibility import clean
from momentum.activity_files.xml import decode_gpx, decode_tcx, points, well_formed
from momentum.activity_files.xml.gpx import GPX
from momentum.activity_files.xml.tcx import TCX

REFUSALS = ("XML with entities", "encoding not read", "XML beyond limits")
BYTE_MUTATIONS, GRAMMAR_MUTATIONS = 250, 350


def seed_gpx() -> bytes:
    track = "".join(
        f"<trkpt lat=\"{45 + n / 997}\" lon='-{6 + n / 1013}'>\n <ele>{100 + n * 0.2}</ele>\n"
        f"<time>2024-05-01T10:0{n // 10}:{n % 10}0.{n}Z</time><extensions><a:T><a:hr>{120 + n}</a:hr>"
        f"<a:cad>8{n % 10}</a:cad></a:T><power>{200 + n}</power></extensions></trkpt>\n"
        for n in range(40)
    )
    head = '<?xml version="1.0"?><gpx creator="x" xmlns:a="urn:a"><metadata/>'
    return f"{head}<trk><name>n</name><type>running</type><trkseg>{track}</trkseg></trk></gpx>".encode()


def seed_tcx() -> bytes:
    track = "".join(
        f"<Trackpoint><Time>2024-05-01T10:0{n // 10}:{n % 10}0Z</Time><Position><LatitudeDegrees>{45 + n / 997}"
        f"</LatitudeDegrees><LongitudeDegrees>{n / 7}</LongitudeDegrees></Position>"
        f"<DistanceMeters>{n * 9.5}</DistanceMeters><HeartRateBpm><Value>{n + 99}</Value></HeartRateBpm>"
        f"<Cadence>9{n % 10}</Cadence><Extensions><TPX><Speed>3.{n}</Speed><Watts>{n * 5}</Watts></TPX></Extensions>"
        "</Trackpoint>\n"
        for n in range(40)
    )
    total = "<TotalTimeSeconds>400</TotalTimeSeconds>"
    lap = f'<Lap StartTime="2024-05-01T10:00:00Z">{total}<Track>{track}</Track></Lap>'
    activity = f'<Activity Sport="Running">{lap}<Creator><Name>W</Name></Creator></Activity>'
    return f"<TrainingCenterDatabase><Activities>{activity}</Activities></TrainingCenterDatabase>".encode()


def damage_bytes(data: bytes, dice: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(dice.choice((1, 1, 1, 2, 5))):
        at = dice.randrange(len(damaged))
        match dice.randrange(6):
            case 0:
                damaged[at] = dice.randrange(256)
            case 1:
                damaged[at] ^= 1 << dice.randrange(8)
            case 2:
                del damaged[at : at + dice.randrange(1, 30)]
            case 3:
                damaged[at:at] = bytes(dice.choices(b"<>/&;'\"!-[]? =0e.+", k=dice.randrange(1, 4)))
            case 4:
                damaged[at:at] = damaged[at - 200 : at]
            case 5:
                del damaged[max(at, 200) :]
    return bytes(damaged)


VALUES = (
    "", " ", "NaN", "inf", "-Infinity", "1e400", "-0.0", "+5", "1.5e3", "1,5", "0x10", "1_0", "١", "..5", "5.", ".5",
    "--1", "1e", "45.20685279741883276393066", "123456789012345678901234567890", "4.9e-324", "9007199254740993",
    "0.000000000000000000000000001e30", "<![CDATA[7]]>", "<!-- x -->8", "9<?p i?>", "&#49;2", "&#x35;", "&amp;",
    " 77\n", "a<b>1</b>", "<b/>3", "2024-05-01T10:00:00+01:00", "2024-02-29T23:59:60.9996Z", "2023-02-29T00:00:00Z",
    "2024-05-01 10:00:00", "0000-01-01T00:00:00Z", "9999-12-31T24:00:00-23:59",
)  # fmt: skip
INSERTIONS = (
    "<!-- > <trkpt> -->", "<![CDATA[<trkpt lat='1' lon='2'/>]]>", "<?x > ?>", "<x y='>'/>", "<hr>1</hr>", "<time/>",
    "<Time>x</Time>", "<trkpt/>", "<Trackpoint/>", "<trk>", "</trk>", "<Lap/>", "<Track/>", "<Activity/>",
    "<n:hr xmlns:n='u'>61</n:hr>", "<Value>5</Value>", "<HeartRateBpm><Value>1</Value></HeartRateBpm>", "&lt;", "]]>",
    "<a", "<é>1</é>", "<a:b:hr>5</a:b:hr>", "<HR>50</HR>", "<Cadence>1</Cadence>",
)  # fmt: skip
NAMES = ("hr", "q:time", "x", "Speed", "POWER")


def damage_grammar(data: bytes, dice: random.Random) -> bytes:
    text = data.decode()
    for _ in range(dice.choice((1, 1, 2, 4))):
        tags = list(re.finditer(r"<[^>]+>", text))
        first, second = sorted(dice.sample(tags, 2), key=lambda match: match.start())
        leaf = dice.choice(list(re.finditer(r">([^<>]*)</", text)))
        value, name = dice.choice(VALUES), dice.choice(NAMES)
        match dice.randrange(7):
            case 0:
                text = text[: leaf.start(1)] + value + text[leaf.end(1) :]
            case 1:
                text = text[: first.start()] + dice.choice(INSERTIONS) + text[first.start() :]
            case 2:
                text = text[: first.start()] + text[first.end() :]
            case 3:
                renamed = re.escape(dice.choice(re.findall(r"</([^>\s]+)>", text)))
                text = re.sub(rf"(</?){renamed}(?=[\s/>])", rf"\g<1>{name}", text)
            case 4:
                text = text.replace("<ele>", f"<ele> {value} ", 1)
            case 5:
                text = re.sub(r"(lat|lon)=([\"'])[^\"']*", rf"\g<1>=\g<2>{value}", text, count=dice.randrange(1, 4))
            case 6:
                between = text[first.end() : second.start()]
                text = text[: first.start()] + second[0] + between + first[0] + text[second.end() :]
    return text.encode()


@pytest.mark.parametrize("kind", ["gpx", "tcx"])
@pytest.mark.parametrize(
    ("damage", "count"), [(damage_bytes, BYTE_MUTATIONS), (damage_grammar, GRAMMAR_MUTATIONS)], ids=["bytes", "grammar"]
)
def test_damaged_documents(
    kind: str, damage: Callable[[bytes, random.Random], bytes], count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(well_formed, "CHUNK_BYTES", 700)  # so that many cuts fall into the document
    seed = seed_gpx() if kind == "gpx" else seed_tcx()
    read = 0
    for number in range(count):
        data = damage(seed, random.Random(f"{kind} {damage.__name__} {number}"))
        read += check(data, kind, number)
    assert read > count / 3


def check(data: bytes, kind: str, number: int) -> bool:
    """Whether anything was read; asserts that it is what the reference reads, or refused for cause."""
    expected, sound, doctype = by_callbacks(data, kind)
    where = f"mutation {number}: {data!r}"
    try:
        if kind == "gpx":
            found = points.read_points(io.BytesIO(data), GPX, "gpx", "GPX")
        else:
            found = points.read_points(io.BytesIO(data), TCX, "TrainingCenterDatabase", "TCX")
    except Refused as refused:
        if refused.reason == "broken XML":
            assert not sound and not expected, where
        else:
            assert doctype or refused.reason != "XML with entities", where
            assert refused.reason in REFUSALS or refused.reason.startswith("not a "), where
        return False
    assert any(problem.reason == "decoded in part" for problem in found.problems) == (not sound), where
    assert found.seen == len(expected), where
    timed = [point for point in expected if point is not None]
    assert found.columns["ts"].tolist() == [point["ts"] for point in timed], where
    for channel in CHANNELS:
        wanted = np.array([point.get(channel, math.nan) for point in timed])
        np.testing.assert_array_equal(found.columns.get(channel, np.full(len(timed), np.nan)), wanted, err_msg=where)
    try:
        decoded = (decode_gpx if kind == "gpx" else decode_tcx)(io.BytesIO(data))
    except Refused as refused:
        assert refused.reason in ("no recorded track", "no recorded activity", "track without times"), where
        return True
    for activity in decoded.activities:
        for part in (activity, *activity.legs):
            assert (np.diff(part.samples.get("ts", np.empty(0))) >= 0).all(), where
            clean(part)
    return True
