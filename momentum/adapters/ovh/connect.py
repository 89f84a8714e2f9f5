"""A client from keys; nothing is called yet."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from momentum.adapters.ovh.api import OvhApi
from momentum.adapters.ovh.call_budget import CallBudget
from momentum.adapters.ovh.errors import BadConfiguration

if TYPE_CHECKING:
    import ovh

CALLS_A_MINUTE = 60
"""Per consumer key, by a maintainer of the API's clients."""
WINDOW_S = 61.0
"""A second more than a minute: a call counts at the API later than here."""


@dataclass(frozen=True)
class OvhKeys:
    application_key: str = field(repr=False)
    application_secret: str = field(repr=False)
    consumer_key: str = field(repr=False)


def connect(
    keys: OvhKeys,
    *,
    endpoint: str = "ovh-eu",
    url: str | None = None,
    timeout_s: float = 60.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> OvhApi:
    """The API at one of OVH's endpoints, or at `url` (its path ends in /1.0)."""

    def new_client() -> ovh.Client:
        import ovh.client
        from ovh.exceptions import InvalidConfiguration

        name = endpoint
        if url is not None:
            name = f"momentum {url}"
            ovh.client.ENDPOINTS[name] = url
        try:
            return ovh.Client(
                endpoint=name,
                application_key=keys.application_key,
                application_secret=keys.application_secret,
                consumer_key=keys.consumer_key,
                timeout=timeout_s,
            )
        except InvalidConfiguration as error:
            raise BadConfiguration(
                f"python-ovh refuses its configuration: {error}. It also reads OVH_CLIENT_ID and OVH_CLIENT_SECRET "
                "from the environment and ovh.conf, ~/.ovh.cfg and /etc/ovh.cfg: take client_id and client_secret out "
                "there."
            ) from None

    budget = CallBudget(calls=CALLS_A_MINUTE, window_s=WINDOW_S, clock=clock, sleep=sleep)
    secrets = (keys.application_secret, keys.consumer_key, keys.application_key)
    return OvhApi(new_client, budget=budget, sleep=sleep, now=now, secrets=secrets)
