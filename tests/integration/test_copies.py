"""The same activities by other names, packed, from exports, for two athletes: one each, with the right source."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from momentum.activity_files.archives import walk
from momentum.adapters.clickhouse import Client
from momentum.demo.fit_writer import fit_bytes
from momentum.demo.xml_writer import gpx_parts, tcx_parts
from tests.damaged_files import zipped
from tests.imports import archive_at, compute, take_in
from tests.same_tables import differences, tables_of
from tests.small_files import recorded
from tests.unit.activity_files.made_activities import DAY_MS, NOON_MS, without

REAL = Path(__file__).parents[3] / "shared" / "activities"
RIDES = [recorded(seed, NOON_MS + seed * DAY_MS) for seed in (1, 2, 3)]
FITS = [fit_bytes(ride) for ride in RIDES]
LIST = "Activity ID,Activity Name,Activity Type,Filename,Perceived Exertion\n" + "".join(
    f"{n},Title {n},Ride,activities/{n}.fit.gz,{n + 3}\n" for n in range(3)
)


def strava_export(files: Mapping[str, bytes]) -> bytes:
    return zipped({"activities.csv": LIST.encode(), "profile.csv": b"a,b", **files})


STRAVA = strava_export({f"activities/{n}.fit.gz": gzip.compress(data, mtime=0) for n, data in enumerate(FITS)})
GARMIN = zipped(
    {
        "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip": zipped(
            {f"me@example.org_{n}.fit": data for n, data in enumerate(FITS)}
        ),
        "DI_CONNECT/DI-Connect-Fitness/me_summarizedActivities.json": b"[]",
    }
)
# Other programs' copies of the same rides: other contents.
COPIES = {f"{n}.tcx": b"".join(tcx_parts(ride)) for n, ride in enumerate(RIDES)} | {
    f"{n}.gpx": b"".join(gpx_parts(without(ride, "power_w"))) for n, ride in enumerate(RIDES)
}
PACKED: dict[str, bytes] = {
    "export_1.zip": STRAVA,
    "garmin.zip": GARMIN,
    "renamed 0.fit": FITS[0],
    "1.fit.gz": gzip.compress(FITS[1], mtime=0),
    "no ending": FITS[2],
    "all.zip": zipped({f"x/{n}.fit": data for n, data in enumerate(FITS)}),
    "nested.zip": zipped(
        {"in.zip": zipped({"0.fit": FITS[0], "more.zip": zipped({"1.fit.gz": gzip.compress(FITS[1])})})}
    ),
    "copies.zip": zipped(COPIES),
}


def import_one(
    client: Client, folder: Path, athlete_id: str, name: str, content: bytes, *, recompute: bool = True
) -> None:
    (folder / "drop").mkdir(exist_ok=True)
    path = folder / "drop" / name
    path.write_bytes(content)
    take_in(client, archive_at(folder), athlete_id, walk(path))
    path.unlink()
    if recompute:
        compute(client, archive_at(folder), tables=("daily_load",))


def activities(client: Client, athlete_id: str) -> list[dict[str, Any]]:
    return client.rows(
        "SELECT activity_id, source, llm_allowed, title, rpe FROM activities WHERE athlete_id = {a:String} "
        "ORDER BY started_at",
        {"a": athlete_id},
    )


@pytest.mark.parametrize("order", [list(PACKED), list(reversed(PACKED))])
def test_however_it_is_packed_a_ride_is_one_activity(client: Client, tmp_path: Path, order: list[str]) -> None:
    ids = None
    for name in order:
        import_one(client, tmp_path, "ana", name, PACKED[name])
        found = [row["activity_id"] for row in activities(client, "ana")]
        if len(found) == len(RIDES) and ids is None:
            ids = found
        assert len(found) <= len(RIDES), name
    assert [row["llm_allowed"] for row in activities(client, "ana")] == [True] * 3
    loads = client.rows("SELECT sum(sessions) AS n, sum(duration_s) AS s FROM daily_load")[0]
    assert loads == {"n": 3, "s": 3 * 480.0}
    names = client.rows("SELECT count() AS n FROM activity_sources")[0]["n"]
    assert names == 3 + 3 + 3 + 3 + 2 + 6


def test_what_is_stravas_alone_is_barred_until_the_athlete_uploads_it(client: Client, tmp_path: Path) -> None:
    import_one(client, tmp_path, "ana", "export_1.zip", STRAVA)
    before = activities(client, "ana")
    assert [(row["source"], row["llm_allowed"], row["title"], row["rpe"]) for row in before] == [
        ("strava", False, f"Title {n}", n + 3.0) for n in range(3)
    ]

    import_one(client, tmp_path, "ana", "mine.fit", FITS[1])
    after = activities(client, "ana")
    assert [(row["source"], row["llm_allowed"]) for row in after] == [
        ("strava", False), ("file", True), ("strava", False),
    ]  # fmt: skip
    assert [row["activity_id"] for row in after] == [row["activity_id"] for row in before]
    # Strava's title and exertion would bar what the athlete uploaded
    assert (after[1]["title"], after[1]["rpe"]) == ("", None)


def test_a_garmin_export_of_the_same_rides_frees_them_too(client: Client, tmp_path: Path) -> None:
    import_one(client, tmp_path, "ana", "export_1.zip", STRAVA)
    import_one(client, tmp_path, "ana", "garmin.zip", GARMIN)
    assert [(row["source"], row["llm_allowed"]) for row in activities(client, "ana")] == [("garmin", True)] * 3


def test_channels_that_only_strava_has_bar_the_activity(client: Client, tmp_path: Path) -> None:
    """The athlete's own file lacks the heart rate; once Strava's copy has filled it, the activity is barred."""
    import_one(client, tmp_path, "ana", "mine.fit", fit_bytes(without(RIDES[0], "heart_rate_bpm")))
    assert [row["llm_allowed"] for row in activities(client, "ana")] == [True]
    copy = b"".join(gpx_parts(without(RIDES[0], "power_w")))
    import_one(client, tmp_path, "ana", "export_1.zip", strava_export({"activities/0.fit.gz": copy}))
    filled = client.rows("SELECT channels FROM activity_sources WHERE NOT chosen AND source = 'strava'")
    assert [row["channels"] for row in filled] == [["heart_rate_bpm"]]
    assert [row["llm_allowed"] for row in activities(client, "ana")] == [False]


def test_two_athletes_with_the_same_files_are_never_mixed(client: Client, tmp_path: Path) -> None:
    for name, content in PACKED.items():
        import_one(client, tmp_path, "ana", name, content, recompute=False)
        import_one(client, tmp_path, "ben", name, content, recompute=False)
    compute(client, archive_at(tmp_path))
    ana, ben = activities(client, "ana"), activities(client, "ben")
    assert len(ana) == len(ben) == 3
    assert not {row["activity_id"] for row in ana} & {row["activity_id"] for row in ben}
    assert differences(tables_of(client, "ana"), tables_of(client, "ben")) == []


def smallest_real_files() -> list[Path]:
    files = [path for kind in ("fit", "tcx", "gpx") for path in (REAL / kind).glob("*") if path.stat().st_size < 60_000]
    return sorted(files, key=lambda path: (path.stat().st_size, path.name))[-30:]


@pytest.mark.skipif(not REAL.is_dir(), reason="no real files beside the repository")
def test_real_files_loose_and_packed_give_the_same_activities(client: Client, tmp_path: Path) -> None:
    files = {path.name: path.read_bytes() for path in smallest_real_files()}
    assert len(files) > 20
    take_in(client, archive_at(tmp_path), "loose", files.items())
    packed = zipped({f"{n}/{name}.gz": gzip.compress(data) for n, (name, data) in enumerate(files.items())})
    import_one(client, tmp_path, "packed", "all.zip", zipped({"in.zip": packed}))
    import_one(client, tmp_path, "packed", "again.zip", packed)
    compute(client, archive_at(tmp_path))
    loose, twice = tables_of(client, "loose"), tables_of(client, "packed")
    for table in ("activities", "records", "laps", "rr_intervals", "activity_metrics", "daily_load"):
        assert loose[table] or table == "rr_intervals", table
        assert differences({table: loose[table]}, twice) == []
