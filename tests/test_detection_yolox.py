"""Detectors in YOLOX's format: what their rows mean, what is refused, and that a bare video is tracked with one."""

from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import FRAMES, SIZE, walking_box, walking_image

import trackers
from mtmc import open_sequence, track
from mtmc.__main__ import main
from mtmc.detection.yolox import STRIDES, Detector, decode
from reid.common.errors import InputError
from trackers.boxes import iou


def write_network(path: Path, rows: np.ndarray, size: int = 64) -> Path:
    """An ONNX file that gives `rows` `(1, A, F)` for any image of that size."""
    onnx = pytest.importorskip("onnx")
    helper, numbers = onnx.helper, onnx.numpy_helper
    # An image times nothing, summed up, plus the rows: the network must use its input.
    nodes = [
        helper.make_node("Mul", ["images", "nothing"], ["black"]),
        helper.make_node("ReduceSum", ["black"], ["zero"], keepdims=0),
        helper.make_node("Add", ["rows", "zero"], ["output"]),
    ]
    constants = [numbers.from_array(rows.astype(np.float32), "rows"), numbers.from_array(np.zeros(1, np.float32), "nothing")]
    images = helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, [1, 3, size, size])
    output = helper.make_tensor_value_info("output", onnx.TensorProto.FLOAT, list(rows.shape))
    graph = helper.make_graph(nodes, "detector", [images], [output], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), str(path))
    return path


def rows_of(*people: tuple[int, int, int, float, float, float, float]) -> np.ndarray:
    """Rows for a 64x64 image; a person is grid, cell y, cell x, height in pixels, objectness, person's score, another's score."""
    sides = [64 // stride for stride in STRIDES]
    starts = np.cumsum([0, *(side * side for side in sides)])
    rows = np.zeros((1, starts[-1], 7))
    for grid, y, x, height, *scores in people:
        size = np.log([height / 2 / STRIDES[grid], height / STRIDES[grid]])
        rows[0, starts[grid] + y * sides[grid] + x] = [0.5, 0.5, *size, *scores]
    return rows


def test_a_row_is_decoded_from_its_cell_and_stride():
    boxes = decode(np.array([[0.5, 0.25, 0.0, np.log(2)]]), np.array([[3, 1]]), np.array([16]))
    np.testing.assert_allclose(boxes, [[56 - 8, 20 - 16, 56 + 8, 20 + 16]])


def test_people_of_all_grids_come_back_in_pixels_of_the_frame(tmp_path):
    rows = rows_of((0, 2, 3, 10, 0.9, 0.8, 0.1), (1, 1, 2, 20, 0.6, 1.0, 0.1), (2, 1, 0, 40, 1.0, 0.5, 0.1))
    detector = Detector(write_network(tmp_path / "d.onnx", rows))
    found = detector(np.zeros((64, 128, 3), np.uint8))  # twice as wide as the network's image: half the scale
    order = np.argsort(-found.scores)
    np.testing.assert_allclose(found.scores[order], [0.72, 0.6, 0.5], rtol=1e-5)
    np.testing.assert_allclose(found.boxes[order], [[51, 30, 61, 50], [70, 28, 90, 68], [12, 56, 52, 136]], rtol=1e-5)


def test_weak_ones_other_classes_and_duplicates_are_dropped(tmp_path):
    twice = (1, 1, 1, 40, 0.9, 0.9, 0.0), (1, 1, 2, 60, 0.8, 0.9, 0.0)
    others = (0, 0, 0, 9, 0.5, 0.5, 0.0), (0, 7, 7, 9, 0.9, 0.1, 0.9)
    path, image = write_network(tmp_path / "d.onnx", rows_of(*twice, *others)), np.zeros((64, 64, 3), np.uint8)
    assert len(Detector(path, min_score=0.3)(image)) == 2
    assert len(Detector(path, min_score=0.3, max_iou=0.1)(image)) == 1
    assert len(Detector(path, min_score=0.2)(image)) == 3
    assert len(Detector(path, min_score=0.95)(image)) == 0


def test_files_that_are_no_such_detector_are_refused(tmp_path):
    (tmp_path / "text.onnx").write_text("no network")
    for path, why in [
        (tmp_path / "none.onnx", "no such file"),
        (tmp_path / "text.onnx", "OpenVINO can read"),
        (write_network(tmp_path / "rows.onnx", np.zeros((1, 80, 7))), "not a detector in YOLOX format"),
        (write_network(tmp_path / "columns.onnx", np.zeros((1, 84, 5))), "not a detector in YOLOX format"),
    ]:
        with pytest.raises(InputError, match=why):
            Detector(path)


def test_detections_are_made_as_the_frames_come(make_sequence):
    seen = []

    def detect(image):
        seen.append(image)
        boxes = np.array([walking_box(person, len(seen) - 1) for person in range(2)], float)
        boxes[:, 2:] += boxes[:, :2]
        return trackers.Detections(boxes, np.ones(2))

    sequence = open_sequence(make_sequence(images=True), detections=None)
    assert sum(map(len, sequence.detections)) == 0
    frames = track(sequence, "sort", detector=detect)
    next(frames)
    assert len(seen) == 1
    assert [frame.tracks.ids.tolist() for frame in frames][-1] == [1, 2]
    assert len(seen) == FRAMES


def test_the_command_tracks_a_bare_video_with_a_detector(tmp_path, capsys):
    video = cv2.VideoWriter(str(tmp_path / "clip.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 10, SIZE)
    for frame in range(5):
        video.write(walking_image(frame))
    video.release()
    detector = write_network(tmp_path / "d.onnx", rows_of((1, 1, 1, 40, 0.9, 0.9, 0.0)))
    words = ["track", str(tmp_path / "clip.mp4"), "--detector", str(detector), "--reid", "none", "--tracker", "sort"]
    main([*words, "--output", str(tmp_path / "out")])
    assert "5 frames, 1 identities" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([*words, "--detections", "det.txt", "--output", str(tmp_path / "out")])


def test_yolox_nano_finds_the_people_of_a_crowd(real_data):
    path = real_data / "weights" / "yolox_nano.onnx"
    if not path.is_file():
        pytest.skip("no yolox_nano.onnx")
    sequence = open_sequence(real_data / "mot" / "ADL-Rundle-6a", "yolo11x.txt")
    image, others = next(islice(sequence.frames(), 40, None)), sequence.detections[40].boxes
    near = others[others[:, 3] - others[:, 1] > 250]
    assert len(near) == 3
    assert (iou(near, Detector(path)(image).boxes).max(axis=1) > 0.8).all()
