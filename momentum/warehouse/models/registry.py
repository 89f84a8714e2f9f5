"""The models in order, and the version of each: what it is made of, and what those inputs are made of."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from string import Template

from momentum.training import constants, constants_of_periods


@dataclass(frozen=True)
class Model:
    """What computes a table.

    inputs: models whose rows it reads. Entered data (athletes, thresholds) is not named here: an edit of
        it is a change in the journal, not another version.
    constants: values that stand in the SQL, or that the Python code uses; read when they are asked for.
    code: raised by hand when the code around changes a figure without SQL or a constant changing.
    sql: name of the .sql file; empty for a model in Python.
    weight: SQL expression, rows that one row of `weighed` costs: what athlete buckets are cut by.
    """

    table: str
    inputs: tuple[str, ...]
    constants: Callable[[], Mapping[str, object]]
    code: int = 1
    sql: str = ""
    weighed: str = ""
    weight: str = "count()"


def _activity_metrics_constants() -> Mapping[str, object]:
    from momentum.activity_files.decoder_version import DECODER_VERSION

    return {**constants.constants_hash_inputs(), "decoder_version": DECODER_VERSION}


def _fitness_constants() -> Mapping[str, object]:
    """Williams 2017 gives the EWMA's lambda as 2/(N+1); its tau is the one of the same decay a day."""
    lambdas = {"acute": 2 / (constants_of_periods.ACUTE_D + 1), "chronic": 2 / (constants_of_periods.CHRONIC_D + 1)}
    return {
        "ctl_tau_d": constants_of_periods.CTL_TAU_D,
        "atl_tau_d": constants_of_periods.ATL_TAU_D,
        "ramp_d": constants_of_periods.RAMP_D,
        "acute_d": constants_of_periods.ACUTE_D,
        "chronic_d": constants_of_periods.CHRONIC_D,
        "monotony_d": constants_of_periods.MONOTONY_D,
        **{f"{name}_lambda": weight for name, weight in lambdas.items()},
        **{f"{name}_tau_d": -1 / math.log1p(-weight) for name, weight in lambdas.items()},
    }


def _rollup_constants(period_start: str) -> Mapping[str, object]:
    return {
        "period_start": period_start,
        "polarised_above": constants_of_periods.POLARISED_ABOVE,
        "polarisation_empty_zone": constants_of_periods.POLARISATION_EMPTY_ZONE,
    }


def _power_curve_constants() -> Mapping[str, object]:
    return {"durations_s": list(constants.DURATIONS_S)}


# By table, in the order in which they run. A test that wants another constant puts another Model here.
MODELS: dict[str, Model] = {
    model.table: model
    for model in (
        Model("activity_metrics", (), _activity_metrics_constants),
        Model(
            "daily_load",
            ("activity_metrics",),
            dict,
            sql="daily_load.sql",
            weighed="activity_metrics",
            weight="least({days:UInt32}, greatest(0, dateDiff('day', min(local_date), {last:Date}) + 1))",
        ),
        Model(
            "fitness",
            ("daily_load",),
            _fitness_constants,
            sql="fitness.sql",
            weighed="daily_load",
            # A row a day for all sports, and one for each: from its first day on, so this is the most it can be.
            weight="count() * (1 + length(groupUniqArrayArray(mapKeys(load_by_sport))))",
        ),
        Model(
            "weekly_rollup",
            ("activity_metrics",),
            lambda: _rollup_constants("toMonday"),
            sql="rollup.sql",
            weighed="activity_metrics",
        ),
        Model(
            "monthly_rollup",
            ("activity_metrics",),
            lambda: _rollup_constants("toStartOfMonth"),
            sql="rollup.sql",
            weighed="activity_metrics",
        ),
        Model(
            "power_curve",
            ("activity_metrics",),
            _power_curve_constants,
            sql="power_curve.sql",
            weighed="activity_metrics",
            weight="sum(length(mean_max_w) + length(mean_max_speed_mps))",
        ),
    )
}


def model_version(table: str) -> str:
    """12 hex digits over constants, normalised SQL, the hand-bumped number and the versions of all inputs.

    Raises KeyError for a table that no model computes.
    """
    model = MODELS[table]
    told = {
        "table": table,
        "code": model.code,
        "constants": model.constants(),
        "sql": normalised(_text(model)) if model.sql else "",
        "inputs": [model_version(name) for name in model.inputs],
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]


def statement(table: str) -> str:
    """The model's SELECT with its constants in place; parameters of a run are still to be given."""
    model = MODELS[table]
    return Template(_text(model)).substitute(model.constants())


def normalised(sql: str) -> str:
    """Without comments and with single blanks: a remark or an indent is not another model."""
    return " ".join(re.sub(r"--[^\n]*", "", sql).split())


def _text(model: Model) -> str:
    return resources.files("momentum.warehouse.models").joinpath(model.sql).read_text()
