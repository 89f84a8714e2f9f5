"""What is sold: plans, their prices by term, and what is in stock."""

from __future__ import annotations

from typing import Any

from tests.standins.ovh.carts import cart_of
from tests.standins.ovh.routes import Asked, price, route
from tests.standins.ovh.world import DATACENTERS, IMAGES, PLANS

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


@route("GET", "/order/cart/{cart}/vps", signed=False)
def offers(asked: Asked) -> list[dict[str, Any]]:
    cart_of(asked)
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
