"""A GPX of 200 MB passes in less than twice its size of memory, the interpreter and its libraries included."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

FILE_BYTES = 200_000_000
PEAK_BYTES = 400_000_000

# VmHWM and not getrusage: the latter's peak is handed down from the process that started this one.
CHILD = """
import json, re, sys
from pathlib import Path
from momentum.activity_files.xml import decode_gpx
with open(sys.argv[1], "rb") as stream:
    (activity,) = decode_gpx(stream).activities
peak = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
print(json.dumps({"points": len(activity.samples["ts"]), "peak": peak, "channels": sorted(activity.samples)}))
"""


def ride(day: str) -> str:
    """Three hours at one point a second."""
    return "".join(
        f'<trkpt lat="{45 + n * 1e-5:.6f}" lon="6.123456"><ele>{n % 900}.5</ele>'
        f"<time>{day}T{10 + n // 3600}:{n // 60 % 60:02}:{n % 60:02}Z</time><extensions><hr>{100 + n % 80}</hr>"
        f"<cad>{80 + n % 20}</cad><power>{150 + n % 99}</power></extensions></trkpt>\n"
        for n in range(10_800)
    )


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
def test_200_mb_pass_in_under_400_mb(tmp_path: Path) -> None:
    path = tmp_path / "long.gpx"
    text, day = ride("2000-01-01"), date(2000, 1, 1)
    days = FILE_BYTES // len(text) + 1
    with path.open("w") as file:
        file.write("<gpx creator='generated'><trk><type>cycling</type><trkseg>\n")
        for number in range(days):
            file.write(text.replace("2000-01-01", str(day + timedelta(days=number))))
        file.write("</trkseg></trk></gpx>")
    assert path.stat().st_size >= FILE_BYTES
    run = subprocess.run([sys.executable, "-c", CHILD, path], capture_output=True, text=True, check=True)
    told = json.loads(run.stdout)
    assert told["points"] == days * 10_800
    assert told["channels"] == [
        "altitude_m", "cadence_rpm", "distance_m", "heart_rate_bpm", "lat", "lon", "power_w", "speed_mps", "ts",
    ]  # fmt: skip
    assert told["peak"] < PEAK_BYTES, f"{told['peak'] / 1e6:.0f} MB"
