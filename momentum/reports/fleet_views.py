"""What `momentum infra` shows to people: the plan, the bill, how things stand, what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from momentum.provisioning import cost_rows, rows

if TYPE_CHECKING:
    from momentum.fleet.schema import Fleet
    from momentum.fleet.steps import Plan
    from momentum.provisioning.folded import HistoryRow
    from momentum.provisioning.survey import Survey
    from momentum.warehouse.health import Finding

_WIDE = 110  # characters that notes in a column of their own take
_RISKS = {"reversible": "", "restart": "yellow", "destroys data": "bold red"}


def plan_view(console: Console, plan: Plan, vat_percent: float) -> None:
    """Every step with its reason, price and risk; sums; the hash to say yes to."""
    if not plan.steps:
        console.print("Nothing to do: everything is as the fleet file says.")
        return
    priced = any(step.price.monthly or step.price.today for step in plan.steps)
    table = _table("", "step", "on", "why", "risk", *(("EUR/month", "EUR today") if priced else ()))
    for number, step in enumerate(plan.steps, start=1):
        prices = (_euros(step.price.monthly), _euros(step.price.today)) if priced else ()
        table.add_row(
            str(number), step.kind, step.target, step.reason, Text(step.risk, style=_RISKS[step.risk]), *prices
        )
    if priced:
        from momentum.fleet.plan_table import plan_cost

        sums = plan_cost(plan, vat_percent)
        table.add_section()
        table.add_row("", "", "", "without tax", "", f"{sums.monthly}", f"{sums.today}", style="bold")
        with_tax = (f"{sums.monthly_with_tax}", f"{sums.today_with_tax}")
        table.add_row("", "", "", f"with {float(sums.vat_percent):g} % tax", "", *with_tax, style="bold")
    console.print(table)
    risky = [step for step in plan.steps if step.risk == "destroys data"]
    if risky:
        named = ", ".join(dict.fromkeys(step.target for step in risky))
        console.print(Text(f"Destroys data on {named}: each is asked for by its name.", style="bold red"))
    console.print(Text.assemble(f"{len(plan.steps)} steps. Plan ", (plan.hash, "bold")), highlight=False)


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
    names: dict[str, Sequence[Mapping[str, Any]]] = {
        name: getattr(rows, name)(seen.fleet, seen.facts, seen.known)
        for name in ("servers", "mesh", "control_plane", "agents", "dns")
    }
    if seen.not_seen:
        names = {"servers": names["servers"]}
    for name, found in names.items():
        if not found:
            continue
        _heading(console, name.replace("_", " ").capitalize())
        shown = [key for key in found[0] if any(row[key] is not None for row in found)]
        table = _table(*(key.replace("_", " ") for key in shown))
        for row in found:
            table.add_row(*(_cell(row[key]) for key in shown))
        console.print(table)
    for what, why in sorted(seen.facts.unread.items()):
        console.print(Text(f"not seen: {what}: {why}", style="yellow"))


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
