"""Figures as people write them: pace, times, days."""

from __future__ import annotations

from datetime import date


def pace(speed_mps: float, metres: float) -> str:
    """Minutes and seconds for a distance at a speed above 0."""
    return minutes_text(metres / speed_mps)


def minutes_text(seconds: float) -> str:
    """4:05 for 245 seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def clock(seconds: float) -> str:
    """1:05 for an hour and five minutes, to the minute."""
    return minutes_text(seconds / 60)


def hours_text(seconds: float) -> str:
    """1 h 05 min, to the minute."""
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min"


def day_text(day: date) -> str:
    """7 Sep 2026."""
    return f"{day:%-d %b %Y}"
