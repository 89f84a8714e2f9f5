"""The inbox: what was taken is moved away, what grew meanwhile stays and is taken again."""

from __future__ import annotations

from pathlib import Path

from momentum_dagster.assets.inbox import deliveries, left_alone


def test_what_was_taken_is_moved_away_and_what_grew_meanwhile_stays(tmp_path: Path) -> None:
    folder = tmp_path / "ana"
    export = folder / "export"
    export.mkdir(parents=True)
    for path in (folder / "whole.fit", folder / "growing.fit", export / "one.gpx"):
        path.write_bytes(b"first part")
    (folder / ".hidden.part").write_bytes(b"a browser still writes this")

    (delivery,) = deliveries([], "", tmp_path)
    assert [path.name for path in delivery.paths] == ["export", "growing.fit", "whole.fit"]
    with (folder / "growing.fit").open("ab") as file:
        file.write(b" and the second")
    (export / "two.gpx").write_bytes(b"a file more")
    delivery.put_away()

    assert (folder / "taken" / "whole.fit").exists()
    (again,) = deliveries([], "", tmp_path)
    assert [path.name for path in again.paths] == ["export", "growing.fit"]
    again.put_away()
    assert not list(deliveries([], "", tmp_path))


def test_two_files_of_one_name_are_both_kept(tmp_path: Path) -> None:
    folder = tmp_path / "ana"
    folder.mkdir()
    for content in (b"monday", b"tuesday"):
        (folder / "ride.fit").write_bytes(content)
        (delivery,) = deliveries([], "", tmp_path)
        delivery.put_away()
    kept = {path.read_bytes() for path in (folder / "taken").iterdir()}
    assert kept == {b"monday", b"tuesday"}


def test_paths_that_a_person_names_are_left_where_they_are(tmp_path: Path) -> None:
    path = tmp_path / "ride.fit"
    path.write_bytes(b"ride")
    (delivery,) = deliveries([str(path)], "ana", tmp_path / "inbox")
    delivery.put_away()
    assert path.exists()


def test_what_is_nobodys_is_left_alone_and_told(tmp_path: Path) -> None:
    for name in ("ana", "two words", "empty name", ".hidden"):
        (tmp_path / name).mkdir()
    for name in ("ana/ride.fit", "two words/ride.fit", ".hidden/ride.fit", "loose.fit", ".DS_Store"):
        (tmp_path / name).write_bytes(b"x")
    assert [delivery.athlete_id for delivery in deliveries([], "", tmp_path)] == ["ana"]
    loose, misnamed = left_alone(tmp_path)
    assert "loose.fit is not taken: files go into a folder named after their athlete" in loose
    assert "two words is not taken: athlete id 'two words'" in misnamed
    assert "rename the folder" in misnamed
    assert left_alone(tmp_path / "none") == []
