"""How far a run in this process is: the command line listens, everybody else does not notice."""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[str, int, int | None], None]  # what, done, of how many (None: not known)

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Be told of all progress in this process from now on."""
    _listeners.append(listener)


def forget(listener: Listener) -> None:
    """Stop listening."""
    _listeners.remove(listener)


def tell(what: str, done: int, total: int | None = None) -> None:
    """Report progress; costs nothing when nobody listens."""
    for listener in _listeners:
        listener(what, done, total)
