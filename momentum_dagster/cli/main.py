"""The `momentum` command: its groups, --home, and how errors are told."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from momentum.errors import MomentumError
from momentum_dagster.cli import activity, athlete, doctor, event, graph, imports, infra, sql, threshold, ui
from momentum_dagster.cli.printing import tell
from momentum_dagster.cli.shared import use_home

app = typer.Typer(
    name="momentum",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(athlete.app, name="athlete")
app.add_typer(threshold.app, name="threshold")
app.add_typer(activity.app, name="activity")
app.add_typer(event.app, name="event")
app.add_typer(infra.app, name="infra")
app.command("run")(graph.run)
app.command("import")(imports.import_files)
app.command("refresh")(graph.refresh)
app.command("backfill")(graph.backfill)
app.command("ui")(ui.ui)
app.command("sql")(sql.sql)
app.command("doctor")(doctor.doctor)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"momentum {version('momentum')}")
        raise typer.Exit


@app.callback()
def with_home(
    home: Annotated[
        Path | None, typer.Option(help="Folder of the store; MOMENTUM_HOME, else .momentum.", show_default=False)
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """From an athlete's files to fitness: one graph of assets, run and looked at from here.

    A first look: `momentum run`. Files of one's own: `momentum import PATH... --athlete ID`.
    """
    use_home(home)


STOPPED = 130  # what Typer makes of Ctrl-C, as shells do


def main() -> None:
    """Runs the command; what a person can mend is told without a traceback, exit code 1 (2 for wrong usage)."""
    if not sys.stdout.isatty():
        os.environ.setdefault("TERMINAL_WIDTH", "160")  # of help and usage: no path broken at 80 columns
    try:
        app()
    except MomentumError as error:
        tell(f"momentum: {error}", style="red")
        sys.exit(1)
    except OSError as error:
        tell(f"momentum: {_told(error)}", style="red")
        sys.exit(1)
    except SystemExit as end:
        if end.code != STOPPED:
            raise
        tell("momentum: stopped; what was done is kept, run it again to go on")
        sys.stdout.flush()
        os._exit(STOPPED)  # a statement in the embedded engine may still be running and would hold the process


def _told(error: OSError) -> str:
    """What the system refused, and the way out where it is known."""
    ways_out = {
        errno.EACCES: "give this user the right, or choose another place with --home",
        errno.ENOTDIR: "a file stands where a folder is needed: choose another place with --home",
        errno.EROFS: "choose another place with --home",
        errno.ENOSPC: "make room; what was done is kept, run it again to go on",
    }
    where = f"{error.filename}: " if error.filename else ""
    way_out = ways_out.get(error.errno or 0)
    return f"{where}{error.strerror or error}" + (f"; {way_out}" if way_out else "")


if __name__ == "__main__":
    main()
