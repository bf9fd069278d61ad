"""Tracks finished once a recording has ended: gaps in which a person was not found are filled."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from mtmc.sequences.mot_text import TrackFile


@dataclass(frozen=True)
class Finishing:
    """How tracks are finished: the `interpolation` of boxes in gaps of at most `max_gap` seconds."""

    interpolation: Literal["none", "linear"] = "linear"
    max_gap: float = 1.0


def finish(results: TrackFile, frame_rate: float, finishing: Finishing | None = None) -> TrackFile:
    """The tracks of `results`, at `frame_rate` frames per second, finished as `finishing` says; sorted by frame, then by id.

    Boxes that `results` has stay as they are. A gap is counted from the box before it to the box after it.
    """
    finishing = finishing or Finishing()
    order = np.lexsort((results.frames, results.ids))
    frames, ids, boxes = results.frames[order], results.ids[order], results.boxes[order]
    steps = np.diff(frames)
    most = finishing.max_gap * frame_rate if finishing.interpolation == "linear" else 1
    missing = np.where((np.diff(ids) == 0) & (steps > 1) & (steps <= most), steps - 1, 0)
    before = np.repeat(np.arange(len(missing)), missing)
    into = 1 + np.arange(len(before)) - np.repeat(np.cumsum(missing) - missing, missing)
    share = (into / steps[before])[:, None] if len(before) else np.zeros((0, 1))
    frames = np.concatenate([frames, frames[before] + into])
    boxes = np.concatenate([boxes, boxes[before] + share * (boxes[before + 1] - boxes[before])])
    ids = np.concatenate([ids, ids[before]])
    order = np.lexsort((ids, frames))
    return TrackFile(frames[order], ids[order], boxes[order])
