"""Input and output of a tracker for one frame."""

from dataclasses import dataclass

import numpy as np

# Beyond these, the squares and ratios of which filters are made overflow or have no digits left.
FARTHEST, THINNEST = 1e9, 1e-9  # pixels
HIGHEST = 1e100  # scores, on whatever scale
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, eq=False)
class Detections:
    """The people a detector found in one frame.

    `boxes` `(N, 4)` are xyxy pixels and may reach beyond the image; `scores` `(N,)` are the detector's confidences; `embeddings`
    `(N, D)`, if any, are normalized to float32 unit rows. Raises `ValueError` for mismatched shapes, non-finite values, a box
    without area, which has no crop and no aspect ratio, an all-zero embedding, or numbers that no camera and no detector gives: a
    box thinner than 1e-9 pixels or beyond 1e9, a score beyond 1e100.
    """

    boxes: np.ndarray
    scores: np.ndarray
    embeddings: np.ndarray | None = None

    def __post_init__(self) -> None:
        boxes = _array("boxes", self.boxes, np.float64, FARTHEST)
        if boxes.size == 0:
            boxes = boxes.reshape(0, 4)
        if boxes.ndim != 2 or boxes.shape[1] != 4:
            raise ValueError(f"boxes must have the shape (N, 4), not {boxes.shape}")
        scores = _array("scores", self.scores, np.float64, HIGHEST)
        if scores.shape != (len(boxes),):
            raise ValueError(f"{len(boxes)} boxes need scores of the shape ({len(boxes)},), not {scores.shape}")
        flat = boxes[:, 2:] - boxes[:, :2] < THINNEST
        if flat.any():
            row = np.nonzero(flat)[0][0]
            raise ValueError(f"box {row} has no area: {boxes[row].tolist()} (left, top, right, bottom)")
        object.__setattr__(self, "boxes", boxes)
        object.__setattr__(self, "scores", scores)
        if self.embeddings is not None:
            object.__setattr__(self, "embeddings", unit_rows(self.embeddings, len(boxes)))

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def unchecked(cls, boxes: np.ndarray, scores: np.ndarray, embeddings: np.ndarray | None = None) -> "Detections":
        """Detections without validation, from arrays known to be valid, such as subsets of others."""
        out = object.__new__(cls)
        object.__setattr__(out, "boxes", boxes)
        object.__setattr__(out, "scores", scores)
        object.__setattr__(out, "embeddings", embeddings)
        return out

    def select(self, rows: np.ndarray | slice) -> "Detections":
        """The detections at `rows` (indices, a mask or a slice), in that order."""
        embeddings = None if self.embeddings is None else self.embeddings[rows]
        return Detections.unchecked(self.boxes[rows], self.scores[rows], embeddings)

    def with_embeddings(self, embeddings: np.ndarray) -> "Detections":
        """The same detections with `embeddings` `(N, D)`, for which `ValueError` is raised as for those of new ones."""
        return Detections.unchecked(self.boxes, self.scores, unit_rows(embeddings, len(self)))


@dataclass(frozen=True, eq=False)
class Tracks:
    """The tracks shown in one frame, sorted by id; ids are unique.

    `ids` `(M,)` int from 1; `boxes` `(M, 4)` xyxy pixels, the motion model's estimates, which are smoother than the detections;
    `scores` `(M,)` of the last matched detection or candidate; `detection_index` `(M,)` int, the row of the detection matched in
    this frame, or -1 where the box is a prediction.
    """

    ids: np.ndarray
    boxes: np.ndarray
    scores: np.ndarray
    detection_index: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)


def unit_rows(values: object, count: int) -> np.ndarray:
    """The embeddings `values` of `count` boxes as float32 unit rows `(count, D)`; any array without numbers will do for nobody.

    Raises `ValueError` for another shape, non-finite values and an all-zero row, which has no direction.
    """
    embeddings = _array("embeddings", values, np.float32, _LARGEST)
    if count == 0 and embeddings.size == 0:
        return embeddings.reshape(0, embeddings.shape[1] if embeddings.ndim == 2 else 0)
    if embeddings.ndim != 2 or len(embeddings) != count or embeddings.size == 0:
        raise ValueError(f"{count} boxes need embeddings of the shape ({count}, D), not {embeddings.shape}")
    lengths = np.sqrt(np.einsum("nd,nd->n", embeddings, embeddings))
    if (np.abs(lengths - 1) < 1e-3).all():
        return embeddings
    largest = np.abs(embeddings).max(axis=1)
    if (largest == 0).any():
        raise ValueError(f"embedding {np.flatnonzero(largest == 0)[0]} is all zeros")
    scaled = embeddings.astype(np.float64)  # the squares of some float32 are beyond its range
    return (scaled / np.linalg.norm(scaled, axis=1, keepdims=True)).astype(np.float32)


def _array(name: str, values: object, dtype: type, largest: float) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):  # what is beyond float32 becomes infinite, and is told below
            array: np.ndarray = np.asarray(values, dtype=dtype)
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:  # RuntimeError: a tensor of torch that has a gradient
        raise ValueError(f"{name} must be an array of numbers: {error}") from None
    if array.ndim == 0:
        raise ValueError(f"{name} must be an array of numbers, not {values!r}")
    allowed = np.abs(array) <= largest
    if not allowed.all():
        asked = "be finite" if not np.isfinite(array).all() else f"lie within -{largest:g} and {largest:g}"
        raise ValueError(f"{name} must {asked}: row {np.argwhere(~allowed)[0][0]} is not")
    return array
