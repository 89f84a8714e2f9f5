"""What the provider tells of one server's cart and order: as much as the next decision needs, no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from momentum.adapters.ovh import ApiError, OvhApi
from momentum.adapters.ovh.api import segment
from momentum.fleet.facts import Known, OpenOrder
from momentum.fleet.ordering import Bill, Cart, Line, Order, Seen, Wanted

CLOCKS_DIFFER = timedelta(minutes=10)
"""How far before the remembered time orders are looked at: more than the API lets clocks differ."""


def look(api: OvhApi, wanted: Wanted, remembered: OpenOrder | None, known: Known, bill: Bill | None) -> Seen:
    taken = frozenset(service for server, service in known.services.items() if server != wanted.server)
    if remembered is None:
        return Seen(taken=taken)
    if remembered.order_id is not None:
        return Seen(order=_order(api, remembered.order_id, asked_to_pay=remembered.status == "paying"), taken=taken)
    cart = _cart(api, remembered.cart_id)
    unclear = remembered.status == "checkout" or (cart is not None and cart.read_only)
    others = {one.order_id for one in known.orders if one.server != wanted.server}
    since = tuple(_since(api, remembered.since, others)) if unclear else ()
    return Seen(cart=cart, bill=bill, since=since, taken=taken)


def is_assigned(api: OvhApi, cart_id: str) -> bool:
    return cart_id in api.get("/order/cart")


def _cart(api: OvhApi, cart_id: str) -> Cart | None:
    path = f"/order/cart/{segment(cart_id)}"
    try:
        told = api.get(path)
        read_only = bool(told["readOnly"])
        lines = () if read_only else tuple(_cart_line(api, path, number) for number in told["items"])
    except ApiError as error:
        if _gone(error):
            return None
        raise
    return Cart(read_only, lines)


def _cart_line(api: OvhApi, cart: str, number: int) -> Line:
    told = api.get(f"{cart}/item/{number}")
    settings = told["settings"]
    configured = [
        api.get(f"{cart}/item/{number}/configuration/{one}") for one in told.get("configurations") or ()
    ]  # fmt: skip
    return Line(
        plan=settings.get("planCode"),
        duration=told.get("duration"),
        pricing_mode=settings.get("pricingMode"),
        quantity=settings.get("quantity"),
        configuration=_labelled(configured),
        item_id=number,
    )


def _since(api: OvhApi, since: str, others: set[int | None]) -> Iterator[Order]:
    begin = datetime.fromisoformat(since) - CLOCKS_DIFFER
    for number in api.get("/me/order", **{"date.from": begin.isoformat(timespec="seconds")}):
        if number not in others:
            status = api.get(f"/me/order/{number}/status")
            lines, names = _details(api, number)
            yield Order(number, status, lines, _there(api, names))


def _order(api: OvhApi, number: int, *, asked_to_pay: bool) -> Order | None:
    try:
        status = api.get(f"/me/order/{number}/status")
    except ApiError as error:
        if _gone(error):
            return None
        raise
    if status == "notPaid":
        return Order(number, status, paid=asked_to_pay and _is_paid(api, number))
    if status == "delivered":
        return Order(number, status, services=_there(api, _domains(api, number)))
    return Order(number, status)


def _is_paid(api: OvhApi, number: int) -> bool:
    try:
        return bool(api.get(f"/me/order/{number}/payment"))
    except ApiError as error:
        if _gone(error):
            return False
        raise


def _domains(api: OvhApi, number: int) -> list[str]:
    return [_detail(api, number, line)["domain"] for line in api.get(f"/me/order/{number}/details")]


def _details(api: OvhApi, number: int) -> tuple[tuple[Line, ...], list[str]]:
    """Lines that ask for a plan, and every name that the order's lines carry."""
    lines, names = [], []
    for line in api.get(f"/me/order/{number}/details"):
        names.append(_detail(api, number, line)["domain"])
        try:
            asked = api.get(f"/me/order/{number}/details/{line}/extension").get("order") or {}
        except ApiError as error:
            if not _gone(error):
                raise
            asked = {}  # a line of something that is not in today's catalogue
        plan = asked.get("plan") or {}
        lines.append(
            Line(
                plan=plan.get("code"),
                duration=plan.get("duration"),
                pricing_mode=plan.get("pricingMode"),
                quantity=plan.get("quantity"),
                configuration=_labelled(asked.get("configurations") or ()),
            )
        )
    return tuple(lines), names


def _detail(api: OvhApi, number: int, line: int) -> Mapping[str, Any]:
    told: Mapping[str, Any] = api.get(f"/me/order/{number}/details/{line}")
    return told


def _there(api: OvhApi, names: list[str]) -> tuple[str, ...]:
    if not names:
        return ()
    return tuple(sorted(set(names) & set(api.get("/vps"))))


def _labelled(configured: Any) -> dict[str, str]:
    return {one["label"]: one["value"] for one in configured}


def _gone(error: ApiError) -> bool:
    """Not there, or expired (460, as python-ovh names it)."""
    return error.status in (404, 410, 460)
