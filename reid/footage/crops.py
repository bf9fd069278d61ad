"""Crops of boxes from an image."""

import numpy as np


def crop(frame: np.ndarray, boxes: np.ndarray) -> list[np.ndarray]:
    """The crops of `boxes (N, 4)`, xyxy pixels rounded outward and clipped, from `frame (H, W, 3)`, as views.

    Raises ValueError, naming the first box that is not finite or lies outside the frame.
    """
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    limits = np.array([frame.shape[1], frame.shape[0]])
    corners = np.concatenate([np.floor(boxes[:, :2]), np.ceil(boxes[:, 2:])], 1).clip(0, np.tile(limits, 2))
    usable = np.isfinite(boxes).all(1) & (corners[:, 2:] > corners[:, :2]).all(1)
    if not usable.all():
        index = int(np.argmin(usable))
        raise ValueError(f"box {index}, {boxes[index].tolist()}, has no part in the frame of {limits[0]}x{limits[1]} pixels")
    return [frame[top:bottom, left:right] for left, top, right, bottom in corners.astype(int)]
