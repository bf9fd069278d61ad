"""A frame that fails: the error that names it and its camera, or a frame that is skipped and counted."""

import re
from dataclasses import replace

import cv2
import numpy as np
import pytest
from conftest import FRAMES
from test_single_pipeline import ColourModel

import trackers
from mtmc import open_sequence, track
from mtmc.__main__ import main
from mtmc.sequences.mot_text import read_tracks
from reid.common import errors
from reid.common.errors import InputError

BAD = 6, 9  # frames, from 1

MODULE = """
from trackers import Detections

calls = []

def detect(image):
    calls.append(1)
    if len(calls) == 6:
        return helped([])
    return Detections([[10.0 + len(calls), 8, 30 + len(calls), 56]], [0.9])

def helped(names):
    return names[3]

def forget(image):
    detect(image)
"""


class Failing(ColourModel):
    """An appearance model that gives a row too few when it is asked for the sixth time, and no numbers the ninth time."""

    def __call__(self, frame, boxes):
        rows = super().__call__(frame, boxes)
        if self.calls == BAD[0]:
            return rows[:1]
        return rows * np.nan if self.calls == BAD[1] else rows


def failing_detector(sequence):
    """The detections of `sequence`, in order; none of the frames `BAD`."""
    calls = []

    def detect(image):
        calls.append(image)
        if len(calls) in BAD:
            raise KeyError(f"call {len(calls)}")
        return sequence.detections[len(calls) - 1]

    return detect


def spoil(folder, *numbers: int):
    for number in numbers:
        (folder / "img1" / f"{number:06d}.png").write_bytes(b"no picture")


def test_an_exception_of_ones_own_detector_keeps_its_type_its_text_and_its_line(make_sequence):
    sequence = open_sequence(make_sequence(images=True))
    with pytest.raises(InputError) as error:
        list(track(sequence, "sort", detector=failing_detector(sequence)))
    assert str(error.value) == "walk, frame 6: the detector fails: KeyError: 'call 6'"
    assert isinstance(error.value.__cause__, KeyError)
    (told,) = error.value.__notes__
    assert "Traceback" in told and 'raise KeyError(f"call {len(calls)}")' in told


def test_the_command_shows_the_line_in_ones_own_module_and_keeps_what_is_done(make_sequence, tmp_path, monkeypatch, capsys):
    (tmp_path / "failing_people.py").write_text(MODULE)
    folder, out = make_sequence(images=True), tmp_path / "out"
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    words = ["track", str(folder), "--detector", "failing_people:detect", "--reid", "none", "--output", str(out)]
    with pytest.raises(SystemExit) as end:
        errors.run(lambda: main(words))
    first, *rest = capsys.readouterr().err.splitlines()
    assert end.value.code == 2
    assert first == "error: walk, frame 6: the detector fails: IndexError: list index out of range"
    assert "    return names[3]" in rest
    assert rest[-1] == f"5 frames are kept below {out}: tracks/walk.partial.txt"


def test_a_detector_that_returns_nothing_is_told_whatever_the_least_score(make_sequence, tmp_path, monkeypatch):
    (tmp_path / "forgetting_people.py").write_text(MODULE)
    folder = make_sequence(images=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    words = ["track", str(folder), "--detector", "forgetting_people:forget", "--reid", "none", "--output", str(tmp_path / "out")]
    for least in [], ["--min-score", "0.5"]:
        with pytest.raises(InputError, match=r"^walk, frame 1: the detector must give trackers\.Detections\(.*\), not None$"):
            main([*words, *least])


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (StopIteration(), "StopIteration"),
        (KeyError("a"), "KeyError: 'a'"),
        (RuntimeError("two\nlines"), "RuntimeError: two lines"),
        (np.linalg.LinAlgError("singular"), r"numpy\..*LinAlgError: singular"),
        (MemoryError(), "MemoryError"),
    ],
)
def test_whatever_is_raised_is_one_sentence(make_sequence, error, text):
    def detect(image):
        raise error

    with pytest.raises(InputError) as told:
        next(track(open_sequence(make_sequence(images=True)), "sort", detector=detect))
    assert re.fullmatch(f"walk, frame 1: the detector fails: {text}", str(told.value))
    assert told.value.__cause__ is error


@pytest.mark.parametrize("tracker", ["sort", "deepsort", "motdt"])
def test_a_frame_whose_detector_fails_is_one_with_nobody(make_sequence, tracker):
    sequence = open_sequence(make_sequence(images=True))
    frames = list(track(sequence, tracker, detector=failing_detector(sequence), on_error="skip"))
    assert [frame.index + 1 for frame in frames if frame.failures] == list(BAD)
    told = frames[5].failures[0]
    assert told == ("walk", 5, "skipped", "the detector fails: KeyError: 'call 6'")
    nobody = trackers.Detections(np.empty((0, 4)), np.empty(0))
    seen = [nobody if frame + 1 in BAD else found for frame, found in enumerate(sequence.detections)]
    alike = trackers.build(tracker)
    for frame, detections in zip(frames, seen, strict=True):
        np.testing.assert_array_equal(frame.tracks.boxes, alike.update(detections).boxes)


def test_a_frame_whose_embeddings_fail_is_tracked_by_its_boxes(make_sequence, tmp_path):
    sequence = open_sequence(make_sequence(images=True))
    frames = list(track(sequence, "deepsort", Failing(), on_error="skip", cache=tmp_path / "cache"))
    assert [frame.index + 1 for frame in frames if frame.failures] == list(BAD)
    assert {failure.lost for frame in frames for failure in frame.failures} == {"without embeddings"}
    assert all(len(frame.tracks) == 2 for frame in frames[2:])
    assert not list((tmp_path / "cache").iterdir())  # embeddings with gaps are not remembered
    whole = list(track(sequence, "deepsort", ColourModel(), cache=tmp_path / "cache"))
    assert not whole[-1].reid_cached


def test_the_command_skips_counts_and_says_why(make_sequence, tmp_path, capsys, monkeypatch):
    folder, out = make_sequence(images=True), tmp_path / "out"
    spoil(folder, 4, FRAMES)
    monkeypatch.setattr("mtmc.single.appearance.open_appearance", lambda *_: Failing())
    main(["track", str(folder), "--detections", "det.txt", "--on-error", "skip", "--output", str(out), "--video"])
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("walk: 4 frames without embeddings; the first is frame 4: ")
    assert "frame 4 does not decode as an image" in told[0]
    assert set(read_tracks(out / "tracks" / "walk.txt").frames) == set(range(FRAMES)) - {0, 1}
    assert cv2.VideoCapture(str(out / "video" / "walk.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES


def test_where_an_image_does_not_decode_the_one_before_is_shown(make_sequence):
    folder = make_sequence(images=True)
    spoil(folder, 1, 4)
    frames = list(track(open_sequence(folder), "sort", images=True, on_error="skip"))
    assert not frames[0].image.any() and frames[0].image.shape == (120, 160, 3)
    np.testing.assert_array_equal(frames[3].image, frames[2].image)
    assert [failure.lost for frame in frames for failure in frame.failures] == ["without an image"] * 2


def test_a_video_that_is_cut_short_is_an_error_all_the_same(make_sequence):
    def cut_short():
        yield np.zeros((120, 160, 3), np.uint8)
        raise InputError("walk.mp4: the frames end at 1 of 12: the file is cut short")

    class Cut:
        size, identity = (160, 120), None

        def __iter__(self):
            return cut_short()

    sequence = replace(open_sequence(make_sequence()), images=Cut())
    with pytest.raises(InputError, match=r"^walk\.mp4: the frames end at 1 of 12"):
        list(track(sequence, "sort", images=True, on_error="skip"))


def test_a_tracker_that_fails_ends_the_run_all_the_same(make_sequence, monkeypatch):
    def failing(self, detections, frame):
        raise ZeroDivisionError

    tracker = trackers.build("sort")
    monkeypatch.setattr(type(tracker), "_associate", failing)
    with pytest.raises(InputError, match=r"^walk, frame 1: the tracker fails: ZeroDivisionError\b"):
        list(track(open_sequence(make_sequence()), tracker, on_error="skip"))


def test_another_word_than_stop_and_skip_is_told(make_sequence):
    with pytest.raises(ValueError, match="on_error must be stop or skip, not 'ignore'"):
        next(track(open_sequence(make_sequence()), on_error="ignore"))
