"""Boxes as arrays: overlap, non-maximum suppression, and the coordinates of the motion models."""

import numpy as np


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection over union of every box of `a` `(A, 4)` with every box of `b` `(B, 4)`, xyxy pixels; `(A, B)` in 0..1."""
    a, b = np.asfortranarray(a)[:, None], np.asfortranarray(b)
    overlap, height = _common(a, b)
    overlap *= height
    union = np.add(area(a), area(b), out=height)
    union -= overlap
    overlap /= union
    return overlap


def intersection(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Intersection areas of boxes `a` and `b`, `(..., 4)` xyxy, paired by broadcasting; NaN where either is NaN."""
    width, height = _common(a, b)
    return width * height


def area(boxes: np.ndarray) -> np.ndarray:
    """The areas `(...)` of `boxes` `(..., 4)` xyxy."""
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def _common(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Width and height of the intersections of boxes `a` and `b`, paired by broadcasting; 0 where they do not overlap."""
    # One coordinate at a time: each step runs over a plane of pairs, ten times faster than over pairs of coordinates.
    width = np.minimum(a[..., 2], b[..., 2])
    width -= np.maximum(a[..., 0], b[..., 0])
    np.maximum(width, 0, out=width)
    height = np.minimum(a[..., 3], b[..., 3])
    height -= np.maximum(a[..., 1], b[..., 1])
    np.maximum(height, 0, out=height)
    return width, height


def suppress(boxes: np.ndarray, scores: np.ndarray, max_iou: float) -> np.ndarray:
    """Greedy non-maximum suppression: `(N,)` bool, true for the boxes kept.

    In descending order of `scores` `(N,)`, a box of `boxes` `(N, 4)` is kept unless its IoU with a kept box exceeds `max_iou`
    (0..1). Equal scores keep the order given.
    """
    stays = np.ones(len(boxes), dtype=bool)
    order = np.argsort(-scores, kind="stable")
    better, worse = np.nonzero(np.triu(iou(boxes[order], boxes[order]) > max_iou, k=1))
    # The greedy rule as a fixed point: round k settles at least the k best boxes, and chains of overlaps are short.
    while len(better):
        settled = np.ones(len(boxes), dtype=bool)
        settled[worse[stays[better]]] = False
        if np.array_equal(settled, stays):
            break
        stays = settled
    kept = np.empty_like(stays)
    kept[order] = stays
    return kept


def to_aspect_height(boxes: np.ndarray) -> np.ndarray:
    """Boxes `(N, 4)` xyxy as centre x, centre y, aspect (width over height), height: the measurement of DeepSORT."""
    size = boxes[:, 2:] - boxes[:, :2]
    out = np.empty_like(boxes)
    out[:, :2] = boxes[:, :2] + size / 2
    out[:, 2] = size[:, 0] / size[:, 1]
    out[:, 3] = size[:, 1]
    return out


def from_aspect_height(measurements: np.ndarray) -> np.ndarray:
    """The inverse of `to_aspect_height`: `(N, 4)` centre, aspect, height to `(N, 4)` xyxy."""
    half = measurements[:, 2:] / 2
    half[:, 0] *= measurements[:, 3]
    return np.concatenate([measurements[:, :2] - half, measurements[:, :2] + half], axis=1)


def to_area_aspect(boxes: np.ndarray) -> np.ndarray:
    """Boxes `(N, 4)` xyxy as centre x, centre y, area, aspect (width over height): the measurement of SORT."""
    out = to_aspect_height(boxes)
    height = out[:, 3].copy()
    out[:, 3] = out[:, 2]
    out[:, 2] *= height * height
    return out


def from_area_aspect(measurements: np.ndarray) -> np.ndarray:
    """The inverse of `to_area_aspect`: `(N, 4)` centre, area, aspect to `(N, 4)` xyxy."""
    out = measurements.copy()
    out[:, 2] = measurements[:, 3]
    out[:, 3] = np.sqrt(measurements[:, 2] / measurements[:, 3])
    return from_aspect_height(out)


def to_width_height(boxes: np.ndarray) -> np.ndarray:
    """Boxes `(N, 4)` xyxy as centre x, centre y, width, height: the measurement of BoT-SORT."""
    out = np.empty_like(boxes)
    out[:, 2:] = boxes[:, 2:] - boxes[:, :2]
    out[:, :2] = boxes[:, :2] + out[:, 2:] / 2
    return out


def from_width_height(measurements: np.ndarray) -> np.ndarray:
    """The inverse of `to_width_height`: `(N, 4)` centre, width, height to `(N, 4)` xyxy."""
    half = measurements[:, 2:] / 2
    return np.concatenate([measurements[:, :2] - half, measurements[:, :2] + half], axis=1)
