"""What is to be done next with the order of one server: pure, from what is remembered and what was read.

Ordering is not idempotent, so nothing is repeated on the word of a lost answer. The cart is what makes it safe: it
is remembered before it is checked out, and a cart can be checked out once. When nobody knows whether it was, the
cart is read (read-only means that it was), then the orders since; whatever is not clear goes to a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from momentum.fleet.facts import OpenOrder


@dataclass(frozen=True)
class Wanted:
    """One server as it is to be ordered. The prices are what a person approved: the first invoice, at most."""

    server: str
    plan: str
    datacenter: str
    image: str
    subsidiary: str
    duration: str
    pricing_mode: str
    today_eur: float
    today_eur_with_tax: float

    @property
    def configuration(self) -> Mapping[str, str]:
        return {"vps_datacenter": self.datacenter, "vps_os": self.image}


@dataclass(frozen=True)
class Line:
    """What one line of a cart or an order asks for; None: the provider does not say."""

    plan: str | None
    duration: str | None
    pricing_mode: str | None
    quantity: int | None
    configuration: Mapping[str, str] = field(default_factory=dict)
    item_id: int | None = None


@dataclass(frozen=True)
class Cart:
    read_only: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Bill:
    """The dry run's price in EUR, or why there is none (out of stock, among others)."""

    without_tax: float = 0.0
    with_tax: float = 0.0
    refused: str = ""


@dataclass(frozen=True)
class Order:
    """`services` are machines of the account that the order's lines name."""

    order_id: int
    status: str
    lines: tuple[Line, ...] = ()
    services: tuple[str, ...] = ()
    paid: bool = False


@dataclass(frozen=True)
class Seen:
    """`cart` None: it is gone, or none is remembered. `since` are the orders since the remembered time, without
    those of other servers. `taken` are machines that are other servers already."""

    cart: Cart | None = None
    bill: Bill | None = None
    since: tuple[Order, ...] = ()
    order: Order | None = None
    taken: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Do:
    """The next call. `item_id` and `label` say what is to be configured; `order_id` what is taken up or paid."""

    what: Literal["new cart", "add item", "configure", "read price", "checkout", "take order", "pay"]
    item_id: int = 0
    label: str = ""
    order_id: int = 0


@dataclass(frozen=True)
class Wait:
    reason: str


@dataclass(frozen=True)
class Delivered:
    service: str


@dataclass(frozen=True)
class Stop:
    """`forget` is True where what is remembered has come to nothing and a later apply begins anew."""

    message: str
    forget: bool = False


Action = Do | Wait | Delivered | Stop


def next_action(wanted: Wanted, remembered: OpenOrder | None, seen: Seen) -> Action:
    if remembered is None:
        return Do("new cart")
    if remembered.order_id is not None:
        return _with_order(wanted, remembered, seen)
    if seen.cart is not None and not seen.cart.read_only:
        return _with_open_cart(wanted, remembered, seen, seen.cart)
    if seen.cart is None and remembered.status == "cart":
        return Do("new cart")  # nothing was ever checked out from the one that is gone
    return _checked_out(wanted, remembered, seen)


def not_sold(wanted: Wanted, reason: str) -> Stop:
    return Stop(
        f"OVH does not sell {wanted.plan} in {wanted.datacenter} with {wanted.image} for {wanted.server} now: "
        f"{reason}. Nothing was ordered for it. Apply again later, or change plan, datacenter or image in the fleet "
        "file and plan again."
    )


def _with_open_cart(wanted: Wanted, remembered: OpenOrder, seen: Seen, cart: Cart) -> Action:
    if remembered.status == "checkout" and _candidates(wanted, seen):
        return Stop(
            f"The cart {remembered.cart_id} of {wanted.server} was not checked out, and yet the account has "
            f"{_named(_candidates(wanted, seen))} of the same kind since {remembered.since}, which no server here "
            "remembers. If it is somebody else's, or is to be this server, say so with `momentum infra adopt` or "
            "cancel it in OVH's manager; then apply again."
        )
    if not cart.lines:
        return Do("add item")
    if len(cart.lines) > 1 or not _asks_for(wanted, cart.lines[0]):
        return Do("new cart")  # an open cart costs nothing and ends by itself; one that we do not know is not used
    line = cart.lines[0]
    for label in wanted.configuration:
        if label not in line.configuration:
            return Do("configure", item_id=line.item_id or 0, label=label)
    return _priced(wanted, seen.bill)


def _priced(wanted: Wanted, bill: Bill | None) -> Action:
    if bill is None:
        return Do("read price")
    if bill.refused:
        return not_sold(wanted, bill.refused)
    over = bill.without_tax > wanted.today_eur + 0.005 or bill.with_tax > wanted.today_eur_with_tax + 0.005
    if over:
        return Stop(
            f"{wanted.server} would cost {bill.without_tax:.2f} EUR today ({bill.with_tax:.2f} with tax); approved "
            f"are {wanted.today_eur:.2f} ({wanted.today_eur_with_tax:.2f} with tax). Nothing was ordered for it. "
            "OVH's price has changed: bring the prices up to date, look at the budget, and plan again."
        )
    return Do("checkout")


def _checked_out(wanted: Wanted, remembered: OpenOrder, seen: Seen) -> Action:
    """The cart is read-only, or gone after it was about to be checked out: which order is it?"""
    found = _candidates(wanted, seen)
    if len(found) == 1 and found[0].lines and _sure(wanted, found[0]):
        return Do("take order", order_id=found[0].order_id)
    if found:
        return Stop(
            f"The cart {remembered.cart_id} of {wanted.server} was checked out, and any of {_named(found)} since "
            f"{remembered.since} may be its order. Nothing more is ordered. Look at them in OVH's manager, cancel or "
            "adopt those that are not of this fleet (`momentum infra adopt`), then apply again."
        )
    if seen.cart is None:
        return Do("new cart")
    return Wait(f"the cart {remembered.cart_id} is checked out; its order is not listed yet")


def _with_order(wanted: Wanted, remembered: OpenOrder, seen: Seen) -> Action:
    order = seen.order
    if order is None:
        return Stop(
            f"Order {remembered.order_id} of {wanted.server} is not in the account any more. Nothing more is ordered. "
            "Look for it in OVH's manager with the account that ordered it; check the consumer key."
        )
    numbered = f"rder {order.order_id} ({wanted.server})"
    action: Action
    match order.status:
        case "notPaid" if order.paid:
            action = Wait(f"o{numbered} is paid, not booked yet")
        case "notPaid":
            action = Do("pay", order_id=order.order_id)
        case "checking" | "delivering" | "unknown" | "cancelling":
            action = Wait(f"o{numbered}: {order.status}")
        case "documentsRequested":
            action = Stop(
                f"OVH asks for documents before it delivers o{numbered}. Send them in OVH's manager; then apply again: "
                "it goes on with this order."
            )
        case "cancelled":
            action = Stop(
                f"O{numbered} was cancelled at OVH; nothing will be delivered for it. Apply again to order anew.",
                forget=True,
            )
        case "delivered":
            action = _delivered(wanted, order, seen.taken)
        case other:
            action = Stop(f"O{numbered} is in a state that is not known here: {other}. Look at it in OVH's manager.")
    return action


def _delivered(wanted: Wanted, order: Order, taken: frozenset[str]) -> Action:
    free = sorted(set(order.services) - taken)
    if len(free) == 1:
        return Delivered(free[0])
    if not free:
        return Wait(f"order {order.order_id} is delivered; its machine is not listed yet")
    return Stop(
        f"Order {order.order_id} delivered {', '.join(free)}, and {wanted.server} is to be one of them. Say which with "
        "`momentum infra adopt`, then apply again."
    )


def _candidates(wanted: Wanted, seen: Seen) -> list[Order]:
    """Orders that may be this server's: not over, not another server's machine, asking for nothing else."""
    return [
        order
        for order in seen.since
        if order.status not in ("cancelled", "cancelling")
        and not (order.services and set(order.services) <= seen.taken)
        and (not order.lines or any(_may_ask_for(wanted, line) for line in order.lines))
    ]


def _sure(wanted: Wanted, order: Order) -> bool:
    return len(order.lines) == 1 and _asks_for(wanted, order.lines[0]) and order.lines[0].quantity == 1


def _asks_for(wanted: Wanted, line: Line) -> bool:
    same = (line.plan, line.duration, line.pricing_mode, line.quantity)
    return same == (wanted.plan, wanted.duration, wanted.pricing_mode, 1) and _agree(wanted, line)


def _may_ask_for(wanted: Wanted, line: Line) -> bool:
    return line.plan in (wanted.plan, None) and _agree(wanted, line)


def _agree(wanted: Wanted, line: Line) -> bool:
    return all(line.configuration.get(label, value) == value for label, value in wanted.configuration.items())


def _named(orders: list[Order]) -> str:
    numbers = ", ".join(str(order.order_id) for order in orders)
    return f"order {numbers}" if len(orders) == 1 else f"orders {numbers}"
