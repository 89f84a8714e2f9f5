"""Price lists, as read: each figure with its source and the day it was read. EUR a month without tax.

They serve the cost before an order; what an order really costs is asked of OVH's dry-run checkout before it is
placed. `None` is a term for which no price was read: a fleet that wants it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# The 2027 range as noted in October 2026; the list itself is public and needs no key.
OVH_SOURCE = "https://api.ovh.com/v1/order/catalog/public/vps?ovhSubsidiary=FR"
OVH_READ = "October 2026"


@dataclass(frozen=True)
class PlanPrice:
    """One plan of OVH's VPS range 2027: its size, and EUR a month without tax by months of term."""

    code: str
    vcores: int
    memory_gb: int
    disk_gb: int
    eur_per_month: dict[int, Decimal | None]


def _plan(model: int, vcores: int, memory_gb: int, disk_gb: int, monthly: str, yearly: str | None) -> PlanPrice:
    prices = {1: Decimal(monthly), 12: Decimal(yearly) if yearly else None}
    return PlanPrice(f"vps-2027-model{model}", vcores, memory_gb, disk_gb, prices)


PLANS: dict[str, PlanPrice] = {
    plan.code: plan
    for plan in (
        _plan(1, 2, 4, 40, "4.49", None),
        _plan(2, 4, 8, 75, "8.49", "7.21"),
        _plan(3, 6, 12, 100, "12.24", "10.40"),
        _plan(4, 8, 24, 200, "23.49", "19.96"),
    )
}


@dataclass(frozen=True)
class CloudOffer:
    """A server of a public cloud on demand: 730 hours a month, without disk, address, traffic and tax."""

    cloud: str
    region: str
    instance: str
    vcpus: int
    memory_gb: int
    eur_per_month: Decimal
    vendor_list: str


# Read from the collection below, which takes them from the vendors' own price interfaces. A price in dollars is
# converted at the European Central Bank's reference rate of the same day. Burstable machines are not among them.
CLOUD_SOURCE = "https://raw.githubusercontent.com/moveinfra/eu-cloud-prices/main/data/eu-cloud-prices.csv"
CLOUD_LICENCE = "MoveInfra (https://moveinfra.eu/), CC BY 4.0"
CLOUD_READ = date(2026, 10, 28)
USD_PER_EUR = Decimal("1.1133")

_AWS = "https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonEC2/current/eu-central-1/index.json"
_AZURE = "https://prices.azure.com/api/retail/prices"
_GOOGLE = "https://cloud.google.com/compute/vm-instance-pricing"

CLOUD_OFFERS: tuple[CloudOffer, ...] = tuple(
    CloudOffer(cloud, region, instance, vcpus, memory_gb, Decimal(eur), vendor_list)
    for cloud, region, instance, vcpus, memory_gb, eur, vendor_list in (
        ("AWS", "eu-central-1, Frankfurt", "m6a.large", 2, 8, "67.86", _AWS),
        ("AWS", "eu-central-1, Frankfurt", "m6a.xlarge", 4, 16, "135.73", _AWS),
        ("AWS", "eu-central-1, Frankfurt", "m6a.2xlarge", 8, 32, "271.46", _AWS),
        ("Azure", "Germany West Central, Frankfurt", "Standard_D2a_v4", 2, 8, "66.80", _AZURE),
        ("Azure", "Germany West Central, Frankfurt", "Standard_D4a_v4", 4, 16, "133.59", _AZURE),
        ("Azure", "Germany West Central, Frankfurt", "Standard_D8a_v4", 8, 32, "267.25", _AZURE),
        ("Google Cloud", "Frankfurt", "e2-standard-2", 2, 8, "56.61", _GOOGLE),
        ("Google Cloud", "Frankfurt", "e2-standard-4", 4, 16, "113.22", _GOOGLE),
        ("Google Cloud", "Frankfurt", "e2-standard-8", 8, 32, "226.44", _GOOGLE),
    )
)
