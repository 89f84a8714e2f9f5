"""Files on a host, written whole or not at all: beside their place, synced, owned, then renamed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

CUT = 65  # EX_DATAERR: what came is not what was sent
ABSENT = 44

# All are written beside their places before the first is renamed: a full disk or a cut leaves every old file whole.
# head takes exactly its bytes, so that one stream carries all files; the sum finds a stream that ended early.
_PUT = f"""set -eu
umask 077
written=
trap 'for one in $written; do rm -f -- "$one"; done' EXIT
trap 'exit {CUT}' HUP INT TERM PIPE
moves=
while [ $# -gt 0 ]; do
  path=$1 owner=$2 mode=$3 size=$4 sum=$5
  shift 5
  folder=$(dirname -- "$path") base=$(basename -- "$path")
  (umask 022; mkdir -p -- "$folder")
  rm -f -- "$folder/.$base".momentum.??????
  temp=$(mktemp "$folder/.$base.momentum.XXXXXX")
  written="$written $temp"
  head -c "$size" >"$temp"
  [ "$(sha256sum <"$temp" | cut -c1-64)" = "$sum" ] || exit {CUT}
  chown -- "$owner" "$temp"
  chmod -- "$mode" "$temp"
  sync -- "$temp"
  moves="$moves $temp $path"
done
set -- $moves
while [ $# -gt 0 ]; do
  mv -f -T -- "$1" "$2"
  sync -- "$(dirname -- "$2")"
  shift 2
done
"""

_READ = f'[ -e "$1" ] || exit {ABSENT}; exec cat -- "$1"'
_PLAIN = re.compile(r"/[A-Za-z0-9._@:/+-]+")


@dataclass(frozen=True)
class File:
    """A whole file. `content` may be a secret: it is never shown."""

    path: str
    content: bytes = field(repr=False)
    owner: str = "root"
    group: str = "root"
    mode: int = 0o644


def put_argv(files: Sequence[File]) -> list[str]:
    """The command that takes the contents, one after the other, on its standard input.

    Raises ValueError for a path that is not absolute or has characters that a managed path never has.
    """
    argv = ["sh", "-c", _PUT, "put"]
    for file in files:
        if not _PLAIN.fullmatch(file.path) or "/../" in file.path:
            raise ValueError(f"not a path that is written to a host: {file.path!r}")
        sum_ = hashlib.sha256(file.content).hexdigest()
        argv += [file.path, f"{file.owner}:{file.group}", f"{file.mode:o}", str(len(file.content)), sum_]
    return argv


def read_argv(path: str) -> list[str]:
    return ["sh", "-c", _READ, "read", path]
