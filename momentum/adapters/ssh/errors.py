"""What goes wrong on the way to a host or on it, in words, with the way out."""

from __future__ import annotations

from momentum.errors import MomentumError


class SshError(MomentumError):
    """`host` is the server's name; the message begins with it."""

    def __init__(self, host: str, message: str) -> None:
        super().__init__(f"{host}: {message}")
        self.host = host


class Unreachable(SshError):
    """Refused, no route, no name, or no answer in time: nothing was begun."""


class AuthenticationRefused(SshError):
    """The host lets none of the operator's keys in."""


class HostKeyUnknown(SshError):
    """The host was not seen before; `found` is what it shows, to be pinned if this is its delivery."""

    def __init__(self, host: str, found: str) -> None:
        super().__init__(
            host,
            f"its host key {fingerprint(found)} is not pinned. "
            "It is pinned when a server is delivered; for one that exists, adopt it.",
        )
        self.found = found


class HostKeyChanged(SshError):
    """The host shows another key than the pinned one: rebuilt by somebody, or not this host at all."""

    def __init__(self, host: str, pinned: str, found: str) -> None:
        super().__init__(
            host,
            f"its host key changed: pinned is {fingerprint(pinned)}, it shows {fingerprint(found)}. Nothing was sent. "
            "If the server was rebuilt on purpose, forget the old key by adopting it again; if not, do not go on.",
        )
        self.pinned, self.found = pinned, found


class ConnectionLost(SshError):
    """The connection went away while a command ran: what it did is not known and must be read again."""


class CommandTimeout(SshError):
    """The command was still running; it was told to end, what it did must be read again."""


class SudoRefused(SshError):
    """The user may not do this as root without a password."""


class DiskFull(SshError):
    """No space left; files that were to be replaced are as they were."""


class CommandFailed(SshError):
    """A command that had to succeed did not; the message holds the end of what it said, masked."""


def fingerprint(public_key: str) -> str:
    """As `ssh-keygen -l` shows it: SHA256 and base64 without padding."""
    import base64
    import binascii
    import hashlib

    words = public_key.split()
    try:
        blob = base64.b64decode(words[1], validate=True)
    except (IndexError, binascii.Error):
        return "(unreadable)"
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
