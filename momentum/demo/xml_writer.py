"""Activities as TCX and GPX, in the shape that Garmin's exports have.

Schemas: TrainingCenterDatabase v2 with ActivityExtension v2 (Speed, Watts, RunCadence), GPX 1.1 with
TrackPointExtension v1. Written in blocks of points, so that memory does not grow with the track.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from momentum.activity_files.decoded import Activity, Columns
from momentum.demo.text_columns import Rows, element, joined, literal, moment, number

_BLOCK = 20_000
_TCX_SPORTS = {"cycling": "Biking", "running": "Running"}
_GPX_TYPES = {"cycling": "road_biking", "running": "running"}
_TCX_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<TrainingCenterDatabase'
    ' xmlns="http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"'
    ' xmlns:ns3="http://www.garmin.com/xmlschemas/ActivityExtension/v2"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n<Activities>\n'
)
_GPX_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<gpx creator="Garmin Connect" version="1.1"'
    ' xmlns="http://www.topografix.com/GPX/1/1"'
    ' xmlns:ns3="http://www.garmin.com/xmlschemas/TrackPointExtension/v1"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n'
)


def tcx_parts(activity: Activity) -> Iterator[bytes]:
    """The TCX file of a ride or run, in parts. Raises KeyError for another sport."""
    start = _at(activity.started_at_ms)
    yield f'{_TCX_HEAD}<Activity Sport="{_TCX_SPORTS[activity.sport]}">\n<Id>{start}</Id>\n'.encode()
    samples, laps = activity.samples, activity.laps
    edges = np.append(np.searchsorted(samples["ts"], laps["start"]), len(samples["ts"]))
    for k, begins in enumerate(laps["start"]):
        yield (
            f'<Lap StartTime="{_at(begins)}">\n<TotalTimeSeconds>{laps["elapsed_s"][k]:.1f}</TotalTimeSeconds>\n'
            f"<DistanceMeters>{laps['distance_m'][k]:.2f}</DistanceMeters>\n<Calories>0</Calories>\n"
            "<Intensity>Active</Intensity>\n<TriggerMethod>Manual</TriggerMethod>\n<Track>\n"
        ).encode()
        for block in _blocks(samples, edges[k], edges[k + 1]):
            yield joined(_tcx_points(block, activity.sport))
        yield b"</Track>\n</Lap>\n"
    yield (
        f'<Creator xsi:type="Device_t"><Name>{activity.device}</Name><UnitId>{activity.device_serial}</UnitId>'
        "<ProductID>0</ProductID><Version><VersionMajor>1</VersionMajor><VersionMinor>0</VersionMinor>"
        "</Version></Creator>\n</Activity>\n</Activities>\n</TrainingCenterDatabase>\n"
    ).encode()


def gpx_parts(activity: Activity) -> Iterator[bytes]:
    """The GPX file of a ride or run, in parts. Raises KeyError for another sport."""
    start = _at(activity.started_at_ms)
    kind = _GPX_TYPES[activity.sport]
    yield (
        f"{_GPX_HEAD}<metadata><time>{start}</time></metadata>\n<trk>\n<name>{activity.sport.title()}</name>\n"
        f"<type>{kind}</type>\n<trkseg>\n"
    ).encode()
    for block in _blocks(activity.samples, 0, len(activity.samples["ts"])):
        yield joined(_gpx_points(block))
    yield b"</trkseg>\n</trk>\n</gpx>\n"


def _at(ms: int) -> str:
    return str(np.datetime_as_string(np.datetime64(int(ms), "ms"), unit="ms", timezone="UTC"))


def _blocks(samples: Columns, first: int, end: int) -> Iterator[Columns]:
    for low in range(first, end, _BLOCK):
        yield {name: values[low : min(low + _BLOCK, end)] for name, values in samples.items()}


def _tcx_points(samples: Columns, sport: str) -> list[Rows]:
    n = len(samples["ts"])
    missing = np.full(n, np.nan)
    get = samples.get
    placed = np.isfinite(get("lat", missing))[:, None]
    position = [
        element("<Position><LatitudeDegrees>", get("lat", missing), 7, "</LatitudeDegrees>"),
        element("<LongitudeDegrees>", get("lon", missing), 7, "</LongitudeDegrees>"),
        np.where(placed, literal("</Position>", n), 0).astype(np.uint8),
    ]
    cadence = get("cadence_rpm", missing)
    running = sport == "running"
    return [
        literal("<Trackpoint><Time>", n),
        moment(samples["ts"]),
        literal("</Time>", n),
        *position,
        element("<AltitudeMeters>", get("altitude_m", missing), 1, "</AltitudeMeters>"),
        element("<DistanceMeters>", get("distance_m", missing), 2, "</DistanceMeters>"),
        element("<HeartRateBpm><Value>", get("heart_rate_bpm", missing), 0, "</Value></HeartRateBpm>"),
        element("<Cadence>", missing if running else cadence, 0, "</Cadence>"),
        literal("<Extensions><ns3:TPX>", n),
        element("<ns3:Speed>", get("speed_mps", missing), 3, "</ns3:Speed>"),
        element("<ns3:RunCadence>", cadence if running else missing, 0, "</ns3:RunCadence>"),
        element("<ns3:Watts>", get("power_w", missing), 0, "</ns3:Watts>"),
        literal("</ns3:TPX></Extensions></Trackpoint>\n", n),
    ]


def _gpx_points(samples: Columns) -> list[Rows]:
    placed = np.isfinite(samples["lat"])  # a GPX point without a position does not exist
    kept = {name: values[placed] for name, values in samples.items()}
    n = len(kept["ts"])
    missing = np.full(n, np.nan)
    return [
        literal('<trkpt lat="', n),
        number(kept["lat"], 7),
        literal('" lon="', n),
        number(kept["lon"], 7),
        literal('">', n),
        element("<ele>", kept.get("altitude_m", missing), 1, "</ele>"),
        literal("<time>", n),
        moment(kept["ts"]),
        literal("</time><extensions><ns3:TrackPointExtension>", n),
        element("<ns3:atemp>", kept.get("temperature_c", missing), 0, "</ns3:atemp>"),
        element("<ns3:hr>", kept.get("heart_rate_bpm", missing), 0, "</ns3:hr>"),
        element("<ns3:cad>", kept.get("cadence_rpm", missing), 0, "</ns3:cad>"),
        literal("</ns3:TrackPointExtension></extensions></trkpt>\n", n),
    ]
