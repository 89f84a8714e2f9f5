"""Every constant of what is computed of one activity, named, with its source.

All of them are part of the `model_version` of `activity_metrics`, and so of everything computed from it. What
only days, weeks and months need stands in constants_of_periods.py, and makes no activity stale.

Lengths in metres, times in seconds, power in watts, speed in metres a second, heart rate in beats a minute.
"""

from __future__ import annotations

# Bumped by hand when code that an activity's figures come from changes one without a constant changing.
CODE_VERSION = 2

# --- Resampling (resample.py) ---
# Smart recording leaves out seconds in which little changes. Desktop tools bridge such gaps by a straight
# line (GoldenCheetah: up to 25 s by default, adjustable). A longer gap is a stop.
MAX_GAP_S = 30
# Shares of the time for which a channel must be there before anything is made of it. Own convention.
MIN_COVERAGE = 0.75
# What a sensor may say; the rest is a sensor's error and counts as missing (0 bpm is a strap without contact).
BELIEVED = {
    "heart_rate_bpm": (20.0, 250.0),
    "power_w": (0.0, 3000.0),
    "speed_mps": (0.0, 60.0),
    "cadence_rpm": (0.0, 300.0),
    "altitude_m": (-500.0, 9000.0),
}
EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG

# --- Power (power.py): Coggan; Skiba 2007 ---
NP_WINDOW_S = 30
# How the first 29 windows are filled: "partial" (with what there is: an hour at FTP is TSS 100.0) or "zeros"
# (as GoldenCheetah does: 99.673).
NP_START = "partial"
XPOWER_TAU_S = 25  # w = w*25/26 + P/26 per second
XPOWER_NEGLIGIBLE_W = 0.1  # a gap decays down to here and no further, as GoldenCheetah does

# --- Heart rate (heart_rate.py) ---
# Morton, Fitz-Clarke & Banister 1990: minutes * x * a * exp(b * x).
TRIMP_WEIGHTS = {"m": (0.64, 1.92), "f": (0.86, 1.67)}
# Below this reserve one of the two settings is a slip of the keyboard, and exp() would blow it up.
MIN_HR_RESERVE_BPM = 30.0
EDWARDS_BOUNDS = (0.5, 0.6, 0.7, 0.8, 0.9)  # of HRmax, Edwards 1993; weights 0 to 5
LUCIA_WEIGHTS = (1.0, 2.0, 3.0)  # Lucia 2003 (phases); the weights are those of the field, no second source found

# --- Evidence in the heart rate ---
HELD_S = 5
# A rise this steep within this time is a sensor's, not a heart's, when it falls back soon. Own convention.
SPIKE_RISE_BPM = 20.0
SPIKE_WITHIN_S = 3
SPIKE_BACK_BPM = 10.0
SPIKE_LASTS_S = 60
# An optical sensor that follows the arms: heart rate equals cadence (or steps, twice the strides) for long.
CADENCE_LOCK_BPM = 1.5
CADENCE_LOCK_S = 60
MAX_HR_EVIDENCE_BPM = 230.0
STEADY_EFFORT_S = 1800  # Friel's test: 30 min alone and all out,
STEADY_EFFORT_TAIL_S = 1200  # of which the last 20 count.
# Of HRmax, or of the highest held that day where that is more: threshold lies at 85 % and above. Own convention.
STEADY_EFFORT_SHARE_OF_MAX = 0.85
STEADY_EFFORT_FADE = 0.10  # the last 20 min at most this much below the first 10. Own convention.

# --- Running (running.py) ---
# Minetti et al. 2002, J/kg/m against slope, highest power first.
MINETTI = (155.4, -30.4, -43.3, 46.3, 19.5, 3.6)
MINETTI_FLAT = 3.6
MAX_SLOPE = 0.45  # Minetti measured no further
SLOPE_WINDOW_S = 30
SLOPE_MIN_RUN_M = 5.0  # below this in a window nobody runs and a slope means nothing
MOVING_MPS = 0.5  # slower is standing
# Skiba 2006 (GOVSS); windows and start-up as GoldenCheetah.
GOVSS_SPEED_WINDOW_S = 120
GOVSS_POWER_WINDOW_S = 30
AIR_DENSITY = 1.2  # kg/m3
DRAG = 0.9
FRONTAL_AREA = (0.2025, 0.725, 0.425, 0.266)  # 0.2025 * h^0.725 * m^0.425 * 0.266, Du Bois body surface
RUNNING_EFFICIENCY = (0.25, 0.054, 0.5, 8.33)  # (0.25 + 0.054 v) * (1 - 0.5 v / 8.33)

# --- Zones (zones.py) ---
POWER_ZONES = (0.55, 0.75, 0.90, 1.05, 1.20, 1.50)  # of FTP, Coggan
HR_ZONES = (0.68, 0.83, 0.94, 1.05)  # of LTHR, Coggan

# --- Decoupling, efficiency (decoupling.py) ---
# Steady: 30 s fourth-power mean over mean. Coggan and Friel hold 1.05 to be a steady ride. Running varies
# less at the same effort: 1.02 is our own convention (six repeats of 1 km with jogs are 1.05 to 1.09).
STEADY_VARIABILITY = {"power": 1.05, "speed": 1.02}
STEADY_MIN_S = 1200

# --- Mean-max (mean_max.py) ---
DURATIONS_S = (
    1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 105, 120, 150, 180, 210, 240, 300, 360, 420,
    480, 600, 720, 900, 1080, 1200, 1500, 1800, 2100, 2400, 2700, 3000, 3600, 4500, 5400, 6300, 7200, 9000, 10800,
    12600, 14400, 16200, 18000,
)  # fmt: skip

# --- W' balance (w_balance.py): Skiba 2012; Froncioni, Skiba & Clarke ---
W_TAU = (546.0, -0.01, 316.0)  # 546 * exp(-0.01 * D) + 316
W_STEP = "exact"  # recovery over a second: "exact" solution of the differential equation, or "euler"

# --- Load (load.py) ---
LOAD_PREFERENCE = ("tss", "rtss", "stss", "trimp100", "srpe")
# Session RPE against load where the athlete's own history is too short. An hour at threshold is load 100; on
# Foster's CR-10 such an hour is 7: session RPE of 7 and more is the zone above the second threshold
# (Seiler & Kjerland 2006). A convention, and told as one.
SRPE_OF_A_THRESHOLD_HOUR = 7.0
SRPE_DEFAULT_SCALE = 100.0 / (60.0 * SRPE_OF_A_THRESHOLD_HOUR)
SRPE_HISTORY_DAYS = 365
SRPE_MIN_SESSIONS = 5
SWIM_SPEED_LIMIT_MPS = 3.0  # faster in the mean than any swimmer
RUN_SAMPLE_LIMIT_MPS = 12.5  # nobody has run faster for a second (world record's top speed 12.3): not running
RUN_SPEED_LIMIT_MPS = 8.0  # faster in the mean than any runner over more than a minute

# --- Thresholds (thresholds.py) ---
EVIDENCE_DAYS = {"max_hr_bpm": 730, "lthr_bpm": 180, "ftp_w": 90, "critical_speed": 180}  # power: FTP, CP and W'
FTP_OF_20_MIN = 0.95
FTP_EFFORT_S = 1200
FTP_MIN_ACTIVITIES = 3  # with power for 20 min, unless one lies on the day of a marked test
CP_EFFORTS_S = (120, 1200)
CP_MIN_EFFORTS = 3
CP_MIN_SPREAD = 3.0  # the longest over the shortest
CP_MAX_SE = 0.05  # of CP
W_PRIME_MAX_SE = 0.20  # of W'
# A steady half hour that is not marked as a test counts where it reaches this share of HRmax, twice. Own
# convention: a brisk long run stays below it.
LTHR_SHARE_OF_MAX = 0.88


def constants_hash_inputs() -> dict[str, object]:
    """All constants by name, tuples as lists: what the version of `activity_metrics` is made of (JSON can write it)."""
    return {name: _plain(value) for name, value in sorted(globals().items()) if name.isupper()}


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value
