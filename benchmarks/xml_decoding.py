"""TCX and GPX decoding: ours beside tcxreader and gpxpy on the same files in one run.

    python -m benchmarks.xml_decoding [--json] [--repeats N]

The files are the real ones beside the repository (where they are absent, generated ones); every file
is decoded from memory to the end: ours to columns with distance and speed, the peers to their objects.
Rates are thousands of points a second of processor time (medians, one thread each, so that a shared
machine does not spoil the ratio); a reader is credited only with the points that it finds. Points are
those with a time. Goals: 4 times tcxreader, 8 times gpxpy, every point.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from momentum.activity_files.decoded import DecodedFile, Refused

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "activities"
GOALS = {"tcx": 4, "gpx": 8}
PEERS = {"tcx": "tcxreader", "gpx": "gpxpy"}
GENERATED_POINTS = 20_000

Reader = Callable[[Path, bytes], int]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    arguments.add_argument("--repeats", type=int, default=5, help="runs of each reader; the median counts")
    given = arguments.parse_args()
    result = measure(given.repeats)
    print(json.dumps(result, indent=1) if given.json else as_text(result))


def measure(repeats: int = 5) -> dict[str, Any]:
    """Points found, thousand points a second and ratios of each format, and where it was measured."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = FOLDER if FOLDER.is_dir() else generate(Path(scratch))
        formats = {kind: _format(kind, sorted((folder / kind).glob(f"*.{kind}")), repeats) for kind in ("tcx", "gpx")}
    return {
        "files": "real" if folder == FOLDER else "generated",
        **formats,
        "machine": f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("numpy", "numba", "tcxreader", "gpxpy")},
    }


def _format(kind: str, paths: list[Path], repeats: int) -> dict[str, Any]:
    files = [(path, path.read_bytes()) for path in paths]
    readers: dict[str, Reader] = {"momentum": _ours, PEERS[kind]: _tcxreader if kind == "tcx" else _gpxpy}
    found, seconds = {}, {}
    for name, read in readers.items():
        found[name] = sum(read(path, data) for path, data in files)  # also loads what is compiled
        seconds[name] = statistics.median(_seconds(read, files) for _ in range(repeats))
    rates = {name: found[name] / seconds[name] / 1000 for name in readers}
    return {
        "files": len(files),
        "megabytes": round(sum(len(data) for _, data in files) / 1e6, 1),
        "points": sum(_points(data) for _, data in files),
        "found": found,
        "thousand_points_per_s": {name: round(rate, 1) for name, rate in rates.items()},
        "ratio": round(rates["momentum"] / rates[PEERS[kind]], 1),
        "goal": GOALS[kind],
    }


def _seconds(read: Reader, files: list[tuple[Path, bytes]]) -> float:
    start = time.process_time()
    for path, data in files:
        read(path, data)
    return time.process_time() - start


def _points(data: bytes) -> int:
    """Track points with a time, counted by pattern."""
    points = re.findall(rb"<(?:trkpt|Trackpoint)\b.*?</(?:trkpt|Trackpoint)>", data, re.DOTALL)
    return sum(b"<time>" in point or b"<Time>" in point for point in points)


def _ours(path: Path, data: bytes) -> int:
    from momentum.activity_files.xml import decode_gpx, decode_tcx

    try:
        decoded: DecodedFile = (decode_gpx if path.suffix == ".gpx" else decode_tcx)(io.BytesIO(data))
    except Refused:  # a file of waypoints
        return 0
    parts = [part for activity in decoded.activities for part in (activity.legs or [activity])]
    return sum(len(part.samples["ts"]) for part in parts)


def _tcxreader(path: Path, data: bytes) -> int:
    from tcxreader.tcxreader import TCXReader

    return len(TCXReader().read(str(path), only_gps=False).trackpoints)


def _gpxpy(path: Path, data: bytes) -> int:
    import gpxpy

    return sum(point.time is not None for point, *_ in gpxpy.parse(data.decode("utf-8-sig")).walk())


def generate(folder: Path) -> Path:
    """One ride as TCX and GPX, with the channels that the real files have."""
    gpx, tcx = [], []
    for n in range(GENERATED_POINTS):
        when = f"2024-05-01T{8 + n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}Z"
        lat, lon, ele, hr, cad = 45 + n * 1e-5, 6.1234567 + n * 3e-6, 300 + n % 500 * 0.2, 120 + n % 50, 80 + n % 15
        gpx.append(
            f'      <trkpt lat="{lat:.7f}" lon="{lon:.7f}">\n'
            f"        <ele>{ele:.1f}</ele>\n        <time>{when}</time>\n"
            f"        <extensions>\n          <power>{150 + n % 90}</power>\n          <gpxtpx:TrackPointExtension>\n"
            f"            <gpxtpx:hr>{hr}</gpxtpx:hr>\n            <gpxtpx:cad>{cad}</gpxtpx:cad>\n"
            "          </gpxtpx:TrackPointExtension>\n        </extensions>\n      </trkpt>\n"
        )
        tcx.append(
            f"<Trackpoint>\n <Time>{when}</Time>\n <Position>\n  <LatitudeDegrees>{lat:.7f}</LatitudeDegrees>\n"
            f"  <LongitudeDegrees>{lon:.7f}</LongitudeDegrees>\n </Position>\n"
            f" <AltitudeMeters>{ele:.1f}</AltitudeMeters>\n <DistanceMeters>{n * 7.5}</DistanceMeters>\n"
            f" <HeartRateBpm><Value>{hr}</Value></HeartRateBpm>\n <Cadence>{cad}</Cadence>\n</Trackpoint>\n"
        )
    extension = 'xmlns:gpxtpx="http://www.garmin.com/xmlschemas/TrackPointExtension/v1"'
    texts = {
        "gpx": f'<gpx xmlns="http://www.topografix.com/GPX/1/1" {extension} version="1.1" creator="x"><trk><trkseg>\n'
        f"{''.join(gpx)}</trkseg></trk></gpx>",
        "tcx": '<TrainingCenterDatabase xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2">'
        '<Activities><Activity Sport="Biking"><Id>2024-05-01T08:00:00Z</Id><Lap StartTime="2024-05-01T08:00:00Z">'
        f"<TotalTimeSeconds>{GENERATED_POINTS}</TotalTimeSeconds><DistanceMeters>1</DistanceMeters>"
        f"<Calories>1</Calories><Track>\n{''.join(tcx)}</Track></Lap></Activity></Activities></TrainingCenterDatabase>",
    }
    for kind, text in texts.items():
        (folder / kind).mkdir()
        (folder / kind / f"ride.{kind}").write_text(text)
    return folder


def as_text(result: dict[str, Any]) -> str:
    lines = [f"TCX and GPX decoding, {result['files']} files; {result['machine']}"]
    for kind, peer in PEERS.items():
        row = result[kind]
        lines.append(f"{kind.upper()}: {row['files']} files, {row['megabytes']} MB, {row['points']} points with a time")
        for name, rate in row["thousand_points_per_s"].items():
            lines.append(f"  {name:<12}{rate:>8} thousand points/s, {row['found'][name]} of {row['points']} points")
        lines.append(f"  {row['ratio']} times {peer}; goal {row['goal']}")
    lines.append(", ".join(f"{name} {number}" for name, number in result["versions"].items()))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
