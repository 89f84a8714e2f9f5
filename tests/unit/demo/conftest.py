"""One short demo for all tests of this folder."""

from __future__ import annotations

from datetime import date

import pytest

from momentum.demo.manifest import DemoManifest
from momentum.demo.write import write_demo

LAST_DAY = date(2026, 11, 24)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> DemoManifest:
    return write_demo(tmp_path_factory.mktemp("demo"), last_day=LAST_DAY, weeks=6)
