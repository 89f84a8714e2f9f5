"""A Strava bulk export's activities.csv: title, sport and exertion of each file, in the athlete's language."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import NamedTuple

from momentum.activity_files import sports
from momentum.activity_files.decoded import Refused


class Said(NamedTuple):
    """What the export says of a file."""

    title: str = ""
    sport: str = ""
    rpe: float | None = None


# Headers in English (today's and those before 2019), German, French, Spanish, folded. Headers occur
# twice ("Distance", "Relative Effort"): the first counts.
_FILE = {"filename", "dateiname", "nom du fichier", "nombre de archivo", "nombre del archivo"}
_TITLE = {
    "activity name", "name", "name der aktivität", "aktivitätsname", "nom de l'activité", "nombre de la actividad",
    "nombre de actividad",
}  # fmt: skip
_SPORT = {
    "activity type", "type", "aktivitätsart", "aktivitätstyp", "type d'activité", "type de l'activité",
    "tipo de actividad", "tipo de la actividad",
}  # fmt: skip
_RPE = {"perceived exertion", "gefühlte anstrengung", "effort perçu", "effort ressenti", "esfuerzo percibido"}
# In a language that is none of these the file is known by its look, and title and sport by their places,
# which have been the same in every export so far.
_TITLE_AT, _SPORT_AT = 2, 3
_LOOKS_LIKE_FILE = re.compile(r"[^\s]+\.(fit|tcx|gpx)(\.gz)?", re.IGNORECASE)
# Types as the export translates them; English ones are in `sports`.
_TRANSLATED = {
    "radfahrt": "cycling", "virtuelle radfahrt": "cycling", "mountainbike-fahrt": "cycling", "lauf": "running",
    "traillauf": "running", "virtueller lauf": "running", "schwimmen": "swimming", "spaziergang": "walking",
    "wanderung": "hiking", "rudern": "rowing", "krafttraining": "strength", "skilanglauf": "cross_country_skiing",
    "ski alpin": "alpine_skiing", "vélo": "cycling", "sortie à vélo": "cycling", "vélo virtuel": "cycling",
    "vtt": "cycling", "course à pied": "running", "trail": "running", "marche": "walking", "randonnée": "hiking",
    "aviron": "rowing", "musculation": "strength", "ski de fond": "cross_country_skiing", "ciclismo": "cycling",
    "bicicleta": "cycling", "carrera": "running", "natación": "swimming", "caminata": "walking", "remo": "rowing",
    "senderismo": "hiking", "entrenamiento con pesas": "strength",
}  # fmt: skip


def file_key(name: str) -> str:
    """By what a file is found in the list: Strava's file names are unique numbers. Browsers unpack gz unasked."""
    return name.replace("\\", "/").rpartition("/")[2].lower().removesuffix(".gz")


def read_list(content: bytes) -> dict[str, Said]:
    """What the export says, by `file_key`. Raises Refused for a csv that lists no activity files."""
    try:
        text = _text(content)
        # Spreadsheets save a list with what their country puts between cells.
        delimiter = max(",;\t", key=text.partition("\n")[0].count)
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        header = [_folded(cell) for cell in next(rows, [])]
        found = [row for row in rows if row]
    except csv.Error as error:
        raise Refused("list of the export not read", str(error)) from error
    file_at = _column(header, _FILE)
    if file_at is None:
        file_at = _column_of_files(found)
    if file_at is None:
        raise Refused("list of the export not read", "no column of file names")
    title_at, sport_at, rpe_at = _column(header, _TITLE), _column(header, _SPORT), _column(header, _RPE)
    if title_at is None and sport_at is None:
        title_at, sport_at = _TITLE_AT, _SPORT_AT
    return {
        file_key(_cell(row, file_at)): Said(
            _cell(row, title_at), _sport(_cell(row, sport_at)), _exertion(_cell(row, rpe_at))
        )
        for row in found
        if _cell(row, file_at)
    }


def _text(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")  # a spreadsheet's "Unicode text"
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")  # saved again by a spreadsheet


def _folded(cell: str) -> str:
    return " ".join(cell.replace("’", "'").lower().split())


def _column(header: list[str], names: set[str]) -> int | None:
    return next((at for at, cell in enumerate(header) if cell in names), None)


def _column_of_files(rows: list[list[str]]) -> int | None:
    """The column in which most cells of the first rows are file names, if there is any."""
    counts: dict[int, int] = {}
    for row in rows[:1000]:
        for at, cell in enumerate(row):
            if _LOOKS_LIKE_FILE.fullmatch(cell.strip()):
                counts[at] = counts.get(at, 0) + 1
    return max(counts, key=lambda at: (counts[at], -at)) if counts else None


def _cell(row: list[str], at: int | None) -> str:
    return row[at].strip() if at is not None and at < len(row) else ""


def _sport(word: str) -> str:
    sport = sports.from_words(word)
    return _TRANSLATED.get(_folded(word), "") if sport == "other" else sport


def _exertion(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if 0 < value <= 10 else None
