"""The `momentum` command: its groups, --home, and how errors are told."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from momentum.errors import MomentumError
from momentum_dagster.cli import activity, athlete, doctor, event, graph, sql, threshold
from momentum_dagster.cli.shared import to_stderr, use_home

app = typer.Typer(
    name="momentum",
    help="From an athlete's files to fitness: one graph of assets, run and looked at from here.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(athlete.app, name="athlete")
app.add_typer(threshold.app, name="threshold")
app.add_typer(activity.app, name="activity")
app.add_typer(event.app, name="event")
app.command("run")(graph.run)
app.command("import")(graph.import_files)
app.command("refresh")(graph.refresh)
app.command("backfill")(graph.backfill)
app.command("ui")(graph.ui)
app.command("sql")(sql.sql)
app.command("doctor")(doctor.doctor)


@app.callback()
def with_home(
    home: Annotated[
        Path | None, typer.Option(help="Folder of the store; MOMENTUM_HOME, else .momentum.", show_default=False)
    ] = None,
) -> None:
    """Settings that hold for every command."""
    use_home(home)


def main() -> None:
    """Runs the command; what a person can mend is told without a traceback, exit code 1."""
    try:
        app()
    except MomentumError as error:
        to_stderr.print(f"momentum: {error}", style="red", highlight=False, markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        to_stderr.print("momentum: stopped; what was done is kept, run it again to go on", highlight=False)
        sys.stdout.flush()
        os._exit(130)  # a statement in the embedded engine may still be running and would hold the process


if __name__ == "__main__":
    main()
