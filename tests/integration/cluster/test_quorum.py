"""What a real API server says of an etcd that is away, and what the night makes of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from momentum.provisioning.cluster_health import cluster_health
from momentum.settings import Settings
from tests.cluster import build, control_plane

REMEMBERS_S = 15.0
pytestmark = pytest.mark.skipif(bool(build.why_skipped()), reason=build.why_skipped())


def role_of(plane: control_plane.ControlPlane, name: str) -> list[str]:
    """Paths that it may read, once the API server has made its own roles."""
    from kubernetes import client
    from kubernetes.client.exceptions import ApiException

    roles, until = client.RbacAuthorizationV1Api(plane.api().client), time.monotonic() + 15
    while True:
        try:
            return [path for rule in roles.read_cluster_role(name).rules for path in rule.non_resource_urls or ()]
        except ApiException as error:
            assert error.status == 404 and time.monotonic() < until
            time.sleep(0.2)


@pytest.mark.slow
def test_without_etcd_no_data_may_be_written(tmp_path: Path) -> None:
    plane = control_plane.start(tmp_path)
    settings = Settings(profile="production", kubeconfig=plane.kubeconfig)
    try:
        well, may_ask = cluster_health(settings), role_of(plane, "system:monitoring")
        plane.processes.kill("etcd")
        until = time.monotonic() + REMEMBERS_S
        while (ill := cluster_health(settings)).ok:
            assert time.monotonic() < until
            time.sleep(0.5)
        why = plane.api().not_ready()
    finally:
        plane.processes.end()
    assert "/readyz/*" in may_ask, "the role that a pod which asks is to have"
    assert (well.ok, well.message) == (True, "the cluster has quorum")
    assert ill.message.startswith("the cluster has no quorum: the API server answers 500")
    assert "etcd" in ill.message and "[-]etcd failed" in why
    assert "does not answer" in cluster_health(settings).message
