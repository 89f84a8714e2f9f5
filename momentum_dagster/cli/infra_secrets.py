"""momentum infra secrets: what opens the provider, the object store and the cluster, in one encrypted file."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from momentum.errors import MomentumError
from momentum_dagster.cli.printing import print_rows, say
from momentum_dagster.cli.shared import Json, settings

app = typer.Typer(
    help="Keys and tokens, encrypted for the age identity that MOMENTUM_AGE_IDENTITY names. Values are never shown.\n\n"
    "First `key` makes an identity, then `set NAME` keeps each secret; `list` says what they are and which are set.",
    no_args_is_help=True,
)


@app.command("list")
def list_secrets(as_json: Json = False) -> None:
    """Which secrets are set and which are missing; never a value."""
    from momentum.adapters.secrets import NAMES, read_secrets

    there = read_secrets(settings().secrets_path, settings().age_identity)
    print_rows([{"name": name, "set": name in there, "what": what} for name, what in NAMES.items()], as_json=as_json)


@app.command("set")
def set_one(
    name: Annotated[str, typer.Argument(help="Which one; `momentum infra secrets list` names all.")],
) -> None:
    """Keep a secret: typed without being shown, or read from standard input. Never given as an argument."""
    from momentum.adapters.secrets import NAMES, set_secret

    if name not in NAMES:
        raise typer.BadParameter(f"no secret is called {name!r}; there are {', '.join(NAMES)}")
    now = settings()
    value = typer.prompt(name, hide_input=True, err=True) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    set_secret(now.secrets_path, now.age_identity, name, value)
    say(f"{name} is kept in {now.secrets_path}")


@app.command("key")
def key() -> None:
    """Make an age identity where MOMENTUM_AGE_IDENTITY says. Never overwrites one.

    Keep a copy away from this machine: without it the file of secrets stays closed.
    """
    from momentum.adapters.secrets import make_identity

    path = settings().age_identity
    if path is None:
        raise MomentumError(
            "MOMENTUM_AGE_IDENTITY says where: `export MOMENTUM_AGE_IDENTITY=~/.config/momentum/age.txt`"
        )
    public = make_identity(path.expanduser())
    say(f"written: {path}, for its owner alone. Its public half: {public}")
