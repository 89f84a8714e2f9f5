"""fitdecode and the official SDK, asked for the same thing as `fit.messages`, and what differs.

Differences that are known and explained are taken out here, one by one, each with its reason; what
`differences` returns is what nobody has explained.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fitdecode
import numpy as np
from garmin_fit_sdk import Decoder, Stream
from garmin_fit_sdk import fit as sdk_types
from numpy.typing import NDArray

from momentum.activity_files.decoded import Columns
from momentum.activity_files.fit import messages, profile

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "activities" / "fit"

# message -> one dict per message of the file; what was not sent is absent
Rows = dict[str, list[dict[str, Any]]]

# The watch of this file defines total_distance, avg_speed and others twice in one lap message. We and the SDK
# keep the last; the SDK splits the two speeds into two enhanced speeds, where we have one.
_DEFINED_TWICE = "GoldenCheetah__2024-10-20-104352-Pool_Swim-BingiWatch.fit"
EXPLAINED = {
    ("sdk", _DEFINED_TWICE, "lap", "enhanced_avg_speed"),
    ("sdk", _DEFINED_TWICE, "lap", "enhanced_max_speed"),
    # Its base type lacks the bit that says "endian": uint32z for the SDK and us, bytes for fitdecode.
    ("fitdecode", "sports-lib__971150603.fit", "file_id", "serial_number"),
    # fitdecode does not split a component that is itself made of components (speed to enhanced_speed).
    ("fitdecode", "fitdecode__compressed-speed-distance.fit", "record", "enhanced_speed"),
}


def file_bytes(path: Path) -> bytes:
    """The FIT bytes of a file, unpacked if need be."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return archive.read(archive.namelist()[0])
    return path.read_bytes()


def real_files() -> list[Path]:
    return sorted(FOLDER.glob("*")) if FOLDER.is_dir() else []


def by_fitdecode(data: bytes) -> tuple[Rows, str]:
    """Everything that fitdecode reads, by our names, and its error."""
    rows: Rows = defaultdict(list)
    error = ""
    try:
        with fitdecode.FitReader(
            io.BytesIO(data), processor=None, check_crc=False, error_handling=fitdecode.ErrorHandling.IGNORE
        ) as reader:
            for frame in reader:
                if isinstance(frame, fitdecode.FitDataMessage):
                    message = profile.message(frame.global_mesg_num)
                    rows[message.name].append(_fitdecode_row(frame, message))
    except fitdecode.FitError as problem:
        error = str(problem)
    return rows, error


def _fitdecode_row(frame: Any, message: profile.Message) -> dict[str, Any]:
    row: dict[str, Any] = {}
    made: dict[str, Any] = {}
    pending: dict[str, list[Any]] = defaultdict(list)
    for found in frame.fields:
        value = _fitdecode_value(found, message)
        if found.field_def is None:
            pending[_fitdecode_name(found, message)].append(value)
            continue
        # What a field was split into comes before it; a field sent twice counts the second time.
        made |= {name: values[0] if len(values) == 1 else values for name, values in pending.items()}
        pending.clear()
        if _sent(value):
            row[_fitdecode_name(found, message)] = value
    made |= {name: values[0] for name, values in pending.items()}
    if message.name == "hr":
        # fitdecode counts event_timestamp_12 from the anchor's wall clock; the SDK, which judges it, does as we do.
        made.pop("event_timestamp", None)
    return {name: value for name, value in made.items() if _sent(value)} | row


def _fitdecode_name(found: Any, message: profile.Message) -> str:
    if found.field_def is not None and found.field_def.is_dev:
        return f"dev_{found.field_def.dev_data_index}_{found.field_def.def_num}"
    return str(found.name) if found.parent_field is not None else message.field(found.def_num).name


def _fitdecode_value(found: Any, message: profile.Message) -> Any:
    raw = found.raw_value
    value = raw if isinstance(found.value, str) and not isinstance(raw, (str, bytes)) else found.value
    if found.field_def is not None and not found.field_def.is_dev and found.parent_field is None:
        ours = message.field(found.def_num)
        theirs = (found.field.scale or 1, found.field.offset or 0) if found.field else (1, 0)
        if theirs != (ours.scale, ours.offset) and isinstance(raw, (int, float)):
            value = raw / ours.scale - ours.offset  # its profile is 21.171; the SDK judges our newer scales
    return list(value) if isinstance(value, tuple) else value


def by_sdk(data: bytes) -> tuple[Rows, str]:
    """Everything that the official SDK reads, by our names, and its error."""
    decoded, errors = Decoder(Stream.from_byte_array(bytearray(data))).read(
        convert_datetimes_to_dates=False,
        convert_types_to_strings=False,
        enable_crc_check=False,
        merge_heart_rates=False,
    )
    described = {
        row["key"]: (f"dev_{row['developer_data_index']}_{row['field_definition_number']}", row["fit_base_type_id"])
        for row in decoded.get("field_description_mesgs", [])
    }
    rows: Rows = {}
    for key, found in decoded.items():
        known = key.endswith("_mesgs")
        name = key.removesuffix("_mesgs") if known else f"unknown_{key}"
        rows[name] = [_sdk_row(sent, described) for sent in found]
    return rows, "; ".join(map(str, errors))


def _sdk_row(sent: dict[Any, Any], described: dict[int, tuple[str, int]]) -> dict[str, Any]:
    row = {}
    for key, value in sent.items():
        if key == "developer_fields":
            for k, each in value.items():
                name, base = described[k]
                # The SDK leaves the invalid value in developer fields.
                if each != sdk_types.BASE_TYPE_DEFINITIONS[base & 0x1F]["invalid"]:
                    row[name] = each
        elif key == profile.TIMESTAMP:
            row["timestamp"] = value  # of a message that the profile does not know
        elif key != "key":
            row[f"unknown_{key}" if isinstance(key, int) else key] = value
    return {name: value for name, value in row.items() if _sent(value)}


def _sent(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return any(_sent(part) for part in value)
    return value not in (None, "") and not (isinstance(value, float) and math.isnan(value))


def differences(path: Path, reader: str) -> list[str]:
    """What `fit.messages` and a reference ("fitdecode" or "sdk") read differently, unexplained."""
    data = file_bytes(path)
    ours = messages(data)
    rows, error = {"fitdecode": by_fitdecode, "sdk": by_sdk}[reader](data)
    found = []
    for message, sent in rows.items():
        if not sent:
            continue
        columns = ours.get(message, {})
        count = len(next(iter(columns.values()))) if columns else 0
        # A reference that gave up has read fewer.
        if count != len(sent) and not (error and count > len(sent)):
            found.append(f"{message}: {count} messages, {len(sent)} by {reader}")
            continue
        allowed = _fitdecode_allows if reader == "fitdecode" else lambda *_: False
        for name in dict.fromkeys([*columns, *(name for row in sent for name in row)]):
            if (reader, path.name, message, name) not in EXPLAINED:
                found += _different(message, name, columns, sent, allowed)
    if not error:
        found += [f"{message}: only ours" for message in ours if message not in rows]
    return found


def _different(
    message: str,
    name: str,
    columns: Columns,
    rows: list[dict[str, Any]],
    allowed: Callable[[str, str, dict[str, Any]], bool],
) -> list[str]:
    ours = columns.get(name)
    theirs = [row.get(name) for row in rows]
    if ours is None:
        return [f"{message}.{name}: not ours, {sum(value is not None for value in theirs)} values"]
    if ours.dtype.kind == "U":
        wrong = [k for k, value in enumerate(theirs) if not _same_text(str(ours[k]), value)]
    else:
        wrong = np.flatnonzero(~_same_numbers(ours[: len(theirs)], theirs)).tolist()
    wrong = [k for k in wrong if theirs[k] is not None or not allowed(message, name, rows[k])]
    return [f"{message}.{name}[{k}]: {ours[k]!r} is {theirs[k]!r}" for k in wrong[:3]]


def _same_text(ours: str, theirs: str | list[str] | None) -> bool:
    """fitdecode ends at the first zero, the SDK gives a list and drops bytes that are no UTF-8."""
    ours = ours.replace("\ufffd", "").rstrip("\0")
    if isinstance(theirs, list):
        return ours.split("\0") == theirs
    return ours.partition("\0")[0] == (theirs or "").replace("\ufffd", "")


def _same_numbers(ours: NDArray[np.float64], theirs: list[Any]) -> NDArray[np.bool_]:
    width = max([1, *(len(value) for value in theirs if isinstance(value, list))])
    width = max(width, ours.shape[1] if ours.ndim > 1 else 1)
    padded = np.full((2, len(theirs), width), np.nan)
    block = ours.reshape(len(theirs), -1)
    padded[0, :, : block.shape[1]] = block
    for k, value in enumerate(theirs):
        if value is not None:
            parts = value if isinstance(value, list) else [value]
            padded[1, k, : len(parts)] = [np.nan if part is None else part for part in parts]
    a, b = padded
    return ((a == b) | (np.isnan(a) & np.isnan(b))).all(axis=1)


def _fitdecode_allows(message: str, name: str, row: dict[str, Any]) -> bool:
    """Whether fitdecode is right not to have a value that we have."""
    if message == "hr" and name == "event_timestamp":
        return True
    number = next(n for n, theirs in fitdecode.profile.MESSAGE_TYPES.items() if theirs.name == message)
    theirs = fitdecode.profile.MESSAGE_TYPES[number].fields
    names = {field.name for field in theirs.values()} | {s.name for f in theirs.values() for s in f.subfields or ()}
    # A field or subfield that is newer than its profile, or one that it gives under a subfield's name only.
    ours = next((field for field in profile.message(number).fields.values() if field.name == name), None)
    return name not in names or any(subfield.field.name in row for subfield in (ours.subfields if ours else ()))
