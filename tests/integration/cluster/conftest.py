"""One control plane for all tests of this folder, with the fleet's nodes on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from momentum.fleet.source import read_fleet
from momentum.fleet.template import default_fleet_text
from tests.cluster import build, control_plane
from tests.cluster.control_plane import ControlPlane

FLEET = read_fleet(default_fleet_text())


@pytest.fixture(scope="session")
def plane_of_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    if reason := build.why_skipped():
        pytest.skip(reason)
    plane = control_plane.start(tmp_path_factory.mktemp("plane"))
    try:
        yield plane
    finally:
        plane.processes.end()


@pytest.fixture
def plane(plane_of_session: ControlPlane) -> ControlPlane:
    plane_of_session.add_nodes(FLEET)
    return plane_of_session
