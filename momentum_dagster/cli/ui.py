"""momentum ui: the Dagster UI on this home."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from momentum.errors import MomentumError
from momentum_dagster.cli.printing import say
from momentum_dagster.cli.runs import dagster_instance
from momentum_dagster.cli.shared import settings, use_home


def ui(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 3000,
    host: Annotated[str, typer.Option(help="Address; the page has no password, keep it local.")] = "127.0.0.1",
) -> None:
    """Open the Dagster UI on this store, with its daemon; Ctrl-C ends both."""
    from importlib.resources import files

    from momentum_dagster.cli.demo import use_demo_if_there

    _look_for_port(host, port)
    use_demo_if_there()
    with dagster_instance():
        pass
    use_home(settings().home)
    workspace = str(files("momentum_dagster").joinpath("workspace.yaml"))
    # Dagster would greet with advice to its own developers
    command = [
        "-W",
        "ignore:Function `dev_command`",
        "-m",
        "dagster",
        "dev",
        "-w",
        workspace,
        "-h",
        host,
        "-p",
        str(port),
    ]
    say(f"http://{host}:{port}")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *command])


def _look_for_port(host: str, port: int) -> None:
    import socket

    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return
    except OSError as error:
        another = f"`momentum ui --port {port % 65535 + 1}` takes another"
        raise MomentumError(
            f"{host}:{port} cannot be listened at ({os.strerror(error.errno or 0)}); {another}"
        ) from error
