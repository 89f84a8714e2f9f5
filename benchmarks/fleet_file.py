"""How long it takes to read a fleet file and to ask every rule of it, by the number of servers.

    python -m benchmarks.fleet_file [--rounds 20] [--json]

The default file, and the same with 100 servers. Pure: nothing but the text is touched.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from benchmarks.processes import median_ms, where
from momentum.fleet.refusals import refusals
from momentum.fleet.source import read_with_lines
from momentum.fleet.template import default_fleet_text

SERVER = """\
  - name: m-{number}
    role: {role}
    plan: vps-2027-model3
    mesh_address: 10.66.0.{number}
    labels:
      role: ingress
"""


def fleet_text(servers: int) -> str:
    """The default file with so many machines, five of them servers, and a purse that pays for them."""
    head, rest = default_fleet_text().split("servers:\n  - name", 1)
    machines = "".join(SERVER.format(number=n, role="server" if n <= 5 else "agent") for n in range(1, servers + 1))
    head = head.replace("eur_per_month: 50\n", "eur_per_month: 5000\n")
    return head + "servers:\n" + machines + "\nmesh:\n" + rest.split("\nmesh:\n", 1)[1]


def measure(rounds: int) -> dict[str, Any]:
    """Medians in milliseconds of reading and of the rules, by the number of servers."""
    found = {}
    for servers, text in ((4, default_fleet_text()), (100, fleet_text(100))):
        fleet, lines = read_with_lines(text)
        found[servers] = {
            "read_ms": median_ms(rounds, lambda text=text: read_with_lines(text)),
            "rules_ms": median_ms(rounds, lambda f=fleet, at=lines: refusals(f, f, at)),
        }
    return {**where("pydantic", "PyYAML"), "servers": found, "rounds": rounds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    result = measure(asked.rounds)
    if asked.json:
        print(json.dumps(result))
        return
    for servers, one in result["servers"].items():
        print(f"{servers:4} servers: read {one['read_ms']:6.1f} ms, rules {one['rules_ms']:5.2f} ms")


if __name__ == "__main__":
    main()
