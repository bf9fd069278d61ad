"""Gaps in a camera's tracks, filled a moment later, when it is known that the track goes on."""

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from trackers import Tracks


def fill_gaps(frames: Iterable[Tracks], limit: int) -> Iterator[Tracks]:
    """The same frames, each `limit` frames later, in which a track that was missing from fewer than `limit` frames in a row has
    boxes on the straight line between those before and after; their `detection_index` is -1, their score the later one's.

    A track that was missing for longer is another one when it comes back. Ids are given anew, from 1 on.
    """
    held: deque[dict[int, tuple[np.ndarray, float, int]]] = deque()
    last: dict[int, tuple[int, np.ndarray, int]] = {}  # by the id given: frame, box, own id
    count = 0
    for number, tracks in enumerate(frames):
        held.append({})
        last = {track: seen for track, seen in last.items() if number - seen[0] <= limit}
        for track, box, score, index in zip(
            tracks.ids.tolist(), tracks.boxes, tracks.scores, tracks.detection_index, strict=True
        ):
            if track not in last:
                count += 1
                last[track] = number, box, count
            before, old, own = last[track]
            held[-1][own] = box, score, index
            for missed in range(before + 1, number):
                share = (missed - before) / (number - before)
                held[missed - number - 1][own] = old + share * (box - old), score, -1
            last[track] = number, box, own
        if len(held) > limit:
            yield _tracks(held.popleft())
    yield from map(_tracks, held)


def _tracks(rows: dict[int, tuple[np.ndarray, float, int]]) -> Tracks:
    ids = sorted(rows)
    boxes, scores, indices = zip(*(rows[track] for track in ids), strict=True) if ids else ((), (), ())
    return Tracks(np.array(ids, np.int64), np.array(boxes).reshape(-1, 4), np.array(scores), np.array(indices, np.int64))
