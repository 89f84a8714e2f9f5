"""Kernel settings, and what the system must not do by itself."""

from __future__ import annotations

from momentum.fleet.render.files import RenderedFile

# What the kubelet demands with protect-kernel-defaults (K3s hardening guide), then what Kubernetes' network needs.
SETTINGS = {
    "vm.panic_on_oom": "0",
    "vm.overcommit_memory": "1",
    "kernel.panic": "10",
    "kernel.panic_on_oops": "1",
    "kernel.keys.root_maxkeys": "1000000",
    "kernel.keys.root_maxbytes": "25000000",
    "net.ipv4.ip_forward": "1",
    # Answers of pods come in by other interfaces than requests leave by: the strict check would drop them.
    "net.ipv4.conf.all.rp_filter": "0",
    "net.ipv4.conf.default.rp_filter": "0",
}

_NO_REBOOTS = """// Reboots are done in order by us, one machine at a time: two at once would cost etcd its majority.
Unattended-Upgrade::Automatic-Reboot "false";
"""

_FOREIGN_ROUTES = """# Cilium's routes and rules are not systemd's to remove when it starts again.
[Network]
ManageForeignRoutes=no
ManageForeignRoutingPolicyRules=no
"""


def sysctl_files() -> tuple[RenderedFile, ...]:
    text = "# The kubelet refuses to start with other values.\n"
    text += "".join(f"{key} = {value}\n" for key, value in SETTINGS.items())
    return (RenderedFile("/etc/sysctl.d/90-momentum.conf", text, "sysctl"),)


def unit_files() -> tuple[RenderedFile, ...]:
    return (
        RenderedFile("/etc/apt/apt.conf.d/60momentum", _NO_REBOOTS, "units"),
        RenderedFile("/etc/systemd/networkd.conf.d/90-momentum.conf", _FOREIGN_ROUTES, "units"),
    )
