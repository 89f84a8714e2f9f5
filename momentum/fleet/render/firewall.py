"""nftables: what may come in. Only our own table, and only its input chain.

Forwarded packets are pods' traffic, which Cilium's policies judge; a chain of ours there could only do harm.
"""

from __future__ import annotations

from momentum.fleet.render.files import Addresses, RenderedFile
from momentum.fleet.render.mesh import INTERFACE
from momentum.fleet.schema import FirewallRule, Fleet, Server
from momentum.fleet.selection import selected

TABLE = "inet momentum"
PATH = "/etc/momentum/firewall.nft"
UNIT = "momentum-firewall.service"

_UNIT = f"""[Unit]
Description=What may come in: the rules of the fleet file
Before=network-pre.target
Wants=network-pre.target
After=local-fs.target
DefaultDependencies=no
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f {PATH}
ExecReload=/usr/sbin/nft -f {PATH}

[Install]
WantedBy=sysinit.target
"""


def firewall_files(fleet: Fleet, server: Server, addresses: Addresses) -> tuple[RenderedFile, ...]:
    """Raises KeyError for a server whose public address is not known."""
    peers = sorted(addresses.public_ipv4[one.name] for one in fleet.servers if one.name != server.name)
    openings = [_opening(rule) for rule in fleet.firewall.open if server in selected(fleet.servers, rule.on)]
    if peers:
        mesh = f"ip saddr {{ {', '.join(peers)} }} udp dport {fleet.mesh.port} accept"
        openings.insert(0, f'{mesh} comment "mesh"')
    lines = "\n".join(f"\t\t{opening}" for opening in openings)
    rules = f"""table {TABLE}
delete table {TABLE}

table {TABLE} {{
	chain input {{
		type filter hook input priority filter; policy drop;

		ct state established,related accept
		iifname "lo" accept
		# Between themselves the machines talk through the mesh: etcd, the API, the kubelets, Cilium's tunnels.
		iifname "{INTERFACE}" accept
		# Pods of this machine.
		iifname "lxc*" accept
		iifname "cilium*" accept
		# Only now: Cilium carries answers past the connection tracking, which then calls them invalid.
		ct state invalid drop

		# Without these, paths with a smaller MTU and IPv6 itself would break.
		icmp type {{ echo-request, destination-unreachable, time-exceeded, parameter-problem }} accept
		icmpv6 type {{ echo-request, destination-unreachable, packet-too-big, time-exceeded, parameter-problem, \
nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert }} accept
		udp sport 67 udp dport 68 accept comment "DHCP"
		ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept comment "DHCPv6"

{lines}
	}}
}}
"""
    return (
        RenderedFile(PATH, rules, "firewall", mode=0o600),
        RenderedFile(f"/etc/systemd/system/{UNIT}", _UNIT, "firewall"),
    )


def _opening(rule: FirewallRule) -> str:
    everybody = any(source.prefixlen == 0 for source in rule.sources)
    sources = ", ".join(str(source) for source in sorted(set(rule.sources)))
    # The file names IPv4 networks; all of IPv4 means everybody, and they may come by IPv6.
    source = "" if everybody else f"ip saddr {{ {sources} }} "
    return f'{source}{rule.protocol} dport {rule.port} accept comment "{rule.name}"'
