"""Which keys this machine's operator can log in with, before there is a host to try it on."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path

# Those that are tried where no key is named, in ~/.ssh.
_USUAL = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk", "id_ed448")


def own_public_keys() -> frozenset[str]:
    """Of the agent, and of the usual files that open without a passphrase; each its base64, as in a .pub file.

    What cannot be read is left out: a connection would not offer it either.
    """
    return frozenset(asyncio.run(_of_agent())) | _of_files(Path.home() / ".ssh")


async def _of_agent() -> set[str]:
    import asyncssh

    if not os.environ.get("SSH_AUTH_SOCK"):
        return set()
    try:
        async with asyncssh.connect_agent() as agent:
            return {_base64(pair.public_data) for pair in await agent.get_keys()}
    except (OSError, asyncssh.Error, ValueError):
        return set()


def _of_files(folder: Path) -> frozenset[str]:
    import asyncssh

    found = set()
    for name in _USUAL:
        try:
            key = asyncssh.read_private_key(folder / name)
        except (OSError, asyncssh.KeyImportError):
            continue
        found.add(_base64(key.public_data))
    return frozenset(found)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
