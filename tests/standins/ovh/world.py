"""The account: carts, orders, payments, machines, zones, tags. Moved by the calls and by a clock of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC).timestamp()
DAY_S = 86_400
CART_LIVES_S = DAY_S
DELIVERS_AFTER_S = 240
"""From payment to a running machine: checked for 60 s, delivered for 120 s, installed for 60 s."""


class Clock:
    """Seconds since 1970 that pass only when told to."""

    def __init__(self, now: float = START) -> None:
        self.at = now

    def __call__(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += seconds

    def text(self) -> str:
        return datetime.fromtimestamp(self.at, UTC).isoformat(timespec="seconds")


@dataclass
class Plan:
    """EUR without tax a month, monthly and on twelve months; sizes as OVH sells them (infra.md's table)."""

    code: str
    vcore: int
    memory_gb: int
    disk_gb: int
    monthly: float
    yearly_a_month: float

    def price(self, duration: str, pricing_mode: str) -> float | None:
        """What the term's first invoice holds."""
        prices = {
            ("P1M", "default"): self.monthly,
            ("P1Y", "upfront12"): round(self.yearly_a_month * 12, 2),
            ("P1M", "degressivity12"): self.yearly_a_month,
        }
        return prices.get((duration, pricing_mode))


PLANS = {
    plan.code: plan
    for plan in (
        Plan("vps-2027-model1", 2, 4, 40, 4.49, 3.82),
        Plan("vps-2027-model2", 4, 8, 75, 8.49, 7.21),
        Plan("vps-2027-model3", 6, 12, 100, 12.24, 10.40),
        Plan("vps-2027-model4", 8, 24, 200, 23.49, 19.96),
    )
}
DATACENTERS = ("GRA", "SBG", "RBX", "WAW", "DE", "UK")
IMAGES = ("Debian 12", "Debian 13", "Ubuntu 24.04")
TERMS_MONTHS = {"default": 1, "upfront12": 12, "degressivity12": 12}


@dataclass
class Item:
    id: int
    plan: str
    duration: str
    pricing_mode: str
    quantity: int
    configuration: dict[int, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Cart:
    id: str
    description: str
    subsidiary: str
    expires_at: float
    assigned: bool = False
    read_only: bool = False
    items: dict[int, Item] = field(default_factory=dict)


@dataclass
class Order:
    id: int
    cart: str
    at: float
    items: list[Item]
    without_tax: float
    cancelled: bool = False
    paid_at: float | None = None
    services: list[str] = field(default_factory=list)
    documents_requested: bool = False


@dataclass
class Task:
    id: int
    type: str
    at: float
    takes_s: float
    state: str | None = None
    """A state that is not followed by another, whatever the clock says."""

    def state_at(self, now: float) -> str:
        if self.state is not None:
            return self.state
        if now < self.at + min(10, self.takes_s / 2):
            return "todo"
        return "doing" if now < self.at + self.takes_s else "done"


@dataclass
class Vps:
    name: str
    plan: str
    datacenter: str
    image: str
    ipv4: str
    ipv6: str
    created_at: float
    months: int
    display_name: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    automatic: bool = True
    delete_at_expiration: bool = False
    period: int = 1
    ssh_key: str | None = None
    tasks: dict[int, Task] = field(default_factory=dict)

    @property
    def expires(self) -> date:
        created = datetime.fromtimestamp(self.created_at, UTC).date()
        return created + timedelta(days=30 * self.months + self.months // 2)

    def state_at(self, now: float) -> str:
        busy = [task for task in self.tasks.values() if task.state_at(now) not in ("done", "cancelled")]
        return "installing" if any(task.type in ("deliverVm", "reinstallVm") for task in busy) else "running"


@dataclass
class Record:
    id: int
    type: str
    name: str
    target: str
    ttl: int | None


@dataclass
class Zone:
    name: str
    records: dict[int, Record] = field(default_factory=dict)
    served: dict[int, Record] = field(default_factory=dict)
    """What the name servers answer: the records as they were at the last refresh."""


class World:
    """Switches: `out_of_stock` (plan, datacenter), `refuse_payments` (how many), `stuck` (a task's state for ever),
    `payment_methods` (ids that are valid), `surcharge` (added to every price), `tax_percent`.
    """

    def __init__(self, clock: Clock | None = None, *, zones: tuple[str, ...] = ("example.com",)) -> None:
        self.clock = clock or Clock()
        self.carts: dict[str, Cart] = {}
        self.orders: dict[int, Order] = {}
        self.payments: list[tuple[int, int]] = []
        self.machines: dict[str, Vps] = {}
        self.zones = {name: Zone(name) for name in zones}
        self.out_of_stock: set[tuple[str, str]] = set()
        self.refuse_payments = 0
        self.documents_requested = False
        self.stuck: str | None = None
        self.payment_methods = [7001]
        self.surcharge = 0.0
        self.tax_percent = 20.0
        self._numbers: Iterator[int] = itertools.count(1000)

    def number(self) -> int:
        return next(self._numbers)

    def deliver(self) -> None:
        """What the time that passed has brought: machines of the orders paid long enough ago."""
        for order in self.orders.values():
            if order.paid_at is None or order.services or order.documents_requested:
                continue
            if self.clock() >= order.paid_at + DELIVERS_AFTER_S - 60:
                for item in order.items:
                    order.services += [self.new_machine(item) for _ in range(item.quantity)]

    def new_machine(self, item: Item) -> str:
        number = self.number()
        wanted = dict(item.configuration.values())
        taken = max((int(vps.ipv4.rpartition(".")[2]) for vps in self.machines.values()), default=0)
        name = f"vps-{number:08x}.vps.ovh.net"
        vps = Vps(
            name=name,
            plan=item.plan,
            datacenter=wanted["vps_datacenter"],
            image=wanted["vps_os"],
            ipv4=f"198.51.100.{taken + 1}",
            ipv6=f"2001:db8::{taken + 1:x}",
            created_at=self.clock(),
            months=TERMS_MONTHS[item.pricing_mode],
        )
        self.machines[name] = vps
        self.begin_task(vps, "deliverVm", 60)
        return name

    def begin_task(self, vps: Vps, kind: str, takes_s: float) -> Task:
        task = Task(self.number(), kind, self.clock(), takes_s, self.stuck)
        vps.tasks[task.id] = task
        return task

    def order_status(self, order: Order) -> str:
        if order.cancelled:
            return "cancelled"
        if order.paid_at is None:
            return "notPaid"
        if order.documents_requested:
            return "documentsRequested"
        waited = self.clock() - order.paid_at
        if waited < 60:
            return "checking"
        return "delivering" if not order.services or waited < DELIVERS_AFTER_S - 60 else "delivered"

    def dump(self) -> dict[str, Any]:
        """What must be equal after any way to the same end: without numbers and times, which differ."""
        return {
            "orders": sorted(
                (item.plan, item.duration, item.pricing_mode, item.quantity, sorted(item.configuration.values()))
                for order in self.orders.values()
                for item in order.items
            ),
            "payments": len(self.payments),
            "machines": sorted(_of(vps) for vps in self.machines.values()),
            "zones": {
                name: sorted((record.name, record.type, record.target, record.ttl) for record in zone.served.values())
                for name, zone in self.zones.items()
            },
        }

    def whole(self) -> dict[str, Any]:
        """Everything, numbers and times too: to see that nothing at all was changed."""
        return {
            "carts": {key: asdict(cart) for key, cart in self.carts.items()},
            "orders": {key: asdict(order) for key, order in self.orders.items()},
            "payments": list(self.payments),
            "machines": {key: asdict(vps) for key, vps in self.machines.items()},
            "zones": {key: asdict(zone) for key, zone in self.zones.items()},
        }


def _of(vps: Vps) -> tuple[Any, ...]:
    marks = (vps.display_name or "", tuple(sorted(vps.tags.items())))
    ordered = (vps.plan, vps.datacenter, vps.image, vps.ssh_key or "")
    return (*marks, *ordered, vps.automatic, vps.delete_at_expiration, vps.period)
