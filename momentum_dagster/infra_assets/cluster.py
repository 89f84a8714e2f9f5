"""K3s on the servers: the first one, the rest of the control plane, the agents.

Cilium's place is between the first server and the others.
"""

from momentum.provisioning import rows
from momentum_dagster.infra_assets.seen import seen_asset

first_server = seen_asset(
    "first_server",
    deps=["firewall"],
    kinds={"k3s", "etcd"},
    about="The server that founded the cluster, once. One row per server that runs etcd, with the cluster it belongs "
    "to: there is one, and the journal remembers it, so that no server ever founds a second.",
    rows=rows.first_server,
    reads=["host", "cluster"],
    checks={"one_cluster": "the cluster is the one that the journal knows, and no server holds data of another"},
)
control_plane = seen_asset(
    "control_plane",
    deps=["first_server"],
    kinds={"k3s", "etcd"},
    about="Servers that run the Kubernetes API and etcd, an odd number. One row per server.",
    rows=rows.control_plane,
    reads=["host", "cluster"],
    checks={
        "members": "every server is a healthy member of etcd, nobody else is, and the majority lives",
        "k3s": "configuration and version of K3s are the file's",
    },
)
agents = seen_asset(
    "agents",
    deps=["control_plane"],
    kinds={"k3s", "kubernetes"},
    about="Servers that run pods only, and with them the cluster is whole. One row per agent.",
    rows=rows.agents,
    reads=["cluster"],
    checks={"nodes": "every server is a node, ready and open to pods, with the labels of the file; nobody else is"},
)
CLUSTER = [first_server, control_plane, agents]
