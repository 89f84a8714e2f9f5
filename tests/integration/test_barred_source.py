"""What comes from Strava alone, or was filled from it, is barred from language models; the rest is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from momentum.adapters.clickhouse import Client
from momentum.demo.fit_writer import fit_bytes
from momentum.demo.xml_writer import tcx_parts
from tests.imports import archive_at, compute, take_in
from tests.small_files import recorded
from tests.unit.activity_files.made_activities import NOON_MS, without

RIDE = recorded(1, NOON_MS)
RICH = ("ride.fit", fit_bytes(RIDE))
POOR = ("ride.tcx", b"".join(tcx_parts(without(RIDE, "power_w", "heart_rate_bpm"))))


@pytest.mark.parametrize(
    ("own", "strava", "allowed"),
    [
        ([RICH], [], True),
        ([], [RICH], False),
        ([RICH], [RICH], True),  # the same content: the athlete's own
        ([RICH], [POOR], True),  # nothing is taken of Strava's
        ([POOR], [RICH], False),  # read from Strava's
    ],
)
def test_llm_allowed(
    client: Client,
    tmp_path: Path,
    own: list[tuple[str, bytes]],
    strava: list[tuple[str, bytes]],
    allowed: bool,
) -> None:
    take_in(client, archive_at(tmp_path), "ana", own)
    take_in(client, archive_at(tmp_path), "ana", [(f"export/{name}", data) for name, data in strava], source="strava")
    compute(client, archive_at(tmp_path), tables=())
    assert client.rows("SELECT llm_allowed FROM activities") == [{"llm_allowed": allowed}]
