"""A FIT byte string to activities."""

from __future__ import annotations

from momentum.activity_files.decoded import Activity, DecodedFile, Refused
from momentum.activity_files.fit import device
from momentum.activity_files.fit.chained import IN_PART, split
from momentum.activity_files.fit.recording import Recording, read_recording
from momentum.activity_files.fit.to_activities import activities_of


def decode_fit(data: bytes) -> DecodedFile:
    """All activities of a FIT byte string, and what could not be read of it.

    Each chained FIT file with records or sessions is an activity, or an event with legs; a chained
    file with a chest strap's heart rate belongs to the activity before it. Damage is told in
    `problems` ("decoded in part"), what is whole is kept. Raises Refused: "empty file", "not a FIT
    file", "no activity in it", "damaged before the first record", "too large".
    """
    files, problems = split(data)
    recordings: list[Recording] = []
    kinds = []
    for fit in files:
        problems += fit.problems
        recording = read_recording(fit)
        kinds.append(device.file_type(recording.file_id))
        # Courses have records too, but nobody rode them.
        if recording.sessions or (recording.records and kinds[-1] in ("", "activity")):
            recordings.append(recording)
        elif recordings and recording.beats[0].size:
            recordings[-1].chest_straps.append(recording.beats)
    activities: list[Activity] = []
    for recording in recordings:
        activities += activities_of(recording, problems)
    if activities:
        return DecodedFile("fit", activities, list(dict.fromkeys(problems)))
    damage = [problem.detail for problem in problems if problem.reason == IN_PART]
    if damage and set(kinds) <= {"", "activity"}:
        raise Refused("damaged before the first record", "; ".join(damage))
    raise Refused("no activity in it", ", ".join(dict.fromkeys(f"file type {kind}" for kind in kinds if kind)))
