"""All benchmarks, one after the other, and one table of what they found.

    python -m benchmarks [--quick] [--json] [NAME ...]

Each runs in a process of its own. The table says what was measured, ours, the peer's, their ratio, the
goal and whether it is met. --quick takes small sizes: to see that everything runs, not for its figures.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from typing import Any

from benchmarks.processes import side, where
from benchmarks.rows import ROWS, Row

SIZES = {"cohort_series": ["--full"]}
QUICK = {
    "fit_decoding": ["--repeats", "1"],
    "xml_decoding": ["--repeats", "1"],
    "cohort_series": ["--athletes", "100", "--days", "100", "--rounds", "1"],
    "store": ["--rows", "10000"],
    "imports": ["--files", "40"],
    "one_file": ["--rounds", "1", "--weeks", "6"],
    "dagster_share": ["--months", "6"],
    "start_up": ["--rounds", "1"],
    "fleet_file": ["--rounds", "1"],
    "fleet_plan": ["--rounds", "1"],
    "fleet_hosts": ["--hosts", "1", "--rounds", "1"],
}
PACKAGES = (
    "numpy",
    "numba",
    "pyarrow",
    "chdb",
    "dagster",
    "pandas",
    "fitdecode",
    "fitfast",
    "tcxreader",
    "gpxpy",
    "sweat",
    "pydantic",
    "asyncssh",
)


def run_all(names: list[str], *, quick: bool) -> tuple[list[Row], dict[str, Any]]:
    """The rows of every benchmark named, and all that each said."""
    rows: list[Row] = []
    said: dict[str, Any] = {}
    for name in names:
        print(f"{name} ...", file=sys.stderr, end=" ", flush=True)
        began = time.perf_counter()
        said[name] = side(name, "--json", *(QUICK if quick else SIZES).get(name, []))
        print(f"{time.perf_counter() - began:.0f} s", file=sys.stderr)
        rows += ROWS[name](said[name])
    return rows, said


def as_text(rows: list[Row]) -> str:
    """A table in Markdown, so that it can be put where people read it."""
    met = {True: "yes", False: "no", None: ""}
    cells = [("what", "ours", "peer", "ratio", "goal", "met")]
    cells += [(one.what, one.ours, one.peer, one.ratio_text, one.goal_text, met[one.met]) for one in rows]
    widths = [max(len(line[n]) for line in cells) for n in range(len(cells[0]))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ROWS)}; all if none")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(ROWS)):
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    rows, said = run_all(given.names or list(ROWS), quick=given.quick)
    measured_with = where(*PACKAGES)
    if given.json:
        print(
            json.dumps(
                {**measured_with, "rows": [asdict(one) | {"met": one.met} for one in rows], "said": said}, indent=1
            )
        )
        return
    print(as_text(rows))
    print("\n" + ", ".join(f"{name} {value}" if name != "machine" else value for name, value in measured_with.items()))


if __name__ == "__main__":
    main()
