"""`fleet`: what the file asks for, what it costs, the difference to what is there; `servers`: the machines."""

import base64
import json
from typing import TYPE_CHECKING, Any

import dagster as dg

from momentum.provisioning import rows
from momentum_dagster.contract import OWNER
from momentum_dagster.infra_assets.seen import GROUP, seen_asset, state_of, table_of
from momentum_dagster.resources.infrastructure import Infrastructure

if TYPE_CHECKING:
    from momentum.provisioning.survey import Survey


@dg.asset(
    group_name=GROUP,
    kinds={"yaml"},
    owners=[OWNER],
    check_specs=[
        dg.AssetCheckSpec(
            "file",
            asset="fleet",
            description="Expected: every rule that can be checked offline holds: quorum, networks, budget, versions, "
            "memory and disk with one server lost.",
        ),
        dg.AssetCheckSpec("as_planned", asset="fleet", description="Expected: there is nothing to be done."),
    ],
)
def fleet(context: dg.AssetExecutionContext, infrastructure: Infrastructure) -> dg.MaterializeResult:
    """The fleet file: servers, mesh, cluster, names, and what they cost a month; and the plan that makes it so.

    Looking changes nothing. `momentum infra apply`, or the job `apply_fleet`, executes the plan whose hash it is given.
    """
    seen = infrastructure.survey()
    if seen.not_seen:
        context.log.info(seen.not_seen)
    return dg.MaterializeResult(metadata=state_of(seen) | _cost(seen) | _plan(seen), check_results=_checks(seen))


def _cost(seen: "Survey") -> dict[str, Any]:
    if seen.fleet is None:
        return {}
    from momentum.provisioning import cost_rows

    return (
        table_of("cost of a month", cost_rows.lines(seen.fleet))
        | table_of("purses", cost_rows.purses(seen.fleet))
        | table_of("the same elsewhere", cost_rows.elsewhere(seen.fleet))
    )


def _plan(seen: "Survey") -> dict[str, Any]:
    """A table for people, JSON for scripts, a picture; and the hash that a person says yes to."""
    if seen.plan is None or seen.fleet is None:
        return {}
    from momentum.fleet.plan_picture import plan_picture
    from momentum.fleet.plan_table import plan_rows

    picture = base64.b64encode(plan_picture(seen.plan, seen.fleet.budget.vat_percent).encode()).decode()
    return {
        "plan_hash": seen.plan.hash,
        **table_of("plan", plan_rows(seen.plan)),
        "plan as a picture": dg.MetadataValue.md(f"![Plan {seen.plan.hash}](data:image/svg+xml;base64,{picture})"),
        "plan as JSON": dg.MetadataValue.json(json.loads(seen.plan.to_json())),
    }


def _checks(seen: "Survey") -> list[dg.AssetCheckResult]:
    from momentum.provisioning.drift_told import unread_of

    not_applicable = f"not applicable: {seen.not_seen}"
    steps = len(seen.plan.steps) if seen.plan else 0
    left = unread_of(seen.facts, ["machines", "journal"])
    left += [f"open: {what}: {question}" for what, question in seen.plan.questions.items()] if seen.plan else []
    shown = [f"{steps} steps; `momentum infra plan` shows them"] if steps else []
    planned = "; ".join([*shown, *left]) or "nothing to be done"
    file = seen.not_seen if seen.refused else "every rule holds" if seen.fleet else not_applicable
    return [
        dg.AssetCheckResult(asset_key="fleet", check_name="file", passed=not seen.refused, description=file),
        dg.AssetCheckResult(
            asset_key="fleet",
            check_name="as_planned",
            passed=not steps and not left,
            severity=dg.AssetCheckSeverity.WARN,
            description=planned if seen.plan else not_applicable,
        ),
    ]


servers = seen_asset(
    "servers",
    deps=["fleet"],
    kinds={"ovhcloud"},
    about="The rented machines. One row per server of the file, and one per machine of the account that no server is.",
    rows=rows.servers,
    reads=["machines", "host"],
    checks={
        "ordered": "every server of the file has its machine, and every machine of the account is a server's",
        "display_name": "every machine carries its server's name at the provider",
        "renewal": "every machine renews itself, but for one that is to leave",
        "ssh_keys": "on every server exactly the keys of the file may log in, and its own key is the pinned one",
    },
)
