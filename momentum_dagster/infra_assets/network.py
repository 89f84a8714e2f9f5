"""What joins the servers and keeps others out: mesh, firewall, names."""

from momentum.provisioning import rows
from momentum_dagster.infra_assets.seen import seen_asset

mesh = seen_asset(
    "mesh",
    deps=["servers"],
    kinds={"wireguard"},
    about="WireGuard between all servers, over which all private traffic goes. One row per server: which of the "
    "others answer it.",
    rows=rows.mesh,
    reads=["host"],
    checks={
        "peers": "every server's tunnel has exactly the other servers as peers, with their keys and addresses",
        "sysctl": "kernel settings are the rendered ones on every server, and no system reboots by itself",
        "clock": "every server's clock agrees with this machine's",
    },
)
firewall = seen_asset(
    "firewall",
    deps=["mesh"],
    kinds={"nftables"},
    about="What each server lets in from the outside. One row per server.",
    rows=rows.firewall,
    reads=["host"],
    checks={"rules": "the rules that are loaded are the rendered ones, no more and no fewer"},
)
dns = seen_asset(
    "dns",
    deps=["servers", "agents"],
    kinds={"dns"},
    about="Records of the zone that point at the cluster. One row per record.",
    rows=rows.dns,
    reads=["dns"],
    checks={"records": "the zone has every record of the file, with its value and TTL"},
)
NETWORK = [mesh, firewall, dns]
