"""A program from its publisher's page onto a host: downloaded there, checked against the published sum, then moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from momentum.adapters.ssh import DiskFull
from momentum.errors import MomentumError
from momentum.provisioning.rendered import HAVE

if TYPE_CHECKING:
    from momentum.adapters.ssh import Hosts
    from momentum.provisioning.outside import Progress

TAKES_S = 900

_NO_BUILD, _NO_DOWNLOAD, _WRONG_SUM, _NO_ROOM = 70, 71, 72, 73
# The old program stays until the new one was found to be what its publisher says it is.
_INSTALL = (
    "set -eu\n"
    + HAVE % {"program": "curl", "package": "curl ca-certificates"}
    + f"""base=$1 version=$2 program=$3
case "$("$program" $4 2>/dev/null | head -n 1) " in *" $version "* | *" ${{version#v}} "*) echo there; exit;; esac
case $(uname -m) in
  x86_64) name=$5 sums=$6;;
  aarch64) name=$7 sums=$8;;
  *) uname -m >&2; exit {_NO_BUILD};;
esac
new=$program.momentum-new
mkdir -p "$(dirname "$program")"
trap 'rm -f "$new" "$new".*' EXIT
get() {{ curl -fsSL --retry 3 --connect-timeout 20 --max-time {TAKES_S // 2} -o "$1" "$base/$2"; }}
get "$new.sums" "$sums" && get "$new" "$name" || {{ [ $? = 23 ] && exit {_NO_ROOM}; exit {_NO_DOWNLOAD}; }}
wanted=$(awk -v name="$name" '$2 == name || $2 == "*" name {{ print $1; exit }}' "$new.sums")
found=$(sha256sum <"$new" | cut -c1-64)
if [ -z "$wanted" ] || [ "$found" != "$wanted" ]; then
  echo "$found, published is ${{wanted:-no sum of it}}" >&2
  exit {_WRONG_SUM}
fi
@UNPACK@
chmod 755 "$new"
sync "$new"
@BEFORE@
mv -f "$new" "$program"
echo installed
"""
)


@dataclass(frozen=True)
class Release:
    """`amd64` and `arm64` name the published file and the one with its sum; `ask` makes the program tell its version.

    `unpack` is shell that makes the program itself of "$new", which was downloaded as "$name"; `before` runs when
    all is well, right before the old program is replaced.
    """

    name: str
    version: str
    releases: str
    program: str
    ask: str
    amd64: tuple[str, str]
    arm64: tuple[str, str]
    unpack: str = ":"
    before: str = ":"

    @property
    def words(self) -> str:
        return f"{self.name} {self.version}"


def installed(hosts: Hosts, server: str, release: Release, say: Progress) -> bool:
    """Whether it was put there now; False where this version was there. Raises MomentumError with the way out."""
    base = f"{release.releases}/{quote(release.version, safe='')}"
    script = _INSTALL.replace("@UNPACK@", release.unpack).replace("@BEFORE@", release.before)
    argv = ["sh", "-c", script, f"install {release.name}", base, release.version, release.program, release.ask]
    result = hosts.run(server, [*argv, *release.amd64, *release.arm64], sudo=True, timeout_s=TAKES_S)
    said = (result.err.strip().splitlines() or ["nothing was said"])[-1][-300:]
    if result.exit == _NO_ROOM:
        raise DiskFull(server, f"no space left on its disk for {release.words}; make room and apply again")
    if result.exit == _NO_DOWNLOAD:
        raise MomentumError(
            f"{server}: {release.words} could not be downloaded from {base}: {said}. The program that was there is as "
            "before; once the host reaches that address, apply again."
        )
    if result.exit == _WRONG_SUM:
        raise MomentumError(
            f"{server}: what came as {release.words} is not what its publisher's checksum says: it is {said}. It was "
            "thrown away, nothing was replaced. If it stays so, look at the release's page before you go on."
        )
    if result.exit == _NO_BUILD:
        raise MomentumError(f"{server}: {release.name} is not published for its processor ({said})")
    if result.exit:
        raise MomentumError(f"{server}: {release.words} was not installed: {said}")
    new = bool(result.out.strip().endswith("installed"))
    if new:
        say(f"{release.words} was downloaded, its checksum is right")
    return new
