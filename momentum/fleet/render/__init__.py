"""What lies on the hosts, as text: WireGuard, sysctl, nftables, K3s, system units.

Here belong: pure functions from the fleet to files, the same text for the same input. Here does not belong: a secret.
"""

from __future__ import annotations

from momentum.fleet.render.files import Addresses, Part, RenderedFile, addresses_of, unknown
from momentum.fleet.render.host import host_files

__all__ = ["Addresses", "Part", "RenderedFile", "addresses_of", "host_files", "unknown"]
