"""Nearly certain genuine and impostor pairs of crops from a video without labels.

Genuine: boxes linked by overlap alone from frame to frame, for about a second. Impostors: boxes in one frame that share no pixel,
since overlapping boxes show parts of each other, or one person detected twice. On PETS09-S2L1 and ADL-Rundle-6a 2 of 1,173
genuine pairs, and none of 14,000 impostors, are wrong by the ground truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEAST_OVERLAP = 0.5  # IoU between consecutive frames; at 0.4, one genuine pair in a hundred is of two people
RUNNER_UP = 0.25  # of that overlap: the most that any other box may have with either
STARTS = 4  # per second
CROPS = 4000  # upper limit to embed; pairs of a longer video start farther apart


@dataclass(frozen=True)
class CropPairs:
    """Pairs of boxes, `genuine (G, 4)` and `impostor (I, 4)`, int, with the columns frame, row among that frame's boxes, and the
    same of the other box. `frames (F,)` are the frames used, ascending. `tracks` counts the gap-free tracks of the genuine pairs;
    pairs of one track are very similar, and several tracks may be of one person.
    """

    genuine: np.ndarray
    impostor: np.ndarray
    frames: np.ndarray
    tracks: int


def find_pairs(boxes: Sequence[np.ndarray], frame_rate: float, crops: int = CROPS) -> CropPairs:
    """Find the pairs in a video of `frame_rate` frames per second; `boxes` has one entry `(N, 4)` per frame, xyxy pixels.

    Genuine pairs are a second apart and start `STARTS` times per second, or less often to stay within `crops` crops; impostors
    are from the same frames.
    """
    second = max(round(frame_rate), 1)
    starts = _starts(np.array([len(each) for each in boxes]), second, crops)
    names, linked = _name(boxes), [np.empty((0, 4), np.int64)]
    for start in starts.tolist():
        _, rows, others = np.intersect1d(names[start], names[start + second], return_indices=True)
        frames = np.full(len(rows), start)
        linked.append(np.stack([frames, rows, frames + second, others], axis=1))
    frames = np.unique(np.concatenate([starts, starts + second]))
    impostor = [np.empty((0, 4), np.int64), *(_apart(boxes[frame], frame) for frame in frames.tolist())]
    genuine = np.concatenate(linked)
    tracks = {names[frame][row] for frame, row in genuine[:, :2].tolist()}
    return CropPairs(genuine, np.concatenate(impostor), frames, len(tracks))


def link(boxes: np.ndarray, later: np.ndarray) -> np.ndarray:
    """The rows `(N,)` of `later` `(M, 4)` that continue `boxes` `(N, 4)` with certainty, -1 where there is none.

    Each must be the other's best match, with an IoU of at least `LEAST_OVERLAP` and no other box close to either.
    """
    if not len(boxes) or not len(later):
        return np.full(len(boxes), -1)
    shared = _shared(boxes, later)
    iou = shared / (_areas(boxes)[:, None] + _areas(later) - shared)
    best, overlap = iou.argmax(axis=1), iou.max(axis=1)
    runner_up = np.maximum(_second(iou, 1), _second(iou, 0)[best])
    mutual = iou.argmax(axis=0)[best] == np.arange(len(boxes))
    return np.where(mutual & (overlap >= LEAST_OVERLAP) & (runner_up <= RUNNER_UP * overlap), best, -1)


def _name(boxes: Sequence[np.ndarray]) -> list[np.ndarray]:
    """A track number for each box of each frame."""
    names: list[np.ndarray] = []
    count = 0
    for frame, here in enumerate(boxes):
        found = np.full(len(here), -1)
        if frame:
            linked = link(boxes[frame - 1], here)
            found[linked[linked >= 0]] = names[-1][linked >= 0]
        new = found < 0
        found[new] = np.arange(count, count + new.sum())
        count += int(new.sum())
        names.append(found)
    return names


def _starts(counts: np.ndarray, second: int, crops: int) -> np.ndarray:
    """Evenly spread frames which, with those a second later, hold at most `crops` crops; `counts (F,)` are those per frame."""
    step = max(second // STARTS, 1)
    while True:
        starts = np.arange(0, len(counts) - second, step)
        if len(starts) < 2 or counts[np.unique(np.concatenate([starts, starts + second]))].sum() <= crops:
            return starts
        step += max(step // 4, 1)


def _apart(boxes: np.ndarray, frame: int) -> np.ndarray:
    """The pairs `(P, 4)` of boxes `(N, 4)` of one frame that do not overlap."""
    rows, others = np.nonzero(np.triu(_shared(boxes, boxes) == 0, 1))
    frames = np.full(len(rows), frame)
    return np.stack([frames, rows, frames, others], axis=1)


def _shared(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The intersection areas `(N, M)` of `boxes` `(N, 4)` and `others` `(M, 4)`."""
    corners = np.minimum(boxes[:, None, 2:], others[:, 2:]) - np.maximum(boxes[:, None, :2], others[:, :2])
    return np.maximum(corners, 0).prod(axis=2)


def _areas(boxes: np.ndarray) -> np.ndarray:
    return (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)


def _second(values: np.ndarray, axis: int) -> np.ndarray:
    """The second largest value along an axis, 0 if there is only one."""
    return np.sort(values, axis=axis).take(-2, axis) if values.shape[axis] > 1 else np.zeros(values.shape[1 - axis])
