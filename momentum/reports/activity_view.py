"""One activity in the terminal: what it was, what it counts, why, and which files it is made of."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from momentum.reports.style import words
from momentum.reports.units import Units, units_of
from momentum.reports.wording import clock, day_text
from momentum.warehouse.queries import ActivityDetail

# Metrics in the order in which people read them: column, name, unit, digits.
_METRICS = (
    ("avg_power_w", "mean power", "W", 0),
    ("np_w", "normalised power", "W", 0),
    ("xpower_w", "xPower", "W", 0),
    ("max_power_w", "highest power", "W", 0),
    ("intensity_factor", "intensity factor", "", 2),
    ("avg_hr_bpm", "mean heart rate", "bpm", 0),
    ("max_hr_bpm", "highest heart rate", "bpm", 0),
    ("avg_cadence_rpm", "mean cadence", "rpm", 0),
    ("tss", "TSS", "", 0),
    ("bikescore", "BikeScore", "", 0),
    ("rtss", "rTSS", "", 0),
    ("govss", "GOVSS", "", 0),
    ("stss", "sTSS", "", 0),
    ("trimp100", "TRIMP(100)", "", 0),
    ("trimp", "TRIMP", "", 0),
    ("edwards", "Edwards", "", 0),
    ("lucia", "Lucia", "", 0),
    ("srpe", "session RPE", "", 0),
    ("decoupling_pct", "decoupling", "%", 1),
    ("efficiency_factor", "efficiency factor", "", 3),
    ("w_prime_min_j", "lowest W' balance", "J", 0),
)
_ON_FOOT = ("running", "walking", "hiking")


def activity_view(console: Console, detail: ActivityDetail, units_name: str | None = None) -> None:
    """Prints one activity, event or leg, in the athlete's units: metric or imperial."""
    units = units_of(units_name)
    _show_what(console, detail, units)
    _show_load(console, detail)
    if detail.metrics is not None:
        _show_metrics(console, detail.metrics, units)
    if detail.legs:
        _show_legs(console, detail.legs, units)
    _show_files(console, detail.sources)


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def _show_what(console: Console, detail: ActivityDetail, units: Units) -> None:
    activity = detail.activity
    kind = words(activity["sport"])
    if activity["sub_sport"] and activity["sub_sport"] != activity["sport"]:
        kind += f", {words(activity['sub_sport'])}"
    _line(console, f"{activity['title'] or kind}  {activity['activity_id']}", "bold")
    told = [kind, day_text(activity["local_date"]), f"started {activity['started_at']:%H:%M} UTC"]
    told.append(f"{clock(activity['elapsed_s'])} h")
    if activity["moving_s"] is not None and abs(activity["moving_s"] - activity["elapsed_s"]) >= 60:
        told.append(f"{clock(activity['moving_s'])} h moving")
    if activity["distance_m"]:
        told.append(f"{units.distance(activity['distance_m'], 2)} {units.road}")
    if activity["ascent_m"]:
        told.append(units.ascent(activity["ascent_m"]))
    if activity["rpe"] is not None:
        told.append(f"exertion {activity['rpe']:g} of 10")
    _line(console, ", ".join(told))
    if activity["parent_id"]:
        _line(console, f"leg {activity['leg']} of {activity['parent_id']}", "dim")
    for problem in activity["problems"]:
        _line(console, f"look at this: {problem}", "yellow")


def _show_load(console: Console, detail: ActivityDetail) -> None:
    metrics = detail.metrics
    if metrics is None:
        told = "counted by its legs" if detail.legs else "not computed yet; `momentum refresh` does what is open"
        _line(console, f"\nload: {told}")
        return
    if metrics["load"] is None:
        _line(console, f"\nload: none ({metrics['load_reason']})", "yellow")
        return
    source = f"\nload: {metrics['load']:.0f} by {metrics['load_source']}"
    if metrics["threshold_source"]:
        source += f", thresholds {metrics['threshold_source']}"
    _line(console, source + (f" ({metrics['load_reason']})" if metrics["load_reason"] else ""))


def _table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return table


def _show_metrics(console: Console, metrics: dict[str, Any], units: Units) -> None:
    there = [one for one in _METRICS if metrics[one[0]] is not None]
    if there or metrics["avg_speed_mps"]:
        table = _table("metric", "value", "", right=("value",))
        if metrics["avg_speed_mps"]:
            table.add_row("mean speed", *_speed(metrics["sport"], metrics["avg_speed_mps"], units))
        for column, name, unit, digits in there:
            if unit == "rpm" and metrics["sport"] in _ON_FOOT:
                unit = "strides/min"  # two steps each, as the devices count
            table.add_row(name, f"{metrics[column]:.{digits}f}", unit)
        console.print()
        console.print(table)
    for note in metrics["notes"]:
        _line(console, f"note: {note}", "dim")


def _speed(sport: str, speed_mps: float, units: Units) -> tuple[str, str]:
    if sport == "swimming":
        return units.pool_pace(speed_mps)
    if sport in _ON_FOOT:
        return units.road_pace(speed_mps)
    return units.speed(speed_mps)


def _show_legs(console: Console, legs: list[dict[str, Any]], units: Units) -> None:
    table = _table("leg", "sport", "time", units.road, "id", right=("leg", "time", units.road))
    for leg in legs:
        far = units.distance(leg["distance_m"], 2) if leg["distance_m"] else ""
        table.add_row(str(leg["leg"]), words(leg["sport"]), clock(leg["elapsed_s"]), far, leg["activity_id"])
    console.print()
    console.print(table)


def _show_files(console: Console, sources: list[dict[str, Any]]) -> None:
    _line(console, "\nfiles" if len(sources) > 1 else "\nfile", "bold")
    for source in sources:
        mark = "chosen" if source["chosen"] else "also"
        device = f", {source['device']}" if source["device"] else ""
        _line(console, f"{mark}: {source['source_file']} ({source['format']}{device}) {source['source_sha256'][:12]}")
        taken = f"takes {', '.join(source['channels'])} from it" if source["channels"] else "takes nothing from it"
        _line(console, f"  {taken}" + (f"; {source['reason']}" if source["reason"] else ""), "dim")
