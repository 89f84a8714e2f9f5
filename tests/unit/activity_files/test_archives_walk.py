"""What a walk finds in files, gz, zips, folders and the exports of Garmin and Strava."""

from __future__ import annotations

import csv
import gzip
import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from momentum.activity_files.archives import FoundFile, RefusedFile, walk

FIT, GPX = b"\x0e\x10.FIT-like", b"<gpx/>"


def zipped(entries: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def written(folder: Path, entries: Mapping[str, bytes]) -> Path:
    for name, content in entries.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def contents(path: Path) -> dict[str, bytes | str]:
    """Content by name, or the reason for refusing; every stream is at 0 and can be read again."""
    found: dict[str, bytes | str] = {}
    for item in walk(path):
        assert item.source_file not in found
        if isinstance(item, RefusedFile):
            found[item.source_file] = item.reason
            continue
        assert item.stream.tell() == 0
        content = item.stream.read()
        item.stream.seek(0)
        assert item.stream.read() == content
        found[item.source_file] = content
    return found


def files(path: Path) -> list[FoundFile]:
    items = list(walk(path))
    assert [item for item in items if isinstance(item, RefusedFile)] == []
    return [item for item in items if isinstance(item, FoundFile)]


def test_a_file_is_itself(tmp_path: Path) -> None:
    written(tmp_path, {"ride.fit": FIT})
    (file,) = walk(tmp_path / "ride.fit")
    assert isinstance(file, FoundFile)
    assert (file.source_file, file.source, file.title, file.sport_hint, file.rpe) == ("ride.fit", "file", "", "", None)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xd8\xff picture"])
def test_whatever_a_person_names_is_given(tmp_path: Path, content: bytes) -> None:
    written(tmp_path, {".hidden.jpg": content})
    assert contents(tmp_path / ".hidden.jpg") == {".hidden.jpg": content}


def test_containers_are_known_by_content_and_not_by_name(tmp_path: Path) -> None:
    written(tmp_path, {"a.fit": gzip.compress(FIT), "b.gz": FIT, "c.gpx": zipped({"d.txt": GPX}), "e.zip": GPX})
    assert contents(tmp_path) == {
        f"{tmp_path.name}/a.fit": FIT,
        f"{tmp_path.name}/b.gz": FIT,
        f"{tmp_path.name}/c.gpx!d.txt": GPX,
        f"{tmp_path.name}/e.zip": GPX,
    }


def test_zips_in_zips_and_gz_in_them(tmp_path: Path) -> None:
    inner = zipped({"x/1.fit.gz": gzip.compress(FIT), "2.gpx": GPX})
    written(tmp_path, {"all.zip": zipped({"in.zip": inner, "3.gpx": GPX})})
    assert contents(tmp_path / "all.zip") == {
        "all.zip!in.zip!x/1.fit.gz": FIT,
        "all.zip!in.zip!2.gpx": GPX,
        "all.zip!3.gpx": GPX,
    }


def test_order_is_by_name_whatever_the_order_on_disk(tmp_path: Path) -> None:
    written(tmp_path, {"b/2.fit": b"2", "a/9.fit": b"9", "c.zip": zipped({"z": b"z", "m/k": b"k", "a": b"a"})})
    names = [item.source_file.removeprefix(f"{tmp_path.name}/") for item in walk(tmp_path)]
    assert names == ["a/9.fit", "b/2.fit", "c.zip!a", "c.zip!m/k", "c.zip!z"]


def test_what_systems_leave_behind_is_passed_over(tmp_path: Path) -> None:
    clutter = {".DS_Store": b"", "__MACOSX/._1.fit": b"", ".git/config": b"", "x/.hidden.fit": b"", "Thumbs.db": b""}
    written(tmp_path, {**clutter, "1.fit": FIT, "2.zip": zipped({**clutter, "3.fit": FIT})})
    assert contents(tmp_path) == {f"{tmp_path.name}/1.fit": FIT, f"{tmp_path.name}/2.zip!3.fit": FIT}


def test_an_empty_folder_is_nothing_and_an_empty_zip_is_refused(tmp_path: Path) -> None:
    assert contents(tmp_path) == {}
    written(tmp_path, {"empty.zip": zipped({}), "clutter.zip": zipped({".DS_Store": b"x", "folder/": b""})})
    assert contents(tmp_path / "empty.zip") == {"empty.zip": "no activity files"}
    assert contents(tmp_path / "clutter.zip") == {"clutter.zip": "no activity files"}


def test_large_content_is_given_whole(tmp_path: Path) -> None:
    content = os.urandom(1 << 20) * 20  # more than is kept in memory
    written(tmp_path, {"big.fit.gz": gzip.compress(content, 1)})
    assert contents(tmp_path / "big.fit.gz") == {"big.fit.gz": content}


def test_backslashes_of_old_windows_zips_are_folders(tmp_path: Path) -> None:
    written(tmp_path, {"old.zip": zipped({"activities\\1.fit": FIT})})
    assert contents(tmp_path / "old.zip") == {"old.zip!activities/1.fit": FIT}


def test_a_name_that_begins_at_the_folder_itself_is_not_hidden(tmp_path: Path) -> None:
    written(tmp_path, {"a.zip": zipped({"./ride.fit": FIT, "./x/./run.gpx": GPX, "./.hidden.fit": FIT})})
    assert contents(tmp_path / "a.zip") == {"a.zip!ride.fit": FIT, "a.zip!x/run.gpx": GPX}


def test_names_on_disk_that_are_not_utf_8_become_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/Z\xfcrich.fit"))
    try:
        path.write_bytes(FIT)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert contents(tmp_path) == {f"{tmp_path.name}/Z\\xfcrich.fit": FIT}
    assert contents(path) == {"Z\\xfcrich.fit": FIT}


def test_the_stream_is_valid_until_the_next_step(tmp_path: Path) -> None:
    written(tmp_path, {"1.fit": FIT, "2.fit.gz": gzip.compress(FIT)})
    streams = []
    for item in walk(tmp_path):
        assert isinstance(item, FoundFile)
        assert not item.stream.closed
        streams.append(item.stream)
    assert all(stream.closed for stream in streams)


# Garmin


GARMIN = {
    "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip": zipped(
        {"me@example.org_1.fit": FIT, "me@example.org_2.gpx": GPX, "me@example.org_3.txt": b"no"}
    ),
    "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part2.zip": zipped({"me@example.org_4.fit": FIT}),
    "DI_CONNECT/DI-Connect-Fitness/me_summarizedActivities.json": b"[]",
    "customer_data/customer.json": b"{}",
    "readme.html": b"<html>",
}
GARMIN_FILES = {
    "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip!me@example.org_1.fit": FIT,
    "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip!me@example.org_2.gpx": GPX,
    "DI_CONNECT/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part2.zip!me@example.org_4.fit": FIT,
}


@pytest.mark.parametrize("depth", ["", "export of May/"])
def test_a_garmin_export_as_zip(tmp_path: Path, depth: str) -> None:
    written(tmp_path, {"garmin.zip": zipped({depth + name: content for name, content in GARMIN.items()})})
    assert contents(tmp_path / "garmin.zip") == {f"garmin.zip!{depth}{name}": c for name, c in GARMIN_FILES.items()}
    assert {file.source for file in files(tmp_path / "garmin.zip")} == {"garmin"}


def test_a_garmin_export_as_folder(tmp_path: Path) -> None:
    folder = written(tmp_path / "garmin", GARMIN)
    assert contents(folder) == {f"garmin/{name}": content for name, content in GARMIN_FILES.items()}
    assert {file.source for file in files(folder)} == {"garmin"}


@pytest.mark.parametrize(
    "inside", ["", "/DI-Connect-Uploaded-Files", "/DI-Connect-Uploaded-Files/UploadedFiles_0-_Part1.zip"]
)
def test_a_part_of_a_garmin_export_is_garmins(tmp_path: Path, inside: str) -> None:
    written(tmp_path, GARMIN)
    assert {file.source for file in files(tmp_path / f"DI_CONNECT{inside}")} == {"garmin"}


def test_a_garmin_export_beside_other_files(tmp_path: Path) -> None:
    written(tmp_path, {"garmin.zip": zipped(GARMIN), "mine.fit": FIT, "notes.txt": b"x"})
    assert {file.source_file.rpartition("/")[2]: file.source for file in files(tmp_path)} == {
        "UploadedFiles_0-_Part1.zip!me@example.org_1.fit": "garmin",
        "UploadedFiles_0-_Part1.zip!me@example.org_2.gpx": "garmin",
        "UploadedFiles_0-_Part2.zip!me@example.org_4.fit": "garmin",
        "mine.fit": "file",
        "notes.txt": "file",
    }


# Strava


ENGLISH = (
    "Activity ID,Activity Date,Activity Name,Activity Type,Activity Description,Elapsed Time,Distance,Max Heart Rate,"
    "Relative Effort,Commute,Activity Private Note,Activity Gear,Filename,Athlete Weight,Bike Weight,Elapsed Time,"
    "Distance,Perceived Exertion,Relative Effort\n"
    '1,"May 1, 2024, 8:00:00 AM","Morning, hilly ""Ride""",Ride,"two\nlines",60,1,,,false,,,activities/11.fit.gz,,,'
    "60,1,7.0,\n"
    "2,,Evening Run,Run,,60,1,,,false,,,activities/12.gpx,,,60,1,,\n"
    "3,,By hand,Yoga,,60,1,,,false,,,,,,60,1,4,\n"
    "4,,Yoga,Yoga,,60,1,,,false,,,activities/13.tcx.gz,,,60,1,11,\n"
    "5,,Gone,Ride,,60,1,,,false,,,activities/99.fit.gz,,,60,1,4,\n"
)
GERMAN = (
    "Aktivitäts-ID,Aktivitätsdatum,Name der Aktivität,Aktivitätsart,Aktivitätsbeschreibung,Verstrichene Zeit,Distanz,"
    "Max. Herzfrequenz,Relative Leistung,Pendeln,Hinweis zur Privatsphäre für Aktivitäten,Aktivitätsausrüstung,"
    "Dateiname,Distanz,Gefühlte Anstrengung,Gefühlte Anstrengung verwenden\n"
    '1,"01.05.2024, 08:00:00","Morning, hilly ""Ride""",Radfahrt,,3189,"9,44",,,true,"",Patria,activities/11.fit.gz,1,'
    '"7,0",\n'
    "2,,Evening Run,Lauf,,1,1,,,,,,activities/12.gpx,1,,\n"
)
FRENCH = (
    "ID de l'activité,Date de l'activité,Nom de l’activité,Type d'activité,Nom du fichier,Effort perçu\n"
    '1,,"Morning, hilly ""Ride""",Vélo,activities/11.fit.gz,7\n2,,Evening Run,Course à pied,activities/12.gpx,\n'
)
SPANISH = (
    "ID de actividad,Fecha,Nombre de la actividad,Tipo de actividad,Nombre de archivo,Esfuerzo percibido\n"
    '1,,"Morning, hilly ""Ride""",Bicicleta,activities/11.fit.gz,7\n2,,Evening Run,Carrera,activities/12.gpx,\n'
)
OLD = (
    "id,date,name,type,description,elapsed_time,distance,commute,gear,filename\n"
    '1,,"Morning, hilly ""Ride""",Ride,,1,1,,,activities/11.fit.gz\n2,,Evening Run,Run,,1,1,,,activities/12.gpx\n'
)
DUTCH = (
    "Activiteits-id,Datum,Naam,Soort,Beschrijving,Bestand\n"
    '1,,"Morning, hilly ""Ride""",Ride,see x.fit,activities/11.fit.gz\n2,,Evening Run,Run,,activities/12.gpx\n'
)


def strava(listing: str | bytes) -> dict[str, bytes]:
    return {
        "activities.csv": listing if isinstance(listing, bytes) else listing.encode(),
        "activities/11.fit.gz": gzip.compress(FIT),
        "activities/12.gpx": GPX,
        "activities/13.tcx.gz": gzip.compress(b"<TrainingCenterDatabase/>"),
        "activities/14.fit": FIT,
        "media/a.jpg": b"\xff\xd8",
        "profile.csv": b"a,b",
        "logins.json": b"{}",
    }


def saved_again(listing: str, delimiter: str) -> str:
    """The list as a spreadsheet writes it where commas stand in numbers."""
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(csv.reader(io.StringIO(listing, newline="")))
    return out.getvalue()


def told(path: Path) -> dict[str, tuple[str, str, str, float | None]]:
    return {
        file.source_file.rpartition("/")[2]: (file.source, file.title, file.sport_hint, file.rpe)
        for file in files(path)
    }


EXPECTED = {
    "11.fit.gz": ("strava", 'Morning, hilly "Ride"', "cycling", 7.0),
    "12.gpx": ("strava", "Evening Run", "running", None),
    "13.tcx.gz": ("strava", "Yoga", "", None),
    "14.fit": ("strava", "", "", None),
}


def test_a_strava_export_as_zip_and_as_folder(tmp_path: Path) -> None:
    written(
        tmp_path, {"export_1.zip": zipped(strava(ENGLISH)), "nested.zip": zipped({"x.zip": zipped(strava(ENGLISH))})}
    )
    folder = written(tmp_path / "export_1", strava(ENGLISH))
    assert told(tmp_path / "export_1.zip") == EXPECTED
    assert told(tmp_path / "nested.zip") == EXPECTED
    assert told(folder) == EXPECTED
    assert contents(folder)["export_1/activities/11.fit.gz"] == FIT


@pytest.mark.parametrize(
    ("listing", "rpe"),
    [(GERMAN, 7.0), (FRENCH, 7.0), (SPANISH, 7.0), (OLD, None), (DUTCH, None), ("\ufeff" + GERMAN, 7.0),
     (GERMAN.encode("cp1252"), 7.0), (saved_again(GERMAN, ";"), 7.0),
     (saved_again(FRENCH, "\t").encode("utf-16"), 7.0)],
    ids=["german", "french", "spanish", "before 2019", "another", "byte order mark", "saved by a spreadsheet",
         "semicolons", "tabs in UTF-16"],
)  # fmt: skip
def test_lists_in_other_languages(tmp_path: Path, listing: str | bytes, rpe: float | None) -> None:
    found = told(written(tmp_path / "export", strava(listing)))
    assert found["11.fit.gz"] == ("strava", 'Morning, hilly "Ride"', "cycling", rpe)
    assert found["12.gpx"] == ("strava", "Evening Run", "running", None)


def test_a_browser_that_unpacked_the_gz(tmp_path: Path) -> None:
    folder = written(tmp_path / "export", {"activities.csv": ENGLISH.encode(), "activities/11.fit": FIT})
    assert told(folder) == {"11.fit": ("strava", 'Morning, hilly "Ride"', "cycling", 7.0)}


@pytest.mark.parametrize("part", ["activities", "activities/11.fit.gz", "activities/14.fit"])
def test_a_part_of_an_unpacked_strava_export_is_stravas(tmp_path: Path, part: str) -> None:
    found = told(written(tmp_path / "export", strava(ENGLISH)) / part)
    assert found == {name: EXPECTED[name] for name in found}
    assert len(found) == (4 if part == "activities" else 1)


def test_the_athletes_own_file_beside_an_unpacked_export_stays_the_athletes(tmp_path: Path) -> None:
    written(tmp_path, {**strava(ENGLISH), "own.fit": FIT, "garmin.zip": zipped(GARMIN)})
    sources = {file.source_file.rpartition("/")[2]: file.source for file in files(tmp_path)}
    assert sources["own.fit"] == "file"
    assert sources["14.fit"] == "strava"
    assert sources["UploadedFiles_0-_Part1.zip!me@example.org_1.fit"] == "garmin"


@pytest.mark.parametrize("listing", [b"", b"a,b\n1,2\n", b'"' + b"x" * 200_000, b"\0\0\0"])
def test_a_list_that_cannot_be_read_costs_titles_only(tmp_path: Path, listing: bytes) -> None:
    folder = written(tmp_path / "export", strava(listing))
    items = list(walk(folder))
    assert [item.source_file for item in items if isinstance(item, RefusedFile)] == ["export/activities.csv"]
    assert {item.source for item in items if isinstance(item, FoundFile)} == {"strava"}
    assert len(items) == 5


def test_another_programs_list_makes_no_export(tmp_path: Path) -> None:
    folder = written(tmp_path / "rides", {"Activities.csv": b"Activity Type,Date\nRunning,2024", "1.fit": FIT})
    assert {name: file[0] for name, file in told(folder).items()} == {"Activities.csv": "file", "1.fit": "file"}
