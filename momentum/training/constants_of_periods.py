"""Constants of days, weeks and months. Each model names those it uses: a change makes only what rests on it stale."""

from __future__ import annotations

# --- Series over days (series.py, fitness.sql) ---
CTL_TAU_D = 42
ATL_TAU_D = 7
RAMP_D = 7
ACUTE_D = 7
CHRONIC_D = 28
MONOTONY_D = 7

# --- Polarisation of a period (zones.py, rollup.sql) ---
POLARISED_ABOVE = 2.0  # Treff et al. 2019
POLARISATION_EMPTY_ZONE = 0.01  # Treff's stand-in where zone 2 is empty
