"""The stand-in without a socket: OvhApi's own limits and retries, the protocol left out. For tests by the hundred."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests

from momentum.adapters.ovh import CallBudget, OvhApi
from tests.standins.ovh.server import NO_JSON, OvhServer


class _Response:
    def __init__(self, status: int, headers: dict[str, str], answer: Any) -> None:
        self.status_code = status
        self.headers = headers
        self._answer = answer

    def json(self) -> Any:
        if self._answer is NO_JSON:
            raise ValueError("no JSON")
        return self._answer


class _Client:
    time_delta = 0

    def __init__(self, server: OvhServer, around: Callable[[str, str, str], None]) -> None:
        self._server = server
        self._around = around

    def raw_call(self, method: str, target: str, data: dict[str, Any] | None) -> _Response:
        split = urlsplit(target)
        path, query = unquote(split.path), dict(parse_qsl(split.query, keep_blank_values=True))
        self._around("before", method, path)
        answered = self._server.unsigned(method, path, query, deepcopy(data))
        self._around("after", method, path)
        if answered is None:
            raise requests.exceptions.ConnectionError("the connection was closed")
        return _Response(*answered)


def direct_api(
    server: OvhServer, around: Callable[[str, str, str], None] = lambda *_: None, *, limited: bool = False
) -> OvhApi:
    """`around` is called with "before" or "after", method and path of each call; what it raises goes through."""
    clock = server.world.clock
    budget = CallBudget(calls=60 if limited else 10**9, window_s=61, clock=clock, sleep=clock.advance)
    return OvhApi(
        lambda: _Client(server, around),  # type: ignore[arg-type, return-value]
        budget=budget,
        sleep=clock.advance,
        now=lambda: datetime.fromtimestamp(clock(), UTC),
    )
