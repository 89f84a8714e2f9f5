"""momentum infra: the fleet as its file says, as it is, what lies between, and what it costs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from momentum.errors import MomentumError
from momentum_dagster.cli import infra_secrets
from momentum_dagster.cli.printing import console, counted, print_json, say, tell
from momentum_dagster.cli.shared import Json, settings

if TYPE_CHECKING:
    from momentum.provisioning.survey import Survey

app = typer.Typer(
    help="Servers, mesh and cluster: planned, applied, watched. Their file is deploy/fleet.yaml, or MOMENTUM_FLEET.",
    no_args_is_help=True,
)
app.add_typer(infra_secrets.app, name="secrets")


@app.command()
def init(
    ssh_key: Annotated[
        Path | None,
        typer.Option(help="File with the public key that may log in, such as ~/.ssh/id_ed25519.pub.", dir_okay=False),
    ] = None,
    zone: Annotated[str | None, typer.Option(help="Your domain, whose DNS zone the provider keeps.")] = None,
) -> None:
    """Write the fleet file, with comments and the default of four servers. Never overwrites one."""
    from momentum.fleet.problems import FleetFileError
    from momentum.fleet.refusals import accepted_fleet
    from momentum.fleet.template import default_fleet_text

    key = ssh_key.expanduser().read_text(encoding="utf-8").strip() if ssh_key else None
    if key and "PRIVATE KEY" in key:
        raise MomentumError(f"{ssh_key} is a private key; the public one ends in .pub")
    if key == "":
        raise MomentumError(f"{ssh_key} is empty; a public key is one line, such as ssh-ed25519 AAAA...")
    path, text = settings().fleet, default_fleet_text(key, zone)
    try:
        accepted_fleet(text)
    except FleetFileError as error:
        told = "; ".join(f"{one.key}: {one.message}" for one in error.problems)
        raise MomentumError(f"nothing was written, for the file would be refused: {told}") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise MomentumError(
            f"{path} is there already and was left as it is; `momentum infra check` reads it"
        ) from error
    say(f"written: {path}")
    say("Next: `momentum infra check` says what is still to be filled in, `momentum infra cost` what it costs.")


@app.command()
def check(as_json: Json = False) -> None:
    """Is the fleet file in order, are the secrets there, do provider, hosts and object store answer?

    Exit code 1 if something is ill. What is not connected yet is no illness.
    """
    from momentum.provisioning.check import findings

    found = findings(settings())
    if as_json:
        print_json(found)
    for one in () if as_json else found:
        say(
            f"{'ok ' if one.ok else 'ILL'} {one.check:<13} {one.message}",
            style="" if one.ok else "bold red",
        )
    if not all(one.ok for one in found):
        raise typer.Exit(1)


@app.command()
def plan(as_json: Json = False) -> None:
    """Show what would be done, in which order, why, at what price and risk. Changes nothing."""
    seen = _seen()
    if as_json:
        planned = json.loads(seen.plan.to_json()) if seen.plan else None
        minded = {"one_operator": seen.alone or None, "older_file": seen.older_file or None}
        print_json({"not_connected": seen.not_seen or None, **minded, "plan": planned})
        return
    from momentum.reports.fleet_views import bill_view, fleet_view, plan_view

    if seen.plan is None:
        fleet_view(console, seen)
        if seen.fleet is not None:
            bill_view(console, seen.fleet)
        _not_connected(seen, "A plan is the difference to what exists, which nobody has seen." if seen.fleet else "")
        return
    assert seen.fleet is not None
    plan_view(console, seen.plan, seen.fleet.budget.vat_percent, len(seen.differences))
    _minded(seen)
    if seen.plan.steps:
        say("`momentum infra apply` asks for a yes to this plan and executes it.")


@app.command()
def apply(
    plan_hash: Annotated[
        str | None,
        typer.Option("--plan", help="Hash of the plan that you have seen; for scripts, asks nothing. The same goes on "
                     "after a stop."),
    ] = None,
    destroys: Annotated[
        list[str] | None,
        typer.Option("--destroys", help="With --plan: a server whose data the plan destroys; once for each."),
    ] = None,
) -> None:  # fmt: skip
    """Make the fleet what its file says: shows the plan, asks for a yes to it, executes it step by step.

    Every step is journalled before and after; a stop at any moment is gone on from by the same command. Nothing
    is done if the world has moved since the plan was seen.
    """
    from momentum.provisioning.session import apply_plan, fleet_to_apply

    fleet_to_apply(settings())  # told before anybody reads a plan
    if plan_hash is None:
        plan_hash, destroys = _asked(_seen())
        if plan_hash is None:
            return
    applied = apply_plan(settings(), plan_hash, tuple(destroys or ()), tell)
    say(f"done: {counted(len(applied.done), 'step')} of plan {plan_hash}" if applied.done else "nothing was left to do")


def _asked(seen: Survey) -> tuple[str | None, list[str]]:
    """The hash that a person said yes to, and the servers whose data may go; None where there is nothing to do."""
    from momentum.provisioning.session import refuse_key_of_others, refuse_without_keys
    from momentum.reports.fleet_views import plan_view

    planned = seen.plan
    if planned is None or seen.fleet is None:
        raise MomentumError(seen.not_seen)
    plan_view(console, planned, seen.fleet.budget.vat_percent, len(seen.differences))
    if not planned.steps:
        return None, []
    if seen.older_file:
        say(seen.older_file, style="yellow")
    refuse_without_keys(seen.alone, planned)
    refuse_key_of_others(seen.fleet, planned)
    if not sys.stdin.isatty():
        raise MomentumError(f"nobody is there to say yes; a script says `momentum infra apply --plan {planned.hash}`")
    destroyed = list(dict.fromkeys(step.target for step in planned.steps if step.risk == "destroys data"))
    for name in destroyed:
        if typer.prompt(f"This destroys data on {name}. Type its name to go on", err=True) != name:
            raise MomentumError("not the name; nothing was done")
    if typer.prompt(f"Type yes to execute plan {planned.hash}", err=True) != "yes":
        raise MomentumError("no yes; nothing was done")
    return planned.hash, destroyed


@app.command()
def status(as_json: Json = False) -> None:
    """Both halves on one screen: servers, mesh, cluster and names; store, what is stale, what is open."""
    from momentum.provisioning.status import fleet_status
    from momentum_dagster.cli.doctor import data_findings

    seen = _seen()
    data = data_findings()
    if as_json:
        print_json({"fleet": fleet_status(seen), "data": data})
        return
    from momentum.reports.fleet_views import findings_view, fleet_view

    fleet_view(console, seen)
    if seen.not_seen:
        _not_connected(seen, "")
    _minded(seen)
    findings_view(console, data)


@app.command()
def cost(as_json: Json = False) -> None:
    """What the fleet costs a month and from which purse, what is due today, and the same at public clouds."""
    from momentum.provisioning import cost_rows
    from momentum.provisioning.survey import load_fleet
    from momentum.reports.fleet_views import bill_view

    fleet = load_fleet(settings())
    if as_json:
        print_json(cost_rows.bill(fleet))
    else:
        bill_view(console, fleet)


@app.command()
def adopt(
    server: Annotated[str, typer.Argument(help="Which server of the fleet file it is.")],
    machine: Annotated[str, typer.Argument(help="The machine's service name at the provider, such as vps-1a2b3c.")],
    host_key: Annotated[
        str | None,
        typer.Option("--host-key", help="Fingerprint of its SSH host key (SHA256:...); for scripts, asks nothing."),
    ] = None,
) -> None:
    """Take over a machine that exists: the journal learns which server it is, and its host key.

    Nothing is changed on it; the next plan shows what would be. Without this a machine in its place would be ordered.
    """
    from momentum.provisioning.adopt import Adoption
    from momentum.provisioning.adopt import adopt as take_over

    def agreed(found: Adoption) -> bool:
        if host_key is not None:
            return host_key == found.fingerprint
        there = found.machine
        say(f"{there.service}: {there.plan} in {there.datacenter}, {there.public_ipv4}, called {there.display_name!r}")
        say(f"its SSH host key is {found.fingerprint}; compare it with what the machine's console shows")
        say(f"it belongs to cluster {found.cluster_id}" if found.cluster_id else "no cluster is on it")
        if not sys.stdin.isatty():
            raise MomentumError(f"nobody is there to say yes; a script says --host-key {found.fingerprint}")
        return bool(typer.prompt(f"Type yes to make it {server}", err=True) == "yes")

    take_over(settings(), server, machine, agreed)
    say(f"{machine} is {server} from now on; `momentum infra plan` shows what differs from the file")


@app.command()
def forget(
    server: Annotated[str, typer.Argument(help="Which server's machine is lost.")],
    machine: Annotated[
        str | None,
        typer.Option(
            "--machine", help="The lost machine's service name, such as vps-1a2b3c; for scripts, asks nothing."
        ),
    ] = None,
) -> None:
    """Say that a server's machine is lost: gone from the account, or expired. The next plan orders another.

    Refused for a machine that is still there. A server that shall not come back is taken out of the file instead.
    """
    from momentum.provisioning.forget import Loss
    from momentum.provisioning.forget import forget as give_up

    def agreed(loss: Loss) -> bool:
        if machine is not None:
            return machine == loss.service
        say(f"{loss.service}, which is {server}, is lost. Forgotten, another is ordered and paid for by the next plan")
        if not sys.stdin.isatty():
            raise MomentumError(f"nobody is there to say yes; a script says --machine {loss.service}")
        return bool(typer.prompt(f"Type {server} to forget its machine", err=True) == server)

    loss = give_up(settings(), server, agreed)
    say(f"{loss.service} is forgotten; `momentum infra plan` shows what is needed for another {server}")


@app.command()
def history(
    plan_hash: Annotated[str | None, typer.Option("--plan", help="Only this plan.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many rows, from the newest backwards.")] = 50,
    as_json: Json = False,
) -> None:
    """What was approved and done, when, by whom, and how it ended; from the journal."""
    from momentum.provisioning.session import journal_rows
    from momentum.reports.fleet_views import history_view

    rows = [row for row in journal_rows(settings()) if plan_hash in (None, row.plan)][-last:]
    if as_json:
        print_json(rows)
    elif rows:
        history_view(console, rows)
    else:
        say("nothing was applied yet", style="dim")


def _seen() -> Survey:
    """One look. A fleet file that is refused is an error here."""
    from momentum.provisioning.shown import keep
    from momentum.provisioning.survey import survey

    seen = survey(settings())
    if seen.refused:
        raise MomentumError(seen.not_seen)
    keep(settings(), seen)
    return seen


def _minded(seen: Survey) -> None:
    for one in filter(None, (seen.alone, seen.older_file)):
        say(one, style="yellow")


def _not_connected(seen: Survey, more: str) -> None:
    say(f"\n{seen.not_seen}. {more}".rstrip(), style="yellow")
