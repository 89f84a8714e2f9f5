"""Which check of the graph tells which difference, and in which words."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from momentum.fleet.facts import unread_lines

if TYPE_CHECKING:
    from momentum.fleet.drift import Difference
    from momentum.fleet.facts import Facts

Told = tuple[str, str]  # asset, check

# By part and field, or by part alone.
CHECKS: dict[tuple[str, str] | str, Told] = {
    "machine": ("servers", "ordered"),
    ("machine", "display name"): ("servers", "display_name"),
    ("machine", "mark"): ("servers", "display_name"),
    ("machine", "renewal"): ("servers", "renewal"),
    "keys": ("servers", "ssh_keys"),
    "sysctl": ("mesh", "sysctl"),
    "units": ("mesh", "sysctl"),
    "clock": ("mesh", "clock"),
    "mesh": ("mesh", "peers"),
    "firewall": ("firewall", "rules"),
    "cluster": ("first_server", "one_cluster"),
    "member": ("control_plane", "members"),
    "k3s": ("control_plane", "k3s"),
    "etcdctl": ("control_plane", "k3s"),
    "node": ("agents", "nodes"),
    ("node", "version"): ("control_plane", "k3s"),
    "dns": ("dns", "records"),
}
ELSE: Told = ("control_plane", "k3s")  # files and units that no part above names: nothing goes untold


def told(one: Difference) -> str:
    """A difference in a line: server and field first."""
    return f"{one.server}: {one.part} {one.field}: wanted {one.wanted}, found {one.found}"


def check_of(one: Difference) -> Told:
    """The asset and its check that tell this difference."""
    return CHECKS.get((one.part, one.field)) or CHECKS.get(one.part) or ELSE


def differences_of(differences: Sequence[Difference], asset: str, check: str) -> list[Difference]:
    """Those that this check of this asset tells."""
    return [one for one in differences if check_of(one) == (asset, check)]


def unread_of(facts: Facts, reads: Collection[str]) -> list[str]:
    """What of these parts could not be read, each in a line: whether it drifted nobody knows."""
    unread = {what: why for what, why in facts.unread.items() if what.split(":")[0] in reads}
    return [f"not seen: {line}" for line in unread_lines(unread)]
