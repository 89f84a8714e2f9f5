"""Swimming: sTSS."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def stss(speed_mps: float, swimming_s: float, css_mps: float) -> float:
    """100 * hours * (v / CSS)^3, rests excluded (TrainingPeaks; WKO4 includes them)."""
    return 100.0 * swimming_s / 3600.0 * (speed_mps / css_mps) ** 3


def swum(lengths: dict[str, NDArray]) -> tuple[float, float] | None:
    """Distance (m) and time (s) of the lengths that were swum; None when there are none.

    lengths: "elapsed_s", "distance_m" (n) float64. A length without a distance is a rest at the wall.
    """
    if "elapsed_s" not in lengths or lengths["elapsed_s"].size == 0:
        return None
    active = (lengths["distance_m"] > 0) & (lengths["elapsed_s"] > 0)
    if not active.any():
        return None
    return float(np.sum(lengths["distance_m"][active])), float(np.sum(lengths["elapsed_s"][active]))
