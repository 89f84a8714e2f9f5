"""What the commands share: where the store is, how it is opened, how a day is written."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from momentum.errors import MomentumError
from momentum_dagster.cli.printing import tell

if TYPE_CHECKING:
    from momentum.adapters.clickhouse import Client
    from momentum.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Later = Annotated[
    bool,
    typer.Option(
        "--later",
        help="Only enter it: saves the seconds of a recompute when more is to be entered. The sensor, the night "
        "or `momentum refresh` computes what follows.",
    ),
]


def settings() -> Settings:
    """Settings for the home that --home or MOMENTUM_HOME names."""
    from pydantic import ValidationError

    from momentum.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(f"MOMENTUM_{str(one['loc'][0]).upper()}: {one['msg']}" for one in error.errors())
        raise MomentumError(f"settings in the environment: {wrong}") from error


def use_home(home: Path | None) -> None:
    """Makes --home the home of this process and of what it starts."""
    if home is not None:
        os.environ["MOMENTUM_HOME"] = str(home.absolute())


def command_again(with_home: bool) -> str:
    """How the command is called here, to be copied: by its path where the shell would not find it."""
    called = Path(sys.argv[0])
    name = str(called) if called.name == "momentum" and shutil.which("momentum") is None else "momentum"
    if not with_home:
        return name
    home = settings().home.absolute()
    return f"{name} --home {home.relative_to(Path.cwd()) if home.is_relative_to(Path.cwd()) else home}"


@contextmanager
def store(*, wait_s: float | None = None) -> Iterator[Client]:
    """The store, opened for this command; a store that is not there yet is made.

    `wait_s`: how long to wait while another process holds it; as the settings say if not given.
    """
    from momentum.adapters.clickhouse import open_client
    from momentum.warehouse.migrations import migrate

    now = settings()
    with open_client(
        store_dir=now.store_dir,
        dsn=now.clickhouse_dsn.get_secret_value() if now.clickhouse_dsn else None,
        run_id=f"cli-{os.getpid()}",
        lock_timeout_s=now.lock_timeout_s if wait_s is None else wait_s,
        on_wait=partial(tell, style="yellow"),
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


def day_of(text: str) -> date:
    """A day as a person writes it: 2024-05-31, today or yesterday."""
    today = datetime.now().astimezone().date()
    if text in ("today", "yesterday"):
        return today - timedelta(days=text == "yesterday")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no day; write it as 2024-05-31, today or yesterday") from error
