"""Real hosts for tests: network, mount and process namespaces with real sshd, wireguard-go, nftables and sudo.

Not real: systemctl (`systemctl_standin.py`, which runs unit files simply), the kernel (shared; vm.* and kernel.*
are files of the namespace), the disk (tmpfs). Nothing of the machine changes but one link, which goes with them.
"""

from tests.hosts.machine import TestHost
from tests.hosts.network import Network, reason_to_skip

__all__ = ["Network", "TestHost", "reason_to_skip"]
