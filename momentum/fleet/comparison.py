"""The month's price of the fleet beside the same capacity at public clouds."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from momentum.fleet.money import cost
from momentum.fleet.prices import (
    CLOUD_LICENCE,
    CLOUD_OFFERS,
    CLOUD_READ,
    CLOUD_SOURCE,
    OVH_READ,
    OVH_SOURCE,
    PLANS,
    USD_PER_EUR,
    CloudOffer,
    PlanPrice,
)
from momentum.fleet.schema import Fleet


@dataclass(frozen=True)
class ComparisonRow:
    """One line of the table. EUR a month without tax; `times` is how many times the fleet's own price it is.

    `source` is where the figure was read, `vendor_list` the vendor's own list to check it against.
    """

    where: str
    region: str
    servers: str
    vcpus: int
    memory_gb: int
    eur_per_month: Decimal
    times: Decimal
    read: str
    source: str
    note: str
    vendor_list: str


def comparison(fleet: Fleet) -> tuple[ComparisonRow, ...]:
    """The fleet first, then each cloud, the cheapest first.

    For each server the smallest machine with at least its memory is taken, which may have more of it and fewer
    vCPUs. Not the same goods: a VPS shares its cores with neighbours, and the clouds' prices are on demand while the
    fleet's is that of its term; but disk, address and traffic come on top of the clouds' and are not counted.
    Servers of unknown plans are left out.
    """
    plans = [PLANS[server.plan] for server in fleet.servers if server.plan in PLANS]
    ours = cost(fleet).servers_without_tax
    row = ComparisonRow(
        where="OVHcloud VPS",
        region=fleet.provider.datacenter,
        servers=_counted([plan.code for plan in plans]),
        vcpus=sum(plan.vcores for plan in plans),
        memory_gb=sum(plan.memory_gb for plan in plans),
        eur_per_month=ours,
        times=Decimal(1),
        read=OVH_READ,
        source=OVH_SOURCE,
        vendor_list=OVH_SOURCE,
        note=f"{_term(fleet, plans)}; {sum(p.disk_gb for p in plans)} GB of disk, address and traffic included",
    )
    clouds = sorted({offer.cloud for offer in CLOUD_OFFERS})
    rows = [_cloud_row(cloud, [_nearest(cloud, plan.memory_gb) for plan in plans], ours) for cloud in clouds]
    return (row, *sorted(rows, key=lambda row: row.eur_per_month))


def _term(fleet: Fleet, plans: list[PlanPrice]) -> str:
    if fleet.provider.term_months == 1:
        return "by the month"
    by_the_month = sum((plan.eur_per_month[1] or Decimal() for plan in plans), Decimal())
    return f"on a term of {fleet.provider.term_months} months, paid ahead ({by_the_month} by the month)"


def _nearest(cloud: str, memory_gb: int) -> CloudOffer:
    offers = sorted((o for o in CLOUD_OFFERS if o.cloud == cloud), key=lambda offer: offer.memory_gb)
    return next(offer for offer in offers if offer.memory_gb >= memory_gb)


def _cloud_row(cloud: str, offers: list[CloudOffer], ours: Decimal) -> ComparisonRow:
    eur = sum((offer.eur_per_month for offer in offers), Decimal())
    return ComparisonRow(
        where=cloud,
        region=offers[0].region if offers else "",
        servers=_counted([offer.instance for offer in offers]),
        vcpus=sum(offer.vcpus for offer in offers),
        memory_gb=sum(offer.memory_gb for offer in offers),
        eur_per_month=eur,
        times=(eur / ours).quantize(Decimal("0.1")) if ours else Decimal(),
        read=CLOUD_READ.isoformat(),
        source=CLOUD_SOURCE,
        note=f"on demand, without disk, address and traffic; dollars at {USD_PER_EUR} a euro; by {CLOUD_LICENCE}",
        vendor_list=offers[0].vendor_list if offers else "",
    )


def _counted(names: list[str]) -> str:
    return ", ".join(f"{names.count(name)} x {name}" for name in sorted(set(names)))
