"""momentum threshold: set and list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from momentum_dagster.cli.printing import counted, print_json, print_rows, say
from momentum_dagster.cli.runs import after_entry
from momentum_dagster.cli.shared import Json, Later, day_of, store

if TYPE_CHECKING:
    from momentum.adapters.clickhouse import Client

app = typer.Typer(help="Dated thresholds; the one valid on an activity's day counts.", no_args_is_help=True)


@app.command("set")
def set_(
    athlete_id: Annotated[str | None, typer.Argument(help="The athlete.")] = None,
    values: Annotated[
        list[str] | None,
        typer.Argument(help="One or several, such as ftp_w=250 lthr_bpm=168 max_hr_bpm=189 resting_hr_bpm=48."),
    ] = None,
    sport: Annotated[str, typer.Option(help="The sport, or all. Power set for all counts for cycling.")] = "all",
    valid_from: Annotated[
        str, typer.Option("--from", help="First day on which they count: earlier activities keep what they had.")
    ] = "today",
    csv: Annotated[
        Path | None,
        typer.Option(help="Many at once, from a csv: athlete_id, valid_from, sport and any thresholds."),
    ] = None,
    later: Later = False,
) -> None:
    """Set thresholds from a day on; what follows from them is computed again.

    Known: ftp_w, critical_power_w, w_prime_j, lthr_bpm, resting_hr_bpm, max_hr_bpm, vt1_bpm, vt2_bpm,
    threshold_speed_mps, css_mps. What is not named stays as it was.
    """
    from momentum.warehouse.entries import threshold_entries
    from momentum_dagster.cli.entering import enter_csv, enter_one

    if csv is not None:
        entered = enter_csv(csv, "thresholds", {"athlete_id", "valid_from", "sport"}, threshold_entries)
        say(f"{counted(entered, 'row')} of thresholds entered")
    elif athlete_id is None or not values:
        raise typer.BadParameter("name the athlete and name=number, such as ftp_w=250, or give --csv FILE")
    else:
        day, numbers = day_of(valid_from), _numbers(values)
        with store() as client:
            whose = {"athlete_id": athlete_id, "valid_from": day, "sport": sport}
            enter_one(client, threshold_entries, {**numbers, **whose})
        say(f"{athlete_id}: {', '.join(values)} for {sport} from {day}")
    after_entry(later)


@app.command("list")
def list_(athlete_id: Annotated[str, typer.Argument(help="The athlete.")], as_json: Json = False) -> None:
    """What was set, by day; then what is estimated today where nothing is set, and on what evidence."""
    from momentum.warehouse.entries import require_athlete

    with store() as client:
        require_athlete(client, athlete_id)
        stored = client.rows(
            "SELECT valid_from, sport, * EXCEPT (athlete_id, valid_from, sport) FROM thresholds "
            "WHERE athlete_id = {athlete:String} ORDER BY valid_from, sport, at",
            {"athlete": athlete_id},
        )
        estimates = _estimates(client, athlete_id)
    if as_json:
        print_json({"set": stored, "estimated_today": estimates})
        return
    shown = [name for name in (stored[0] if stored else ()) if name != "at" and any(row[name] for row in stored)]
    say("set", style="bold")
    print_rows(
        [{name: row[name] for name in shown} for row in stored],
        as_json=False,
        empty=f"none; `momentum threshold set {athlete_id} ftp_w=250` sets one",
    )
    say("\nestimated today, because not set", style="bold")
    print_rows(
        [row for row in estimates if row["value"] is not None], as_json=False, empty="nothing: no evidence in training"
    )
    lacking = [row for row in estimates if row["value"] is None]
    if lacking:
        say("\nneither set nor to be estimated", style="bold")
        print_rows([{name: row[name] for name in ("sport", "name", "evidence")} for row in lacking], as_json=False)


def _estimates(client: Client, athlete_id: str) -> list[dict[str, Any]]:
    """For the sports that the athlete does; nothing without activities."""
    from momentum.warehouse.queries import profile, threshold_estimates

    person = profile(client, athlete_id)
    sports = person["sports"] if person else []
    return threshold_estimates(client, athlete_id, sports, day_of("today")) if sports else []


def _numbers(words: list[str]) -> dict[str, float]:
    values = {}
    for word in words:
        name, equals, number = word.partition("=")
        try:
            values[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            raise typer.BadParameter(f"{word!r}: write name=number, such as ftp_w=250")
    return values
