"""The stand-in speaks as OVH's documents say, and all else that it speaks is listed with its source."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from momentum.adapters.ovh import ApiError, connect
from tests.counted import Counted
from tests.provider_runs import ZONE, MemoryJournal, apply, fleet_of
from tests.standins.ovh import KEYS, Clock, Fault, OvhServer, World, documents_folder
from tests.standins.ovh.routes import ROUTES
from tests.standins.ovh.uncovered import ERROR_CODES, ERROR_FIELDS, HEADERS, UNCOVERED

no_documents = pytest.mark.skipif(
    documents_folder() is None, reason="OVH's documents are not beside the repository (../shared/ovh)"
)


@no_documents
def test_a_whole_way_through_python_ovh_is_as_the_documents_say() -> None:
    """Four servers ordered, installed, marked, renewed, records made, one server let go; the limit of calls is on."""
    world = World(zones=(ZONE,))
    with OvhServer(world, limited=True) as server:
        clock = world.clock
        api = connect(KEYS, url=server.url, clock=clock, sleep=clock.advance, now=partial(_time_of, clock))
        journal = MemoryJournal()
        begun = clock()
        apply(fleet_of(4), api, journal)
        took_min, calls = (clock() - begun) / 60, api.calls
        assert apply(fleet_of(3), api, journal)[-1] == "server.end agent-1"
        api.get("/order/catalog/public/vps", ovhSubsidiary="FR")
        documents = server.documents
        assert documents is not None
        assert {status for _, _, status in server.calls} == {200}
    assert documents.problems == []
    seen = documents.uncovered_seen
    assert seen == {(row.name, row.field) for row in UNCOVERED}
    print(
        f"\n{calls} calls for four servers in {took_min:.0f} minutes of the world's time, none refused; "
        f"{documents.validated} requests and answers held against OVH's documents, {len(seen)} rows uncovered"
    )
    assert documents.validated > 600
    assert [vps.delete_at_expiration for vps in world.machines.values()] == [False, False, False, True]


def test_answers_lost_on_the_wire(counted: Counted) -> None:
    """The same through sockets: at every POST of one server's way the connection ends after the change was made."""
    posts = 0
    while True:
        posts += 1
        world = World(zones=(ZONE,))
        clock = world.clock
        with OvhServer(world) as server:
            struck = server.faults.add(Fault("lost after", "POST", calls=frozenset({posts})))
            api = connect(KEYS, url=server.url, clock=clock, sleep=clock.advance, now=partial(_time_of, clock))
            apply(fleet_of(1), api, MemoryJournal())
        assert (len(world.orders), len(world.payments), len(world.machines)) == (1, 1, 1)
        if not struck.hits:
            break
    counted("API: answer lost on the wire at each POST of 1 server", posts - 1)
    assert posts > 10


@no_documents
def test_every_route_but_the_listed_is_in_a_document() -> None:
    with OvhServer() as server:
        assert server.documents is not None
        documented = server.documents.operations
        undocumented = [
            one.pattern.pattern
            for method, routes in ROUTES.items()
            for one in routes
            if not any(_same(one.pattern.pattern, operation.pattern.pattern) for operation in documented[method])
        ]
    assert undocumented == ["/auth/time"]
    print(f"\n{sum(map(len, ROUTES.values()))} routes, {len(undocumented)} of them in no document")


@no_documents
def test_what_is_not_as_the_documents_say_is_found() -> None:
    """The check can fail: an unknown property, a wrong type, a read-only property, an unknown parameter."""
    wrong = (
        ("PUT", "/vps/one", {}, {"displayname": "x"}, None),
        ("PUT", "/vps/one", {}, {"state": "running"}, None),
        ("POST", "/order/cart", {}, {"ovhSubsidiary": "XX"}, {}),
        ("GET", "/vps", {}, None, [1]),
        ("GET", "/vps/one/images/current", {}, None, {"id": "1", "name": "Debian 12", "more": 1}),
        ("GET", "/me/order", {"from": "2026"}, None, []),
        ("GET", "/vps/one/nothing", {}, None, None),
    )
    for method, path, query, body, answer in wrong:
        server = OvhServer()
        assert server.documents is not None
        server.documents.check(method, path, query, body, 200, answer)
        assert server.documents.problems, (method, path)


def test_errors_are_of_the_listed_fields_and_codes() -> None:
    """Every field of an error and every errorCode that the stand-in answers stands in the table, and none besides."""
    fields, codes = set(), set()
    with OvhServer(strict=False) as server:
        import requests

        base = server.url
        asked = [{}, {"X-Ovh-Application": KEYS.application_key}]
        asked.append(asked[1] | {"X-Ovh-Consumer": "unknown", "X-Ovh-Signature": "$1$"})
        asked.append(asked[1] | {"X-Ovh-Consumer": KEYS.consumer_key, "X-Ovh-Timestamp": "1", "X-Ovh-Signature": "$1$"})
        asked.append(asked[3] | {"X-Ovh-Timestamp": str(server.now())})
        for headers in asked:
            answer = requests.get(f"{base}/vps", headers=headers, timeout=5).json()
            fields |= answer.keys()
            codes.add(answer["errorCode"])
        server.granted = []
        with pytest.raises(ApiError) as caught:
            connect(KEYS, url=base, sleep=server.world.clock.advance).get("/vps")
        codes.add(caught.value.error_code)
    assert fields == ERROR_FIELDS.keys()
    assert codes == ERROR_CODES.keys()
    rows = len(UNCOVERED) + len(HEADERS) + len(ERROR_FIELDS) + len(ERROR_CODES)
    print(f"\n{rows} things are spoken that no document of OVH covers, each with its source")
    assert all(row.source for row in UNCOVERED)


def _time_of(clock: Clock) -> datetime:
    return datetime.fromtimestamp(clock(), UTC)


def _same(route: str, documented: str) -> bool:
    import re

    return re.sub(r"\(\?P<\w+>(\[\^/\]\+)\)", r"\1", route) == documented.replace("\\", "")
