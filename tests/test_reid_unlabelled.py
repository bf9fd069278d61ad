"""Pairs of crops found in a video without labels, in worlds of a few boxes and by the ground truth of real ones."""

import numpy as np
import pytest

from reid.evaluation.unlabelled import find_pairs, link


def box(left, top=0, width=20, height=50):
    return [left, top, left + width, top + height]


def walk(frames, *starts, speed=2):
    lines = list(enumerate(starts))
    return [np.array([box(start + speed * frame, 100 * row) for row, start in lines], float) for frame in range(frames)]


def test_whoever_walks_alone_is_linked():
    assert link(np.array([box(0), box(100)], float), np.array([box(104), box(3)], float)).tolist() == [1, 0]


@pytest.mark.parametrize(
    "later",
    [
        pytest.param([box(11)], id="too far"),
        pytest.param([box(2), box(10)], id="another box near"),
        pytest.param(np.empty((0, 4)), id="nobody"),
    ],
)
def test_a_doubtful_link_is_none(later):
    assert link(np.array([box(0)], float), np.array(later, float).reshape(-1, 4)).tolist() == [-1]


def test_of_two_boxes_that_one_may_continue_neither_is_linked():
    assert link(np.array([box(0), box(6)], float), np.array([box(1)], float)).tolist() == [-1, -1]


def test_genuine_pairs_are_a_second_apart_and_impostors_in_one_frame():
    pairs = find_pairs(walk(9, 0, 30), frame_rate=4)
    assert pairs.genuine.tolist() == [[frame, row, frame + 4, row] for frame in range(5) for row in (0, 1)]
    assert pairs.impostor.tolist() == [[frame, 0, frame, 1] for frame in range(9)]
    assert pairs.tracks == 2


def test_a_gap_ends_a_track_and_boxes_that_overlap_are_no_two_people():
    boxes = walk(9, 0)
    boxes[4] = np.empty((0, 4))
    assert not len(find_pairs(boxes, frame_rate=4).genuine)
    twice = [np.array([box(0), box(15)], float)] * 9
    assert not len(find_pairs(twice, frame_rate=4).impostor)


def test_a_long_video_is_looked_at_now_and_then():
    pairs = find_pairs(walk(2000, 0, 30, speed=1), frame_rate=4, crops=100)
    assert 2 * len(pairs.frames) <= 100
    assert len(pairs.genuine) >= 40
    assert pairs.frames.max() - pairs.frames.min() > 1900


def test_a_video_of_less_than_a_second_has_no_pairs():
    pairs = find_pairs(walk(4, 0, 30), frame_rate=4)
    assert (len(pairs.genuine), len(pairs.impostor), len(pairs.frames), pairs.tracks) == (0, 0, 0, 0)


@pytest.mark.parametrize(("name", "detections"), [("PETS09-S2L1", "det.txt"), ("ADL-Rundle-6a", "yolo11x.txt")])
def test_pairs_of_real_videos_are_what_they_are_taken_for(real_data, name, detections):
    from mtmc.sequences import open_sequence
    from trackers.boxes import iou

    sequence = open_sequence(real_data / "mot" / name, detections)
    truth = sequence.ground_truth
    boxes = [found.boxes for found in sequence.detections]

    def people(frame, row):
        here = truth.frames == frame
        overlap = iou(boxes[frame][[row]], truth.boxes[here])[0]
        return truth.ids[here][overlap.argmax()] if overlap.max(initial=0) >= 0.5 else None

    pairs = find_pairs(boxes, sequence.frame_rate)
    for kind, same, allowed in ((pairs.genuine, True, 0.01), (pairs.impostor[::5], False, 0)):
        shown = [(people(*pair[:2]), people(*pair[2:])) for pair in kind.tolist()]
        wrong = [(one == other) != same for one, other in shown if one is not None and other is not None]
        assert len(wrong) > 50
        assert np.mean(wrong) <= allowed
