"""What `momentum infra` shows to people: the plan, the bill, how things stand, what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from momentum.fleet.facts import unread_lines
from momentum.fleet.plan_table import plan_cost
from momentum.provisioning import cost_rows, rows
from momentum.provisioning.status import SHOWN

if TYPE_CHECKING:
    from momentum.fleet.schema import Fleet
    from momentum.fleet.steps import Plan
    from momentum.provisioning.folded import HistoryRow
    from momentum.provisioning.survey import Survey
    from momentum.warehouse.health import Finding

_WIDE = 110  # characters that notes in a column of their own take
# Parts of the status and what of a row is read of the world: a part of which nothing is known is not shown.
_SHOWN = {"servers": "Servers", "mesh": "Mesh", "control_plane": "Control plane", "agents": "Agents", "dns": "DNS"}
_SEEN = {"servers": (), "mesh": ("alive",), "control_plane": ("ready",), "agents": ("ready",), "dns": ("found",)}
_LESS = ("labels", "plan", "wanted_peers", "ttl_s", "paid_until", "part")  # left out where there is no room
NOTHING_TO_DO = "Nothing to do: all that was seen is as the fleet file says."
_RISKS = {"reversible": "", "restart": "yellow", "binds money": "magenta", "destroys data": "bold red"}


def plan_view(console: Console, plan: Plan, vat_percent: float, differing: int = 0) -> None:
    """Every step with its reason, price and risk; sums; the hash to say yes to. `differing` counts differences."""
    _not_seen(console, plan.unread)
    _open(console, plan.questions)
    if not plan.steps:
        console.print(_nothing(plan, differing))
        return
    if console.width >= _WIDE:
        _plan_table(console, plan)
    else:
        _plan_lines(console, plan)
    if plan.price.monthly or plan.price.today:
        sums = plan_cost(plan, vat_percent)
        vat = f"with {float(sums.vat_percent):g} % tax"
        console.print(
            Text.assemble(
                ("Adds to the month ", "bold"), f"{sums.monthly} EUR without tax, {sums.monthly_with_tax} {vat}. ",
                ("Due today ", "bold"), f"{sums.today} EUR without tax, {sums.today_with_tax} {vat}.",
            )
        )  # fmt: skip
    risky = [step for step in plan.steps if step.risk == "destroys data"]
    if risky:
        named = ", ".join(dict.fromkeys(step.target for step in risky))
        console.print(Text(f"Destroys data on {named}: each is asked for by its name.", style="bold red"))
    console.print(Text.assemble(f"{_steps(plan)}. Plan ", (plan.hash, "bold")), highlight=False)


def _plan_table(console: Console, plan: Plan) -> None:
    priced = bool(plan.price.monthly or plan.price.today)
    table = _table("", "step", "on", "why", "risk", *(("EUR/month", "EUR today") if priced else ()))
    for number, step in enumerate(plan.steps, start=1):
        prices = (_euros(step.price.monthly), _euros(step.price.today)) if priced else ()
        risk = Text(step.risk, style=_RISKS[step.risk])
        table.add_row(str(number), step.kind, step.target, step.reason, risk, *prices)
    console.print(table)


def _plan_lines(console: Console, plan: Plan) -> None:
    """The same where there is no room for columns: a line, and below it the reason."""
    for number, step in enumerate(plan.steps, start=1):
        line = Text.assemble(f"{number:>3} ", (f"{step.kind} {step.target}", "bold"))
        if step.risk != "reversible":
            line.append(f", {step.risk}", style=_RISKS[step.risk])
        if step.price.monthly or step.price.today:
            line.append(f", {step.price.monthly:+.2f} EUR a month, {step.price.today:.2f} today")
        console.print(line)
        console.print(Padding(Text(step.reason, style="dim"), (0, 0, 0, 4)))


def bill_view(console: Console, fleet: Fleet) -> None:
    """What is paid a month and from which purse, what is due today, and what it would cost elsewhere."""
    from momentum.fleet.money import cost

    bill = cost(fleet)
    vat = f"{float(bill.vat_percent):g} % tax"
    _heading(console, "A month", "EUR")
    wide = console.width >= _WIDE
    names = ("what", "without tax", f"with {vat}", "paid from", *(("",) if wide else ()))
    table = _table(*names, right=names[1:3])
    for row in bill.rows:
        amounts = f"{row.without_tax:.2f}", f"{row.with_tax:.2f}"
        table.add_row(row.what, *amounts, row.paid_from, *((row.note,) if wide else ()))
    table.add_section()
    table.add_row("sum", f"{bill.month_without_tax:.2f}", f"{bill.month_with_tax:.2f}", style="bold")
    console.print(table)
    for row in () if wide else bill.rows:
        console.print(f"{row.what}: {row.note}", style="dim", highlight=False)
    if bill.unpriced:
        console.print(Text(f"No price is known for {', '.join(bill.unpriced)}: in no sum.", style="yellow"))
    _heading(console, "Purses", "EUR a month")
    table = _table("purse", "of", "tax", "has", "spent", "left", right=("has", "spent", "left"))
    for purse in bill.purses:
        left = Text(f"{purse.left:.2f}", style="bold red" if purse.left < 0 else "")
        table.add_row(purse.name, purse.belongs_to, purse.tax, f"{purse.budget:.2f}", f"{purse.spent:.2f}", left)
    console.print(table)
    ahead = bill.terms.paid_ahead_months
    _heading(console, "Due today, if all servers are ordered now", "EUR")
    console.print(
        f"{bill.due_today_without_tax:.2f} without tax, {bill.due_today_with_tax:.2f} with {vat}: "
        f"{ahead} month{'s' if ahead > 1 else ''} ahead, on a term of {bill.term_months}",
        highlight=False,
    )
    _elsewhere(console, fleet)


def _elsewhere(console: Console, fleet: Fleet) -> None:
    _heading(console, "The same memory elsewhere", "EUR a month, without tax")
    found = cost_rows.elsewhere(fleet)
    table = _table("where", "servers", "vCPU", "GB", "EUR", "times", right=("vCPU", "GB", "EUR", "times"))
    for row in found:
        times = f"{row['times']:.1f}"
        table.add_row(
            row["where"],
            row["servers"],
            str(row["vcpus"]),
            str(row["memory_gb"]),
            _euros(row["eur_without_tax"]),
            times,
        )
    console.print(table)
    for note in dict.fromkeys(f"{row['note']}. Read {row['read']}: {row['source']}" for row in found):
        console.print(note, style="dim", highlight=False, soft_wrap=True)  # an address stays in one piece


def fleet_view(console: Console, seen: Survey) -> None:
    """Servers, mesh, cluster and names as they were seen, and what differs from the file."""
    if seen.fleet is None:
        return
    for name, title in _SHOWN.items():
        found = SHOWN[name](seen.fleet, seen.facts, seen.known)
        if found and (name == "servers" or any(row[key] is not None for row in found for key in _SEEN[name])):
            _heading(console, title)
            _rows(console, found)
    if seen.not_seen:
        return
    _not_seen(console, seen.facts.unread)
    _open(console, seen.plan.questions if seen.plan else {})
    if seen.differences:
        _heading(console, "Not as the file says")
        _rows(console, [vars(one) for one in seen.differences])
    if (plan := seen.plan) is not None:
        todo = f"{_steps(plan)} to do: `momentum infra plan`"
        console.print()
        console.print(todo if plan.steps else _nothing(plan, len(seen.differences)), highlight=False)


def _rows(console: Console, found: Sequence[Mapping[str, Any]]) -> None:
    """A table without the columns in which nothing stands."""
    less = () if console.width >= _WIDE else _LESS
    shown = [key for key in found[0] if key not in less and any(row[key] not in (None, "") for row in found)]
    table = _table(*(key.replace("_", " ") for key in shown))
    for row in found:
        table.add_row(*(_cell(row[key]) for key in shown))
    console.print(table)


def _not_seen(console: Console, unread: Mapping[str, str]) -> None:
    for line in unread_lines(unread):
        console.print(Text(f"not seen: {line}", style="yellow"))


def _open(console: Console, questions: Mapping[str, str]) -> None:
    for what, question in sorted(questions.items()):
        console.print(Text(f"open: {what}: {question}", style="bold yellow"))


def _steps(plan: Plan) -> str:
    return "1 step" if len(plan.steps) == 1 else f"{len(plan.steps)} steps"


def _nothing(plan: Plan, differing: int) -> str:
    """Why a plan has no steps."""
    if "machines" in plan.unread:
        return "No plan: what is not seen is not missing."
    if plan.questions:
        return "No step: what is open is for a person to decide first."
    return (
        "No step: what differs (`momentum infra status`) is for a person to put right." if differing else NOTHING_TO_DO
    )


def findings_view(console: Console, findings: Sequence[Finding]) -> None:
    """The data half: the store, what is stale, what is open."""
    _heading(console, "Data")
    for one in findings:
        style = "" if one.ok else "bold red"
        console.print(Text(f"{'ok ' if one.ok else 'ILL'} {one.check:<12} {one.message}", style=style))


def history_view(console: Console, events: Sequence[HistoryRow]) -> None:
    """What was approved and done, the newest last."""
    table = _table("when", "what", "on", "end", "s", "", right=("s",))
    for row in events:
        seconds = "" if row.seconds is None else f"{row.seconds:.1f}"
        style = "red" if row.outcome == "failed" else "yellow" if row.outcome == "open" else ""
        when = f"{row.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(when, row.what, row.target, Text(row.outcome, style=style), seconds, row.detail)
    console.print(table)


def _table(*columns: str, right: Sequence[str] = ("EUR/month", "EUR today", "")) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _heading(console: Console, text: str, more: str = "") -> None:
    console.print()
    console.print(Text.assemble((text, "bold"), "  " if more else "", (more, "dim")))


def _euros(amount: float) -> str:
    return f"{amount:.2f}" if amount else ""


def _cell(value: Any) -> Text:
    missing = value in (rows.MISSING, "no")
    return Text("-" if value is None else str(value), style="yellow" if missing else "")
