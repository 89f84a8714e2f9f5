"""The next action of one server's order, from what is remembered and what was read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from momentum.fleet.facts import OpenOrder
from momentum.fleet.ordering import (
    Action,
    Bill,
    Cart,
    Delivered,
    Do,
    Line,
    Order,
    Seen,
    Stop,
    Wait,
    Wanted,
    next_action,
)

WANTED = Wanted("server-1", "vps-2027-model3", "GRA", "Debian 12", "FR", "P1Y", "upfront12", 124.80, 149.76)
WHOLE = {"vps_datacenter": "GRA", "vps_os": "Debian 12"}
LINE = Line("vps-2027-model3", "P1Y", "upfront12", 1, WHOLE, item_id=7)
SINCE = "2026-11-02T09:00:00+00:00"

CART = OpenOrder("server-1", "c1", None, "cart", SINCE)
CHECKOUT = replace(CART, status="checkout")
ORDERED = replace(CART, status="ordered", order_id=50)
PAYING = replace(ORDERED, status="paying")

OPEN = Cart(read_only=False, lines=(LINE,))
CLOSED = Cart(read_only=True, lines=())
GOOD = Bill(124.80, 149.76)


def order(number: int = 50, status: str = "notPaid", *lines: Line, services: tuple[str, ...] = ()) -> Order:
    return Order(number, status, lines or (replace(LINE, item_id=None),), services)


@pytest.mark.parametrize(
    ("remembered", "seen", "action"),
    [
        (None, Seen(), Do("new cart")),
        (CART, Seen(cart=None), Do("new cart")),
        (CART, Seen(cart=Cart(False, ())), Do("add item")),
        (CART, Seen(cart=Cart(False, (replace(LINE, configuration={}),))), Do("configure", 7, "vps_datacenter")),
        (
            CART,
            Seen(cart=Cart(False, (replace(LINE, configuration={"vps_datacenter": "GRA"}),))),
            Do("configure", 7, "vps_os"),
        ),
        (CART, Seen(cart=OPEN), Do("read price")),
        (CART, Seen(cart=OPEN, bill=GOOD), Do("checkout")),
        (CART, Seen(cart=OPEN, bill=Bill(100.0, 120.0)), Do("checkout")),
        # somebody put something else into the cart: it is left to end by itself
        (CART, Seen(cart=Cart(False, (LINE, LINE))), Do("new cart")),
        (CART, Seen(cart=Cart(False, (replace(LINE, quantity=4),))), Do("new cart")),
        (CART, Seen(cart=Cart(False, (replace(LINE, plan="vps-2027-model4"),))), Do("new cart")),
        (CART, Seen(cart=Cart(False, (replace(LINE, pricing_mode="default"),))), Do("new cart")),
        (CART, Seen(cart=Cart(False, (replace(LINE, configuration={"vps_os": "Plan 9"}),))), Do("new cart")),
        # the answer to the checkout was lost
        (CHECKOUT, Seen(cart=OPEN, bill=GOOD), Do("checkout")),
        (CHECKOUT, Seen(cart=CLOSED, since=(order(),)), Do("take order", order_id=50)),
        (CHECKOUT, Seen(cart=None, since=(order(),)), Do("take order", order_id=50)),
        (CHECKOUT, Seen(cart=None), Do("new cart")),
        (CHECKOUT, Seen(cart=CLOSED), Wait("the cart c1 is checked out; its order is not listed yet")),
        (
            CHECKOUT,
            Seen(cart=CLOSED, since=(order(), order(51, "cancelled"))),
            Do("take order", order_id=50),
        ),
        (
            CHECKOUT,
            Seen(cart=CLOSED, since=(order(), order(51, "delivered", services=("vps-2",))), taken=frozenset({"vps-2"})),
            Do("take order", order_id=50),
        ),
        (
            CHECKOUT,
            Seen(cart=CLOSED, since=(order(), order(51, "notPaid", replace(LINE, plan="vps-2027-model1")))),
            Do("take order", order_id=50),
        ),
        (ORDERED, Seen(order=order()), Do("pay", order_id=50)),
        (PAYING, Seen(order=order()), Do("pay", order_id=50)),
        (PAYING, Seen(order=replace(order(), paid=True)), Wait("order 50 (server-1) is paid, not booked yet")),
        (PAYING, Seen(order=order(50, "checking")), Wait("order 50 (server-1): checking")),
        (PAYING, Seen(order=order(50, "delivering")), Wait("order 50 (server-1): delivering")),
        (PAYING, Seen(order=order(50, "cancelling")), Wait("order 50 (server-1): cancelling")),
        (PAYING, Seen(order=order(50, "delivered", services=("vps-1",))), Delivered("vps-1")),
        (
            PAYING,
            Seen(order=order(50, "delivered", services=("vps-1", "vps-2")), taken=frozenset({"vps-2"})),
            Delivered("vps-1"),
        ),
        (PAYING, Seen(order=order(50, "delivered")), Wait("order 50 is delivered; its machine is not listed yet")),
    ],
)
def test_next_action(remembered: OpenOrder | None, seen: Seen, action: Action) -> None:
    assert next_action(WANTED, remembered, seen) == action


@pytest.mark.parametrize(
    ("remembered", "seen", "words", "way_out"),
    [
        (CART, Seen(cart=OPEN, bill=Bill(124.81, 149.77)), "approved are 124.80", "plan again"),
        (CART, Seen(cart=OPEN, bill=Bill(124.80, 152.26)), "152.26 with tax", "plan again"),
        (CART, Seen(cart=OPEN, bill=Bill(refused="sold out")), "sold out", "Apply again later"),
        (CHECKOUT, Seen(cart=OPEN, bill=GOOD, since=(order(),)), "no server here remembers", "then apply again"),
        (CHECKOUT, Seen(cart=CLOSED, since=(order(), order(51))), "orders 50, 51", "then apply again"),
        (CHECKOUT, Seen(cart=None, since=(order(), order(51))), "Nothing more is ordered", "then apply again"),
        (CHECKOUT, Seen(cart=CLOSED, since=(Order(50, "notPaid"),)), "order 50", "then apply again"),
        (CHECKOUT, Seen(cart=CLOSED, since=(order(50, "notPaid", LINE, LINE),)), "order 50", "then apply again"),
        (
            CHECKOUT,
            Seen(cart=CLOSED, since=(order(50, "notPaid", replace(LINE, plan=None)),)),
            "may be its order",
            "then apply again",
        ),
        (ORDERED, Seen(order=None), "not in the account any more", "check the consumer key"),
        (PAYING, Seen(order=order(50, "documentsRequested")), "asks for documents", "then apply again"),
        (PAYING, Seen(order=order(50, "cancelled")), "was cancelled", "Apply again to order anew"),
        (PAYING, Seen(order=order(50, "lost in space")), "lost in space", "OVH's manager"),
        (PAYING, Seen(order=order(50, "delivered", services=("vps-1", "vps-2"))), "vps-1, vps-2", "adopt"),
    ],
)
def test_a_person_is_asked(remembered: OpenOrder, seen: Seen, words: str, way_out: str) -> None:
    action = next_action(WANTED, remembered, seen)
    assert isinstance(action, Stop)
    assert words in action.message
    assert way_out in action.message


def test_only_a_cancelled_order_is_forgotten() -> None:
    def forgotten(status: str) -> bool:
        action = next_action(WANTED, PAYING, Seen(order=order(50, status)))
        return isinstance(action, Stop) and action.forget

    states = [
        "cancelled",
        "cancelling",
        "checking",
        "delivered",
        "delivering",
        "documentsRequested",
        "notPaid",
        "unknown",
    ]
    assert [status for status in states if forgotten(status)] == ["cancelled"]


def test_with_an_order_remembered_nothing_is_ever_ordered_again() -> None:
    """Whatever else is read: the cart open, other orders, an unknown state."""
    for status in ("cancelled", "checking", "delivered", "delivering", "documentsRequested", "notPaid", "unknown", "?"):
        for cart in (None, OPEN, CLOSED):
            for found in (None, order(50, status), order(50, status, services=("vps-1",))):
                seen = Seen(cart=cart, bill=GOOD, since=(order(51),), order=found)
                action = next_action(WANTED, PAYING, seen)
                assert not (isinstance(action, Do) and action.what != "pay")
