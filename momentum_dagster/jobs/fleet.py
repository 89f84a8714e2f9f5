"""Looking at the fleet, and the one job that changes it: by a plan whose hash a person has seen."""

import json
import time
from typing import Any

import dagster as dg
from pydantic import Field

from momentum.settings import Settings
from momentum_dagster.resources.infrastructure import Infrastructure

FLEET = ["fleet", "servers", "mesh", "firewall", "first_server", "control_plane", "agents", "dns"]
# Often enough to learn of a change by hand within the hour; a look costs a few calls of the 60 a minute.
LOOK_EVERY_S = 3600
FILE_INTERVAL_S = 60

observe_fleet = dg.define_asset_job(
    "observe_fleet",
    selection=dg.AssetSelection.assets(*FLEET),
    description="A look at servers, mesh, cluster and names; nothing is changed.",
    executor_def=dg.in_process_executor,
)


class ApplyConfig(dg.Config):
    """What a person said yes to."""

    plan_hash: str = Field(
        description="Hash of the plan that you have seen (`momentum infra plan`, or the asset fleet). Nothing is done "
        "if the plan of today has another one."
    )
    destroys: list[str] = Field(default=[], description="Servers whose data the plan destroys, each by its name.")


@dg.op(description="Executes the plan with this hash, step by step; the journal is told before and after each.")
def apply_plan(context: dg.OpExecutionContext, config: ApplyConfig, infrastructure: Infrastructure) -> None:
    done = infrastructure.apply(config.plan_hash, config.destroys, context.log.info)
    context.add_output_metadata({"plan_hash": config.plan_hash, "steps": done})


@dg.job(executor_def=dg.in_process_executor)
def apply_fleet() -> None:
    """Makes the fleet what its file says. Demands the hash of the plan that a person saw; twice does no harm."""
    apply_plan()


FLEET_JOBS: list[Any] = [observe_fleet, apply_fleet]


def build_fleet_sensor(settings: Settings) -> dg.SensorDefinition:
    """The sensor that looks, for a home."""

    @dg.sensor(
        job=observe_fleet,
        minimum_interval_seconds=FILE_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Looks at the fleet once an hour, and as soon as its file changes.",
    )
    def fleet_sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        from momentum.provisioning.connect import missing
        from momentum_dagster.resources.infrastructure import is_at_work

        try:
            file = settings.fleet.stat().st_mtime_ns
        except OSError:
            return dg.SkipReason(f"no fleet file at {settings.fleet}; `momentum infra init` writes one")
        if not_connected := missing(settings):
            return dg.SkipReason(not_connected)
        last = json.loads(context.cursor) if context.cursor else {"file": 0, "at": 0}
        if file == last["file"] and time.time() - last["at"] < LOOK_EVERY_S:
            return dg.SkipReason("looked at within the hour, and the file is as it was")
        if is_at_work(settings):
            return dg.SkipReason("a run that looks at the fleet, or changes it, is at work")
        context.update_cursor(json.dumps({"file": file, "at": int(time.time())}))
        return dg.RunRequest()

    return fleet_sensor
