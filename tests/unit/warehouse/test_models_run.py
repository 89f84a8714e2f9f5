"""recompute: what is done is not done again, what died half way is finished, what cannot be is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from cohort_rows import NOON, activity, athlete, put

from momentum.adapters.clickhouse import Client
from momentum.warehouse.models import run
from momentum.warehouse.models.run import recompute

JANUARY, MARCH = date(2024, 1, 1), date(2024, 3, 1)


def months(published: list) -> list[date]:
    return [one.month for one in published]


def test_the_same_again_is_skipped_until_an_input_changes(client: Client) -> None:
    put(client, "activity_metrics", [activity("a", date(2024, 1, 10))])
    assert len(recompute(client, "daily_load", JANUARY, MARCH, now=NOON)) == 3
    assert recompute(client, "daily_load", JANUARY, MARCH, now=NOON) == []
    assert len(recompute(client, "daily_load", JANUARY, MARCH, now=NOON + timedelta(days=1))) == 3
    put(client, "activity_metrics", [activity("a", date(2024, 1, 11))])
    assert len(recompute(client, "daily_load", JANUARY, MARCH, now=NOON + timedelta(days=1))) == 3


def test_another_value_in_the_same_rows_is_another_input(client: Client) -> None:
    """As when a threshold is edited: no row comes or goes, only figures change."""
    for load in (50.0, 60.0):
        client.command("TRUNCATE TABLE activity_metrics")
        put(client, "activity_metrics", [activity("a", date(2024, 1, 10), load=load)])
        recompute(client, "daily_load", JANUARY, MARCH, now=NOON)
        assert client.rows("SELECT sum(load) AS load FROM daily_load")[0]["load"] == load


def test_an_edited_seed_is_another_input(client: Client) -> None:
    put(client, "activity_metrics", [activity("a", date(2024, 1, 10))])
    recompute(client, "daily_load", JANUARY, MARCH, now=NOON)
    recompute(client, "fitness", JANUARY, MARCH, now=NOON)
    assert recompute(client, "fitness", JANUARY, MARCH, now=NOON) == []
    put(client, "athletes", [athlete("a", ctl_seed=50)])
    assert len(recompute(client, "fitness", JANUARY, MARCH, now=NOON)) == 3
    first = client.rows("SELECT ctl FROM fitness WHERE sport = 'all' ORDER BY local_date LIMIT 1")
    assert first[0]["ctl"] > 48


def test_a_run_that_died_between_two_swaps_is_finished_by_the_next(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, "activity_metrics", [activity("a", date(2024, 1, 10))])
    command, swaps = client.command, iter(range(9))

    def dies_at_the_second_swap(sql: str, *more: object) -> None:
        if "REPLACE PARTITION" in sql and next(swaps) == 1:
            raise KeyboardInterrupt
        command(sql, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(client, "command", dies_at_the_second_swap)
    with pytest.raises(KeyboardInterrupt):
        recompute(client, "daily_load", JANUARY, MARCH, now=NOON)
    monkeypatch.undo()
    assert client.rows("SELECT max(local_date) AS last FROM daily_load")[0]["last"] == date(2024, 1, 31)
    assert months(recompute(client, "daily_load", JANUARY, MARCH, now=NOON)) == [date(2024, 2, 1), MARCH]
    assert client.rows("SELECT count() AS days FROM daily_load")[0]["days"] == 71


def test_a_month_that_lost_its_activities_becomes_empty(client: Client) -> None:
    put(client, "activity_metrics", [activity("a", date(2024, 3, 10))])
    recompute(client, "monthly_rollup", MARCH, MARCH, now=NOON)
    client.command("TRUNCATE TABLE activity_metrics")
    recompute(client, "monthly_rollup", MARCH, MARCH, now=NOON)
    assert client.rows("SELECT count() AS n FROM monthly_rollup")[0]["n"] == 0


@pytest.mark.parametrize("table", ["daily_load", "fitness", "weekly_rollup", "monthly_rollup", "power_curve"])
def test_nothing_to_compute_from_is_no_error(client: Client, table: str) -> None:
    published = recompute(client, table, JANUARY, MARCH, now=NOON)
    assert [one.rows for one in published] == [0, 0, 0]


def test_a_model_in_python_is_not_run_here(client: Client) -> None:
    with pytest.raises(ValueError, match="activity_metrics"):
        recompute(client, "activity_metrics", JANUARY, MARCH, now=NOON)


def test_a_range_that_ends_before_it_begins_is_refused(client: Client) -> None:
    with pytest.raises(ValueError, match="before"):
        recompute(client, "daily_load", MARCH, JANUARY, now=NOON)


def test_buckets_cut_athletes_in_order_and_never_an_athlete(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "BUCKET_ROWS", 150)
    put(client, "activity_metrics", [activity(name, date(2024, 1, 11)) for name in "cabd"])
    put(client, "activity_metrics", [activity("e", date(2024, 3, 30))])
    buckets = run._buckets(client, "daily_load", run._days([JANUARY, date(2024, 2, 1), MARCH]))
    assert [tuple(bucket.values()) for bucket in buckets] == [("a", "b"), ("c", "d"), ("e", "e")]
    recompute(client, "daily_load", JANUARY, MARCH, now=NOON)
    assert client.rows("SELECT count() AS days, uniq(athlete_id) AS athletes FROM daily_load") == [
        {"days": 280, "athletes": 4}
    ]
