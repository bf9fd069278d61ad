"""KITTI's tracking labels: who is scored, which frames and images belong together, and what a broken file costs."""

import cv2
import numpy as np
import pytest
from kitti_files import CAST, LENGTH, found_rows, label, write_kitti

from mtmc.sequences.readers.kitti import kitti_names, read_kitti
from reid.common.errors import InputError


@pytest.mark.parametrize("sitting", ["Person", "Person_sitting"])
def test_labels_say_who_is_scored_and_who_only_distracts(tmp_path, sitting):
    path = write_kitti(tmp_path) / "label_02" / "0003.txt"
    path.write_text(path.read_text().replace("Person", sitting))
    sequence = read_kitti(tmp_path, "0003")
    truth = sequence.ground_truth
    assert (sequence.name, sequence.frame_rate, sequence.length, sequence.images) == ("0003", 10, LENGTH, None)
    assert truth.frames.tolist() == [frame for frame in range(LENGTH) for _ in range(7)], "the cyclist is left out"
    first = truth.frames == 0
    assert truth.ids[first].tolist() == [0, 1, 2, 3, 4, 6, -1]
    assert truth.considered[first].tolist() == [True, True, False, False, False, True, False]
    assert truth.classes[first].tolist() == [1, 1, 8, 8, 7, 1, 13]
    assert truth.boxes[first][1].tolist() == [200, 60, 230, 140]


def test_detections_of_pedestrians_are_read_with_their_scores(tmp_path):
    root = write_kitti(tmp_path)
    path = root / "det_02" / "mine" / "0003.txt"
    path.write_text(
        path.read_text()
        + label(0, -1, "Car", -1, -1, [0, 0, 90, 60], 0.9)
        + label(1, -1, "Pedestrian", -1, -1, [0, 0, 9, 9], 0.1)
    )
    sequence = read_kitti(root, "0003", "mine", min_score=0.5)
    found = [box for frame, _, box in found_rows() if frame == 1]
    np.testing.assert_allclose(sequence.detections[1].boxes, found, atol=0.01)
    assert set(sequence.detections[1].scores) == {0.8} and len(sequence.detections) == LENGTH


def test_images_count_from_zero_as_do_frames(tmp_path):
    folder = write_kitti(tmp_path) / "image_02" / "0003"
    folder.mkdir(parents=True)
    for frame in range(LENGTH + 2):
        cv2.imwrite(str(folder / f"{frame:06d}.png"), np.full((20, 30, 3), 5 * frame, np.uint8))
    sequence = read_kitti(tmp_path, "0003")
    assert sequence.length == LENGTH + 2
    assert [int(image[0, 0, 0]) for image in sequence.frames()] == [5 * frame for frame in range(LENGTH + 2)]


def test_sequences_are_those_with_labels_or_images(tmp_path):
    (write_kitti(tmp_path) / "image_02" / "0001").mkdir(parents=True)
    assert kitti_names(tmp_path) == ["0001", "0003"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("0 9 Pedestrian 0 0 -10 1 2 3", "must have 10 columns or more"),
        ("0 9 Pedestrian 0 0 -10 1 2 x 4", "must be numbers but for the type"),
        ("-1 9 Pedestrian 0 0 -10 1 2 3 4", "frame -1, but frames are whole numbers from 0"),
        ("0 9 Pedestrian 0 0 -10 5 2 3 4", "the box is -2 wide"),
        ("0 9 Pedestrian 0 0 -10 nan 2 3 4", "not a finite number"),
        (f"0 {len(CAST) - 2} Pedestrian 0 0 -10 1 2 3 4", "id 6 occurs twice in frame"),
    ],
)
def test_a_broken_label_is_named_with_its_line(tmp_path, line, sentence):
    path = write_kitti(tmp_path) / "label_02" / "0003.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, "", line]))
    with pytest.raises(InputError, match=rf"0003\.txt, line {len(lines) + 2}: .*{sentence}"):
        read_kitti(tmp_path, "0003")


def test_missing_detections_name_those_that_are_there(tmp_path):
    with pytest.raises(InputError, match=r"yours.0003\.txt: no such file; choose one of the folders in .* \(mine\)"):
        read_kitti(write_kitti(tmp_path), "0003", "yours")
