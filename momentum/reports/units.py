"""Distances, paces, mass and height in the units that an athlete chose; what is stored is always metric."""

from __future__ import annotations

from dataclasses import dataclass

from momentum.reports.wording import pace

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

KG_PER_LB = 0.45359237
M_PER_FT = 0.3048


@dataclass(frozen=True)
class Units:
    """One system: the unit of roads and its metres, of pools, of heights."""

    road: str
    road_m: float
    pool: str
    pool_m: float
    height: str
    height_m: float

    def distance(self, metres: float, digits: int) -> str:
        """How many km or miles, without the unit."""
        return f"{metres / self.road_m:.{digits}f}"

    def road_pace(self, speed_mps: float) -> tuple[str, str]:
        """Pace of runners, and its unit."""
        return pace(speed_mps, self.road_m), f"min/{self.road}"

    def pool_pace(self, speed_mps: float) -> tuple[str, str]:
        """Pace of swimmers over a hundred, and its unit."""
        return pace(speed_mps, 100 * self.pool_m), f"min/100 {self.pool}"

    def speed(self, speed_mps: float) -> tuple[str, str]:
        """Speed, and its unit."""
        return f"{speed_mps * 3600 / self.road_m:.1f}", "mph" if self.road == "mi" else f"{self.road}/h"

    def ascent(self, metres: float) -> str:
        """Metres or feet climbed."""
        return f"{metres / self.height_m:.0f} {self.height} up"

    def mass(self, kg: float) -> str:
        """Kilograms or pounds."""
        return f"{kg:g} kg" if self.road == "km" else f"{kg / KG_PER_LB:.1f} lb"

    def tallness(self, metres: float) -> str:
        """1.70 m, or 5 ft 7 in."""
        if self.height == "m":
            return f"{metres:.2f} m"
        feet, inches = divmod(round(metres / M_PER_FT * 12), 12)
        return f"{feet} ft {inches} in"


METRIC = Units("km", 1000.0, "m", 1.0, "m", 1.0)
IMPERIAL = Units("mi", 1609.344, "yd", 0.9144, "ft", M_PER_FT)


def units_of(name: str | None) -> Units:
    """By the word in the athlete's profile; metric where there is none."""
    return IMPERIAL if name == "imperial" else METRIC


def threshold_text(name: str, value: float, units: Units) -> tuple[str, str, str]:
    """A column of `thresholds` in words, its value as people tell it (speed as pace), and the unit of that."""
    told = _THRESHOLDS[name]
    if name == "threshold_speed_mps":
        return told, *units.road_pace(value)
    if name == "css_mps":
        return told, *units.pool_pace(value)
    if name == "w_prime_j":
        return told, f"{value / 1000:.1f}", "kJ"
    return told, f"{value:.0f}", "W" if name.endswith("_w") else "bpm"
