"""Person detection by any detector in YOLOX's ONNX format (Ge et al., YOLOX: Exceeding YOLO Series in 2021, 2021)."""

from pathlib import Path

import cv2
import numpy as np

from reid.common.errors import InputError
from reid.common.openvino_session import open_request, read_network
from trackers import Detections
from trackers.boxes import suppress

MIN_SCORE = 0.3
STRIDES = 8, 16, 32
_GREY = 114  # YOLOX's padding value
_PERSON = 0  # the class in COCO's order, and the only one of a person detector


class Detector:
    """An ONNX file that maps `(1, 3, H, W)` images, BGR 0..255, to `(1, A, 5 + C)` rows: box, objectness and class scores of each
    cell of three grids. The boxes are decoded here, since the files that YOLOX's authors publish do not decode them. It runs on
    OpenVINO.

    Detections scored below `min_score` (objectness times class score; None: 0.3) are dropped, and so are those whose IoU with a
    higher-scored one exceeds `max_iou`; both 0..1. Raises `InputError` for any other file.
    """

    def __init__(self, path: str | Path, min_score: float | None = None, max_iou: float = 0.45):
        self.path, self.max_iou = Path(path), max_iou
        self.min_score = MIN_SCORE if min_score is None else min_score
        if not self.path.is_file():
            raise InputError(f"{path}: no such file")
        model = read_network(self.path)
        taken, given = model.input(0).get_partial_shape(), model.output(0).get_partial_shape()
        wanted = (
            f"{path}: not a detector in YOLOX format: must map (1, 3, H, W) to (1, cells, 5 + classes), not {taken} to {given}"
        )
        if taken.is_dynamic or given.is_dynamic or len(taken) != 4 or len(given) != 3 or taken[1].get_length() != 3:
            raise InputError(wanted)
        self._height, self._width = taken[2].get_length(), taken[3].get_length()
        self._cells, self._strides = _grid(self._height, self._width)
        if given[1].get_length() != len(self._cells) or given[2].get_length() < 6:
            raise InputError(wanted)
        self._request = open_request(model, "f32")

    def __call__(self, frame: np.ndarray) -> Detections:
        """The people in `frame` `(H, W, 3)`, uint8 BGR; boxes are in its pixels and may reach beyond it."""
        scale = min(self._height / frame.shape[0], self._width / frame.shape[1])
        rows = self._request.infer([_letterbox(frame, scale, self._height, self._width)])[0][0]
        scores = rows[:, 4] * rows[:, 5 + _PERSON]
        good = np.flatnonzero(scores >= self.min_score)
        boxes = decode(rows[good, :4], self._cells[good], self._strides[good]) / scale
        found = Detections(boxes, scores[good])
        return found.select(suppress(found.boxes, found.scores, self.max_iou))


def decode(boxes: np.ndarray, cells: np.ndarray, strides: np.ndarray) -> np.ndarray:
    """Decode rows to boxes `(N, 4)` xyxy, in pixels of the network's image. `cells` `(N, 2)` are x and y in grids with `strides`
    `(N,)`; a row holds the offset of the centre from its cell and the logarithm of the size, both in strides (section 2.1,
    "Anchor-free")."""
    centre = (boxes[:, :2] + cells) * strides[:, None]
    half = np.exp(boxes[:, 2:].astype(np.float64)) * strides[:, None] / 2
    return np.concatenate([centre - half, centre + half], axis=1)


def _grid(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Cells `(A, 2)`, x and y, and strides `(A,)` of the network's rows: grid by grid, the finest first, each row by row."""
    cells, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[: height // stride, : width // stride]
        cells.append(np.stack([x.ravel(), y.ravel()], axis=1))
        strides.append(np.full(x.size, stride))
    return np.concatenate(cells), np.concatenate(strides)


def _letterbox(frame: np.ndarray, scale: float, height: int, width: int) -> np.ndarray:
    """`frame` scaled into the upper left corner of a grey `(1, 3, height, width)` float32 image."""
    image = np.full((height, width, 3), _GREY, np.uint8)
    size = int(frame.shape[1] * scale), int(frame.shape[0] * scale)
    image[: size[1], : size[0]] = cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR)
    return image.transpose(2, 0, 1)[None].astype(np.float32)
