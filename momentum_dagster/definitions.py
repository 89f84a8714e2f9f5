"""Where everything meets. `build_defs` gives a fresh Definitions, so tests and the command line swap parts."""

from __future__ import annotations

from typing import Any

import dagster as dg

from momentum.settings import Settings
from momentum_dagster.assets.activities import assemble_activities
from momentum_dagster.assets.changes import changes
from momentum_dagster.assets.checks import build_checks
from momentum_dagster.assets.entered import ENTERED
from momentum_dagster.assets.files import take_in_files
from momentum_dagster.assets.rollups import ROLLUPS
from momentum_dagster.assets.training_load import TRAINING_LOAD
from momentum_dagster.infra_assets.cluster import CLUSTER
from momentum_dagster.infra_assets.fleet import fleet, servers
from momentum_dagster.infra_assets.network import NETWORK
from momentum_dagster.infra_assets.warehouse_store import warehouse_store
from momentum_dagster.jobs.fleet import FLEET_JOBS, build_fleet_sensor
from momentum_dagster.jobs.jobs import JOBS
from momentum_dagster.jobs.maintenance import MAINTENANCE, WEEKLY
from momentum_dagster.jobs.policies import AUTOMATION, HOURLY_LOOK
from momentum_dagster.jobs.sensors import build_nightly, build_sensors
from momentum_dagster.plots import with_latest_plot
from momentum_dagster.resources.infrastructure import Infrastructure
from momentum_dagster.resources.warehouse import Warehouse


def build_defs(settings: Settings | None = None, **resources: Any) -> dg.Definitions:
    """The whole graph for these settings; named resources take the place of the usual ones."""
    settings = settings or Settings()
    store = warehouse_store.map_asset_specs(lambda spec: spec.replace_attributes(automation_condition=HOURLY_LOOK))
    models = [one.map_asset_specs(lambda spec: with_latest_plot(spec, settings)) for one in (*TRAINING_LOAD, *ROLLUPS)]
    return dg.Definitions(
        assets=[
            fleet,
            servers,
            *NETWORK,
            *CLUSTER,
            *ENTERED,
            store,
            take_in_files,
            assemble_activities,
            *models,
            changes,
        ],
        asset_checks=build_checks(),
        jobs=[*JOBS, *FLEET_JOBS, *MAINTENANCE],
        sensors=[*build_sensors(settings), build_fleet_sensor(settings), AUTOMATION],
        schedules=[build_nightly(settings), *WEEKLY],
        resources={
            "warehouse": Warehouse(home=str(settings.home)),
            "infrastructure": Infrastructure(home=str(settings.home)),
            **resources,
        },
        executor=dg.in_process_executor,
    )


defs = build_defs()
