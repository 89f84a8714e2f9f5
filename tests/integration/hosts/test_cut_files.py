"""The line is cut, or the host goes down, at every kind of place on the way of two files: each is whole, old or new."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from momentum.adapters.ssh import ConnectionLost, File, Hosts
from tests.counted import Counted
from tests.hosts import Network, TestHost

FOLDER = "/etc/rancher/k3s"
OLD, NEW = b"as it was\n", b"x" * 400_000 + b"\n"
BEFORE, HALF, AFTER = (OLD, OLD), (NEW, OLD), (NEW, NEW)

# Which call of which command on the host is held, after how many bytes; what is there if the line is cut then and the
# host finishes what it has begun, and what if the host goes down.
PLACES = {
    "before the first byte": ("head", 1, 0, BEFORE, BEFORE),
    "in the first file": ("head", 1, 100_000, BEFORE, BEFORE),
    "between the files": ("head", 2, 0, BEFORE, BEFORE),
    "in the last file": ("head", 2, 300_000, BEFORE, BEFORE),
    "after the last byte": ("chown", 2, 0, AFTER, BEFORE),
    "before the first is renamed": ("mv", 1, 0, AFTER, BEFORE),
    "between the renames": ("mv", 2, 0, AFTER, HALF),
    "before the answer": ("sync", 4, 0, AFTER, AFTER),
}

HELD = """#!/bin/sh
calls=$(($(cat /run/calls 2>/dev/null || echo 0) + 1))
echo $calls >/run/calls
if [ $calls = {call} ]; then
  [ {bytes} = 0 ] || /usr/bin/{command} -c {bytes}
  echo $PPID $$ >/run/held
  while [ ! -e /run/go ]; do sleep 0.02; done
fi
exec /usr/bin/{command} "$@"
"""


@pytest.mark.parametrize("what", ["the line is cut", "the host goes down"])
def test_two_files_are_whole_wherever_it_happens(
    what: str, network: Network, reach: Callable[..., Hosts], counted: Counted
) -> None:
    host, hosts = network.add("core-0"), reach()
    wrong = {}
    for place, (command, call, size, after_cut, after_loss) in PLACES.items():
        put(hosts, OLD)
        hold(host, command, call, size)
        with ThreadPoolExecutor(1) as pool:
            writing = pool.submit(put, hosts, NEW)
            host.until(lambda: host.sh("cat /run/held", check=False) != "")
            host.stop_sshd()
            if what == "the host goes down":
                host.sh("kill -KILL $(cat /run/held)")
            with pytest.raises(ConnectionLost, match="core-0"):
                writing.result(timeout=20)
        let_go(host, command)
        found = there(host)
        host.start_sshd()
        put(hosts, NEW)
        if found != (after_cut if what == "the line is cut" else after_loss) or there(host) != AFTER:
            wrong[place] = [len(content) for content in (*found, *there(host))]
        assert host.sh(f"ls -A {FOLDER}") == "first\nlast\n", f"{place}: a temporary file was left"
    counted(f"{what} while two files are written", len(PLACES), len(wrong))
    assert wrong == {}


def put(hosts: Hosts, content: bytes) -> None:
    hosts.put_all("core-0", [File(f"{FOLDER}/{name}", content) for name in ("first", "last")])


def there(host: TestHost) -> tuple[bytes, bytes]:
    first, last = (host.sh(f"cat {FOLDER}/{name}").encode() for name in ("first", "last"))
    return first, last


def hold(host: TestHost, command: str, call: int, size: int) -> None:
    host.run("tee", f"/usr/local/bin/{command}", stdin=HELD.format(command=command, call=call, bytes=size))
    host.sh(f"rm -f /run/calls /run/held /run/go; chmod 755 /usr/local/bin/{command}")


def let_go(host: TestHost, command: str) -> None:
    """What was held goes on, if it lives; returns when nothing of the writing runs any more."""
    host.sh(f"rm /usr/local/bin/{command}; touch /run/go")
    host.until(lambda: host.sh('kill -0 $(cut -d" " -f1 /run/held) 2>/dev/null && echo runs', check=False) == "")
