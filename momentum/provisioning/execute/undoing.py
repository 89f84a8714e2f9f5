"""Changes that may lock us out: the host takes them back by itself unless a new connection says that all is well."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from momentum.adapters.ssh import CommandTimeout, ConnectionLost, SshError
from momentum.errors import MomentumError

if TYPE_CHECKING:
    from momentum.adapters.ssh import Hosts

FOLDER = "/run/momentum"
_TAKEN_BACK = 66

# Who makes the folder "decided" first has decided: the waiting host or the new connection. The part that waits is in a
# session of its own, for the change may end ours.
_BEGIN = """set -u
state=$1/$2 seconds=$3 apply=$4 undo=$5
rm -rf "$state.run"; mkdir -p -m 700 "$1"; mkdir -m 700 "$state.run"; cd "$state.run"
export state
setsid sh -c '
  if sh -ec "$1" >said 2>&1; then touch applied; else sh -c "$2" >/dev/null 2>&1; touch refused; exit; fi
  left=$3
  while [ "$left" -gt 0 ]; do [ -d decided ] && exit; sleep 1; left=$((left - 1)); done
  mkdir decided && sh -c "$2" >taken-back 2>&1
' wait "$apply" "$undo" "$seconds" </dev/null >/dev/null 2>&1 &
until [ -e applied ] || [ -e refused ]; do sleep 0.05; done
[ -e applied ] || { cat said >&2; exit 1; }
"""
_KEEP = f"""cd "$1/$2.run" || exit {_TAKEN_BACK}
until [ -e applied ] || [ -e refused ]; do sleep 0.05; done
[ -e applied ] || {{ cat said >&2; exit {_TAKEN_BACK}; }}
mkdir decided || exit {_TAKEN_BACK}
sh -ec "$3"
"""


class TakenBack(MomentumError):
    """The host did not let us in any more after the change and took it back."""


def change_or_undo(
    hosts: Hosts, server: str, what: str, *, apply: str, undo: str, keep: str = ":", within_s: int = 30
) -> str:
    """Shell scripts run as root in a folder of their own on the host; `what` is a word that names the change.

    `apply` changes, `undo` restores what `apply` put aside; if `apply` fails, `undo` runs at once. `keep` runs once a
    connection made after the change has come through; what it prints is returned. Raises TakenBack, SshError.
    """
    begin = ["sh", "-c", _BEGIN, "begin", FOLDER, what, str(within_s), apply, undo]
    deadline = time.monotonic() + within_s
    with suppress(CommandTimeout, ConnectionLost):  # the change may have ended this very line; the new one decides
        hosts.check(server, begin, sudo=True, timeout_s=within_s)
    problem = ""
    while time.monotonic() < deadline:
        hosts.forget_connection(server)
        try:
            result = hosts.run(server, ["sh", "-c", _KEEP, "keep", FOLDER, what, keep], sudo=True, timeout_s=within_s)
        except SshError as error:
            problem = str(error)
            time.sleep(0.5)
            continue
        if result.exit == 0:
            return result.out
        problem = result.err.strip() or "it was too late"
        break
    raise TakenBack(
        f"{server}: the new {what} let no new connection in within {within_s} s, so the host took it back by itself "
        f"({problem}). Look at what it allows for this machine's address and key."
    )
