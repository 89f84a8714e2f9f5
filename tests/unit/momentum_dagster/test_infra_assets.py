"""The fleet in the graph: one asset per kind of thing, in order, observing; drift is told by server and field."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import dagster as dg
import pytest

from momentum.fleet.facts import Facts, Known, Machine
from momentum.fleet.membership import mark_of
from momentum.fleet.steps import Plan
from momentum.fleet.template import default_fleet_text
from momentum.provisioning.survey import Survey, load_fleet
from momentum.settings import Settings
from momentum_dagster.definitions import build_defs, defs
from momentum_dagster.jobs.fleet import FLEET
from momentum_dagster.resources.infrastructure import Infrastructure
from tests.unit.fleet import well_fleet
from tests.unit.momentum_dagster.fleet_home import fleet_settings

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
SPECS = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return fleet_settings(tmp_path, monkeypatch)


def observed(settings: Settings, instance: dg.DagsterInstance, **resources: object) -> dg.ExecuteInProcessResult:
    """The job that looks, run to its end."""
    job = build_defs(settings, **resources).resolve_job_def("observe_fleet")
    return job.execute_in_process(instance=instance, run_config=QUIET, raise_on_error=False)


def checks_of(result: dg.ExecuteInProcessResult) -> dict[tuple[str, str], dg.AssetCheckEvaluation]:
    return {(one.asset_key.to_user_string(), one.check_name): one for one in result.get_asset_check_evaluations()}


def metadata_of(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, dg.MetadataValue]:
    [made] = result.asset_materializations_for_node(asset)
    return dict(made.metadata)


def test_they_stand_in_the_order_in_which_they_are_built_and_the_store_stands_on_the_last() -> None:
    def below(asset: str) -> set[str]:
        above = {dep.asset_key.to_user_string() for dep in SPECS[asset].deps}
        return above.union(*(below(one) for one in above)) if above else above

    order = ["fleet", "servers", "mesh", "firewall", "first_server", "control_plane", "agents"]
    for number, asset in enumerate(order):
        assert below(asset) == set(order[:number])
    assert below("warehouse_store") == set(order)
    assert below("dns") == set(order)
    assert set(FLEET) == {*order, "dns"}


def test_what_can_drift_has_a_check_that_says_what_it_expects() -> None:
    graph = defs.resolve_asset_graph()
    told = {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}
    assert told >= {
        ("servers", "ordered"), ("servers", "display_name"), ("servers", "renewal"), ("servers", "ssh_keys"),
        ("mesh", "sysctl"), ("mesh", "peers"), ("firewall", "rules"), ("first_server", "one_cluster"),
        ("control_plane", "members"), ("control_plane", "k3s"), ("agents", "nodes"), ("dns", "records"),
    }  # fmt: skip


def test_without_credentials_all_is_green_not_applicable_and_shows_what_is_wanted(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    result = observed(settings, instance)
    assert result.success
    found = checks_of(result)
    assert all(one.passed for one in found.values())
    not_applicable = {key for key, one in found.items() if "not applicable: not connected" in (one.description or "")}
    assert found.keys() - not_applicable == {("fleet", "file")}
    servers = metadata_of(result, "servers")["servers"].value
    assert [record.data["server"] for record in servers.records] == ["server-1", "server-2", "server-3", "agent-1"]
    assert str(metadata_of(result, "mesh")["state"].value).startswith("not connected")
    cost = metadata_of(result, "fleet")
    assert "plan_hash" not in cost, "nobody plans what nobody has seen"
    assert {"cost of a month", "purses", "the same elsewhere"} <= cost.keys()


def test_without_a_file_all_is_green_and_the_way_to_one_is_told(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    settings.fleet.unlink()
    result = observed(settings, instance)
    assert result.success
    assert all(one.passed for one in checks_of(result).values())
    assert "momentum infra init" in str(metadata_of(result, "servers")["state"].value)


def test_a_file_that_is_refused_fails_its_check_with_the_lines(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    settings.fleet.write_text(default_fleet_text().replace("role: agent", "role: server"))
    found = checks_of(observed(settings, instance))
    assert [key for key, one in found.items() if not one.passed] == [("fleet", "file")]
    assert "line " in (found["fleet", "file"].description or "")


def test_the_job_that_changes_demands_the_hash_of_a_plan(settings: Settings, instance: dg.DagsterInstance) -> None:
    job = build_defs(settings).resolve_job_def("apply_fleet")
    with pytest.raises(dg.DagsterInvalidConfigError, match="plan_hash"):
        job.execute_in_process(instance=instance, run_config=QUIET)
    config = QUIET | {"ops": {"apply_plan": {"config": {"plan_hash": "0123456789abcdef"}}}}
    result = job.execute_in_process(instance=instance, run_config=config, raise_on_error=False)
    assert not result.success
    [failure] = [event for event in result.all_events if event.is_step_failure]
    assert "MOMENTUM_PROFILE=production" in str(failure.step_failure_data.error)


class Seen(Infrastructure):
    """The resource as it is, but for the world that it sees: a server renamed and one that nobody ordered."""

    def survey(self) -> Survey:
        fleet = load_fleet(self.settings)
        known = Known(services={server.name: f"vps-{server.name}" for server in fleet.servers})
        machines = {
            service: Machine(
                service, "mail" if name == "server-2" else name, "vps-2027-model3", "GRA", "running", "Debian 12",
                "203.0.113.1", None, True, renew_months=12, mark=mark_of(fleet, name),
            )
            for name, service in known.services.items()
        }  # fmt: skip
        stray = Machine("vps-stray", "", "vps-2027-model1", "GRA", "running", "Debian 12", "203.0.113.9", None, True)
        return Survey(fleet, Facts(machines=machines | {"vps-stray": stray}), known)


def test_drift_fails_its_own_check_with_server_and_field_and_stops_nothing(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    result = observed(settings, instance, infrastructure=Seen(home=str(settings.home)))
    assert result.success
    found = checks_of(result)
    name, stray = found["servers", "display_name"], found["servers", "ordered"]
    assert not name.passed
    assert name.severity == dg.AssetCheckSeverity.WARN
    assert name.description == "server-2: machine display name: wanted server-2, found mail"
    assert "vps-stray" in (stray.description or "")
    assert found["servers", "renewal"].passed
    [row] = name.metadata["differences"].value.records
    assert (row.data["server"], row.data["field"]) == ("server-2", "display name")
    servers = metadata_of(result, "servers")["servers"].value.records
    assert servers[-1].data["machine"] == "vps-stray"


def test_the_plan_is_there_as_table_picture_and_data_under_its_hash(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    result = observed(settings, instance, infrastructure=Seen(home=str(settings.home)))
    shown = metadata_of(result, "fleet")
    planned = Plan.from_json(json.dumps(shown["plan as JSON"].value))
    assert planned.hash == shown["plan_hash"].value
    assert any((step.kind, step.target) == ("server.mark", "server-2") for step in planned.steps)
    assert len(shown["plan"].value.records) == len(planned.steps)
    picture = str(shown["plan as a picture"].value).partition("base64,")[2].rstrip(")")
    assert planned.hash in base64.b64decode(picture).decode()
    assert not checks_of(result)["fleet", "as_planned"].passed


def test_what_should_answer_and_does_not_is_a_warning_and_no_clean_bill(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    class Silent(Infrastructure):
        def survey(self) -> Survey:
            told = {"machines": "OVH does not answer", "host:server-1": "no answer in 10 s"}
            return Survey(load_fleet(self.settings), Facts(unread=told))

    result = observed(settings, instance, infrastructure=Silent(home=str(settings.home)))
    assert result.success
    found = checks_of(result)
    assert "OVH does not answer" in (found["servers", "renewal"].description or "")
    assert "no answer in 10 s" in (found["mesh", "peers"].description or "")
    failed = {key for key, one in found.items() if not one.passed}
    assert failed >= {("fleet", "as_planned"), ("servers", "ordered"), ("mesh", "sysctl"), ("firewall", "rules")}
    assert found["agents", "nodes"].passed
    assert found["agents", "nodes"].description == "nothing is there yet"


def test_every_kind_of_drift_fails_the_check_of_its_asset_with_server_and_field(
    settings: Settings, instance: dg.DagsterInstance
) -> None:
    class Drifted(Infrastructure):
        def survey(self) -> Survey:
            return Survey(well_fleet.FLEET, well_fleet.drifted(), well_fleet.KNOWN)

    found = checks_of(observed(settings, instance, infrastructure=Drifted(home=str(settings.home))))
    told = {
        ("servers", "ordered"): "vps-stray: machine service",
        ("servers", "display_name"): "server-2: machine display name",
        ("servers", "renewal"): "server-2: machine renewal",
        ("servers", "ssh_keys"): "server-2: keys unknown key",
        ("mesh", "sysctl"): "server-2: sysctl net.ipv4.ip_forward",
        ("mesh", "peers"): "server-2: mesh peer server-1",
        ("mesh", "clock"): "server-2: clock time",
        ("firewall", "rules"): "server-2: firewall rules",
        ("first_server", "one_cluster"): "cluster: cluster id",
        ("control_plane", "members"): "server-3: member health",
        ("control_plane", "k3s"): "server-2: k3s /etc/rancher/k3s/config.yaml",
        ("agents", "nodes"): "agent-1: node label role",
        ("dns", "records"): "A: wanted",
    }
    for check, words in told.items():
        assert not found[check].passed, check
        assert words in (found[check].description or ""), check
