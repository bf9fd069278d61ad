"""What several cameras saw, as one film: their images with people's boxes side by side, and the floor plan."""

from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path

import cv2
import numpy as np

from mtmc.drawing.annotator import Annotator
from mtmc.drawing.floor_plan import FloorPlan
from mtmc.multicamera.moment import Moment
from mtmc.sequences import Recording
from mtmc.single.result_writer import writing_video
from trackers import Tracks

TILE = 360  # pixels: the height of a camera's image, and of the floor plan, in the film


def film_room(moments: Iterable[Moment], recording: Recording, path: Path) -> Iterator[Moment]:
    """Pass `moments` on and write them to the MP4 `path`, which appears when the last has passed.

    A camera without an image at a moment is black. Raises `InputError` for an image that does not decode.
    """
    cameras = recording.cameras
    plan = FloorPlan(cameras, TILE)
    annotators = [Annotator() for _ in cameras]
    images = zip(*(view.images or repeat(None) for view in recording.views), strict=False)
    with writing_video(path, recording.frame_rate) as write:
        for moment, views in zip(moments, images, strict=False):
            people = moment.people > 0
            tiles = [
                _tile(view, camera.image_size, annotator, _in_camera(moment, people, number))
                for number, (view, camera, annotator) in enumerate(zip(views, cameras, annotators, strict=True))
            ]
            write(_mosaic([*tiles, plan.draw(moment.people[people], moment.tracks.positions[people])]))
            yield moment


def _in_camera(moment: Moment, people: np.ndarray, camera: int) -> Tracks:
    """The named people that one camera sees, as tracks whose ids are theirs."""
    boxes = moment.tracks.boxes[:, camera]
    seen = people & np.isfinite(boxes[:, 0])
    count = int(seen.sum())
    return Tracks(moment.people[seen], boxes[seen], np.ones(count), moment.tracks.members[seen, camera])


def _tile(view: np.ndarray | None, size: tuple[int, int], annotator: Annotator, tracks: Tracks) -> np.ndarray:
    if view is None:
        view = np.zeros((size[1], size[0], 3), np.uint8)
    drawn = annotator.draw(view, tracks)
    return cv2.resize(drawn, (round(drawn.shape[1] * TILE / drawn.shape[0]), TILE), interpolation=cv2.INTER_AREA)


def _mosaic(tiles: list[np.ndarray]) -> np.ndarray:
    """The tiles, all of one height, in as many rows as columns or one less; short rows are filled up with black."""
    columns = int(np.ceil(len(tiles) ** 0.5))
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    width = max(row.shape[1] for row in rows)
    width += width % 2  # encoders want even sides
    return np.vstack([np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows])
