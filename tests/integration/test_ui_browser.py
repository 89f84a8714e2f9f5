"""The UI as a person sees it, in headless Chromium: the graph, a plot, a failed check and what it stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.needs import chromium
from tests.small_files import small_files

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: `python -m tests.needs` installs it"),
]
ROOT = Path(__file__).parents[2]
# Nothing is fetched or kept by the browser itself.
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
SERVERS = ("dagster_webserver", "dagster._daemon", "code-server", "grpc")  # runs are processes of their own
START_S, LOOK_MS = 90, 30_000
PLANT = """
from momentum_dagster.cli.shared import store
with store() as client:
    client.command("ALTER TABLE activity_metrics UPDATE load = -5 WHERE load > 0", settings={"mutations_sync": 1})
"""


def momentum(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "momentum_dagster.cli.main", "--home", str(home), *arguments]


def done(command: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ui") / "home"


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """The real UI with its daemon. It runs while files are imported beside it, for it never holds the store."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = home.with_suffix(".log")
    with log.open("w") as written:
        # a session of its own, so that all it started can be ended by its number
        server = subprocess.Popen(
            momentum(home, "ui", "--port", str(port)), cwd=ROOT, stdout=written, stderr=written, start_new_session=True
        )
    try:
        _import_files(home)
        _wait_for(f"http://127.0.0.1:{port}/server_info", server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGINT)
        try:
            server.wait(20)
        finally:
            if _alive(server.pid):
                os.killpg(server.pid, signal.SIGKILL)


def _import_files(home: Path) -> None:
    folder = home.with_suffix(".files")
    folder.mkdir()
    for name, content in small_files().items():
        (folder / name).write_bytes(content)
    added = done(momentum(home, "import", str(folder), "--athlete", "ana"))
    assert "computed again" in added.stdout, added.stderr


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"the UI did not come up: {log.read_text()[-2000:]}")


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def page(address: str) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium(), args=list(QUIET))
        opened = browser.new_page(viewport={"width": 1500, "height": 1000})
        opened.set_default_timeout(LOOK_MS)
        yield opened
        browser.close()


def sees(page: Page, *texts: str) -> None:
    for text in texts:
        page.get_by_text(text, exact=True).first.wait_for(state="visible")


def test_the_graph_shows_groups_from_the_store_to_rollups(page: Page, address: str) -> None:
    page.goto(f"{address}/asset-groups")
    sees(page, "infrastructure", "entered", "files", "activities", "training_load", "rollups")
    assert page.get_by_text("Join the Dagster community").count() == 0, "no form for a newsletter before the graph"
    page.goto(f"{address}/locations/momentum/asset-groups/training_load/lineage")
    sees(page, "activity_metrics", "daily_load", "fitness", "changes", "warehouse_store")


@pytest.mark.parametrize("asset", ["fitness", "power_curve", "weekly_rollup"])
def test_a_page_begins_with_its_plot(page: Page, address: str, asset: str) -> None:
    """From the first import on, whatever was computed before what."""
    page.goto(f"{address}/assets/{asset}")
    picture = page.locator("img[src*='/plots/']").first
    picture.wait_for(state="visible")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    shown = picture.evaluate("({naturalWidth, clientWidth}) => ({naturalWidth, clientWidth})")
    box = picture.bounding_box()
    assert shown["naturalWidth"] > 300
    assert box is not None
    assert box["y"] < 400, "seen without scrolling"


def test_columns_and_checks_are_told_in_words(page: Page, address: str) -> None:
    page.goto(f"{address}/assets/fitness")
    sees(
        page,
        "tsb_evening",
        "Fitness: load averaged with a time constant of 42 days. From daily_load.load, athletes.ctl_seed.",
    )
    page.goto(f"{address}/assets/fitness?view=checks&checkDetail=equals_daily_load")
    sees(page, "equals_daily_load", "ranges", "Expected: the series of all sports has the days and loads of daily_load")


def test_a_failed_blocking_check_is_seen_with_what_it_stopped(page: Page, address: str, home: Path) -> None:
    """Loads below zero are planted where a recompute believes itself; it stops before they reach fitness."""
    planted = done([sys.executable, "-c", PLANT], MOMENTUM_HOME=str(home))
    assert planted.returncode == 0, planted.stderr
    stopped = done(momentum(home, "backfill", "--from", "2024-05-01", "--to", "2024-05-31"))
    assert stopped.returncode == 1
    assert "not computed because of it" in stopped.stderr
    page.goto(f"{address}/assets/activity_metrics?view=checks&checkDetail=ranges")
    sees(page, "ranges", "Failed")
    page.get_by_text("columns_out_of_bounds ['load']").first.wait_for(state="visible")
    page.get_by_text("This is a blocking asset check.").first.wait_for(state="visible")
    page.goto(f"{address}/assets/fitness")
    page.get_by_text("Failed in").first.wait_for(state="visible")
    page.goto(f"{address}/runs")
    page.get_by_text("Failure", exact=True).first.wait_for(state="visible")


def test_the_servers_never_opened_the_store(address: str, home: Path) -> None:
    """Asked of the system: which processes of the UI have the engine's library in memory."""
    if not Path("/proc/self/maps").exists():
        pytest.skip("this system does not tell which libraries a process has loaded")
    servers = [
        process
        for process in Path("/proc").glob("[0-9]*")
        if str(home) in _read(process / "environ") and any(name in _read(process / "cmdline") for name in SERVERS)
    ]
    assert len(servers) >= 3
    assert not [_read(one / "cmdline") for one in servers if "chdb" in _read(one / "maps")]


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:  # ended meanwhile, or not ours
        return ""
