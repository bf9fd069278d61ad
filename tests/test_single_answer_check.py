"""What a user's own code may answer, and what is wrong with the rest, in a sentence that names the frame."""

import numpy as np
import pytest
from conftest import FRAMES

import trackers
from mtmc import open_sequence, track
from mtmc.single.answer_check import checked_detections, checked_rows, checked_tracks
from reid.common.errors import InputError
from trackers import Detections, Tracks

TWO = np.array([[1.0, 2, 21, 50], [60, 2, 80, 50]])


def changed(row: int, column: int, value: float) -> Detections:
    """Two people, one number of whose boxes has been overwritten after they were checked."""
    found = Detections(TWO.copy(), np.ones(2))
    found.boxes[row, column] = value
    return found


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(None, r"must give trackers\.Detections\(boxes, scores\), not None", id="no return"),
        pytest.param((TWO, np.ones(2)), r"must give trackers\.Detections\(boxes, scores\), not a tuple", id="a tuple"),
        pytest.param(TWO, r"must give trackers\.Detections\(boxes, scores\), not a ndarray", id="boxes alone"),
        pytest.param(changed(1, 2, np.nan), "impossible detections: boxes must be finite: row 1 is not", id="not a number"),
        pytest.param(changed(1, 2, np.inf), "impossible detections: boxes must be finite: row 1 is not", id="infinite"),
        pytest.param(changed(0, 3, 2), "impossible detections: box 0 has no area", id="flat"),
        pytest.param(changed(1, 2, 50), "impossible detections: box 1 has no area", id="inverted"),
        pytest.param(Detections(TWO, [0.5, 87]), r"scores in 0\.\.1, but scores box 1 with 87", id="per cent"),
        pytest.param(Detections(TWO, [-0.5, 0.5]), r"scores in 0\.\.1, but scores box 0 with -0\.5", id="negative score"),
        pytest.param(Detections.unchecked(TWO, np.ones(3)), "2 boxes need scores of the shape", id="too many scores"),
        pytest.param(Detections.unchecked(TWO, np.ones(2), np.zeros((2, 3))), "embedding 0 is all zeros", id="no direction"),
    ],
)
def test_a_wrong_answer_of_a_detector_names_the_frame(make_sequence, answer, told):
    answers = iter([Detections(TWO, np.ones(2)), answer])
    frames = track(open_sequence(make_sequence(images=True)), "sort", detector=lambda image: next(answers))
    next(frames)
    with pytest.raises(InputError, match=f"^walk, frame 2: the detector .*{told}"):
        next(frames)


def test_scores_that_stray_by_rounding_are_clipped():
    found = checked_detections(Detections(TWO, [1.0000001, -1e-9]))
    assert found.scores.tolist() == [1, 0]


def test_a_detector_and_a_model_may_use_their_arrays_again():
    boxes, scores, rows = TWO.copy(), np.ones(2), np.eye(2, 3, dtype=np.float32)
    found, embeddings = checked_detections(Detections(boxes, scores, rows)), checked_rows(rows, 2, 3)
    boxes[:], scores[:], rows[:] = 7, 7, 7
    assert found.boxes.tolist() == TWO.tolist() and found.scores.tolist() == [1, 1]
    assert found.embeddings.tolist() == embeddings.tolist() == np.eye(2, 3).tolist()


ROWS = np.eye(2, 3)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(None, "embeddings must be an array of numbers, not None", id="no return"),
        pytest.param(["a", "b"], "embeddings must be an array of numbers", id="text"),
        pytest.param([[1, 0], [1]], "embeddings must be an array of numbers", id="ragged"),
        pytest.param(ROWS[:1], r"2 boxes need embeddings of the shape \(2, D\), not \(1, 3\)", id="too few rows"),
        pytest.param(np.ones((3, 3)), r"2 boxes need embeddings of the shape \(2, D\), not \(3, 3\)", id="too many rows"),
        pytest.param(np.ones(2), r"not \(2,\)", id="a number a box"),
        pytest.param(np.ones((2, 0)), r"not \(2, 0\)", id="no numbers"),
        pytest.param([], r"not \(0,\)", id="nobody, where two are"),
        pytest.param(ROWS * [[1], [np.nan]], "embeddings must be finite: row 1 is not", id="not a number"),
        pytest.param([[1, 0, 0], [0, np.inf, 0]], "embeddings must be finite: row 1 is not", id="infinite"),
        pytest.param(ROWS * [[1], [1e200]], "embeddings must be finite: row 1 is not", id="beyond float32"),
        pytest.param(ROWS * [[1], [0]], "embedding 1 is all zeros", id="no direction"),
        pytest.param(np.eye(2, 5), "embeddings of 3 numbers, as before, not of 5", id="another dimension"),
    ],
)
@pytest.mark.parametrize("tracker", ["deepsort", "motdt"])
def test_a_wrong_answer_of_an_appearance_model_names_the_frame(make_sequence, tracker, answer, told):
    answers = iter([ROWS, answer])
    frames = track(open_sequence(make_sequence(images=True)), tracker, lambda frame, boxes: next(answers))
    next(frames)
    with pytest.raises(InputError, match=f"^walk, frame 2: the appearance model .*{told}"):
        next(frames)


@pytest.mark.parametrize("scale", [1e-30, 0.1, 1, 7, 1e30])
def test_rows_of_any_length_become_unit_rows(scale):
    np.testing.assert_allclose(checked_rows(ROWS * scale, 2, 3), ROWS, rtol=1e-6)


@pytest.mark.parametrize("nothing", [(), np.empty(0), np.empty((0, 3)), np.empty((0, 0))])
def test_for_nobody_any_array_without_numbers_will_do(nothing):
    assert checked_rows(nothing, 0, 3).shape == (0, 3)


IDS, ROW = np.array([1, 2]), np.array([0, 1])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        pytest.param(None, r"must give trackers\.Tracks, not None", id="no return"),
        pytest.param(TWO, r"must give trackers\.Tracks, not a ndarray", id="boxes alone"),
        pytest.param(Tracks(IDS, TWO[:1], np.ones(2), ROW), r"boxes \(1, 4\)", id="too few boxes"),
        pytest.param(Tracks(IDS + 0.5, TWO, np.ones(2), ROW), "whole numbers", id="half ids"),
        pytest.param(Tracks(IDS * 0 + 1, TWO, np.ones(2), ROW), r"different numbers from 1, not \[1, 1\]", id="an id twice"),
        pytest.param(Tracks(IDS - 1, TWO, np.ones(2), ROW), r"different numbers from 1, not \[0, 1\]", id="id 0"),
        pytest.param(Tracks(IDS, TWO * np.nan, np.ones(2), ROW), "boxes and scores must be finite", id="not a number"),
        pytest.param(Tracks(IDS, TWO, np.ones(2), ROW + 1), r"detection_index must be in -1\.\.1", id="no such detection"),
    ],
)
def test_a_wrong_answer_of_a_tracker_names_the_frame(make_sequence, answer, told):
    class Own(trackers.Tracker):
        def reset(self):
            self.answers = iter([Tracks(IDS, TWO, np.ones(2), ROW), answer])

        def update(self, detections, frame=None):
            return next(self.answers)

        def _associate(self, detections, frame):
            raise AssertionError("update does all")

    frames = track(open_sequence(make_sequence()), Own(None))
    next(frames)
    with pytest.raises(InputError, match=f"^walk, frame 2: the tracker .*{told}"):
        next(frames)


def test_tracks_may_be_lists():
    found = checked_tracks(Tracks([1, 2], TWO.tolist(), [1.0, 1.0], [0, -1]), 1)
    assert found.boxes.shape == (2, 4) and found.ids.tolist() == [1, 2]
    assert len(checked_tracks(Tracks([], [], [], []), 0)) == 0


def test_a_class_in_the_place_of_a_tracker_is_told(make_sequence):
    with pytest.raises(TypeError, match=r"tracker must be a name or a trackers\.Tracker, not <class"):
        next(track(open_sequence(make_sequence()), type(trackers.build("sort"))))


def test_a_model_is_not_asked_about_nobody(make_sequence):
    folder, asked = make_sequence(images=True), []
    rows = (folder / "det" / "det.txt").read_text().splitlines()
    (folder / "det" / "det.txt").write_text("\n".join(row for row in rows if not row.startswith(("1,", "5,"))))

    def appearance(frame, boxes):
        asked.append(len(boxes))
        return ROWS

    assert len(list(track(open_sequence(folder), "deepsort", appearance))) == FRAMES
    assert asked == [2] * (sum(f"{frame}"[0] not in "15" for frame in range(1, FRAMES + 1)) + 3)
