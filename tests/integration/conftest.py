"""What tests of the whole share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.http_front import serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a front with a store of its own, as a ClickHouse server has."""
    with serving(str(tmp_path_factory.mktemp("server") / "store")) as address:
        yield address
