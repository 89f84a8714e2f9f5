"""What every asset of the fleet is made of: rows of what was seen, and a check for each kind of drift."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from momentum_dagster.contract import OWNER
from momentum_dagster.resources.infrastructure import Infrastructure

if TYPE_CHECKING:
    from momentum.fleet.facts import Facts, Known
    from momentum.fleet.schema import Fleet
    from momentum.provisioning.survey import Survey

GROUP = "infrastructure"
Rows = Callable[["Fleet", "Facts", "Known"], Sequence[Mapping[str, Any]]]


def seen_asset(
    name: str,
    *,
    deps: Sequence[str],
    kinds: set[str],
    about: str,
    rows: Rows,
    reads: Sequence[str],
    checks: Mapping[str, str],
) -> dg.AssetsDefinition:
    """An asset that looks and never changes.

    rows: what was seen, a row a server. reads: which parts of the facts it tells of (machines, host, cluster, dns).
    checks: what is expected, by the kind of drift that breaks it.
    """

    @dg.asset(
        name=name,
        deps=deps,
        group_name=GROUP,
        kinds=kinds,
        owners=[OWNER],
        description=about,
        check_specs=[
            dg.AssetCheckSpec(check, asset=name, description=f"Expected: {text}") for check, text in checks.items()
        ],
    )
    def looked_at(context: dg.AssetExecutionContext, infrastructure: Infrastructure) -> dg.MaterializeResult:
        seen = infrastructure.survey()
        found = rows(seen.fleet, seen.facts, seen.known) if seen.fleet else []
        return dg.MaterializeResult(
            metadata=state_of(seen) | table_of(name, found),
            check_results=[_drift(context, seen, reads, name, check) for check in checks],
        )

    return looked_at


def state_of(seen: "Survey") -> dict[str, Any]:
    """Whether the world was seen; if not, or not all of it, why, and what to do."""
    from momentum.fleet.facts import unread_lines

    unread = "; ".join(unread_lines(seen.facts.unread))
    return {"state": seen.not_seen or (f"seen, but for {unread}" if unread else "seen")}


def table_of(title: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows as a table of metadata, which knows no null; nothing where there is no row."""
    if not rows:
        return {}
    plain = [{key: "-" if value is None else value for key, value in row.items()} for row in rows]
    numbers = {key for key in plain[0] if all(isinstance(row[key], int | float) for row in plain)}
    columns = [dg.TableColumn(key, "float" if key in numbers else "string") for key in plain[0]]
    records = [dg.TableRecord({key: row[key] if key in numbers else str(row[key]) for key in row}) for row in plain]
    return {title: dg.MetadataValue.table(records, dg.TableSchema(columns))}


def _drift(
    context: dg.AssetExecutionContext, seen: "Survey", reads: Sequence[str], asset: str, check: str
) -> dg.AssetCheckResult:
    """Passes where nothing differs and where nothing is connected; what should answer and does not is a warning."""
    from momentum.provisioning.drift_told import differences_of, told, unread_of

    found = differences_of(seen.differences, asset, check)
    unread = unread_of(seen.facts, reads)
    text = f"not applicable: {seen.not_seen}" if seen.not_seen else "; ".join([*map(told, found), *unread])
    if found or unread:
        context.log.warning(text)
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=check,
        passed=not found and not unread,
        severity=dg.AssetCheckSeverity.WARN,
        description=text or ("as the file says" if seen.has(reads) else "nothing is there yet"),
        metadata=table_of("differences", [vars(one) for one in found]),
    )
