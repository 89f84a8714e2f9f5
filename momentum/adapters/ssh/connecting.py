"""One connection to one host: its key compared with the pinned one, failures in words."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from momentum.adapters.ssh.errors import AuthenticationRefused, HostKeyChanged, HostKeyUnknown, SshError, Unreachable

if TYPE_CHECKING:
    import asyncssh

# The strongest that Debian's sshd shows by itself; one order, so that a host shows the same key each time.
HOST_KEY_ALGORITHMS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "rsa-sha2-512", "rsa-sha2-256")
KEEPALIVE_S, KEEPALIVES_MISSED = 5, 3


@dataclass(frozen=True)
class Endpoint:
    """Where a server is reached. `host_key` is the pinned public key ("ssh-ed25519 AAAA..."), None: never seen."""

    address: str
    user: str
    port: int = 22
    host_key: str | None = None


async def connect(
    name: str, endpoint: Endpoint, client_keys: Sequence[Path | str], timeout_s: float
) -> asyncssh.SSHClientConnection:
    """Raises HostKeyUnknown, HostKeyChanged, AuthenticationRefused, Unreachable.

    `client_keys` are files; empty: those of the agent and the usual ones in the operator's home.
    """
    import asyncssh

    shown: list[str] = []

    class Client(asyncssh.SSHClient):
        def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
            shown.append(public_text(key))
            return shown[-1] == endpoint.host_key

    options: dict[str, Any] = {"client_keys": [str(key) for key in client_keys]} if client_keys else {}
    try:
        return await asyncssh.connect(
            endpoint.address,
            endpoint.port,
            username=endpoint.user,
            client_factory=Client,
            known_hosts=([], [], []),
            server_host_key_algs=HOST_KEY_ALGORITHMS,
            config=None,
            connect_timeout=timeout_s,
            login_timeout=timeout_s,
            keepalive_interval=KEEPALIVE_S,
            keepalive_count_max=KEEPALIVES_MISSED,
            preferred_auth="publickey",
            **options,
        )
    except asyncssh.HostKeyNotVerifiable as error:
        if endpoint.host_key is None:
            raise HostKeyUnknown(name, shown[-1]) from error
        raise HostKeyChanged(name, endpoint.host_key, shown[-1] if shown else "") from error
    except asyncssh.KeyImportError as error:
        raise AuthenticationRefused(name, f"the operator's own key cannot be read: {error}") from error
    except (TimeoutError, OSError, asyncssh.Error) as error:
        raise in_words(name, endpoint, error, timeout_s) from error


async def shown_host_key(name: str, endpoint: Endpoint, timeout_s: float) -> str:
    """The key that the host shows now; nobody logs in. Raises Unreachable."""
    import asyncssh

    try:
        key = await asyncio.wait_for(
            asyncssh.get_server_host_key(
                endpoint.address, endpoint.port, server_host_key_algs=HOST_KEY_ALGORITHMS, config=None
            ),
            timeout_s,
        )
    except (TimeoutError, OSError, asyncssh.Error) as error:
        raise in_words(name, endpoint, error, timeout_s) from error
    if key is None:
        raise Unreachable(name, f"what answers at {endpoint.address} port {endpoint.port} shows no host key")
    return public_text(key)


def public_text(key: asyncssh.SSHKey) -> str:
    """Algorithm and base64, without the comment."""
    return " ".join(key.export_public_key().decode().split()[:2])


def in_words(name: str, endpoint: Endpoint, error: Exception, timeout_s: float) -> SshError:
    import asyncssh

    where = f"{endpoint.address} port {endpoint.port}"
    if isinstance(error, asyncssh.PermissionDenied):
        return AuthenticationRefused(
            name, f"{endpoint.user}@{endpoint.address} does not let in any key that was offered; is it in ssh.keys?"
        )
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(name, f"{where} refuses connections: no sshd there, or the firewall rejects this address")
    if isinstance(error, (asyncio.TimeoutError, TimeoutError)):
        return Unreachable(name, f"no answer from {where} in {timeout_s:g} s")
    if isinstance(error, asyncssh.ConnectionLost):
        return Unreachable(name, f"{where} closed the connection before the login was through")
    return Unreachable(name, f"{where} cannot be reached: {error}")
