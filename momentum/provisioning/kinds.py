"""Every kind of step and who executes it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from momentum.provisioning.outside import Execute


def all_kinds() -> dict[str, Execute]:
    """The `KINDS` of all modules of `execute`. Raises ValueError for a kind that two of them claim."""
    from momentum.provisioning import execute

    found: dict[str, Execute] = {}
    for module in iter_modules(execute.__path__):
        kinds = getattr(import_module(f"{execute.__name__}.{module.name}"), "KINDS", {})
        if twice := found.keys() & kinds.keys():
            raise ValueError(f"two executors claim {', '.join(sorted(twice))}")
        found |= kinds
    return found
