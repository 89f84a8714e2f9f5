"""What each call does to the world and answers; errors are raised as Refusal."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.standins.ovh.errors import Refusal, not_found
from tests.standins.ovh.world import World


@dataclass(frozen=True)
class Asked:
    world: World
    parts: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]


Handler = Callable[[Asked], Any]


@dataclass(frozen=True)
class Route:
    method: str
    pattern: re.Pattern[str]
    handler: Handler
    signed: bool


ROUTES: dict[str, list[Route]] = {}


def route(method: str, path: str, *, signed: bool = True) -> Callable[[Handler], Handler]:
    pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))

    def add(handler: Handler) -> Handler:
        ROUTES.setdefault(method, []).append(Route(method, pattern, handler, signed))
        return handler

    return add


def find(method: str, path: str) -> tuple[Route, dict[str, str]]:
    for one in ROUTES.get(method, ()):
        match = one.pattern.fullmatch(path)
        if match is not None:
            return one, match.groupdict()
    raise Refusal(404, f"Got an invalid (or empty) URL: {method} {path}", kind="Client::NotFound")


def text_of(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def price(value: float) -> dict[str, Any]:
    return {"currencyCode": "EUR", "priceInUcents": round(value * 1e8), "text": f"{value:.2f} €", "value": value}


def uuid_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


@route("GET", "/auth/time", signed=False)
def auth_time(asked: Asked) -> int:
    return int(asked.world.clock())


def one_of(holder: dict[Any, Any], key: Any, what: str) -> Any:
    if key not in holder:
        raise not_found(f"{what} {key}")
    return holder[key]
