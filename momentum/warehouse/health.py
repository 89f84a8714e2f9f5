"""Is the place where data lives fit to be written to? Asked by checks, by the resource, by doctor."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from momentum.warehouse.client import Client
from momentum.warehouse.migrations import schema_problems

# A month swap needs room for the new month beside the old one, an import for its archive; below this
# the store is left alone so that it can still be opened and cleaned.
MIN_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `check` is its fixed name, `message` what a person should know or do."""

    check: str
    ok: bool
    message: str


def health(client: Client, home: Path | None, *, min_free_bytes: int = MIN_FREE_BYTES) -> list[Finding]:
    """Reachable, schema as the code expects, free space (where the store is a folder of ours)."""
    answer = client.rows("SELECT version() AS version")
    findings = [Finding("reachable", True, f"engine {answer[0]['version']}")]
    problems = schema_problems(client)
    findings.append(
        Finding(
            "schema",
            not problems,
            "; ".join(problems) + ". `momentum doctor` says more" if problems else "as the code expects",
        )
    )
    if home is not None:
        free = shutil.disk_usage(home).free
        enough = free >= min_free_bytes
        findings.append(
            Finding(
                "free_space",
                enough,
                f"{free / 1e9:.1f} GB free"
                + ("" if enough else f", {min_free_bytes / 1e9:.1f} GB are needed: make room"),
            )
        )
    return findings
