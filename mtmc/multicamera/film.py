"""One video of several cameras: their images with people's boxes side by side, and the floor plan."""

from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType

import cv2
import numpy as np

from mtmc.calibration import GroundCamera
from mtmc.drawing.annotator import Annotator
from mtmc.drawing.floor_plan import FloorPlan
from mtmc.drawing.video import VideoWriter
from mtmc.multicamera.moment import Moment
from reid.common.errors import InputError
from reid.common.growing_results import end_results
from reid.common.interrupts import uninterrupted
from reid.common.result_folder import ResultFolder
from trackers import Tracks

NAME = "room.mp4"
TILE = 360  # pixels: the height of each camera's image and of the floor plan


class FilmWriter:
    """Writes moments to the MP4 `room.mp4` below `results`: the images of all cameras with people's boxes, and the floor plan.
    `images` is a source of BGR frames for each of `cameras`, or None.

    A camera shows its last image at moments between two of its frames, and black before its first and after its last. The video
    is playable however the `with` block ends; after an exception it is named `room.partial.mp4`, as a note on the exception says.
    """

    def __init__(
        self,
        results: ResultFolder,
        cameras: Sequence[GroundCamera],
        images: Sequence[Iterable[np.ndarray | None] | None],
        frame_rate: float,
    ):
        self._results, self._cameras, self._frame_rate = results, list(cameras), frame_rate
        try:
            self._plan = FloorPlan(self._cameras, TILE)
        except ValueError as error:
            raise InputError(f"{NAME}: {error}") from None
        self._annotators = [Annotator() for _ in self._cameras]
        self._images = [iter(()) if source is None else iter(source) for source in images]
        self._last: list[np.ndarray | None] = [None] * len(self._cameras)
        self._video: VideoWriter | None = None

    def __enter__(self) -> "FilmWriter":
        return self

    def write(self, moment: Moment) -> None:
        """Append the next moment. Raises `InputError` for an image that does not decode, and if the disk is full."""
        people = moment.people > 0
        with uninterrupted():
            self._last = [_following(images, last) for images, last in zip(self._images, self._last, strict=True)]
            tiles = [
                _tile(image, camera.image_size, annotator, _in_camera(moment, people, number))
                for number, (image, camera, annotator) in enumerate(zip(self._last, self._cameras, self._annotators, strict=True))
            ]
            picture = _mosaic([*tiles, self._plan.draw(moment.people[people], moment.tracks.positions[people])])
            if self._video is None:
                self._video = VideoWriter(self._results.begin(NAME), self._frame_rate)
            self._results.require_room()
            self._video.write(picture)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._video is not None and self._video.frames:
            with uninterrupted():
                end_results(self._results, [(self._video, [NAME])], f"{self._video.frames} frames", error)


def _following(images: Iterator[np.ndarray | None], last: np.ndarray | None) -> np.ndarray | None:
    """The camera's image at the next moment, its `last` one where it did not look; None once its images have ended."""
    try:
        image = next(images)
    except StopIteration:
        return None
    return last if image is None else image


def _in_camera(moment: Moment, people: np.ndarray, camera: int) -> Tracks:
    """The named people that one camera sees, as tracks with their numbers as ids."""
    boxes = moment.tracks.boxes[:, camera]
    seen = people & np.isfinite(boxes[:, 0])
    count = int(seen.sum())
    return Tracks(moment.people[seen], boxes[seen], np.ones(count), moment.tracks.members[seen, camera])


def _tile(view: np.ndarray | None, size: tuple[int, int] | None, annotator: Annotator, tracks: Tracks) -> np.ndarray:
    if view is None:
        if size is None:
            raise InputError(f"{NAME}: a camera without an image at a moment needs its width and height in the file of cameras")
        view = np.zeros((size[1], size[0], 3), np.uint8)
    drawn = annotator.draw(view, tracks)
    return cv2.resize(drawn, (round(drawn.shape[1] * TILE / drawn.shape[0]), TILE), interpolation=cv2.INTER_AREA)


def _mosaic(tiles: list[np.ndarray]) -> np.ndarray:
    """The tiles, all of the same height, in as many rows as columns or one less; short rows are padded with black."""
    columns = int(np.ceil(len(tiles) ** 0.5))
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    width = max(row.shape[1] for row in rows)
    width += width % 2  # encoders need even sides
    return np.vstack([np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0))) for row in rows])
