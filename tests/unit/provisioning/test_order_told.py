"""What stops an order is told in words with the way out, and a later apply goes on where it stopped."""

from __future__ import annotations

import pytest

from momentum.errors import MomentumError
from momentum.fleet.facts import Known
from momentum.provisioning.execute.ordering import OrderStopped
from momentum.provisioning.execute.tasks import Stuck
from tests.provider_runs import ZONE, HostsThatShowKeys, Killed, MemoryJournal, apply, fleet_of, looked, planned
from tests.standins.ovh import Fault, OvhServer, World
from tests.standins.ovh.direct import direct_api
from tests.standins.ovh.world import DAY_S, Item, Order


@pytest.fixture
def server() -> OvhServer:
    return OvhServer(World(zones=(ZONE,)), checked=False)


@pytest.fixture
def journal() -> MemoryJournal:
    return MemoryJournal()


def stopped(server: OvhServer, journal: MemoryJournal, kind: type[MomentumError] = OrderStopped) -> str:
    with pytest.raises(kind) as caught:
        apply(fleet_of(1), direct_api(server), journal)
    return str(caught.value)


def killed_at(server: OvhServer, journal: MemoryJournal, when: str, path: str) -> None:
    def die(moment: str, method: str, at: str) -> None:
        if (moment, method) == (when, "POST") and at.endswith(path):
            raise Killed

    with pytest.raises(Killed):
        apply(fleet_of(1), direct_api(server, die), journal)


def resumed(server: OvhServer, journal: MemoryJournal) -> None:
    apply(fleet_of(1), direct_api(server), journal)
    world = server.world
    assert (len(world.payments), len(world.machines)) == (1, 1)
    assert journal.known().orders == ()


def somebody_orders(server: OvhServer, plan: str = "vps-2027-model3", image: str = "Debian 12") -> Order:
    item = Item(1, plan, "P1Y", "upfront12", 1, {1: ("vps_datacenter", "GRA"), 2: ("vps_os", image)})
    world = server.world
    order = Order(world.number(), "another", world.clock(), [item], 124.8)
    world.orders[order.id] = order
    return order


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_out_of_stock(server: OvhServer, journal: MemoryJournal) -> None:
    server.world.out_of_stock.add(("vps-2027-model3", "GRA"))
    told = stopped(server, journal)
    assert "does not sell vps-2027-model3 in GRA" in told
    assert "Apply again later, or change plan, datacenter" in told
    assert not server.world.carts
    server.world.out_of_stock.clear()
    resumed(server, journal)


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_out_of_stock_between_cart_and_checkout(server: OvhServer, journal: MemoryJournal) -> None:
    killed_at(server, journal, "after", "/configuration")
    server.world.out_of_stock.add(("vps-2027-model3", "GRA"))
    assert "is not available in GRA" in stopped(server, journal)
    assert not server.world.orders
    server.world.out_of_stock.clear()
    resumed(server, journal)
    assert len(server.world.carts) == 1


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_price_above_what_was_approved(server: OvhServer, journal: MemoryJournal) -> None:
    server.world.surcharge = 0.02
    told = stopped(server, journal)
    assert "would cost 124.82 EUR today (149.78 with tax); approved are 124.80 (149.76 with tax)" in told
    assert not server.world.orders
    server.world.surcharge = 0
    resumed(server, journal)


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_more_tax_than_approved(server: OvhServer, journal: MemoryJournal) -> None:
    server.world.tax_percent = 23
    assert "153.50 with tax" in stopped(server, journal)
    assert not server.world.orders


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_refused_payment(server: OvhServer, journal: MemoryJournal) -> None:
    server.world.refuse_payments = 1
    told = stopped(server, journal)
    assert "refused by the bank" in told
    assert "It waits unpaid until 2026-11-16. Mend the payment method" in told
    resumed(server, journal)
    assert len(server.world.orders) == 1


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_no_payment_method(server: OvhServer, journal: MemoryJournal) -> None:
    server.world.payment_methods = []
    assert "no payment method" in stopped(server, journal)
    server.world.payment_methods = [7002]
    resumed(server, journal)
    assert len(server.world.orders) == 1


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_paid_by_a_person_in_the_manager(server: OvhServer, journal: MemoryJournal) -> None:
    server.world.refuse_payments = 1
    stopped(server, journal)
    (order,) = server.world.orders.values()
    order.paid_at = server.world.clock()
    server.world.payments.append((order.id, 7001))
    resumed(server, journal)


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_expired_cart(server: OvhServer, journal: MemoryJournal) -> None:
    killed_at(server, journal, "before", "/checkout")
    server.world.clock.advance(2 * DAY_S)
    resumed(server, journal)
    assert (len(server.world.carts), len(server.world.orders)) == (2, 1)


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_cart_filled_by_somebody_else_is_left(server: OvhServer, journal: MemoryJournal) -> None:
    killed_at(server, journal, "after", "/configuration")
    (cart,) = server.world.carts.values()
    cart.items[99] = Item(99, "vps-2027-model4", "P1M", "default", 3)
    resumed(server, journal)
    assert [item.plan for order in server.world.orders.values() for item in order.items] == ["vps-2027-model3"]


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_cancelled_order_is_told_and_ordered_anew_only_by_another_apply(
    server: OvhServer, journal: MemoryJournal
) -> None:
    server.world.refuse_payments = 1
    stopped(server, journal)
    (order,) = server.world.orders.values()
    order.cancelled = True
    assert "was cancelled at OVH" in stopped(server, journal)
    assert len(server.world.orders) == 1
    resumed(server, journal)
    assert len(server.world.orders) == 2


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_documents_requested(server: OvhServer, journal: MemoryJournal) -> None:
    server.world.documents_requested = True
    assert "asks for documents" in stopped(server, journal)
    (order,) = server.world.orders.values()
    order.documents_requested = False
    resumed(server, journal)


@pytest.mark.fault("order stopped: told with the way out, and resumed")
@pytest.mark.parametrize("state", ["blocked", "error", "paused", "waitingAck"])
def test_stuck_task(server: OvhServer, journal: MemoryJournal, state: str) -> None:
    server.world.stuck = state
    told = stopped(server, journal, Stuck)
    assert "(deliverVm) of vps-" in told
    assert f"is {state} at OVH" in told
    assert "Open a ticket" in told
    release(server)
    resumed(server, journal)
    assert len(server.world.orders) == 1


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_task_that_takes_for_ever(server: OvhServer, journal: MemoryJournal) -> None:
    server.world.stuck = "doing"
    told = stopped(server, journal, Stuck)
    assert "is not ready after 45 minutes" in told
    release(server)
    resumed(server, journal)


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_stuck_installation(server: OvhServer, journal: MemoryJournal) -> None:
    killed_at(server, journal, "before", "/rebuild")
    server.world.stuck = "blocked"
    assert "(reinstallVm)" in stopped(server, journal, Stuck)
    release(server)
    resumed(server, journal)
    (vps,) = server.world.machines.values()
    assert [task.type for task in vps.tasks.values()] == ["deliverVm", "reinstallVm"]


def release(server: OvhServer) -> None:
    server.world.stuck = None
    for vps in server.world.machines.values():
        for task in vps.tasks.values():
            task.state = None


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_lost_checkout_with_one_order_is_taken_up(server: OvhServer, journal: MemoryJournal) -> None:
    somebody_orders(server, plan="vps-2027-model1")
    killed_at(server, journal, "after", "/checkout")
    resumed(server, journal)
    assert len(server.world.orders) == 2


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_lost_checkout_with_two_orders_asks_a_person(server: OvhServer, journal: MemoryJournal) -> None:
    killed_at(server, journal, "after", "/checkout")
    other = somebody_orders(server)
    told = stopped(server, journal)
    assert f"{other.id}" in told
    assert "Look at them in OVH's manager" in told
    assert (len(server.world.orders), len(server.world.payments)) == (2, 0)
    other.cancelled = True
    resumed(server, journal)


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_open_cart_beside_an_order_that_nobody_remembers_asks_a_person(
    server: OvhServer, journal: MemoryJournal
) -> None:
    killed_at(server, journal, "before", "/checkout")
    somebody_orders(server)
    assert "which no server here remembers" in stopped(server, journal)
    assert len(server.world.orders) == 1


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_order_of_another_image_is_not_taken_for_ours(server: OvhServer, journal: MemoryJournal) -> None:
    killed_at(server, journal, "after", "/checkout")
    somebody_orders(server, image="Ubuntu 24.04")
    resumed(server, journal)


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_order_without_its_lines_asks_a_person(server: OvhServer, journal: MemoryJournal) -> None:
    """Where the provider does not say what an order asks for, it may be ours, and nobody guesses."""
    killed_at(server, journal, "after", "/checkout")
    (order,) = server.world.orders.values()
    held, order.items = order.items, []
    assert "may be its order" in stopped(server, journal)
    order.items = held
    resumed(server, journal)


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_order_gone_from_the_account(server: OvhServer, journal: MemoryJournal) -> None:
    server.world.refuse_payments = 1
    stopped(server, journal)
    server.world.orders.clear()
    assert "not in the account any more" in stopped(server, journal)
    assert not server.world.orders


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_delivery_that_does_not_come(server: OvhServer, journal: MemoryJournal) -> None:
    late = server.world.deliver
    server.world.deliver = lambda: None  # type: ignore[method-assign]
    told = stopped(server, journal)
    assert "Still waiting after 45 minutes" in told
    assert "Apply again later" in told
    server.world.deliver = late  # type: ignore[method-assign]
    resumed(server, journal)
    assert len(server.world.orders) == 1


@pytest.mark.fault("order stopped: told with the way out, and resumed")
@pytest.mark.parametrize(
    ("kind", "answer"),
    [("invalid signature", "check the application secret"), ("429", "wait a minute"), ("503", "on OVH's side")],
)
def test_an_api_that_refuses_for_ever(server: OvhServer, journal: MemoryJournal, kind: str, answer: str) -> None:
    server.faults.add(Fault(kind, "GET", "/me/order/.*", calls=None, seconds=9))  # type: ignore[arg-type]
    assert answer in stopped(server, journal, MomentumError)
    server.faults.clear()
    resumed(server, journal)


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_unknown_image(server: OvhServer, journal: MemoryJournal) -> None:
    fleet = fleet_of(1)
    other = fleet.model_copy(update={"provider": fleet.provider.model_copy(update={"image": "Plan 9"})})
    with pytest.raises(MomentumError, match="Plan 9 is not a value of vps_os"):
        apply(other, direct_api(server), journal)
    assert not server.world.orders


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_machine_that_left_the_account_is_not_bought_again(server: OvhServer, journal: MemoryJournal) -> None:
    resumed(server, journal)
    server.world.machines.clear()
    facts = looked(direct_api(server), fleet_of(1))
    assert [step.kind for step in planned(fleet_of(1), facts, journal.known()) if "server" in step.kind] == []


def test_only_a_machine_just_delivered_is_installed(server: OvhServer, journal: MemoryJournal) -> None:
    """An adopted machine, and one that was installed, never are."""
    resumed(server, journal)
    facts = looked(direct_api(server), fleet_of(1))
    known = Known(services=dict(journal.known().services))
    assert not [step for step in planned(fleet_of(1), facts, known) if step.kind == "server.install"]


def test_host_key_is_pinned_at_delivery(server: OvhServer, journal: MemoryJournal) -> None:
    """Also where its sshd takes a while to start."""
    hosts = HostsThatShowKeys(starting=3)
    done = apply(fleet_of(1), direct_api(server), journal, hosts=hosts)
    assert [step.split()[0] for step in done[:3]] == ["server.order", "server.install", "server.pin"]
    (vps,) = server.world.machines.values()
    assert journal.known().host_keys == {"server-1": f"ssh-ed25519 {vps.ipv4}"}
    assert hosts.endpoints["server-1"].host_key == f"ssh-ed25519 {vps.ipv4}"


@pytest.mark.fault("order stopped: told with the way out, and resumed")
def test_host_that_never_answers(server: OvhServer, journal: MemoryJournal) -> None:
    with pytest.raises(MomentumError, match="nothing answers"):
        apply(fleet_of(1), direct_api(server), journal, hosts=HostsThatShowKeys(starting=10**6))
    assert journal.known().host_keys == {}
    resumed(server, journal)
