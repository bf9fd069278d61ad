"""The floor plan: where cameras are and people walk, seen from above."""

from collections.abc import Sequence

import cv2
import numpy as np

from mtmc.calibration import GroundCamera
from mtmc.drawing.annotator import colour

_PAPER, _GRID, _INK = (245, 245, 245), (215, 215, 215), (90, 90, 90)
_MARGIN = 0.08  # of the plan's longer side


class FloorPlan:
    """Draws moments one after another on a plan of `height` pixels; a person's trail holds the last `trail` positions.

    The plan shows the ground seen in the lower halves of the images, and the cameras with known positions. Metric cameras add a
    grid line every metre. Raises `ValueError` for cameras that see no ground, and for one whose image size is unknown.
    """

    def __init__(self, cameras: Sequence[GroundCamera], height: int = 480, trail: int = 60):
        seen = _seen_ground(cameras)
        stands = [getattr(camera, "position", None) for camera in cameras]
        positions = [stand[:2] for stand in stands if stand is not None]
        points = np.vstack([seen, *positions])
        low, high = points.min(axis=0), points.max(axis=0)
        margin = _MARGIN * (high - low).max()
        self._low, self._top = low - margin, high[1] + margin
        width, depth = high - low + 2 * margin
        self._scale = (height - 1) / depth
        self._trail = trail
        self._paths: dict[int, list[np.ndarray]] = {}
        self._sheet = np.full((height, round(width * self._scale) + 1, 3), _PAPER, np.uint8)
        if all(camera.metric for camera in cameras):
            self._rule(high + margin)
        for place in positions:
            cv2.drawMarker(self._sheet, self._pixel(place), _INK, cv2.MARKER_TRIANGLE_UP, 12, 2, cv2.LINE_AA)

    def draw(self, people: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """The plan `(H, W, 3)` BGR with the people numbered `people` `(M,)` at `positions` `(M, 2)` on the ground."""
        self._paths = {person: path for person, path in self._paths.items() if person in people}
        canvas = self._sheet.copy()
        for person, position in zip(people.tolist(), positions, strict=True):
            path = self._paths.setdefault(person, [])
            path.append(position)
            del path[: -self._trail]
            shade, foot = tuple(int(0.75 * part) for part in colour(person)), self._pixel(position)
            cv2.polylines(canvas, [np.array([self._pixel(place) for place in path])], False, shade, 2, cv2.LINE_AA)
            cv2.circle(canvas, foot, 6, shade, -1, cv2.LINE_AA)
            cv2.putText(canvas, str(person), (foot[0] + 8, foot[1] - 6), cv2.FONT_HERSHEY_SIMPLEX, 0.5, _INK, 1, cv2.LINE_AA)
        return canvas

    def _pixel(self, place: np.ndarray | tuple[float, float]) -> tuple[int, int]:
        x, y = (place[0] - self._low[0]) * self._scale, (self._top - place[1]) * self._scale
        return round(float(x)), round(float(y))

    def _rule(self, high: np.ndarray) -> None:
        for x in range(int(np.ceil(self._low[0])), int(high[0]) + 1):
            cv2.line(self._sheet, self._pixel((x, self._low[1])), self._pixel((x, high[1])), _GRID, 1)
        for y in range(int(np.ceil(self._low[1])), int(high[1]) + 1):
            cv2.line(self._sheet, self._pixel((self._low[0], y)), self._pixel((high[0], y)), _GRID, 1)


def _seen_ground(cameras: Sequence[GroundCamera]) -> np.ndarray:
    """Ground points `(N, 2)` under a grid of pixels in the lower halves of the images, except the farthest tenth."""
    seen = []
    for camera in cameras:
        if camera.image_size is None:
            raise ValueError("the floor plan needs the width and height of every camera in the file of cameras")
        width, height = camera.image_size
        x, y = np.meshgrid(np.linspace(0, width - 1, 9), np.linspace(height / 2, height - 1, 9))
        seen.append(camera.to_ground(np.column_stack([x.ravel(), y.ravel()])))
    points = np.vstack(seen)
    points = points[np.all(np.isfinite(points), axis=1)]
    if not len(points):
        raise ValueError("no camera sees the ground in the lower half of its image")
    away = np.linalg.norm(points - np.median(points, axis=0), axis=1)
    return points[away <= np.quantile(away, 0.9)]
