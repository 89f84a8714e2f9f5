"""What the commands share: where the store is, how it is opened, how answers are printed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from momentum.adapters.clickhouse import Client
    from momentum.settings import Settings

console = Console()
to_stderr = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Later = Annotated[bool, typer.Option("--later", help="Leave the recompute to the sensor or the night.")]


def settings() -> Settings:
    """Settings for the home that --home or MOMENTUM_HOME names."""
    from momentum.settings import Settings

    return Settings()


def use_home(home: Path | None) -> None:
    """Makes --home the home of this process and of what it starts."""
    if home is not None:
        os.environ["MOMENTUM_HOME"] = str(home.absolute())


@contextmanager
def store() -> Iterator[Client]:
    """The store, opened for this command; a store that is not there yet is made."""
    from momentum.adapters.clickhouse import open_client
    from momentum.warehouse.migrations import migrate

    now = settings()
    with open_client(
        store_dir=now.store_dir,
        dsn=now.clickhouse_dsn.get_secret_value() if now.clickhouse_dsn else None,
        run_id=f"cli-{os.getpid()}",
        lock_timeout_s=now.lock_timeout_s,
        on_wait=lambda message: to_stderr.print(message, style="yellow", highlight=False),
    ) as client:
        migrate(client)
        yield client


def change_opener(client: Client) -> Callable[..., str]:
    """`open_change` for entries made by hand: journal and doorbell of this home."""
    from momentum.adapters.doorbell import Doorbell
    from momentum.warehouse.changes import open_change

    bell = Doorbell(settings().doorbell_path)

    def opened(*, athlete_id: str, from_date: date, cause: str, detail: str) -> str:
        return open_change(
            client,
            partial(bell.ring, from_date),
            athlete_id=athlete_id,
            from_date=from_date,
            cause=cause,
            detail=detail,
            now=datetime.now(UTC),
        )

    return opened


def print_json(value: Any) -> None:
    """JSON on standard output, dates as ISO 8601."""
    json.dump(value, sys.stdout, default=_plain, indent=1, allow_nan=False)
    sys.stdout.write("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def print_rows(rows: Sequence[dict[str, Any]], *, as_json: bool, empty: str = "nothing") -> None:
    """Rows as a table for people, or as a list of objects."""
    if as_json:
        print_json(list(rows))
        return
    if not rows:
        console.print(empty, style="dim")
        return
    table = Table(header_style="bold")
    for name, value in rows[0].items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        table.add_column(name, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(_cell(value) for value in row.values()))
    console.print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value)


def day_of(text: str) -> date:
    """A day as a person writes it: 2024-05-31, today or yesterday."""
    from datetime import timedelta

    today = datetime.now().astimezone().date()
    if text in ("today", "yesterday"):
        return today - timedelta(days=text == "yesterday")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day; write it as 2024-05-31, today or yesterday") from error
