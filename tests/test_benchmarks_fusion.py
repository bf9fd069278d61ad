from benchmarks.speed.fusion import measure, measure_day


def test_every_number_of_cameras_and_people_is_a_row_and_people_are_found(monkeypatch):
    monkeypatch.setattr("benchmarks.speed.fusion.FRAMES", 15)
    rows = measure([2, 3], [3])
    assert [(row["cameras"], row["people"]) for row in rows] == [(2, 3), (3, 3)]
    assert rows[0]["cost"] == 1.0 and all(row["fps"] > 0 for row in rows)
    assert rows[1]["tracks"] == 3


def test_a_long_run_reports_its_memory_in_tenths():
    rows = measure_day(40, cameras=2, people=2)
    assert [row["frames"] for row in rows] == list(range(4, 41, 4)) and all(row["mb"] > 0 for row in rows)
