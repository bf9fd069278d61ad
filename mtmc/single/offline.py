"""Tracks finished once a recording has ended: gaps in which a person was not found are filled, and boxes smoothed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mtmc.sequences.mot_text import TrackFile, tracks_text
from mtmc.single.pipeline import TrackedFrame
from reid.common.files import replacing
from reid.common.result_folder import ResultFolder


@dataclass(frozen=True)
class Finishing:
    """How tracks are finished.

    `interpolation` fills gaps of at most `max_gap` seconds: "linear", or "gaussian", which then also smooths all boxes, by a
    Gaussian kernel of the standard deviation `smoothing`, in seconds (the Gaussian process of StrongSORT++, Du et al. 2023, is
    such a smoother too, at a hundred times the cost); "none" fills nothing. Tracks of fewer than `min_length` boxes are dropped.
    """

    interpolation: Literal["none", "linear", "gaussian"] = "gaussian"
    max_gap: float = 2.0
    smoothing: float = 0.3
    min_length: int = 1


class Observed:
    """Collects the detections that tracks were matched with: what `finish` works on best.

    A tracker's own boxes are smoothed already, with a delay, and some of them are predictions.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[int, np.ndarray, np.ndarray]] = []

    def passing(self, frames: Iterable[TrackedFrame]) -> Iterator[TrackedFrame]:
        """The same `frames`, whose observations are collected on the way."""
        for frame in frames:
            seen = frame.tracks.detection_index >= 0
            boxes = frame.detections.boxes[frame.tracks.detection_index[seen]]
            self._rows.append((frame.index, frame.tracks.ids[seen], boxes))
            yield frame

    def tracks(self) -> TrackFile:
        """The observations so far, sorted by frame."""
        frames = np.repeat([index for index, _, _ in self._rows], [len(ids) for _, ids, _ in self._rows]).astype(np.int64)
        ids = np.concatenate([np.zeros(0, np.int64), *(ids for _, ids, _ in self._rows)])
        return TrackFile(frames, ids, np.concatenate([np.zeros((0, 4)), *(boxes for *_, boxes in self._rows)]))


def finish(results: TrackFile, frame_rate: float, finishing: Finishing | None = None) -> TrackFile:
    """The tracks of `results`, at `frame_rate` frames per second, finished as `finishing` says; sorted by frame, then by id.

    A gap is counted from the box before it to the box after it. Smoothing does not reach across gaps that stay.
    """
    finishing = finishing or Finishing()
    order = np.lexsort((results.frames, results.ids))
    frames, ids, boxes = results.frames[order], results.ids[order], results.boxes[order]
    _, place, lengths = np.unique(ids, return_inverse=True, return_counts=True)
    long = lengths[place] >= finishing.min_length
    frames, ids, boxes = frames[long], ids[long], boxes[long]
    if finishing.interpolation != "none":
        frames, ids, boxes = _filled(frames, ids, boxes, finishing.max_gap * frame_rate)
    if finishing.interpolation == "gaussian":
        ends = np.flatnonzero((np.diff(ids) != 0) | (np.diff(frames) > 1)) + 1
        pieces = np.split(boxes, ends) if len(boxes) else []
        boxes = np.concatenate([np.zeros((0, 4)), *(_smooth(piece, finishing.smoothing * frame_rate) for piece in pieces)])
    order = np.lexsort((ids, frames))
    return TrackFile(frames[order], ids[order], boxes[order])


def write_finished(
    results: ResultFolder, name: str, observed: TrackFile, frame_rate: float, finishing: Finishing, under: str = ""
) -> Path:
    """Write the finished tracks of the sequence `name` to `tracks/NAME.offline.txt`, below the folder `under` of `results`.
    Returns the path."""
    finished = finish(observed, frame_rate, finishing)
    path = results.add(str(Path(under, f"tracks/{name}.offline.txt")))
    with replacing(path) as temporary:
        temporary.write_text(tracks_text(finished.frames, finished.ids, finished.boxes, np.ones(len(finished.ids))))
    return path


def _filled(frames: np.ndarray, ids: np.ndarray, boxes: np.ndarray, most: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows sorted by id and frame, and the linear interpolation over gaps of at most `most` frames, sorted likewise."""
    steps = np.diff(frames)
    missing = np.where((np.diff(ids) == 0) & (steps > 1) & (steps <= most), steps - 1, 0)
    before = np.repeat(np.arange(len(missing)), missing)
    into = 1 + np.arange(len(before)) - np.repeat(np.cumsum(missing) - missing, missing)
    share = (into / steps[before])[:, None] if len(before) else np.zeros((0, 1))
    frames = np.concatenate([frames, frames[before] + into])
    boxes = np.concatenate([boxes, boxes[before] + share * (boxes[before + 1] - boxes[before])])
    ids = np.concatenate([ids, ids[before]])
    order = np.lexsort((frames, ids))
    return frames[order], ids[order], boxes[order]


def _smooth(boxes: np.ndarray, sigma: float) -> np.ndarray:
    """The boxes `(N, 4)` of successive frames after a Gaussian smoother; a steady walk stays as it is, to both ends."""
    reach = int(4 * sigma + 0.5)
    if reach == 0:
        return boxes
    beyond = np.pad(boxes, ((reach, reach), (0, 0)), mode="reflect", reflect_type="odd")
    return gaussian_filter1d(beyond, sigma, axis=0)[reach:-reach]
