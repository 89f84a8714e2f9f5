"""Nodes on a real control plane: labelled, cordoned, drained within budgets, lost, deleted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from momentum.adapters.kubernetes import ClusterApi, NotDrained
from momentum.provisioning.execute.k3s_nodes import not_ready
from tests.cluster.control_plane import ControlPlane
from tests.integration.cluster.conftest import FLEET

NAMES = sorted(server.name for server in FLEET.servers)


@pytest.fixture
def api(plane: ControlPlane) -> Iterator[ClusterApi]:
    api = plane.api()
    yield api
    for node in api.nodes():
        api.uncordon(node.name, "momentum/cordoned")


@pytest.fixture
def namespace(api: ClusterApi) -> Iterator[str]:
    from kubernetes import client

    name = f"test-{uuid4().hex[:8]}"
    client.CoreV1Api(api.client).create_namespace({"metadata": {"name": name}})
    yield name
    client.CoreV1Api(api.client).delete_namespace(name)


def until(true: Callable[[], Any], within_s: float = 30) -> Any:
    end = time.monotonic() + within_s
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.1)
    return found


def deploy(api: ClusterApi, namespace: str, kind: str = "Deployment", **spec: Any) -> None:
    from kubernetes import utils

    labels = {"app": kind.lower()}
    pod = {"containers": [{"name": "main", "image": "example/app", "resources": {"requests": {"memory": "64Mi"}}}]}
    body = {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": kind.lower(), "namespace": namespace},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
            **spec,
        },
    }
    utils.create_from_dict(api.client, body)


def running(api: ClusterApi, namespace: str) -> list[Any]:
    from kubernetes import client

    pods = client.CoreV1Api(api.client).list_namespaced_pod(namespace).items
    return [pod for pod in pods if pod.status.phase == "Running" and pod.metadata.deletion_timestamp is None]


def test_nodes_are_read_as_they_are(plane: ControlPlane, api: ClusterApi) -> None:
    nodes = {node.name: node for node in api.nodes()}
    assert sorted(nodes) == NAMES
    for server in FLEET.servers:
        node = nodes[server.name]
        assert (node.ready, node.cordoned, node.version) == (True, False, FLEET.k3s.version)
        assert node.internal_ip == str(server.mesh_address)
        assert server.labels.items() <= node.labels.items()
    assert api.cluster_id() == plane.api().cluster_id()


def test_labels_are_set_and_taken_away_and_others_stay(api: ClusterApi) -> None:
    api.label("server-1", {"momentum/test": "a", "momentum/other": "b"})
    api.label("server-1", {"momentum/test": "c"}, remove=["momentum/other", "momentum/never-there"])
    labels = next(node.labels for node in api.nodes() if node.name == "server-1")
    assert labels["momentum/test"] == "c"
    assert "momentum/other" not in labels
    assert labels["kubernetes.io/os"] == "linux"
    api.label("server-1", {}, remove=["momentum/test"])


def test_a_drained_node_loses_its_pods_to_others_and_keeps_its_daemons(api: ClusterApi, namespace: str) -> None:
    deploy(api, namespace, replicas=8)
    deploy(api, namespace, "DaemonSet")
    until(lambda: len(running(api, namespace)) == 12)
    said: list[str] = []
    api.cordon("agent-1", ("momentum/cordoned", "drained"))
    api.drain("agent-1", within_s=30, say=said.append)
    until(lambda: len(running(api, namespace)) == 12)
    on_node = [pod.metadata.name for pod in running(api, namespace) if pod.spec.node_name == "agent-1"]
    assert [name.rpartition("-")[0] for name in on_node] == ["daemonset"]
    node = next(node for node in api.nodes() if node.name == "agent-1")
    assert node.cordoned and node.labels["momentum/cordoned"] == "drained"
    api.drain("agent-1", within_s=5, say=said.append)  # a second time there is nothing to do
    assert sum("evicted" in line for line in said) >= 1
    api.uncordon("agent-1", "momentum/cordoned")
    node = next(node for node in api.nodes() if node.name == "agent-1")
    assert not node.cordoned and "momentum/cordoned" not in node.labels


def test_a_disruption_budget_holds_and_the_pod_that_blocks_is_named(api: ClusterApi, namespace: str) -> None:
    from kubernetes import client

    deploy(api, namespace, replicas=1)
    (pod,) = until(lambda: running(api, namespace))
    policy = client.PolicyV1Api(api.client)
    policy.create_namespaced_pod_disruption_budget(
        namespace,
        {
            "metadata": {"name": "never"},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "deployment"}}},
        },
    )
    until(
        lambda: policy.read_namespaced_pod_disruption_budget("never", namespace).status.observed_generation is not None
    )
    said: list[str] = []
    api.cordon(pod.spec.node_name, ("momentum/cordoned", "drained"))
    with pytest.raises(NotDrained, match=rf"{namespace}/{pod.metadata.name} .*never"):
        api.drain(pod.spec.node_name, within_s=3, say=said.append)
    assert [one.metadata.name for one in running(api, namespace)] == [pod.metadata.name]
    policy.delete_namespaced_pod_disruption_budget("never", namespace)
    api.drain(pod.spec.node_name, within_s=20, say=said.append)


def test_a_deleted_node_is_gone_and_a_second_time_is_no_error(api: ClusterApi) -> None:
    assert api.delete_node("agent-1")
    assert not api.delete_node("agent-1")
    assert "agent-1" not in [node.name for node in api.nodes()]


def lacks(api: ClusterApi, server: str, version: str = FLEET.k3s.version) -> str:
    """What an executor waits for, with this API as that of every server."""
    outside: Any = SimpleNamespace(fleet=FLEET, cluster=SimpleNamespace(through=lambda servers: api))
    return not_ready(outside, server, "server-2", version)


def test_a_version_that_does_not_come_is_told(api: ClusterApi) -> None:
    assert lacks(api, "server-1") == ""
    assert lacks(api, "server-1", "v1.37.0+k3s1") == "it still runs v1.36.3+k3s1"


@pytest.mark.slow
def test_a_lost_server_is_not_ready_and_comes_back(api: ClusterApi) -> None:
    """Its lease held by somebody who never renews it is how a server falls silent here."""
    from kubernetes import client

    leases = client.CoordinationV1Api(api.client)
    body = {"spec": {"holderIdentity": "nobody", "leaseDurationSeconds": 3600}}
    leases.patch_namespaced_lease("server-2", "kube-node-lease", body)
    until(lambda: not next(node.ready for node in api.nodes() if node.name == "server-2"), 90)
    assert lacks(api, "server-2") == "its node is not ready"
    leases.delete_namespaced_lease("server-2", "kube-node-lease")
    until(lambda: next(node.ready for node in api.nodes() if node.name == "server-2"), 30)
