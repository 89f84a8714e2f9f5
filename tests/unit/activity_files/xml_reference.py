"""A slow and plain reader of TCX and GPX that the tests judge ours by: it shares no line with it.

`by_lxml` walks libxml2's tree; `by_callbacks` takes expat's events one by one, and so can also say which
points of a broken document were whole.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.parsers import expat

from lxml import etree

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "activities"

Point = dict[str, float]

GPX_LEAVES = {
    "hr": "heart_rate_bpm", "heartrate": "heart_rate_bpm", "cad": "cadence_rpm", "cadence": "cadence_rpm",
    "atemp": "temperature_c", "temp": "temperature_c", "temperature": "temperature_c", "speed": "speed_mps",
    "distance": "distance_m", "power": "power_w", "watts": "power_w", "powerinwatts": "power_w",
}  # fmt: skip
TCX_LEAVES = {
    "latitudedegrees": "lat", "longitudedegrees": "lon", "altitudemeters": "altitude_m",
    "distancemeters": "distance_m", "cadence": "cadence_rpm", "runcadence": "cadence_rpm", "speed": "speed_mps",
    "watts": "power_w",
}  # fmt: skip
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE | re.ASCII)
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?([Zz]|[+-]\d\d(?::?\d\d)?)?", re.ASCII)
BLANKS = " \t\r\n"


def shared_files(kind: str) -> list[Path]:
    return sorted((SHARED / kind).glob(f"*.{kind}"))


def number(text: str) -> float:
    text = text.strip(BLANKS)
    return float(text) if NUMBER.fullmatch(text) else math.nan


def time_ms(text: str) -> int | None:
    match = TIME.fullmatch(text.strip(BLANKS))
    if match is None:
        return None
    *fields, fraction, zone = match.groups()
    year, month, day, hour, minute, second = map(int, fields)
    if minute > 59 or second > 60 or hour * 3600 + minute * 60 + second > 86400:
        return None
    try:
        moment = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    seconds += hour * 3600 + minute * 60 + second
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        if int(digits[:2]) > 23 or int(digits[2:]) > 59:
            return None
        seconds -= (int(digits[:2]) * 3600 + int(digits[2:]) * 60) * (-1 if zone[0] == "-" else 1)
    digits = (fraction or "").ljust(4, "0")
    return seconds * 1000 + int(digits[:3]) + (digits[3] >= "5")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


class _Collector:
    """Points from elements that open, close and hold text, whichever parser says so."""

    def __init__(self, kind: str) -> None:
        self.gpx = kind == "gpx"
        self.point_name = "trkpt" if self.gpx else "trackpoint"
        self.path: list[dict[str, Any]] = []
        self.points: list[Point | None] = []  # None: a point without a time
        self.point: Point | None = None
        self.point_depth = 0

    def open(self, tag: str, attributes: dict[str, str]) -> None:
        if self.path:
            self.path[-1]["leaf"] = False
        self.path.append({"name": _local(tag), "text": [], "leaf": True, "markup": False})
        if self.point is None and self.path[-1]["name"] == self.point_name:
            self.point, self.point_depth = {}, len(self.path)
            if self.gpx:
                for name in ("lat", "lon"):
                    if name in attributes:
                        self.point[name] = number(attributes[name])

    def text(self, text: str) -> None:
        if self.path:
            self.path[-1]["text"].append(text)

    def markup(self) -> None:
        if self.path:
            self.path[-1]["markup"] = True

    def close(self) -> None:
        element = self.path.pop()
        if self.point is None:
            return
        if len(self.path) + 1 == self.point_depth:
            self.points.append(self.point if self.point.get("ts") is not None else None)
            self.point = None
            return
        text = "".join(element["text"])
        channel = self._channel(element["name"], self.path[-1]["name"])
        if channel and element["leaf"] and channel not in self.point and (text.strip(BLANKS) or element["markup"]):
            self.point[channel] = time_ms(text) if channel == "ts" else number(text)

    def _channel(self, name: str, parent: str) -> str | None:
        if name == "time":
            return "ts" if parent == self.point_name else None
        if self.gpx:
            return "altitude_m" if name == "ele" and parent == self.point_name else GPX_LEAVES.get(name)
        return "heart_rate_bpm" if (parent, name) == ("heartratebpm", "value") else TCX_LEAVES.get(name)


def by_lxml(data: bytes, kind: str) -> list[Point | None]:
    """All points in the document's order. Raises lxml's XMLSyntaxError."""
    collector = _Collector(kind)

    def walk(element: etree._Element) -> None:
        if not isinstance(element.tag, str):
            collector.markup()
            collector.text(element.tail or "")
            return
        collector.open(element.tag, {_local(k): v for k, v in element.attrib.items()})
        collector.text(element.text or "")
        for child in element:
            walk(child)
            if isinstance(child.tag, str):
                collector.text(child.tail or "")
        collector.close()

    walk(etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)))
    return collector.points


def by_callbacks(data: bytes, kind: str) -> tuple[list[Point | None], bool, bool]:
    """The points that are whole, whether the document is sound to its end, and whether it has a DOCTYPE."""
    collector = _Collector(kind)
    doctype = False

    def found_doctype(*_rest: object) -> None:
        nonlocal doctype
        doctype = True

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = collector.open
    parser.EndElementHandler = lambda _name: collector.close()
    parser.CharacterDataHandler = collector.text
    parser.CommentHandler = parser.StartCdataSectionHandler = lambda *_rest: collector.markup()
    parser.ProcessingInstructionHandler = lambda *_rest: collector.markup()
    parser.StartDoctypeDeclHandler = found_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return collector.points, False, doctype
    return collector.points, True, doctype
