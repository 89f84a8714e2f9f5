"""/order and /me/order: catalogue, cart, checkout, payment, delivery."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.standins.ovh.errors import Refusal, bad, conflict, not_found
from tests.standins.ovh.routes import Asked, one_of, price, route, text_of
from tests.standins.ovh.world import CART_LIVES_S, DATACENTERS, DAY_S, IMAGES, PLANS, Cart, Item, Order, World

_OFFERS = (("P1M", "default", 0, 1), ("P1Y", "upfront12", 12, 12), ("P1M", "degressivity12", 12, 1))


@route("GET", "/order/catalog/public/vps", signed=False)
def catalogue(asked: Asked) -> dict[str, Any]:
    plans = [
        {
            "planCode": plan.code,
            "invoiceName": plan.code,
            "product": plan.code,
            "pricingType": "rental",
            "addonFamilies": [],
            "configurations": [
                {"name": "vps_datacenter", "isCustom": False, "isMandatory": True, "values": list(DATACENTERS)},
                {"name": "vps_os", "isCustom": False, "isMandatory": True, "values": list(IMAGES)},
            ],
            "pricings": [
                {
                    "capacities": ["installation", "renew"],
                    "commitment": commitment,
                    "description": mode,
                    "interval": interval,
                    "intervalUnit": "month",
                    "mode": mode,
                    "mustBeCompleted": False,
                    "phase": 1,
                    "price": round((plan.price(duration, mode) or 0) * 1e8),
                    "tax": round((plan.price(duration, mode) or 0) * 1e8 * asked.world.tax_percent / 100),
                    "quantity": {"min": 1, "max": 100},
                    "repeat": {"min": 1, "max": None},
                    "strategy": "tiered",
                    "type": "rental",
                }
                for duration, mode, commitment, interval in _OFFERS
            ],
        }
        for plan in PLANS.values()
    ]
    locale = {"currencyCode": "EUR", "subsidiary": asked.query["ovhSubsidiary"], "taxRate": asked.world.tax_percent}
    return {"catalogId": 1, "locale": locale, "planFamilies": [], "plans": plans, "products": [], "addons": []}


@route("GET", "/vps/order/rule/datacenter", signed=False)
def stock(asked: Asked) -> dict[str, Any]:
    def status(datacenter: str) -> str:
        gone = (asked.query["planCode"], datacenter) in asked.world.out_of_stock
        return "out-of-stock" if gone else "available"

    rows = [{"datacenter": name, "status": status(name), "linuxStatus": status(name)} for name in DATACENTERS]
    return {"datacenters": rows}


@route("GET", "/order/cart")
def carts(asked: Asked) -> list[str]:
    wanted = asked.query.get("description")
    living = (cart for cart in asked.world.carts.values() if _lives(asked.world, cart) and cart.assigned)
    return [cart.id for cart in living if wanted is None or cart.description == wanted]


@route("POST", "/order/cart", signed=False)
def new_cart(asked: Asked) -> dict[str, Any]:
    number = asked.world.number()
    cart = Cart(
        f"cart-{number:x}",
        asked.body.get("description", ""),
        asked.body["ovhSubsidiary"],
        asked.world.clock() + CART_LIVES_S,
    )
    asked.world.carts[cart.id] = cart
    return _told(cart)


@route("GET", "/order/cart/{cart}", signed=False)
def read_cart(asked: Asked) -> dict[str, Any]:
    return _told(_cart(asked))


@route("DELETE", "/order/cart/{cart}")
def drop_cart(asked: Asked) -> None:
    del asked.world.carts[_open_cart(asked).id]


@route("POST", "/order/cart/{cart}/assign")
def assign(asked: Asked) -> None:
    cart = _open_cart(asked)
    if cart.assigned:
        raise conflict("This cart is already assigned")
    cart.assigned = True


@route("GET", "/order/cart/{cart}/vps", signed=False)
def offers(asked: Asked) -> list[dict[str, Any]]:
    _cart(asked)
    return [
        {
            "planCode": plan.code,
            "productName": plan.code,
            "productType": "delivery",
            "prices": [
                {
                    "capacities": ["installation", "renew"],
                    "description": mode,
                    "duration": duration,
                    "interval": interval,
                    "maximumQuantity": 100,
                    "maximumRepeat": None,
                    "minimumQuantity": 1,
                    "minimumRepeat": 1,
                    "price": price(plan.price(duration, mode) or 0),
                    "priceInUcents": round((plan.price(duration, mode) or 0) * 1e8),
                    "pricingMode": mode,
                    "pricingType": "rental",
                }
                for duration, mode, _, interval in _OFFERS
            ],
        }
        for plan in PLANS.values()
    ]


@route("POST", "/order/cart/{cart}/vps", signed=False)
def add_vps(asked: Asked) -> dict[str, Any]:
    cart, body = _open_cart(asked), asked.body
    plan = one_of(PLANS, body["planCode"], "plan")
    if plan.price(body["duration"], body["pricingMode"]) is None:
        raise bad(f"No price for duration {body['duration']} in mode {body['pricingMode']}")
    item = Item(asked.world.number(), plan.code, body["duration"], body["pricingMode"], body["quantity"])
    cart.items[item.id] = item
    return _item_told(asked.world, cart, item)


@route("GET", "/order/cart/{cart}/item", signed=False)
def items(asked: Asked) -> list[int]:
    return list(_cart(asked).items)


@route("GET", "/order/cart/{cart}/item/{item}", signed=False)
def read_item(asked: Asked) -> dict[str, Any]:
    cart = _cart(asked)
    return _item_told(asked.world, cart, _item(asked, cart))


@route("GET", "/order/cart/{cart}/item/{item}/requiredConfiguration", signed=False)
def required(asked: Asked) -> list[dict[str, Any]]:
    _item(asked, _cart(asked))
    return [{"label": label, "required": True, "type": "String"} for label in ("vps_datacenter", "vps_os")]


@route("GET", "/order/cart/{cart}/item/{item}/configuration", signed=False)
def configurations(asked: Asked) -> list[int]:
    held = _item(asked, _cart(asked)).configuration
    wanted = asked.query.get("label")
    return [number for number, (label, _) in held.items() if wanted in (None, label)]


@route("GET", "/order/cart/{cart}/item/{item}/configuration/{number}", signed=False)
def read_configuration(asked: Asked) -> dict[str, Any]:
    held = _item(asked, _cart(asked)).configuration
    label, value = one_of(held, int(asked.parts["number"]), "configuration")
    return {"id": int(asked.parts["number"]), "label": label, "value": value}


@route("POST", "/order/cart/{cart}/item/{item}/configuration", signed=False)
def configure(asked: Asked) -> dict[str, Any]:
    held = _item(asked, _open_cart(asked)).configuration
    label, value = asked.body["label"], asked.body["value"]
    allowed = {"vps_datacenter": DATACENTERS, "vps_os": IMAGES}
    if value not in one_of(allowed, label, "label"):
        raise bad(f"{value} is not a value of {label}")
    if label in (name for name, _ in held.values()):
        raise conflict(f"{label} is configured already")
    number = asked.world.number()
    held[number] = (label, value)
    return {"id": number, "label": label, "value": value}


@route("GET", "/order/cart/{cart}/checkout")
def dry_run(asked: Asked) -> dict[str, Any]:
    cart = _open_cart(asked)
    return _bill(asked.world, _ready(asked.world, cart), None)


@route("POST", "/order/cart/{cart}/checkout")
def checkout(asked: Asked) -> dict[str, Any]:
    world, cart = asked.world, _open_cart(asked)
    held = _ready(world, cart)
    order = Order(world.number(), cart.id, world.clock(), held, _without_tax(world, held))
    world.orders[order.id] = order
    cart.read_only = True
    if asked.body.get("autoPayWithPreferredPaymentMethod"):
        _pay(world, order, world.payment_methods[0])
    return _bill(world, held, order.id)


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
    _pay(asked.world, order, asked.body["paymentMethod"]["id"])


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


def _lives(world: World, cart: Cart) -> bool:
    return cart.read_only or world.clock() < cart.expires_at


def _cart(asked: Asked) -> Cart:
    cart = asked.world.carts.get(asked.parts["cart"])
    if cart is None or not _lives(asked.world, cart):
        raise not_found(f"cart {asked.parts['cart']}")
    return cart


def _open_cart(asked: Asked) -> Cart:
    cart = _cart(asked)
    if cart.read_only:
        raise conflict("This cart is read-only: it was checked out")
    return cart


def _item(asked: Asked, cart: Cart) -> Item:
    held: Item = one_of(cart.items, int(asked.parts["item"]), "item")
    return held


def _order(asked: Asked) -> Order:
    held: Order = one_of(asked.world.orders, int(asked.parts["order"]), "order")
    return held


def _told(cart: Cart) -> dict[str, Any]:
    return {
        "cartId": cart.id,
        "description": cart.description,
        "expire": text_of(cart.expires_at),
        "items": list(cart.items),
        "readOnly": cart.read_only,
    }


def _item_told(world: World, cart: Cart, item: Item) -> dict[str, Any]:
    net = price(_without_tax(world, [item]))
    return {
        "cartId": cart.id,
        "itemId": item.id,
        "configurations": list(item.configuration),
        "duration": item.duration,
        "offerId": None,
        "options": [],
        "parentItemId": None,
        "prices": [{"label": "TOTAL", "price": net, "promotions": None}],
        "productId": "vps",
        "settings": {"planCode": item.plan, "pricingMode": item.pricing_mode, "quantity": item.quantity},
    }


def _ready(world: World, cart: Cart) -> list[Item]:
    """The cart's items, where it may be checked out."""
    if not cart.assigned:
        raise bad("This cart is not assigned to an account")
    if not cart.items:
        raise bad("This cart is empty")
    for item in cart.items.values():
        wanted = dict(item.configuration.values())
        missing = {"vps_datacenter", "vps_os"} - wanted.keys()
        if missing:
            raise bad(f"Missing required configuration: {', '.join(sorted(missing))}")
        if (item.plan, wanted["vps_datacenter"]) in world.out_of_stock:
            raise Refusal(400, f"{item.plan} is not available in {wanted['vps_datacenter']}", kind="Client::BadRequest")
    return list(cart.items.values())


def _without_tax(world: World, held: list[Item]) -> float:
    total = sum((PLANS[item.plan].price(item.duration, item.pricing_mode) or 0) * item.quantity for item in held)
    return round(total + world.surcharge * len(held), 2)


def _bill(world: World, held: list[Item], order_id: int | None) -> dict[str, Any]:
    net = _without_tax(world, held)
    tax = round(net * world.tax_percent / 100, 2)
    lines = [
        {
            "cartItemID": item.id,
            "description": item.plan,
            "detailType": "DURATION",
            "domain": "",
            "originalTotalPrice": price(_without_tax(world, [item])),
            "quantity": item.quantity,
            "reductionTotalPrice": price(0.0),
            "reductions": [],
            "totalPrice": price(_without_tax(world, [item])),
            "unitPrice": price(_without_tax(world, [item])),
        }
        for item in held
    ]
    return {
        "contracts": [],
        "details": lines,
        "orderId": order_id,
        "prices": {
            "originalWithoutTax": None,
            "reduction": None,
            "tax": price(tax),
            "withTax": price(round(net + tax, 2)),
            "withoutTax": price(net),
        },
        "url": f"https://example.com/order/{order_id}" if order_id else None,
    }


def _pay(world: World, order: Order, method: int) -> None:
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
