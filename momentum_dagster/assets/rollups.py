"""Rollups: weeks, months and the power curve, from the metrics of activities."""

from __future__ import annotations

from momentum_dagster.assets.training_load import model_asset

GROUP = "rollups"
_SUMS = {
    name: [("activity_metrics", name)]
    for name in ("duration_s", "distance_m", "ascent_m", "load", "hr_zone_s", "power_zone_s", "polarised_zone_s")
} | {"polarisation_index": [("activity_metrics", "polarised_zone_s")]}

ROLLUPS = [
    model_asset("weekly_rollup", GROUP, ["activity_metrics"], _SUMS, "Sums of activities."),
    model_asset("monthly_rollup", GROUP, ["activity_metrics"], _SUMS, "Sums of activities."),
    model_asset(
        "power_curve",
        GROUP,
        ["activity_metrics"],
        {
            "best_w": [("activity_metrics", "mean_max_w")],
            "best_speed_mps": [("activity_metrics", "mean_max_speed_mps")],
        },
        "The best mean power and speed held for 1 s to 5 h.",
    ),
]
