"""/me/order: payment and what became of an order."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.standins.ovh.errors import bad, conflict, not_found
from tests.standins.ovh.routes import Asked, one_of, price, route, text_of
from tests.standins.ovh.world import DAY_S, Item, Order, World


@route("GET", "/me/order")
def orders(asked: Asked) -> list[int]:
    since = asked.query.get("date.from")
    from_at = datetime.fromisoformat(since).timestamp() if since else 0.0
    return [order.id for order in asked.world.orders.values() if order.at >= from_at]


@route("GET", "/me/order/{order}")
def read_order(asked: Asked) -> dict[str, Any]:
    order = _order(asked)
    tax = order.without_tax * asked.world.tax_percent / 100
    return {
        "orderId": order.id,
        "date": text_of(order.at),
        "expirationDate": text_of(order.at + 14 * DAY_S),
        "retractionDate": None,
        "password": "not-shown",
        "pdfUrl": f"https://example.com/order/{order.id}.pdf",
        "url": f"https://example.com/order/{order.id}",
        "priceWithoutTax": price(order.without_tax),
        "priceWithTax": price(round(order.without_tax + tax, 2)),
        "tax": price(round(tax, 2)),
    }


@route("GET", "/me/order/{order}/status")
def status(asked: Asked) -> str:
    return asked.world.order_status(_order(asked))


@route("GET", "/me/order/{order}/paymentMethods")
def payment_methods(asked: Asked) -> dict[str, Any]:
    _order(asked)
    return {"available": [], "paymentMethods": [], "registered": list(asked.world.payment_methods)}


@route("GET", "/me/payment/method")
def methods(asked: Asked) -> list[int]:
    return list(asked.world.payment_methods)


@route("POST", "/me/order/{order}/pay")
def pay(asked: Asked) -> None:
    order = _order(asked)
    pay_order(asked.world, order, asked.body["paymentMethod"]["id"])


@route("GET", "/me/order/{order}/payment")
def payment(asked: Asked) -> dict[str, Any]:
    order = _order(asked)
    if order.paid_at is None:
        raise not_found(f"payment of order {order.id}")
    return {"paymentDate": text_of(order.paid_at), "paymentIdentifier": None, "paymentType": "creditCard"}


@route("GET", "/me/order/{order}/details")
def details(asked: Asked) -> list[int]:
    return [number for number, _, _ in _lines(_order(asked))]


@route("GET", "/me/order/{order}/details/{line}")
def detail(asked: Asked) -> dict[str, Any]:
    order = _order(asked)
    number, item, domain = _line(asked, order)
    return {
        "orderDetailId": number,
        "cancelled": order.cancelled,
        "description": f"{item.plan}, {item.duration}",
        "detailType": "DURATION",
        "domain": domain,
        "quantity": "1",
        "unitPrice": price(order.without_tax),
        "totalPrice": price(order.without_tax),
    }


@route("GET", "/me/order/{order}/details/{line}/extension")
def extension(asked: Asked) -> dict[str, Any]:
    _, item, _ = _line(asked, _order(asked))
    return {
        "order": {
            "action": None,
            "type": None,
            "configurations": [{"label": label, "value": value} for label, value in item.configuration.values()],
            "plan": {
                "code": item.plan,
                "duration": item.duration,
                "pricingMode": item.pricing_mode,
                "quantity": item.quantity,
            },
        }
    }


def _order(asked: Asked) -> Order:
    held: Order = one_of(asked.world.orders, int(asked.parts["order"]), "order")
    return held


def pay_order(world: World, order: Order, method: int) -> None:
    if method not in world.payment_methods:
        raise bad(f"Payment method {method} cannot be used")
    if order.paid_at is not None or order.cancelled:
        raise conflict(f"Order {order.id} cannot be paid")
    if world.refuse_payments > 0:
        world.refuse_payments -= 1
        raise bad("The payment was refused by the bank")
    world.payments.append((order.id, method))
    order.paid_at = world.clock()
    order.documents_requested = world.documents_requested


def _lines(order: Order) -> list[tuple[int, Item, str]]:
    """One line a machine: its number, its item, and the service's name, which is not known before delivery."""
    lines = [(order.id * 100 + at, item) for at, item in enumerate(_each(order))]
    return [
        (number, item, order.services[at] if at < len(order.services) else f"*{order.id}")
        for at, (number, item) in enumerate(lines)
    ]


def _each(order: Order) -> list[Item]:
    return [item for item in order.items for _ in range(item.quantity)]


def _line(asked: Asked, order: Order) -> tuple[int, Item, str]:
    for line in _lines(order):
        if line[0] == int(asked.parts["line"]):
            return line
    raise not_found(f"detail {asked.parts['line']}")
