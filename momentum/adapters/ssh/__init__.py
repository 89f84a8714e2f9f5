"""Hosts over SSH: commands, whole files, several hosts at once; host keys pinned, sudo, output without secrets.

Here belong: connections and what OpenSSH and POSIX tools do. Here does not belong: what should be on a host.
"""

from momentum.adapters.ssh.errors import (
    AuthenticationRefused,
    CommandFailed,
    CommandTimeout,
    ConnectionLost,
    DiskFull,
    HostKeyChanged,
    HostKeyUnknown,
    SshError,
    SudoRefused,
    Unreachable,
)
from momentum.adapters.ssh.files import File
from momentum.adapters.ssh.hosts import Endpoint, Hosts, Result
from momentum.adapters.ssh.own_keys import own_public_keys

__all__ = [
    "AuthenticationRefused",
    "CommandFailed",
    "CommandTimeout",
    "ConnectionLost",
    "DiskFull",
    "Endpoint",
    "File",
    "HostKeyChanged",
    "HostKeyUnknown",
    "Hosts",
    "Result",
    "SshError",
    "SudoRefused",
    "Unreachable",
    "own_public_keys",
]
