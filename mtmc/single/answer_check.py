"""What the user's own code owes: a detector's detections, an appearance model's rows and a tracker's tracks are checked here.

Each check names what is wrong; `mtmc.single.failures.Attempts` adds the camera and the frame. What passes is a copy: the user's
code may use its arrays again.
"""

import numpy as np

from reid.common.errors import InputError
from reid.footage.detection_text import ROUNDING
from trackers import Detections, Tracks
from trackers.detections import unit_rows


def checked_detections(found: object) -> Detections:
    """What a detector gave for an image, once it is `Detections` with an area, finite, and scored in 0..1.

    Scores that stray from 0..1 by no more than rounding are clipped. Raises `InputError` otherwise.
    """
    if not isinstance(found, Detections):
        raise InputError(f"the detector must give trackers.Detections(boxes, scores), not {_kind(found)}")
    try:
        found = Detections(found.boxes, found.scores, found.embeddings)  # a changed or unchecked one may be invalid
    except ValueError as error:
        raise InputError(f"the detector gives impossible detections: {error}") from None
    scores = found.scores.clip(0, 1)
    beyond = np.flatnonzero(np.abs(scores - found.scores) > ROUNDING)
    if len(beyond):
        raise InputError(f"the detector must give scores in 0..1, but scores box {beyond[0]} with {found.scores[beyond[0]]:g}")
    embeddings = None if found.embeddings is None else found.embeddings.copy()
    return Detections.unchecked(found.boxes.copy(), scores, embeddings)


def checked_rows(rows: object, count: int, dimension: int | None) -> np.ndarray:
    """What an appearance model gave for `count` boxes, as float32 unit rows `(count, D)`; D is `dimension`, if that is known.

    Rows of another length than 1 are scaled to it, and for nobody the shape `(0,)` will do. Raises `InputError` for any other
    shape, values that are not finite, and a row of zeros, which has no direction.
    """
    try:
        found = unit_rows(rows, count)
    except ValueError as error:
        raise InputError(f"the appearance model gives impossible embeddings: {error}") from None
    if count and dimension is not None and found.shape[1] != dimension:
        raise InputError(f"the appearance model must give embeddings of {dimension} numbers, as before, not of {found.shape[1]}")
    return found.copy() if count else found.reshape(0, dimension or found.shape[1])


def checked_tracks(tracks: object, count: int) -> Tracks:
    """What a tracker gave for `count` detections, once it is `Tracks` of M different ids from 1, with finite boxes and scores.

    Raises `InputError` otherwise.
    """
    if not isinstance(tracks, Tracks):
        raise InputError(f"the tracker must give trackers.Tracks, not {_kind(tracks)}")
    ids, boxes, scores, rows = map(np.asarray, (tracks.ids, tracks.boxes, tracks.scores, tracks.detection_index))
    if not (ids.size or boxes.size or scores.size or rows.size):
        return _NOBODY
    shapes = ids.shape, boxes.shape, scores.shape, rows.shape
    if shapes != ((ids.size,), (ids.size, 4), (ids.size,), (ids.size,)):
        raise _impossible("ids {}, boxes {}, scores {} and detection_index {} must be (M,), (M, 4), (M,), (M,)".format(*shapes))
    if ids.dtype.kind not in "iu" or rows.dtype.kind not in "iu":
        raise _impossible("ids and detection_index must be whole numbers")
    numbers, matched = ids.tolist(), rows.tolist()  # lists, as numpy's functions take longer to start than to run
    if min(numbers) < 1 or len(set(numbers)) < len(numbers):
        raise _impossible(f"ids must be different numbers from 1, not {numbers}")
    if not (np.isfinite(boxes).all() and np.isfinite(scores).all()):
        raise _impossible("boxes and scores must be finite")
    if min(matched) < -1 or max(matched) >= count:
        raise _impossible(f"detection_index must be in -1..{count - 1}, not {matched}")
    return Tracks(ids, boxes, scores, rows)


_NOBODY = Tracks(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))


def _impossible(what: str) -> InputError:
    return InputError(f"the tracker gives impossible tracks: {what}")


def _kind(found: object) -> str:
    return "None" if found is None else f"a {type(found).__name__}"
