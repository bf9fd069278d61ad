"""How far a run is, where nobody sees a bar."""

import pytest

from reid.common import progress
from reid.common.progress import shown_progress


@pytest.mark.parametrize(("total", "of"), [(5, " of 5"), (None, "")])
def test_without_a_terminal_a_line_comes_every_thirty_seconds(total, of, monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with shown_progress() as follow:
        for item in follow([10, 11, 12, 13, 14], total, "walk"):
            now[0] += 16.0 if item < 14 else 1.0
    assert capsys.readouterr().err == f"walk: 2{of} frames\nwalk: 4{of} frames\n"


def test_a_terminal_has_a_bar_and_no_lines(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(progress, "EVERY", 0.0)
    with shown_progress() as follow:
        assert list(follow(iter("abc"), 3, "walk")) == ["a", "b", "c"]
    told = capsys.readouterr()
    assert told.err == "" and "walk" in told.out
