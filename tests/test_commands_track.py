"""`mtmc track`: the tracker of its choice, tracks finished after the end, and people who are remembered."""

from pathlib import Path

import numpy as np
import pytest
from conftest import FRAMES, walking_box

from mtmc.__main__ import main
from mtmc.sequences.mot_text import read_tracks
from reid.common.errors import InputError

MISSED = (5, 6)  # frames in which nobody is detected


def follow(folder: Path, *arguments: str) -> Path:
    """Track a sequence and return the folder of the tracks."""
    out = folder.parents[1] / "out"
    main(["track", str(folder), "--detections", "det.txt", "--reid", "none", "--output", str(out), *arguments])
    return out / "tracks"


@pytest.fixture
def gappy(make_sequence) -> Path:
    """The two who walk, missed for a while."""
    folder = make_sequence()
    rows = (folder / "det" / "det.txt").read_text().splitlines(keepends=True)
    kept = [row for row in rows if int(row.split(",")[0]) - 1 not in MISSED]
    (folder / "det" / "det.txt").write_text("".join(kept))
    return folder


def test_offline_fills_gaps_and_keeps_the_walk(gappy):
    tracks = follow(gappy, "--offline")
    online, offline = read_tracks(tracks / "walk.txt"), read_tracks(tracks / "walk.offline.txt")
    assert not set(MISSED) & set(online.frames)
    assert offline.frames.tolist() == [frame for frame in range(2, FRAMES) for _ in range(2)]
    expected = [walking_box(person, frame)[0] for frame in range(2, FRAMES) for person in range(2)]
    np.testing.assert_allclose(np.sort(offline.boxes[:, 0].reshape(-1, 2)), np.sort(np.reshape(expected, (-1, 2))), atol=0.02)


def test_gaps_longer_than_asked_for_stay_and_short_tracks_are_dropped(gappy):
    tracks = follow(gappy, "--offline", "linear", "--max-gap", "0.1")
    assert not set(MISSED) & set(read_tracks(tracks / "walk.offline.txt").frames)
    tracks = follow(gappy, "--offline", "--min-length", "20")
    assert len(read_tracks(tracks / "walk.offline.txt").ids) == 0


def test_without_offline_there_is_no_such_file(gappy):
    assert [path.name for path in follow(gappy).iterdir()] == ["walk.txt"]


def test_a_gap_below_zero_is_refused(gappy):
    with pytest.raises(InputError, match="--max-gap -1 and --min-length 1 must be at least 0"):
        follow(gappy, "--offline", "--max-gap", "-1")


def test_the_default_tracker_is_steady_and_memory_needs_one_with_appearance(gappy, capsys):
    follow(gappy, "--memory", "60")
    with pytest.raises(InputError, match="sort uses no appearance, so it has no memory of people: leave memory at 0"):
        follow(gappy, "--tracker", "sort", "--memory", "60")


def test_a_tracker_that_counts_frames_says_so_in_a_slow_video(gappy, capsys):
    info = gappy / "seqinfo.ini"
    info.write_text(info.read_text().replace("frameRate=10", "frameRate=2"))
    follow(gappy, "--tracker", "deepsort")
    assert "deepsort counts frames, as its paper does, and the video has 2 a second" in capsys.readouterr().out
