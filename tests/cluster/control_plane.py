"""A real control plane on loopback: etcd, API server, controller manager, scheduler, and kwok in the kubelets' place.

Nodes have the sizes, labels and mesh addresses of the fleet. kwok keeps their leases and makes their pods run.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from momentum.adapters.kubernetes import ClusterApi, ClusterError, connect
from momentum.fleet.prices import PLANS
from momentum.fleet.schema import Fleet, Server
from tests.cluster import build
from tests.cluster.processes import Processes, free_ports

STAGES = """
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: node-initialize}
spec:
  resourceRef: {apiGroup: v1, kind: Node}
  selector:
    matchExpressions:
      - {key: '.status.conditions.[] | select( .type == "Ready" ) | .status', operator: NotIn, values: ["True"]}
  next:
    statusTemplate: |
      {{ $now := Now }}
      conditions:
        - type: Ready
          status: "True"
          reason: KubeletReady
          message: ready
          lastHeartbeatTime: {{ $now }}
          lastTransitionTime: {{ $now }}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-ready}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
      - {key: '.metadata.deletionTimestamp', operator: DoesNotExist}
      - {key: '.status.podIP', operator: DoesNotExist}
  next:
    statusTemplate: |
      {{ $now := Now }}
      conditions:
        - {type: Initialized, status: "True", lastTransitionTime: {{ $now }}}
        - {type: Ready, status: "True", lastTransitionTime: {{ $now }}}
        - {type: ContainersReady, status: "True", lastTransitionTime: {{ $now }}}
      containerStatuses:
      {{ range .spec.containers }}
        - image: {{ .image | Quote }}
          name: {{ .name | Quote }}
          ready: true
          restartCount: 0
          state: {running: {startedAt: {{ $now }}}}
      {{ end }}
      phase: Running
      hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
      podIP: {{ PodIPWith .spec.nodeName false .metadata.uid .metadata.name .metadata.namespace | Quote }}
      startTime: {{ $now }}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: pod-delete}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
      - {key: '.metadata.deletionTimestamp', operator: Exists}
  next:
    delete: true
"""


@dataclass
class ControlPlane:
    """`seconds` says how long each part took to be ready."""

    folder: Path
    processes: Processes
    kubeconfig: Path
    seconds: dict[str, float] = field(default_factory=dict)

    def api(self) -> ClusterApi:
        return connect(self.kubeconfig.read_text())

    def add_nodes(self, fleet: Fleet) -> None:
        """As kubelets register themselves; those that are there already stay as they are."""
        from kubernetes import client
        from kubernetes.client.exceptions import ApiException

        core = client.CoreV1Api(self.api().client)
        for server in fleet.servers:
            body = node_body(server, fleet.k3s.version)
            try:
                core.create_node(body)
            except ApiException as error:
                if error.status != 409:
                    raise
            core.patch_node_status(server.name, {"status": body["status"]})
        until = time.monotonic() + 20
        while not all(node.ready for node in self.api().nodes()):
            assert time.monotonic() < until, self.processes.log("kwok")[-1500:]
            time.sleep(0.1)


def node_body(server: Server, version: str) -> dict[str, Any]:
    plan = PLANS[server.plan]
    size = {"cpu": str(plan.vcores), "memory": f"{plan.memory_gb}Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": server.name,
            "labels": {**server.labels, "kubernetes.io/hostname": server.name, "kubernetes.io/os": "linux"},
        },
        "status": {
            "capacity": size,
            "allocatable": size,
            "nodeInfo": {
                "kubeletVersion": version,
                **dict.fromkeys(
                    ("machineID", "systemUUID", "bootID", "kernelVersion", "osImage", "containerRuntimeVersion"), ""
                ),
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
            "addresses": [{"type": "InternalIP", "address": str(server.mesh_address)}],
        },
    }


def start(folder: Path) -> ControlPlane:
    """All parts, ready; `processes.end()` ends them."""
    programs, processes = build.folder(), Processes(folder)
    client_port, peer_port, api_port, kwok_port = free_ports(4)
    token = secrets.token_hex(16)
    kubeconfig = folder / "kubeconfig"
    server = f"https://127.0.0.1:{api_port}"
    kubeconfig.write_text(json.dumps(_kubeconfig(server, token)))
    (folder / "tokens.csv").write_text(f'{token},admin,admin,"system:masters"\n')
    (folder / "stages.yaml").write_text(STAGES)
    (folder / "scheduler.yaml").write_text(
        yaml.safe_dump(
            {
                "apiVersion": "kubescheduler.config.k8s.io/v1",
                "kind": "KubeSchedulerConfiguration",
                "leaderElection": {"leaderElect": False},
                "clientConnection": {"kubeconfig": str(kubeconfig)},
            }
        )
    )
    key = folder / "service-account.key"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    plane = ControlPlane(folder, processes, kubeconfig)
    etcd, peers = f"http://127.0.0.1:{client_port}", f"http://127.0.0.1:{peer_port}"
    try:
        processes.start(
            "etcd",
            [
                programs / "etcd",
                f"--data-dir={folder / 'etcd'}",
                f"--listen-client-urls={etcd}",
                f"--advertise-client-urls={etcd}",
                f"--listen-peer-urls={peers}",
                f"--initial-advertise-peer-urls={peers}",
                f"--initial-cluster=default={peers}",
                "--unsafe-no-fsync",
                "--log-level=warn",
            ],
        )
        processes.start(
            "kube-apiserver",
            [
                programs / "kube-apiserver",
                f"--etcd-servers={etcd}",
                "--bind-address=127.0.0.1",
                f"--secure-port={api_port}",
                f"--cert-dir={folder / 'certificates'}",
                f"--token-auth-file={folder / 'tokens.csv'}",
                "--authorization-mode=RBAC",
                "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={key}",
                f"--service-account-signing-key-file={key}",
                "--service-cluster-ip-range=10.43.0.0/16",
            ],
        )

        def answers() -> bool:
            try:
                return bool(plane.api().cluster_id())
            except ClusterError:
                return False

        plane.seconds["kube-apiserver"] = processes.wait("kube-apiserver", answers)
        processes.start(
            "kube-controller-manager",
            [
                programs / "kube-controller-manager",
                f"--kubeconfig={kubeconfig}",
                f"--service-account-private-key-file={key}",
                "--use-service-account-credentials",
                "--leader-elect=false",
                "--secure-port=0",
            ],
        )
        processes.start(
            "kube-scheduler",
            [programs / "kube-scheduler", f"--config={folder / 'scheduler.yaml'}", "--secure-port=0"],
        )
        processes.start(
            "kwok",
            [
                programs / "kwok",
                f"--kubeconfig={kubeconfig}",
                "--manage-all-nodes",
                f"--config={folder / 'stages.yaml'}",
                "--node-lease-duration-seconds=40",
                f"--server-address=127.0.0.1:{kwok_port}",
            ],
        )
    except BaseException:
        processes.end()
        raise
    return plane


def _kubeconfig(server: str, token: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": server, "insecure-skip-tls-verify": True}}],
        "users": [{"name": "admin", "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
    }
