"""A change that may be made again without harm, made until it is seen."""

from __future__ import annotations

from collections.abc import Callable

from momentum.adapters.ovh import OutcomeUnknown

SETTLES_S = 15.0
"""What is given a change whose answer was lost before the world is read again."""
_TIMES = 4


def until_seen(is_so: Callable[[], bool], change: Callable[[], object], sleep: Callable[[float], None]) -> bool:
    """True if something was changed. Raises OutcomeUnknown when one answer after the other is lost."""
    if is_so():
        return False
    for left in reversed(range(_TIMES)):
        try:
            change()
        except OutcomeUnknown:
            if not left:
                raise
            sleep(SETTLES_S)
            if is_so():
                return True
        else:
            return True
    raise AssertionError("unreachable")
