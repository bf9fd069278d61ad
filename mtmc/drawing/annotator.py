"""Tracks drawn on frames: a box and its id in a fixed colour, and the path of the feet."""

import colorsys
from collections import deque

import cv2
import numpy as np

from trackers import Tracks

GOLDEN_RATIO = 0.618033988749895


def colour(track_id: int) -> tuple[int, int, int]:
    """A vivid BGR colour; consecutive ids are far apart on the colour circle."""
    red, green, blue = colorsys.hsv_to_rgb(track_id * GOLDEN_RATIO % 1, 0.55 + 0.35 * (track_id % 3) / 2, 1.0)
    return int(blue * 255), int(green * 255), int(red * 255)


class Annotator:
    """Draws frame after frame; a trail holds the last `trail` positions of a track and ends `trail` frames after its last box."""

    def __init__(self, trail: int = 45):
        self._trail = trail
        self._paths: dict[int, deque] = {}
        self._frame = 0

    def draw(self, image: np.ndarray, tracks: Tracks) -> np.ndarray:
        """A copy of `image (H, W, 3)` with `tracks` drawn on it."""
        self._frame += 1
        canvas = image.copy()
        feet = np.stack([(tracks.boxes[:, 0] + tracks.boxes[:, 2]) / 2, tracks.boxes[:, 3]], axis=1)
        for track_id, foot in zip(tracks.ids.tolist(), feet, strict=True):
            self._paths.setdefault(track_id, deque(maxlen=self._trail)).append((self._frame, foot))
        self._paths = {i: path for i, path in self._paths.items() if path[-1][0] > self._frame - self._trail}
        line = max(1, round(min(image.shape[:2]) / 360))
        for track_id, path in self._paths.items():
            points = np.array([foot for frame, foot in path if frame > self._frame - self._trail])
            cv2.polylines(canvas, [points.round().astype(np.int32)], False, colour(track_id), line, cv2.LINE_AA)
        for track_id, box in zip(tracks.ids.tolist(), tracks.boxes.round().astype(int), strict=True):
            self._label(canvas, box, track_id, line)
        return canvas

    def _label(self, canvas: np.ndarray, box: np.ndarray, track_id: int, line: int) -> None:
        left, top, right, bottom = box.tolist()
        shade = colour(track_id)
        cv2.rectangle(canvas, (left, top), (right, bottom), shade, line + 1)
        scale, text = 0.4 * line, str(track_id)
        (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, line)
        # A label above the upper edge of the image would be cut off, so it moves into the box.
        base = top - below if top - below - height >= 0 else top + height + below
        cv2.rectangle(canvas, (left, base - height - below), (left + width + 2 * below, base + below), shade, -1)
        cv2.putText(canvas, text, (left + below, base), cv2.FONT_HERSHEY_SIMPLEX, scale, (0, 0, 0), line, cv2.LINE_AA)
