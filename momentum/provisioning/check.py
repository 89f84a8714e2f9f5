"""Is everything there that planning and applying need? Looks, and changes nothing but a probe in the object store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from momentum.errors import MomentumError
from momentum.warehouse.health import Finding

if TYPE_CHECKING:
    from momentum.fleet.schema import Fleet
    from momentum.settings import Settings


def findings(settings: Settings) -> list[Finding]:
    """The fleet file, the operator's key, the secrets, the object store, and how far the world can be seen."""
    from momentum.fleet.facts import unread_lines
    from momentum.provisioning.connect import TO_APPLY, missing
    from momentum.provisioning.session import key_lacking
    from momentum.provisioning.survey import applied_fleet, load_fleet, survey

    try:
        fleet = load_fleet(settings, applied_fleet(settings))
    except MomentumError as error:
        return [Finding("fleet file", False, str(error))]
    found = [_file(settings, fleet)]
    lacking, closed = missing(settings, TO_APPLY), key_lacking(fleet)
    # with all secrets there the next command is an apply, which would refuse
    found.append(Finding("ssh key", not closed or bool(lacking), closed or "opens new machines"))
    found.append(Finding("secrets", True, lacking or f"all are in {settings.secrets_path}"))
    if missing(settings):
        return found
    found.append(_store(settings, fleet))
    try:
        seen = survey(settings)
    except MomentumError as error:
        return [*found, Finding("world", False, str(error))]
    unread = seen.facts.unread
    told = "; ".join(unread_lines(unread))
    return [*found, Finding("world", not unread, f"not seen: {told}" if unread else "provider and every host answer")]


def _file(settings: Settings, fleet: Fleet) -> Finding:
    from momentum.fleet.source import read_with_lines
    from momentum.fleet.template import still_to_fill_in

    _, lines = read_with_lines(settings.fleet.read_text(encoding="utf-8"))
    if examples := still_to_fill_in(fleet, lines):
        return Finding("fleet file", True, f"still to be filled in: {'; '.join(map(str, examples))}")
    return Finding("fleet file", True, f"{settings.fleet}: {len(fleet.servers)} servers, every rule holds")


def _store(settings: Settings, fleet: Fleet) -> Finding:
    """Whether two operators exclude each other rests on conditional writes, which not every S3 enforces."""
    from momentum.adapters.object_store import StoreUnreachable, check_conditional_writes
    from momentum.provisioning.connect import ONE_OPERATOR, backup_store

    store = backup_store(settings, fleet)
    if store is None:
        return Finding("object store", True, ONE_OPERATOR)
    try:
        conditions = check_conditional_writes(store)
    except StoreUnreachable as error:
        return Finding("object store", False, str(error))
    if not conditions.enforced:
        return Finding(
            "object store", True, "answers, but does not enforce conditional writes: one operator at a time is the rule"
        )
    return Finding("object store", True, "answers and enforces conditional writes: the lease holds between operators")
