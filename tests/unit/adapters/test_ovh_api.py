"""OVH's API through python-ovh against the stand-in: signatures, limits, clocks, lost answers, secrets."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from momentum.adapters.ovh import ApiError, CallBudget, NotReached, OutcomeUnknown, OvhApi, OvhKeys, connect
from momentum.adapters.ovh.errors import BadConfiguration
from tests.counted import Counted
from tests.standins.ovh import CONSUMER_KEY, KEYS, Clock, Fault, OvhServer, World


@pytest.fixture
def server() -> Iterator[OvhServer]:
    with OvhServer() as served:
        yield served


def api_of(server: OvhServer, slept: list[float] | None = None, keys: OvhKeys = KEYS, timeout_s: float = 5) -> OvhApi:
    def sleep(seconds: float) -> None:
        server.world.clock.advance(seconds)
        if slept is not None:
            slept.append(seconds)

    return connect(keys, url=server.url, clock=server.world.clock, sleep=sleep, timeout_s=timeout_s)


def new_cart(api: OvhApi) -> str:
    return str(api.post("/order/cart", ovhSubsidiary="FR", description="of a test")["cartId"])


def test_signed_calls_with_query_and_body(server: OvhServer) -> None:
    api = api_of(server)
    assert api.get("/me/order", **{"date.from": "2026-11-01T00:00:00+00:00"}) == []
    cart = new_cart(api)
    assert api.post(f"/order/cart/{cart}/assign") is None
    assert api.get("/order/cart", description="of a test") == [cart]


@pytest.mark.fault("API: invalid signature and wrong keys")
@pytest.mark.parametrize(
    ("keys", "code", "way_out"),
    [
        (OvhKeys("wrong-app", KEYS.application_secret, KEYS.consumer_key), "INVALID_KEY", "application key"),
        (OvhKeys(KEYS.application_key, "wrong-secret", KEYS.consumer_key), "INVALID_SIGNATURE", "application secret"),
        (OvhKeys(KEYS.application_key, KEYS.application_secret, "wrong-ck"), "INVALID_CREDENTIAL", "make a new one"),
    ],
)
def test_wrong_keys_are_told_with_the_way_out_and_not_tried_again(
    server: OvhServer, keys: OvhKeys, code: str, way_out: str
) -> None:
    slept: list[float] = []
    with pytest.raises(ApiError, match=way_out) as caught:
        api_of(server, slept, keys).get("/vps")
    assert (caught.value.error_code, slept) == (code, [])


def test_a_call_that_is_not_granted(server: OvhServer) -> None:
    server.granted = [("GET", "/vps")]
    api = api_of(server)
    assert api.get("/vps") == []
    with pytest.raises(ApiError, match="lacks the right") as caught:
        api.get("/me/order")
    assert caught.value.error_code == "NOT_GRANTED_CALL"


@pytest.mark.fault("API: another clock")
def test_another_clock_is_allowed_for(server: OvhServer) -> None:
    server.skew_s = 600
    assert api_of(server).get("/vps") == []


@pytest.mark.fault("API: another clock")
def test_a_clock_that_moves_is_read_again_once(server: OvhServer) -> None:
    api = api_of(server)
    assert api.get("/vps") == []
    server.skew_s = -600
    new_cart(api)
    assert [path for _, path, _ in server.calls].count("/auth/time") == 2
    server.faults.add(Fault("out of time", path="/vps", calls=None))
    with pytest.raises(ApiError, match="NTP"):
        api.get("/vps")
    assert [path for _, path, _ in server.calls].count("/auth/time") == 3


@pytest.mark.fault("API: 429 with and without Retry-After")
def test_retry_after_is_honoured(server: OvhServer) -> None:
    slept: list[float] = []
    api = api_of(server, slept)
    server.faults.add(Fault("429", "POST", calls=frozenset({1, 2}), seconds=17))
    new_cart(api)
    assert slept == [17, 17]
    assert len(server.world.carts) == 1


@pytest.mark.fault("API: 429 with and without Retry-After")
def test_retry_after_as_a_date(server: OvhServer) -> None:
    slept: list[float] = []
    server.faults.add(Fault("429", path="/vps", seconds=30, as_date=True))
    assert api_of(server, slept).get("/vps") == []
    assert [27 < seconds <= 30 for seconds in slept] == [True]


@pytest.mark.fault("API: 429 with and without Retry-After")
def test_429_without_retry_after_waits_longer_each_time(server: OvhServer) -> None:
    slept: list[float] = []
    api = api_of(server, slept)
    server.faults.add(Fault("429 without Retry-After", "GET", "/vps", calls=frozenset({1, 2, 3})))
    assert api.get("/vps") == []
    assert slept == [4, 8, 16]


@pytest.mark.fault("API: 429 with and without Retry-After")
@pytest.mark.parametrize("seconds", [7, 3600], ids=["for ever", "for an hour"])
def test_429_is_waited_for_within_bounds(server: OvhServer, seconds: float) -> None:
    slept: list[float] = []
    server.faults.add(Fault("429", path="/vps", calls=None, seconds=seconds))
    with pytest.raises(ApiError, match="wait a minute") as caught:
        api_of(server, slept).get("/vps")
    assert caught.value.status == 429
    assert slept == ([7] * 5 if seconds == 7 else [])


@pytest.mark.fault("API: answers lost and 5xx on the wire")
@pytest.mark.parametrize("kind", ["500", "502", "503", "no JSON", "lost before", "lost after"])
def test_reading_is_repeated(server: OvhServer, kind: str) -> None:
    slept: list[float] = []
    server.faults.add(Fault(kind, "GET", "/vps", calls=frozenset({1, 2})))  # type: ignore[arg-type]
    assert api_of(server, slept).get("/vps") == []
    assert slept == [1, 2]


@pytest.mark.fault("API: answers lost and 5xx on the wire")
def test_reading_ends_after_six_attempts(server: OvhServer) -> None:
    server.faults.add(Fault("lost before", "GET", "/vps", calls=None))
    with pytest.raises(NotReached, match="Nothing was changed"):
        api_of(server).get("/vps")
    assert server.faults.switched_on[0].seen == 6


@pytest.mark.fault("API: answers lost and 5xx on the wire")
@pytest.mark.parametrize(
    ("fault", "carts"),
    [
        (Fault("lost after", "POST"), 1),
        (Fault("lost before", "POST"), 0),
        (Fault("500", "POST"), 0),
        (Fault("500", "POST", changed=True), 1),
        (Fault("no JSON", "POST"), 1),
    ],
    ids=["lost after", "lost before", "500", "500 after the change", "no JSON"],
)
def test_a_change_whose_answer_is_lost_is_not_repeated(server: OvhServer, fault: Fault, carts: int) -> None:
    server.faults.add(fault)
    with pytest.raises(OutcomeUnknown, match="it may have been carried out"):
        new_cart(api_of(server))
    assert (fault.seen, len(server.world.carts)) == (1, carts)


@pytest.mark.fault("API: answers lost and 5xx on the wire")
def test_a_slow_answer(server: OvhServer) -> None:
    api = api_of(server, timeout_s=0.2)
    server.faults.add(Fault("slow", "GET", "/vps", seconds=0.4))
    assert api.get("/vps") == []
    server.faults.add(Fault("slow", "POST", seconds=0.4))
    with pytest.raises(OutcomeUnknown, match="no answer in time"):
        new_cart(api)
    time.sleep(0.4)
    assert len(server.world.carts) == 1


@pytest.mark.fault("API: answers lost and 5xx on the wire")
def test_a_change_that_never_left_is_repeated_and_then_told() -> None:
    with OvhServer() as server:
        server.keep_alive = False
        slept: list[float] = []
        api = api_of(server, slept)
        assert api.get("/vps") == []
    with pytest.raises(NotReached, match="no connection"):
        api.post("/order/cart", ovhSubsidiary="FR")
    assert len(slept) == 5


@pytest.mark.fault("API: answers lost and 5xx on the wire")
def test_nobody_listens() -> None:
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/1.0"
        with pytest.raises(NotReached, match=r"/auth/time: no connection\. Nothing was changed"):
            connect(KEYS, url=url, sleep=lambda _: None).get("/vps")


def test_the_limit_of_sixty_a_minute_is_never_met() -> None:
    """200 calls as fast as they go: the API, which counts itself, refuses none."""
    with OvhServer(limited=True) as server:
        begun, api = server.world.clock(), api_of(server)
        for _ in range(200):
            api.get("/vps")
        took = server.world.clock() - begun
    assert {status for _, _, status in server.calls} == {200}
    assert 180 <= took < 200


def test_a_neighbour_with_the_same_key_is_waited_for(counted: Counted) -> None:
    """Two processes, 60 calls each at once: what is refused is repeated as Retry-After says."""
    with OvhServer(limited=True) as server:
        apis = [api_of(server), api_of(server)]
        for _ in range(60):
            for api in apis:
                assert api.get("/vps") == []
    refused = sum(status == 429 for _, _, status in server.calls)
    counted("API: refused with 429 while two processes share a key", refused)


def test_budget_of_calls_in_any_window() -> None:
    clock, taken = Clock(0.0), []
    budget = CallBudget(calls=60, window_s=61, clock=clock, sleep=clock.advance)
    for number in range(500):
        clock.advance(0.0 if number % 90 else 40.0)
        budget.take()
        taken.append(clock())
    assert all(sum(at <= one < at + 60 for one in taken) <= 60 for at in taken)


def test_no_secret_in_any_message(server: OvhServer) -> None:
    api = api_of(server)
    told = []
    for path in (f"/vps/{CONSUMER_KEY}", f"/vps/{KEYS.application_secret}/ips"):
        with pytest.raises(ApiError) as caught:
            api.get(path)
        told.append(str(caught.value))
    server.faults.add(Fault("lost before", path="/vps", calls=None))
    with pytest.raises(NotReached) as lost:
        api.get("/vps")
    told += [str(lost.value), repr(api), repr(KEYS)]
    secrets = (KEYS.application_key, KEYS.application_secret, KEYS.consumer_key)
    assert not [text for text in told for secret in secrets if secret in text]
    assert "***" in told[0]


def test_the_world_is_dumped_and_compared() -> None:
    one, other = World(), World()
    assert one.dump() == other.dump()
    with OvhServer(one) as server:
        new_cart(api_of(server))
    assert one.dump() == other.dump()
    assert one.whole() != other.whole()


def test_other_keys_in_the_environment_are_told(server: OvhServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVH_CLIENT_ID", "left-over")
    monkeypatch.setenv("OVH_CLIENT_SECRET", "left-over-too")
    with pytest.raises(BadConfiguration, match="take client_id and client_secret out"):
        api_of(server).get("/vps")
