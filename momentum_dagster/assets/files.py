"""Files in: raw files, what is in them, their samples, and what could not be read. One run, no partition."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from momentum.activity_files.decoder_version import DECODER_VERSION
from momentum_dagster import progress
from momentum_dagster.assets.inbox import Delivery, deliveries, left_alone
from momentum_dagster.contract import table_spec
from momentum_dagster.resources.warehouse import Warehouse

if TYPE_CHECKING:
    from momentum.warehouse.client import Client
    from momentum.warehouse.ingest.batch import IntakeReport

GROUP = "files"
IMPORT = "take_in_files"  # the step
IN_THIS_RUN = " in this run"  # ends the names of metadata that count what one run did

_DECODER = str(DECODER_VERSION)
SPECS = [
    table_spec("raw_files", GROUP, ["inbox"], kinds={"clickhouse", "file"}),
    table_spec("decoded_files", GROUP, ["raw_files", "athletes"], code_version=_DECODER),
    *(
        table_spec(table, GROUP, ["decoded_files"], code_version=_DECODER)
        for table in ("records", "laps", "rr_intervals", "developer_fields")
    ),
    table_spec("quarantine", GROUP, ["raw_files"], code_version=_DECODER),
]
# The row that was written last says whether the content moved.
_NEWEST = {"raw_files": "seen_at", "decoded_files": "decoded_at", "laps": "start", "quarantine": "seen_at"}


class ImportConfig(dg.Config):
    """Which files to take. Nothing given: all that lies in the inbox of every athlete."""

    paths: list[str] = Field(default=[], description="Files, folders and export zips.")
    athlete_id: str = Field(default="", description="Whose files they are.")


@dg.multi_asset(specs=SPECS, name=IMPORT)
def take_in_files(
    context: dg.AssetExecutionContext, config: ImportConfig, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult]:
    """Takes files into the archive, decodes them and writes their samples; what counts opens a change."""
    client = warehouse.client(context.run.run_id)
    if not config.paths:
        for told in left_alone(warehouse.settings.inbox_dir):
            context.log.warning(told)
    reports = [
        _take_in(context, client, warehouse, delivery)
        for delivery in deliveries(config.paths, config.athlete_id, warehouse.settings.inbox_dir)
    ]
    did = {
        f"{name}{IN_THIS_RUN}": sum(getattr(report, name) for report in reports)
        for name in ("files", "new", "known", "refused", "samples")
    }
    for spec in SPECS:
        table = spec.key.to_user_string()
        newest = client.rows(f"SELECT count() AS rows, max({_NEWEST.get(table, 'ts')}) AS at FROM {table}")[0]
        yield dg.MaterializeResult(
            asset_key=spec.key,
            metadata={"dagster/row_count": newest["rows"], **did},
            # moves with the content, so what is downstream is stale only when something came
            data_version=dg.DataVersion(f"{newest['rows']}:{newest['at']}"),
        )


def _take_in(
    context: dg.AssetExecutionContext, client: "Client", warehouse: Warehouse, delivery: Delivery
) -> "IntakeReport":
    from datetime import UTC, datetime
    from functools import partial

    from momentum.activity_files.archives import walk
    from momentum.warehouse.entries import check_athlete_id, ensure_athlete
    from momentum.warehouse.ingest.intake import Intake, take_all

    athlete_id, now = delivery.athlete_id, datetime.now(UTC)
    check_athlete_id(athlete_id)
    intake = Intake(
        client,
        warehouse.archive,
        athlete_id,
        open_change=partial(warehouse.open_change, client),
        run_id=context.run.run_id,
        now=now,
    )
    for report in take_all(intake, (item for path in delivery.paths for item in walk(path))):
        progress.tell(f"files of {athlete_id}", report.files)
    if client.rows("SELECT 1 FROM decoded_files WHERE athlete_id = {athlete:String} LIMIT 1", {"athlete": athlete_id}):
        ensure_athlete(
            client, athlete_id, now=now
        )  # whoever has activities is somebody; files that are none add nobody
    delivery.put_away()
    context.log.info(f"{athlete_id}: {intake.report}")
    return intake.report
