"""The demo, written: a folder for each athlete with FIT, TCX and GPX files, and the manifest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any, Literal

from numpy.random import Generator

from momentum.activity_files.decoded import Activity
from momentum.demo import defects
from momentum.demo.athletes import ATHLETES, DEMO_WEEKS, Athlete
from momentum.demo.fit_writer import fit_bytes, settings_bytes
from momentum.demo.manifest import Defect, DemoFile, DemoManifest
from momentum.demo.season import Session, dice, form_on, sessions, threshold_rows
from momentum.demo.simulate import courses, measured_test, simulate
from momentum.demo.wellness import body_rows, wellness_rows
from momentum.demo.xml_writer import gpx_parts, tcx_parts

Format = Literal["fit", "tcx", "gpx"]

LEAST_WEEKS = 4
_DEFECTS = 10_007  # what the dice are for
# Easy sessions on one day in ten were exported as TCX, on another as GPX: XML is large and slow to read.
_TCX_DAY, _GPX_DAY, _OF_DAYS = 3, 7, 10


def write_demo(
    folder: Path,
    *,
    last_day: date,
    seed: int = 7,
    weeks: int = DEMO_WEEKS,
    progress: Callable[[int, int], None] | None = None,
) -> DemoManifest:
    """Writes the season of all three athletes to folder/<athlete_id>/ and says what it wrote.

    The same arguments give the same bytes; `folder` should be empty, nothing in it is removed.
    last_day: the last local day with files (`season.last_whole_day` gives one that is over for
    everybody). progress: called with the sessions written and the sessions in all.
    Raises ValueError for fewer than LEAST_WEEKS, which cannot hold the planted defects.
    """
    if weeks < LEAST_WEEKS:
        raise ValueError(f"a season has at least {LEAST_WEEKS} weeks")
    manifest = DemoManifest(folder, last_day, weeks)
    plans = [(athlete, list(sessions(athlete, last_day, weeks, seed))) for athlete in ATHLETES]
    total, done = sum(len(plan) for _, plan in plans), 0
    for athlete, plan in plans:
        (folder / athlete.athlete_id).mkdir(parents=True, exist_ok=True)
        manifest.athletes.append(dict(athlete.profile))
        manifest.thresholds += threshold_rows(athlete, last_day, weeks)
        manifest.wellness += wellness_rows(athlete, last_day, weeks, seed)
        manifest.body += body_rows(athlete, last_day, weeks, seed)
        for _ in _write_plan(manifest, athlete, plan, seed):
            done += 1
            if progress:
                progress(done, total)
    return manifest


def _write_plan(manifest: DemoManifest, athlete: Athlete, plan: list[Session], seed: int) -> Iterable[Session]:
    """Writes session by session, with its defect; yields each when its files are there."""
    rng = dice(seed, athlete, manifest.last_day, _DEFECTS)
    wanted = defects.planted(athlete.athlete_id, manifest.weeks)
    spoilt = defects.chosen(plan, wanted, rng)
    usual = courses(athlete, seed)
    for k, session in enumerate(plan):
        activity = simulate(session, form_on(athlete, session.day, manifest.last_day), usual, seed)
        if k in spoilt:
            defects.spoil(activity, spoilt[k], rng)
        if session.race or session.kind == "test":
            manifest.events.append(_event(session, activity))
        _write_session(manifest, session, activity, spoilt.get(k), rng)
        yield session
    for k in range(wanted.get("settings", 0)):
        content = settings_bytes(athlete.device, athlete.serial, round(plan[k].starts.timestamp()) * 1000)
        _add(manifest, plan[k], f"settings-{k + 1}.fit", [content], "fit", "settings", activity="")


def _write_session(
    manifest: DemoManifest, session: Session, activity: Activity, defect: Defect | None, rng: Generator
) -> None:
    kind = _format(session, defect)
    name = f"{session.starts:%Y-%m-%d-%H%M%S}.{kind}"
    parts = [fit_bytes(activity)] if kind == "fit" else (tcx_parts if kind == "tcx" else gpx_parts)(activity)
    legs = len(activity.legs)
    if defect == "twice":
        parts = [b"".join(parts)]
        copy_name, copy = defects.copy_of(parts[0], name, manifest.defects["twice"])
        _add(manifest, session, copy_name, [copy], kind, "twice")
    elif defect == "two_devices":
        watch = tcx_parts(defects.on_the_watch(activity, rng))
        _add(manifest, session, f"watch-{name.removesuffix(kind)}tcx", watch, "tcx", "two_devices")
    elif defect == "truncated":
        parts = [defects.truncated(b"".join(parts))]
    of_a_second_file = defect in ("twice", "two_devices")
    _add(manifest, session, name, parts, kind, None if of_a_second_file else defect, legs=legs)


def _format(session: Session, defect: Defect | None) -> Format:
    if defect or session.kind not in ("endurance", "recovery") or session.sport not in ("cycling", "running"):
        return "fit"
    number = session.day.toordinal() % _OF_DAYS
    return "tcx" if number == _TCX_DAY else "gpx" if number == _GPX_DAY else "fit"


def _add(
    manifest: DemoManifest,
    session: Session,
    name: str,
    parts: Iterable[bytes],
    kind: Format,
    defect: Defect | None,
    *,
    activity: str | None = None,
    legs: int = 0,
) -> None:
    athlete_id = session.athlete.athlete_id
    path = manifest.folder / athlete_id / name
    with path.open("wb") as file:
        file.writelines(parts)
    key = f"{athlete_id}/{session.starts:%Y-%m-%d-%H%M%S}" if activity is None else activity
    manifest.files.append(DemoFile(path, athlete_id, kind, key, session.day, session.sport, legs, defect))


def _event(session: Session, activity: Activity) -> dict[str, Any]:
    """A race or test with its result, as a row for `events`."""
    race = session.race
    row = {
        "athlete_id": session.athlete.athlete_id,
        "date": session.day,
        "name": race.name if race else f"{session.sport} test",
        "kind": "race" if race else "test",
        "sport": session.sport,
        "distance_m": None,
        "time_s": activity.elapsed_s,
        "power_w": None,
        "priority": race.priority if race else "C",
    }
    if race is None:
        return row | measured_test(activity)
    if session.sport == "cycling":
        row["power_w"] = round(float(activity.samples["power_w"].mean()), 1)
    return row | {"distance_m": race.metres or round(activity.distance_m or 0, 1)}
