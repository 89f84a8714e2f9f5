"""Files as disks, cables and strangers leave them: made from good ones, the same for the same seed."""

from __future__ import annotations

import gzip
import io
import random
import re
import struct
import zipfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from momentum.activity_files.manual import encode
from momentum.demo.fit_writer import fit_bytes
from momentum.demo.xml_writer import gpx_parts, tcx_parts
from tests.fit_bytes import crc16
from tests.small_files import recorded
from tests.unit.activity_files.made_activities import DAY_MS, NOON_MS

# Far from every good file, so that no damaged one can be taken for a copy of it.
_YEARS_BEFORE_MS = NOON_MS - 3 * 366 * DAY_MS
_VALUES = (b"NaN", b"-1", b"1e308", b"", b"9" * 400, b"0", b"\xff", b"2199-01-01T00:00:00Z", b"1950-01-01T00:00:00Z")

Damage = Callable[[random.Random], tuple[str, bytes]]  # -> ending of the name, content


def damaged_files(count: int, seed: int) -> dict[str, bytes]:
    """Contents by name."""
    dice = random.Random(seed)
    kinds: list[Damage] = [
        _fit_bytes, _fit_with_right_crc, _fit_with_right_crc, _fit_cut, _fit_joined, _xml_values, _xml_values,
        _xml_bytes, _xml_cut, _gz, _zip_bytes, _zip_around, _zip_with_paths, _by_hand, _noise,
    ]  # fmt: skip
    made = (kinds[number % len(kinds)](dice) for number in range(count))
    return {f"{number:04d}.{ending}": content for number, (ending, content) in enumerate(made)}


def zipped(entries: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _recorded(dice: random.Random):  # type: ignore[no-untyped-def]
    return recorded(dice.randrange(9), _YEARS_BEFORE_MS + dice.randrange(300) * DAY_MS)


def _fit(dice: random.Random) -> bytes:
    return fit_bytes(_recorded(dice))


def _xml(dice: random.Random) -> tuple[str, bytes]:
    ending, parts = dice.choice((("tcx", tcx_parts), ("gpx", gpx_parts)))
    return ending, b"".join(parts(_recorded(dice)))


def _scratched(content: bytes, dice: random.Random, first: int = 0, last: int | None = None) -> bytearray:
    out = bytearray(content)
    for _ in range(dice.randrange(1, 12)):
        at = dice.randrange(first, last or len(out))
        out[at] = dice.choice((0, 1, 0x40, 0x7F, 0x80, 0xFF, dice.randrange(256)))
    return out


def _fit_bytes(dice: random.Random) -> tuple[str, bytes]:
    return "fit", bytes(_scratched(_fit(dice), dice))


def _fit_with_right_crc(dice: random.Random) -> tuple[str, bytes]:
    """Believed by who checks sums: half of them have their definitions scratched, half anything."""
    content = _fit(dice)
    out = _scratched(content, dice, 14, min(600, len(content) - 2) if dice.random() < 0.5 else len(content) - 2)
    out[-2:] = struct.pack("<H", crc16(bytes(out[:-2])))
    return "fit", bytes(out)


def _fit_cut(dice: random.Random) -> tuple[str, bytes]:
    content = _fit(dice)
    return "fit", content[: dice.randrange(len(content))]


def _fit_joined(dice: random.Random) -> tuple[str, bytes]:
    return "fit", _fit(dice) + _fit_cut(dice)[1]


def _xml_values(dice: random.Random) -> tuple[str, bytes]:
    """Well-formed, with values that no device ever wrote."""
    ending, content = _xml(dice)
    places = list(re.finditer(rb"(?<=>)[^<>\s]+(?=<)", content))
    for place in sorted(dice.sample(places, dice.randrange(1, 9)), key=re.Match.start, reverse=True):
        content = content[: place.start()] + dice.choice(_VALUES) + content[place.end() :]
    return ending, content


def _xml_bytes(dice: random.Random) -> tuple[str, bytes]:
    ending, content = _xml(dice)
    return ending, bytes(_scratched(content, dice))


def _xml_cut(dice: random.Random) -> tuple[str, bytes]:
    ending, content = _xml(dice)
    return ending, content[: dice.randrange(len(content))]


def _any(dice: random.Random) -> tuple[str, bytes]:
    return dice.choice((_fit_bytes, _fit_with_right_crc, _xml_values, _xml_cut))(dice)


def _gz(dice: random.Random) -> tuple[str, bytes]:
    ending, content = _any(dice)
    packed = gzip.compress(content, mtime=0)
    spoilt = (packed, packed[: dice.randrange(2, len(packed))], bytes(_scratched(packed, dice, 3)))
    return f"{ending}.gz", dice.choice(spoilt)


def _zip_bytes(dice: random.Random) -> tuple[str, bytes]:
    ending, content = _any(dice)
    packed = zipped({f"a.{ending}": content})
    return "zip", dice.choice((bytes(_scratched(packed, dice, 4)), packed[: dice.randrange(5, len(packed))]))


def _zip_around(dice: random.Random) -> tuple[str, bytes]:
    """An export with a damaged list and a damaged zip in it."""
    rows = b"Activity Name,Activity Type,Filename,Perceived Exertion\nRide,Ride,activities/1.fit,7\n"
    ending, content = _any(dice)
    inner = zipped({f"b.{ending}": content})
    return "zip", zipped(
        {
            "activities.csv": bytes(_scratched(rows, dice)),
            "activities/1.fit": _fit_bytes(dice)[1],
            "activities/2.zip": dice.choice((inner, inner[: len(inner) // 2])),
        }
    )


def _zip_with_paths(dice: random.Random) -> tuple[str, bytes]:
    """Names that lead out of the folder, were they believed."""
    outside = ("../outside.fit", "/outside.fit", "a/../../outside.fit", "C:\\outside.fit", "..\\outside.fit")
    return "zip", zipped({dice.choice(outside): _fit_bytes(dice)[1]})


def _by_hand(dice: random.Random) -> tuple[str, bytes]:
    session = encode(sport="strength", started_at=datetime(2021, 5, 12, 18, tzinfo=UTC), elapsed_s=3600, rpe=6.0)
    return "json", bytes(_scratched(session, dice))


def _noise(dice: random.Random) -> tuple[str, bytes]:
    return dice.choice(("fit", "tcx", "txt", "zip")), dice.randbytes(dice.choice((0, 1, 13, 5000)))
