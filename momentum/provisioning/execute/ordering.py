"""One server's order: reads what there is, asks `momentum.fleet.ordering` what is next, does it, again.

The journal remembers the cart before anything is put into it, that it is about to be checked out, the order's number
before it is paid, and that it is about to be paid. A kill or a lost answer between any two calls is the same case
as a fresh start: the world is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from momentum.adapters.ovh import ApiError, OutcomeUnknown, OvhApi
from momentum.adapters.ovh.api import segment
from momentum.errors import MomentumError
from momentum.fleet.facts import OpenOrder
from momentum.fleet.ordering import Bill, Delivered, Do, Stop, Wait, Wanted, next_action, not_sold
from momentum.fleet.steps import Step
from momentum.provisioning.execute.settling import SETTLES_S
from momentum.provisioning.execute.tasks import PATIENCE_S, POLL_S, until_running
from momentum.provisioning.observe.orders import is_assigned, look
from momentum.provisioning.outside import Outside, Progress

_MOST_LOST = 6
_MOST_TURNS = 1000


class OrderStopped(MomentumError):
    """The order does not go on without a person; the message says why and what to do."""


def order(step: Step, outside: Outside, say: Progress) -> Mapping[str, Any]:
    """Order one machine, or take up its order where it stands, until the machine runs."""
    return _Ordering(Wanted(server=step.target, **step.wants), outside, say).to_the_end()


@dataclass
class _Ordering:
    wanted: Wanted
    outside: Outside
    say: Progress
    bill: Bill | None = None
    lost: int = 0
    waited_s: float = 0.0
    api: OvhApi = field(init=False)

    def __post_init__(self) -> None:
        self.api = self.outside.provider

    def to_the_end(self) -> Mapping[str, Any]:
        for _ in range(_MOST_TURNS):
            remembered = self._remembered()
            seen = look(self.api, self.wanted, remembered, self.outside.known, self.bill)
            self.bill = None
            match next_action(self.wanted, remembered, seen):
                case Delivered(service):
                    return self._delivered(service)
                case Stop() as stop:
                    if stop.forget:
                        self._remember(None)
                    raise OrderStopped(stop.message)
                case Wait(reason):
                    self._wait(reason)
                case Do() as do:
                    self._try(do, remembered)
        raise OrderStopped(f"The order of {self.wanted.server} does not come to an end. Apply again.")

    def _try(self, do: Do, remembered: OpenOrder | None) -> None:
        try:
            self._do(do, remembered)
        except OutcomeUnknown as lost:
            self.lost += 1
            if self.lost >= _MOST_LOST:
                raise
            self.say(f"{lost} Looking what there is.")
            self.api.sleep(SETTLES_S)

    def _do(self, do: Do, remembered: OpenOrder | None) -> None:
        if do.what == "new cart":
            return self._new_cart()
        assert remembered is not None
        cart = f"/order/cart/{segment(remembered.cart_id)}"
        match do.what:
            case "add item":
                self._add_item(cart, remembered.cart_id)
            case "configure":
                value = self.wanted.configuration[do.label]
                self.api.post(f"{cart}/item/{do.item_id}/configuration", label=do.label, value=value)
            case "read price":
                self.bill = self._dry_run(cart)
            case "checkout":
                self._checkout(cart, remembered.cart_id)
            case "take order":
                self.say(f"order {do.order_id} is this server's")
                self._remember(OpenOrder(self.wanted.server, remembered.cart_id, do.order_id, "ordered", self._now()))
            case "pay":
                self._pay(do.order_id, remembered)
        return None

    def _new_cart(self) -> None:
        wanted = self.wanted
        rows = self.api.get(
            "/vps/order/rule/datacenter", ovhSubsidiary=wanted.subsidiary, planCode=wanted.plan
        )["datacenters"]  # fmt: skip
        stock = {row["datacenter"]: row.get("linuxStatus") or row.get("status") for row in rows or ()}
        if stock.get(wanted.datacenter) == "out-of-stock":
            raise OrderStopped(not_sold(wanted, "out of stock").message)
        cart = self.api.post(
            "/order/cart", ovhSubsidiary=wanted.subsidiary, description=f"momentum {wanted.server}"
        )  # fmt: skip
        self._remember(OpenOrder(wanted.server, cart["cartId"], None, "cart", self._now()))

    def _add_item(self, cart: str, cart_id: str) -> None:
        try:
            self.api.post(f"{cart}/assign")
        except ApiError:
            if not is_assigned(self.api, cart_id):
                raise
        wanted = self.wanted
        self.api.post(
            f"{cart}/vps",
            planCode=wanted.plan,
            duration=wanted.duration,
            pricingMode=wanted.pricing_mode,
            quantity=1,
        )

    def _dry_run(self, cart: str) -> Bill:
        try:
            prices = self.api.get(f"{cart}/checkout")["prices"]
        except ApiError as error:
            if error.about_us or not 400 <= error.status < 500 or error.status in (401, 403):
                raise
            return Bill(refused=error.message)
        bill = Bill(prices["withoutTax"]["value"], prices["withTax"]["value"])
        self.say(f"{self.wanted.server}: {bill.without_tax:.2f} EUR today, {bill.with_tax:.2f} with tax")
        return bill

    def _checkout(self, cart: str, cart_id: str) -> None:
        """The right of withdrawal is waived, or OVH may hold the delivery until it has passed; a company has none."""
        about_to = OpenOrder(self.wanted.server, cart_id, None, "checkout", self._now())
        self._remember(about_to)
        told = self.api.post(
            f"{cart}/checkout", autoPayWithPreferredPaymentMethod=False, waiveRetractationPeriod=True
        )  # fmt: skip
        self.say(f"{self.wanted.server} is order {told['orderId']}")
        self._remember(OpenOrder(self.wanted.server, cart_id, told["orderId"], "ordered", about_to.since))

    def _pay(self, order_id: int, remembered: OpenOrder) -> None:
        method = self._payment_method(order_id)
        server, cart_id, since = remembered.server, remembered.cart_id, remembered.since
        self._remember(OpenOrder(server, cart_id, order_id, "paying", since))
        try:
            self.api.post(f"/me/order/{order_id}/pay", paymentMethod={"id": method})
        except ApiError as refused:
            if refused.about_us:
                raise
            if self.api.get(f"/me/order/{order_id}/status") != "notPaid":
                return
            raise OrderStopped(
                f"The payment of order {order_id} ({server}) was refused: {refused.message}. {self._unpaid(order_id)}"
            ) from refused

    def _payment_method(self, order_id: int) -> int:
        usable: list[int] = self.api.get(f"/me/order/{order_id}/paymentMethods").get("registered") or []
        if not usable:
            raise OrderStopped(
                f"The account has no payment method that order {order_id} ({self.wanted.server}) can be paid with. "
                f"{self._unpaid(order_id)}"
            )
        if len(usable) > 1:
            default = self.api.get("/me/payment/method", default=True, status="VALID")
            usable = [one for one in usable if one in default] or usable
        return usable[0]

    def _unpaid(self, order_id: int) -> str:
        told = self.api.get(f"/me/order/{order_id}")
        until = f" until {told['expirationDate'][:10]}" if told.get("expirationDate") else ""
        return (
            f"It waits unpaid{until}. Mend the payment method in OVH's manager, or pay it there ({told['url']}); then "
            "apply again: it goes on with this order."
        )

    def _delivered(self, service: str) -> Mapping[str, Any]:
        until_running(self.api, service, self.say)
        remembered = self._remembered()
        assert remembered is not None
        values = self._values(remembered) | {"status": "delivered"}
        server = self.wanted.server
        return {
            "service": service,
            "order_id": remembered.order_id,
            "known": {"service": {server: service}, "order": {server: values}},
        }

    def _wait(self, reason: str) -> None:
        if self.waited_s >= PATIENCE_S:
            raise OrderStopped(
                f"Still waiting after {PATIENCE_S / 60:.0f} minutes: {reason}. Apply again later: it goes on with what "
                "was ordered. If it stays so, open a ticket at OVH."
            )
        self.say(reason)
        self.api.sleep(POLL_S)
        self.waited_s += POLL_S

    def _remembered(self) -> OpenOrder | None:
        return next((one for one in self.outside.known.orders if one.server == self.wanted.server), None)

    def _remember(self, remembered: OpenOrder | None) -> None:
        values = None if remembered is None else self._values(remembered)
        self.outside.journal.remember("order", self.wanted.server, values)

    def _values(self, order: OpenOrder) -> dict[str, Any]:
        return {
            "cart_id": order.cart_id,
            "order_id": order.order_id,
            "status": order.status,
            "since": order.since,
        }

    def _now(self) -> str:
        return self.api.now().isoformat(timespec="seconds")
