"""The graph's picture: columns from left to right, and no line through a box."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from momentum.reports.graph_layout import BOX_H, BOX_W, lay_out
from momentum.reports.graph_picture import graph_picture

GROUPS = {
    "infrastructure": ["store"],
    "entered": ["athletes", "thresholds", "body", "inbox", "decisions"],
    "files": ["quarantine", "records", "decoded", "raw"],
    "activities": ["activities", "sources"],
    "load": ["fitness", "daily", "metrics"],
    "rollups": ["weekly", "curve"],
}
EDGES = [
    ("inbox", "raw"), ("raw", "decoded"), ("raw", "quarantine"), ("decoded", "records"), ("decoded", "activities"),
    ("records", "activities"), ("decisions", "activities"), ("activities", "sources"), ("athletes", "metrics"),
    ("thresholds", "metrics"), ("body", "metrics"), ("records", "metrics"), ("activities", "metrics"),
    ("metrics", "daily"), ("daily", "fitness"), ("metrics", "weekly"), ("metrics", "curve"), ("weekly", "sources"),
    *(("store", node) for group, nodes in GROUPS.items() for node in nodes if node not in ("store", "inbox")),
]  # fmt: skip


def test_groups_stand_from_left_to_right_and_chains_from_top_to_bottom() -> None:
    boxes = lay_out(GROUPS, EDGES).boxes
    lefts = [{boxes[node][0] for node in nodes} for group, nodes in GROUPS.items() if group != "infrastructure"]
    assert all(len(left) == 1 for left in lefts)
    assert [min(left) for left in lefts] == sorted(min(left) for left in lefts)
    for high, low in (("raw", "decoded"), ("decoded", "records"), ("metrics", "daily"), ("daily", "fitness")):
        assert boxes[high][1] < boxes[low][1]


def test_boxes_do_not_touch_and_are_inside() -> None:
    layout = lay_out(GROUPS, EDGES)
    boxes = list(layout.boxes.values())
    for number, (left, top) in enumerate(boxes):
        assert left >= 0 and left + BOX_W <= layout.width and top >= 0 and top + BOX_H <= layout.height
        assert all(abs(left - x) >= BOX_W + 20 or abs(top - y) >= BOX_H + 8 for x, y in boxes[number + 1 :])


def test_no_line_runs_through_a_box() -> None:
    layout = lay_out(GROUPS, EDGES)
    assert set(layout.ways) == {edge for edge in EDGES if edge[0] != "store"}
    for edge, (begin, steps) in layout.ways.items():
        x0, y0 = begin
        for (x1, y1), _ in steps:
            for node, (left, top) in layout.boxes.items():
                beside = max(x0, x1) <= left or min(x0, x1) >= left + BOX_W
                above = max(y0, y1) <= top or min(y0, y1) >= top + BOX_H
                assert beside or above, f"{edge} runs through {node}"
            x0, y0 = x1, y1


def test_a_line_begins_and_ends_at_its_boxes() -> None:
    layout = lay_out(GROUPS, EDGES)
    for (high, low), ((x0, y0), steps) in layout.ways.items():
        (left, top), (left1, top1) = layout.boxes[high], layout.boxes[low]
        x1, y1 = steps[-1][0]
        assert left <= x0 <= left + BOX_W and top <= y0 <= top + BOX_H
        assert left1 <= x1 <= left1 + BOX_W and top1 <= y1 <= top1 + BOX_H


def test_what_most_stand_on_is_the_ground() -> None:
    layout = lay_out(GROUPS, EDGES)
    assert list(layout.ground) == ["store"] and len(layout.ground["store"]) == 15
    assert "store" not in layout.boxes and "infrastructure" not in layout.frames


def test_what_a_longer_way_says_is_faint() -> None:
    implied = lay_out(GROUPS, EDGES).implied
    assert ("decoded", "activities") in implied, "by way of records"
    assert ("records", "metrics") in implied and ("activities", "metrics") not in implied


def test_a_node_of_no_group_is_refused() -> None:
    with pytest.raises(ValueError, match="stranger"):
        graph_picture(GROUPS, [("stranger", "raw")])


def test_the_picture_is_a_png() -> None:
    with Image.open(io.BytesIO(graph_picture(GROUPS, EDGES))) as image:
        assert image.format == "PNG" and image.width > 1000 and image.width > image.height
    assert graph_picture({}, []).startswith(b"\x89PNG")
