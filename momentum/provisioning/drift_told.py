"""Which check of the graph tells which difference, and in which words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from momentum.fleet.drift import Difference


def told(one: Difference) -> str:
    """A difference in a line: server and field first."""
    return f"{one.server}: {one.part} {one.field}: wanted {one.wanted}, found {one.found}"


def differences_of(differences: Sequence[Difference], asset: str, check: str) -> list[Difference]:
    """Those that this check of this asset tells."""
    return [one for one in differences if CHECKS.get(one.part) == (asset, check)]


# The part that a difference is in -> the asset and its check.
CHECKS: dict[str, tuple[str, str]] = {}
