"""Who may log in: the keys of the file and no others."""

from __future__ import annotations

from collections.abc import Iterator

from momentum.fleet.fact_hash import rests_on
from momentum.fleet.facts import Facts, Known
from momentum.fleet.membership import unseen
from momentum.fleet.schema import Fleet
from momentum.fleet.steps import Step


def steps(fleet: Fleet, facts: Facts, known: Known) -> Iterator[Step]:
    wanted = _wanted(fleet)
    for server in fleet.servers:
        host = facts.hosts.get(server.name)
        if unseen(server.name, fleet, facts, known) or (host is not None and set(host.authorized_keys) == set(wanted)):
            continue
        missing = [name for key, name in wanted.items() if host is None or key not in host.authorized_keys]
        strange = [_short(key) for key in (host.authorized_keys if host else ()) if key not in wanted]
        reason = "; ".join(
            [f"without the key of {name}" for name in missing] + [f"opens to a key of nobody: {key}" for key in strange]
        )
        name = f"host:{server.name}:keys"
        yield Step(
            kind="authorized_keys",
            target=server.name,
            reason=reason,
            wants={"keys": sorted(wanted)},
            rests_on=rests_on(facts, known, name),
            changes=(name,),
        )


def differences(fleet: Fleet, facts: Facts, known: Known) -> Iterator[tuple[str, str, str, str, str]]:
    wanted = _wanted(fleet)
    for server in fleet.servers:
        if (host := facts.hosts.get(server.name)) is None:
            continue
        for key, name in wanted.items():
            if key not in host.authorized_keys:
                yield server.name, "keys", f"key of {name}", "there", "missing"
        for key in host.authorized_keys:
            if key not in wanted:
                yield server.name, "keys", "unknown key", "none", _short(key)


def _wanted(fleet: Fleet) -> dict[str, str]:
    """Whose each key is, by its type and body."""
    return {" ".join(key.public_key.split()[:2]): key.name for key in fleet.ssh.keys}


def _short(key: str) -> str:
    kind, body = key.split()
    return f"{kind} ...{body[-12:]}"
