"""/order/cart: filled, configured, priced, checked out once."""

from __future__ import annotations

from typing import Any

from tests.standins.ovh.errors import Refusal, bad, conflict, not_found
from tests.standins.ovh.orders import pay_order
from tests.standins.ovh.routes import Asked, one_of, price, route, text_of
from tests.standins.ovh.world import CART_LIVES_S, DATACENTERS, IMAGES, PLANS, Cart, Item, Order, World


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
    return _told(cart_of(asked))


@route("DELETE", "/order/cart/{cart}")
def drop_cart(asked: Asked) -> None:
    del asked.world.carts[_open_cart(asked).id]


@route("POST", "/order/cart/{cart}/assign")
def assign(asked: Asked) -> None:
    cart = _open_cart(asked)
    if cart.assigned:
        raise conflict("This cart is already assigned")
    cart.assigned = True


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
    return list(cart_of(asked).items)


@route("GET", "/order/cart/{cart}/item/{item}", signed=False)
def read_item(asked: Asked) -> dict[str, Any]:
    cart = cart_of(asked)
    return _item_told(asked.world, cart, _item(asked, cart))


@route("GET", "/order/cart/{cart}/item/{item}/requiredConfiguration", signed=False)
def required(asked: Asked) -> list[dict[str, Any]]:
    _item(asked, cart_of(asked))
    return [{"label": label, "required": True, "type": "String"} for label in ("vps_datacenter", "vps_os")]


@route("GET", "/order/cart/{cart}/item/{item}/configuration", signed=False)
def configurations(asked: Asked) -> list[int]:
    held = _item(asked, cart_of(asked)).configuration
    wanted = asked.query.get("label")
    return [number for number, (label, _) in held.items() if wanted in (None, label)]


@route("GET", "/order/cart/{cart}/item/{item}/configuration/{number}", signed=False)
def read_configuration(asked: Asked) -> dict[str, Any]:
    held = _item(asked, cart_of(asked)).configuration
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
        pay_order(world, order, world.payment_methods[0])
    return _bill(world, held, order.id)


def _lives(world: World, cart: Cart) -> bool:
    return cart.read_only or world.clock() < cart.expires_at


def cart_of(asked: Asked) -> Cart:
    cart = asked.world.carts.get(asked.parts["cart"])
    if cart is None or not _lives(asked.world, cart):
        raise not_found(f"cart {asked.parts['cart']}")
    return cart


def _open_cart(asked: Asked) -> Cart:
    cart = cart_of(asked)
    if cart.read_only:
        raise conflict("This cart is read-only: it was checked out")
    return cart


def _item(asked: Asked, cart: Cart) -> Item:
    held: Item = one_of(cart.items, int(asked.parts["item"]), "item")
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
