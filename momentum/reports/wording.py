"""Figures as people write them: thresholds with their names and units, pace, times, days."""

from __future__ import annotations

from datetime import date

_THRESHOLDS = {
    "ftp_w": "FTP",
    "critical_power_w": "critical power",
    "w_prime_j": "W' above it",
    "lthr_bpm": "threshold heart rate",
    "resting_hr_bpm": "resting heart rate",
    "max_hr_bpm": "highest heart rate",
    "threshold_speed_mps": "threshold pace",
    "css_mps": "critical swim pace",
    "vt1_bpm": "heart rate at VT1",
    "vt2_bpm": "heart rate at VT2",
}


def threshold_text(name: str, value: float) -> tuple[str, str, str]:
    """A column of `thresholds` in words, its value as people tell it (speed as pace), and the unit of that."""
    told = _THRESHOLDS[name]
    if name == "threshold_speed_mps":
        return told, pace(value, 1000), "min/km"
    if name == "css_mps":
        return told, pace(value, 100), "min/100 m"
    if name == "w_prime_j":
        return told, f"{value / 1000:.1f}", "kJ"
    return told, f"{value:.0f}", "W" if name.endswith("_w") else "bpm"


def pace(speed_mps: float, metres: int) -> str:
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
