"""What each benchmark's figures say in the table of all: ours, the peer's, their ratio, the goal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the table. A goal is a bound of the ratio; without one the line only tells."""

    what: str
    ours: str
    peer: str
    ratio: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        if self.ratio is None or (self.at_least is None and self.at_most is None):
            return None
        return self.ratio >= (self.at_least or 0) and (self.at_most is None or self.ratio <= self.at_most)

    @property
    def ratio_text(self) -> str:
        return "" if self.ratio is None else f"{self.ratio:.2f}" if self.ratio < 10 else f"{self.ratio:.0f}"

    @property
    def goal_text(self) -> str:
        if self.at_least is not None:
            return f"at least {self.at_least:g}"
        return "" if self.at_most is None else f"at most {self.at_most:g}"


def _fit(said: dict[str, Any]) -> list[Row]:
    speed, times = said["mb_per_s"], said["times_fitdecode"]
    correct, files = said["correct"], said["readable"]
    return [
        Row(
            "FIT decoding",
            f"{speed['momentum']:.0f} MB/s",
            f"fitdecode {speed['fitdecode']:.2f}",
            times["momentum"],
            100,
        ),
        Row(
            "FIT decoding", f"{speed['momentum']:.0f} MB/s", f"fitfast {speed['fitfast']:.0f}", said["times_fitfast"], 2
        ),
        Row(
            f"FIT files read right, of {files}",
            str(correct["momentum"]),
            f"fitfast {correct['fitfast']}, fitdecode {correct['fitdecode']}",
            correct["momentum"] / files,
            1,
        ),
        Row("one small FIT file, ms", f"{said['smallest_file_ms']:.1f} ms", "", said["smallest_file_ms"], at_most=5),
    ]


def _xml(said: dict[str, Any]) -> list[Row]:
    rows = []
    for kind, peer in (("tcx", "tcxreader"), ("gpx", "gpxpy")):
        one = said[kind]
        speed, found, points = one["thousand_points_per_s"], one["found"], one["points"]
        read = f"{speed['momentum']:.0f} thousand points/s, {found['momentum']} of {points}"
        rows.append(
            Row(f"{kind.upper()} decoding", read, f"{peer} {speed[peer]:.0f}, {found[peer]}", one["ratio"], one["goal"])
        )
    return rows


def _mean_max(said: dict[str, Any]) -> list[Row]:
    one = said["mean_max"]
    what, ours = "mean-max, 3 h, all durations", f"{one['ours_ms']:.1f} ms"
    return [
        Row(what, ours, f"sweat {one['sweat_ms']:.0f} ms", one["sweat_ms"] / one["ours_ms"], 300),
        Row(what, ours, f"NumPy {one['numpy_ms']:.0f} ms", one["numpy_ms"] / one["ours_ms"], 10),
        Row("all metrics of that activity", f"{said['activity_metrics_ms']:.1f} ms", ""),
    ]


def _cohort(said: dict[str, Any]) -> list[Row]:
    ours, pandas = said["ours"], said["pandas"]
    days = f"{said['athlete_days'] / 1e6:g} million athlete-days"
    return [
        Row(
            f"fitness, {days}",
            f"{ours['wall_s']:.1f} s, stored",
            f"pandas {pandas['wall_s']:.1f} s, in memory",
            said["ratio_wall"],
            at_most=2,
        ),
        Row(
            "its peak memory, GB",
            f"{ours['peak_mb']:.0f} MB",
            f"pandas {pandas['peak_mb']:.0f} MB",
            ours["peak_mb"] / 1000,
            at_most=1,
        ),
    ]


def _store(said: dict[str, Any]) -> list[Row]:
    speeds = said["million_rows_per_s"]
    (_, ours), *others = speeds.items()
    name, best = max(others, key=lambda one: one[1])
    return [
        Row("rows of records stored", f"{ours:.2f} million/s", f"{name} {best:.2f}", ours / best),
        Row("store: import and open", f"{said['import_and_open_s']:.2f} s", ""),
    ]


def _codecs(said: dict[str, Any]) -> list[Row]:
    ours, lz4 = said["bytes_per_sample"], said["with_lz4"]
    return [Row("a sample in the store", f"{ours:.1f} bytes", f"LZ4 alone {lz4:.1f}", ours / lz4)]


def _imports(said: dict[str, Any]) -> list[Row]:
    (few, small), (many, large) = said["peak_mb"].items()
    decoder, store, rest = (said[name]["cpu_s"] for name in ("decoder", "store", "rest"))
    whole, command = said["whole"]["wall_s"], said["command"]
    stored, in_files = said["store_bytes_per_sample"], said["file_bytes_per_sample"]
    rate = f"{said['files_per_s']:.0f} files/s, {said['samples_per_s'] / 1000:.0f} thousand samples/s"
    return [
        Row(f"import of {many} files, to rollups", f"{rate}, {said['mb_per_s']:.0f} MB/s", ""),
        Row(
            "  all but decoder and store",
            f"{rest:.0f} s of cores",
            f"decoder {decoder:.0f}, store {store:.0f}",
            said["rest_ratio"],
            at_most=said["goal"],
        ),
        Row("  its peak memory", f"{large:.0f} MB", f"{small:.0f} MB for {few} files", large / small),
        *(
            [
                Row(
                    "  the same with Dagster",
                    f"{command['wall_s']:.0f} s",
                    f"without {whole:.0f} s",
                    command["wall_s"] / whole,
                )
            ]
            if command
            else []
        ),
        Row("  on disk, a sample", f"{stored:.1f} bytes", f"files {in_files:.1f}", stored / in_files),
    ]


def _one_file(said: dict[str, Any]) -> list[Row]:
    seconds = {what: one["wall_s"] for what, one in said["seconds"].items()}
    new, empty = seconds["new file"], seconds["empty inbox"]
    return [
        Row(
            "one new file, to fitness",
            f"{new:.1f} s",
            f"empty inbox {empty:.1f} s",
            said["ratio_wall"],
            at_most=said["goal"],
        )
    ]


def _dagster_share(said: dict[str, Any]) -> list[Row]:
    months, whole = said["months"], said["range_s"]
    return [
        Row(f"Dagster's own share, {months} months, s", f"{whole:.2f} s", "", whole, at_most=said["goal_s"]),
        Row(
            "  against a run for each month",
            f"{whole:.2f} s",
            f"{months * said['one_month_s']:.1f} s",
            said["times_less"],
            said["goal_times"],
        ),
    ]


def _start_up(said: dict[str, Any]) -> list[Row]:
    seconds = {what: one["wall_s"] for what, one in said["seconds"].items()}
    lines = (
        ("definitions", "the graph's definitions", "import dagster"),
        ("help", "momentum --help", "import dagster"),
        ("sql", "momentum sql", "chDB alone"),
    )
    return [
        Row(
            what,
            f"{seconds[name]:.2f} s",
            f"{peer} {seconds[peer]:.2f} s",
            said["ratios"][name],
            at_most=said["goals"].get(name),
        )
        for name, what, peer in lines
    ]


# In the order in which they run.
def _fleet_file(said: dict[str, Any]) -> list[Row]:
    return [
        Row(f"fleet file of {servers} servers, read with all rules", f"{one['read_ms'] + one['rules_ms']:.0f} ms", "")
        for servers, one in said["servers"].items()
    ]


def _fleet_plan(said: dict[str, Any]) -> list[Row]:
    rows = [
        Row(
            f"plan of {servers} servers",
            f"new {one['new_ms']:.1f} ms, read and as the file says {one['read_ms']:.1f} ms",
            "",
        )
        for servers, one in said["servers"].items()
    ]
    calls, commands = said["no_change_calls"], sum(said["no_change_commands"].values())
    return [
        *rows,
        Row("bootstrap of 4 servers, all outside in memory", f"{said['bootstrap_ms']:.0f} ms", ""),
        Row(
            "apply without a change, 4 servers",
            f"{said['no_change_ms']:.1f} ms, {calls.get('GET', 0)} API calls that read, "
            f"{sum(calls.values()) - calls.get('GET', 0)} that change, {commands} SSH commands and the kubeconfig's",
            "",
        ),
    ]


def _fleet_hosts(said: dict[str, Any]) -> list[Row]:
    if said["skipped"]:
        return [Row("real hosts by their number", f"not measured: {said['skipped']}", "")]
    numbers = " / ".join(said["hosts"])
    lines = (
        ("brought up, s", "bring_up_s", ".1f"),
        ("looked at, ms", "look_ms", ".0f"),
        ("applied to without a change, ms", "no_change_ms", ".0f"),
    )
    return [
        Row(f"{numbers} real hosts, {what}", " / ".join(f"{row[key]:{form}}" for row in said["hosts"].values()), "")
        for what, key, form in lines
    ]


ROWS: dict[str, Callable[[dict[str, Any]], list[Row]]] = {
    "fit_decoding": _fit,
    "xml_decoding": _xml,
    "mean_max": _mean_max,
    "cohort_series": _cohort,
    "store": _store,
    "codecs": _codecs,
    "imports": _imports,
    "one_file": _one_file,
    "dagster_share": _dagster_share,
    "start_up": _start_up,
    "fleet_file": _fleet_file,
    "fleet_plan": _fleet_plan,
    "fleet_hosts": _fleet_hosts,
}
