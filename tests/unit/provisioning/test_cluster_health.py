"""May data be written: not on a cluster without quorum, and nobody asks where there is none."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from momentum.adapters.kubernetes import connect
from momentum.provisioning.cluster_health import cluster_health
from momentum.settings import Settings


@contextmanager
def api_server(status: int, body: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Its address, and what it was asked with which token."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers.get("authorization", "")))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def reached_at(address: str, tmp_path: Path) -> Settings:
    path = tmp_path / "kubeconfig.yaml"
    path.write_text(
        f"""
apiVersion: v1
kind: Config
clusters: [{{name: fleet, cluster: {{server: "{address}"}}}}]
users: [{{name: momentum, user: {{token: token-of-a-pod}}}}]
contexts: [{{name: fleet, context: {{cluster: fleet, user: momentum}}}}]
current-context: fleet
"""
    )
    return Settings(profile="production", kubeconfig=path)


def test_a_well_cluster_is_asked_as_whom_the_kubeconfig_says(tmp_path: Path) -> None:
    with api_server(200, "ok") as (address, asked):
        health = cluster_health(reached_at(address, tmp_path))
    assert (health.ok, health.message) == (True, "the cluster has quorum")
    assert asked == [("/readyz/etcd", "Bearer token-of-a-pod")]


def test_without_quorum_nothing_is_written_and_the_reason_is_told(tmp_path: Path) -> None:
    with api_server(500, "internal server error: etcd failed: context deadline exceeded\n") as (address, _):
        health = cluster_health(reached_at(address, tmp_path))
    assert not health.ok
    assert health.message.startswith("the cluster has no quorum")
    assert "etcd failed: context deadline exceeded" in health.message


def test_an_api_server_that_answers_and_is_not_ready_says_which_checks_fail(tmp_path: Path) -> None:
    body = (
        "[+]ping ok\n[-]poststarthook/start-system-namespaces-controller failed: reason withheld\nreadyz check failed\n"
    )
    with api_server(500, body) as (address, asked):
        kubeconfig = reached_at(address, tmp_path).kubeconfig
        assert kubeconfig is not None
        why = connect(kubeconfig.read_text()).not_ready()
    assert asked == [("/readyz", "Bearer token-of-a-pod")]
    assert (
        why == "the API server answers 500: [-]poststarthook/start-system-namespaces-controller failed: reason withheld"
    )


def test_an_api_server_that_does_not_answer_is_no_quorum(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    health = cluster_health(reached_at(f"http://127.0.0.1:{port}", tmp_path))
    assert not health.ok
    assert "does not answer" in health.message


def test_a_kubeconfig_that_is_none_is_told(tmp_path: Path) -> None:
    health = cluster_health(Settings(profile="production", kubeconfig=tmp_path / "gone.yaml"))
    assert not health.ok
    assert "no way to its API server is known" in health.message


def test_nobody_is_asked_on_the_local_profile_or_outside_of_any_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    local = cluster_health(Settings(profile="local", kubeconfig=tmp_path / "gone.yaml"))
    assert (local.ok, local.message) == (True, "embedded, not applicable")
    outside = cluster_health(Settings(profile="production"))
    assert outside.ok
    assert outside.message.startswith("not connected")
