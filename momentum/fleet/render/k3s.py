"""K3s: its configuration and its unit. The token and the keys of the object store lie in files that only root reads.

Two files: what a server always has, and how it comes to its cluster (`PATH_JOIN`). A server reads the second only
while it has no etcd on its disk, so it says nothing about a running one and is no drift.
"""

from __future__ import annotations

import hashlib
from typing import Any

import yaml

from momentum.fleet.render.files import Addresses, RenderedFile
from momentum.fleet.render.mesh import INTERFACE
from momentum.fleet.schema import Fleet, Server
from momentum.fleet.snapshots import FOLDER

PATH = "/etc/rancher/k3s/config.yaml"
PATH_JOIN = "/etc/rancher/k3s/config.yaml.d/50-join.yaml"
TOKEN = "/etc/rancher/k3s/token"
# Written after K3s was started with the files above: one that was killed in between is started again.
PATH_STARTED = "/var/lib/momentum/k3s.started"
API_PORT = 6443


def unit_of(server: Server) -> str:
    return "k3s.service" if server.role == "server" else "k3s-agent.service"


def k3s_files(
    fleet: Fleet, server: Server, addresses: Addresses, *, founding: bool, join_via: str | None
) -> tuple[RenderedFile, ...]:
    """`join_via` is the mesh address of a living server. Raises KeyError where the server's address is not known."""
    config = _common(fleet, server, addresses)
    if server.role == "server":
        config |= _of_servers(fleet, server)
    files = [
        RenderedFile(PATH, _yaml(config), "k3s", mode=0o600),
        RenderedFile(f"/etc/systemd/system/{unit_of(server)}", _unit(server), "k3s"),
    ]
    started = hashlib.sha256("".join(file.content for file in files).encode()).hexdigest()
    files.append(RenderedFile(PATH_STARTED, f"{started}\n", "k3s"))
    if founding:
        files.append(RenderedFile(PATH_JOIN, _yaml({"cluster-init": True}), "k3s", mode=0o600))
    elif join_via:
        files.append(join_file(join_via))
    return tuple(files)


def join_file(via: str) -> RenderedFile:
    """`via` is the mesh address of a living server. An agent reads it at each start, a server only before its first."""
    return RenderedFile(PATH_JOIN, _yaml({"server": f"https://{via}:{API_PORT}"}), "k3s", mode=0o600)


def _common(fleet: Fleet, server: Server, addresses: Addresses) -> dict[str, Any]:
    return {
        "node-name": server.name,
        "node-ip": str(server.mesh_address),
        "node-external-ip": addresses.public_ipv4[server.name],
        "node-label": [f"{key}={value}" for key, value in sorted(server.labels.items())],
        "protect-kernel-defaults": True,
        "token-file": TOKEN,
    }


def _of_servers(fleet: Fleet, server: Server) -> dict[str, Any]:
    """Apart from the addresses the same on every server: K3s refuses to join where these differ."""
    k3s, store = fleet.k3s, fleet.backups
    servers = [str(one.mesh_address) for one in fleet.servers if one.role == "server"]
    return {
        "advertise-address": str(server.mesh_address),
        "tls-san": [k3s.api_name, *servers],
        "cluster-cidr": str(k3s.pod_cidr),
        "service-cidr": str(k3s.service_cidr),
        "cluster-dns": str(k3s.cluster_dns),
        "cluster-domain": k3s.cluster_domain,
        "write-kubeconfig-mode": "0600",
        # Cilium does their work.
        "flannel-backend": "none",
        "disable-network-policy": True,
        "disable-kube-proxy": True,
        "disable": ["traefik", "servicelb"],
        "secrets-encryption": True,
        "etcd-snapshot-schedule-cron": k3s.etcd_snapshot_cron,
        "etcd-snapshot-retention": k3s.etcd_snapshots_kept,
        "etcd-s3": True,
        "etcd-s3-endpoint": store.endpoint,
        "etcd-s3-region": store.region,
        "etcd-s3-bucket": store.bucket,
        "etcd-s3-folder": f"{store.folder}/{FOLDER}",
    }


def _unit(server: Server) -> str:
    mode = server.role
    return f"""[Unit]
Description=K3s {mode}
After=network-online.target wg-quick@{INTERFACE}.service
Wants=network-online.target wg-quick@{INTERFACE}.service

[Service]
Type={"notify" if mode == "server" else "exec"}
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/local/bin/k3s {mode}
KillMode=process
Delegate=yes
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s

[Install]
WantedBy=multi-user.target
"""


def _yaml(values: dict[str, Any]) -> str:
    return yaml.safe_dump(values, sort_keys=False, default_flow_style=False, allow_unicode=True)
