"""The `momentum` command as a person runs it: a process of its own, on a home of its own."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

from tests.same_tables import Dump

ROOT = Path(__file__).parents[1]
_DUMP = """
import pickle, sys
from pathlib import Path
from momentum.adapters.clickhouse import open_client
from tests.same_tables import doubled_samples, tables_of
store = Path(sys.argv[1]) / "store"
with open_client(store_dir=store, dsn=None, run_id="dump", lock_timeout_s=60, on_wait=print) as client:
    staged = client.rows("SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%staging%'")
    opened = client.rows("SELECT cause FROM changes GROUP BY change_id, cause HAVING max(published_run) = ''")
    Path(sys.argv[2]).write_bytes(pickle.dumps((tables_of(client), staged + opened + doubled_samples(client))))
"""


def start(home: Path, *arguments: str | Path, before: str = "") -> subprocess.Popen[str]:
    """Starts the command; `before` is Python that runs first in its process."""
    code = f"{before}\nfrom momentum_dagster.cli.main import main\nmain()"
    command = [sys.executable, "-c", code, "--home", str(home), *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(home: Path, *arguments: str | Path) -> str:
    """Runs the command to its good end; what it printed."""
    process = start(home, *arguments)
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, out + err
    return out


def settled_tables(home: Path) -> Dump:
    """All tables of a home in which nothing is open, half done or twice there."""
    into = home.parent / f"{home.name}.pickle"
    subprocess.run([sys.executable, "-c", _DUMP, home, into], cwd=ROOT, check=True, timeout=120)
    tables, wrong = pickle.loads(into.read_bytes())  # noqa: S301 - written a moment ago by this very test
    assert wrong == []
    return tables  # type: ignore[no-any-return]
