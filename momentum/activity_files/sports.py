"""The names of sports, and how FIT, TCX, GPX and Strava call them.

Sports are FIT's own names where a load model tells them apart, everything else is "other" with the
device's word kept in `sub_sport`.
"""

from __future__ import annotations

SPORTS = (
    "cycling", "running", "swimming", "walking", "hiking", "rowing", "cross_country_skiing",
    "alpine_skiing", "strength", "cardio", "paddling", "multisport", "transition", "other",
)  # fmt: skip

# FIT's enum names (profile 21.218) that are not already a sport of ours.
_FIT = {
    "e_biking": "cycling",
    "training": "strength",
    "fitness_equipment": "cardio",
    "mountaineering": "hiking",
    "snowshoeing": "hiking",
    "kayaking": "paddling",
    "rafting": "paddling",
    "stand_up_paddleboarding": "paddling",
    "snowboarding": "alpine_skiing",
}
_SUB_SPORT = {
    "indoor_rowing": "rowing",
    "strength_training": "strength",
    "cardio_training": "cardio",
    "indoor_cycling": "cycling",
    "treadmill": "running",
}
# Words of TCX, GPX types, Garmin and Strava, folded to letters only.
_WORDS = {
    "biking": "cycling", "bike": "cycling", "roadbiking": "cycling", "mountainbiking": "cycling",
    "ride": "cycling", "virtualride": "cycling", "ebikeride": "cycling", "gravelride": "cycling",
    "mountainbikeride": "cycling", "cyclisme": "cycling", "indoorcycling": "cycling",
    "run": "running", "trailrun": "running", "virtualrun": "running", "treadmillrunning": "running",
    "trailrunning": "running", "jogging": "running", "course": "running",
    "swim": "swimming", "lapswimming": "swimming", "openwaterswimming": "swimming", "natation": "swimming",
    "walk": "walking", "hike": "hiking", "rowing": "rowing", "indoorrowing": "rowing", "row": "rowing",
    "weighttraining": "strength", "strengthtraining": "strength", "workout": "cardio", "crossfit": "cardio",
    "nordicski": "cross_country_skiing", "alpineski": "alpine_skiing", "backcountryski": "cross_country_skiing",
    "kayaking": "paddling", "canoeing": "paddling", "standuppaddling": "paddling",
    # Strava's numbers, as its GPX exports write them in <type>
    "1": "cycling", "9": "running", "10": "walking", "4": "hiking", "16": "swimming", "17": "cycling",
}  # fmt: skip


def from_fit(sport: str, sub_sport: str = "") -> str:
    """Our sport for FIT's `sport` and `sub_sport` names."""
    if sub_sport in _SUB_SPORT and sport in ("fitness_equipment", "training", "generic", ""):
        return _SUB_SPORT[sub_sport]
    if sport in SPORTS:
        return sport
    return _FIT.get(sport, "other")


def from_words(text: str) -> str:
    """Our sport for the words of a TCX attribute, a GPX type or a Strava csv; "other" if unknown."""
    folded = "".join(ch for ch in text.lower() if ch.isalnum())
    return folded if folded in SPORTS else _WORDS.get(folded, "other")
