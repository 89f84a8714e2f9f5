"""Hosts remember the highest epoch of an applier they have seen, and refuse an older one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from momentum.errors import MomentumError

EPOCH_FILE = "/var/lib/momentum/epoch"
REFUSED = 75  # EX_TEMPFAIL: nothing was run

# Compared and remembered under a lock; cat tells of a full disk in words, the shell does not. The command itself runs
# without the lock: what it starts may live for ever.
_SCRIPT = f"""set -e
mkdir -p "$(dirname {EPOCH_FILE})"
exec 9>>{EPOCH_FILE}.lock
flock 9
seen=$(cat {EPOCH_FILE} 2>/dev/null || echo 0)
if [ "$1" -lt "$seen" ]; then echo "$seen" >&2; exit {REFUSED}; fi
if [ "$1" -gt "$seen" ]; then
  echo "$1" | cat >{EPOCH_FILE}.new || {{ rm -f {EPOCH_FILE}.new; exit 1; }}
  sync {EPOCH_FILE}.new
  mv {EPOCH_FILE}.new {EPOCH_FILE}
fi
shift
[ $# -eq 0 ] || exec "$@" 9>&-
"""


class Fenced(MomentumError):
    """A host has seen a later applier."""


def fenced_argv(epoch: int, argv: Sequence[str] = ()) -> list[str]:
    """The command behind the comparison; alone, the comparison only. Needs root. Exits 75 where the epoch is old."""
    return ["sh", "-c", _SCRIPT, "fence", str(epoch), *argv]


def fence(hosts: Any, server: str, epoch: int) -> None:
    """Make the host remember `epoch`. Raises Fenced when it knows a later one."""
    result = hosts.run(server, fenced_argv(epoch), sudo=True, timeout_s=30)
    if result.exit == REFUSED:
        raise Fenced(
            f"{server} has seen epoch {_text(result.err)} and this process has {epoch}: another operator took over. "
            "Nothing was changed there."
        )
    if result.exit != 0:
        raise Fenced(f"{server} could not compare the applier's epoch: {_text(result.err)}")


def _text(err: str | bytes) -> str:
    return (err.decode(errors="replace") if isinstance(err, bytes) else err).strip()
