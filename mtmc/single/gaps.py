"""Fill gaps in a camera's tracks with a delay, once the track is known to continue."""

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from trackers import Tracks


def fill_gaps(frames: Iterable[Tracks], limit: int) -> Iterator[Tracks]:
    """The same frames, delayed by `limit` frames. A track missing from fewer than `limit` consecutive frames gets boxes
    interpolated linearly between those before and after; their `detection_index` is -1, and their score is that of the later box.

    A track missing for longer is a new track when it returns. Ids are renumbered from 1. If `frames` end with an exception, the
    delayed ones come first, then the exception.
    """
    held: deque[dict[int, tuple[np.ndarray, float, int]]] = deque()
    last: dict[int, tuple[int, np.ndarray, int]] = {}  # by original id: frame, box, new id
    count = 0
    try:
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
    except (Exception, KeyboardInterrupt):
        yield from map(_tracks, held)
        raise
    yield from map(_tracks, held)


def _tracks(rows: dict[int, tuple[np.ndarray, float, int]]) -> Tracks:
    ids = sorted(rows)
    boxes, scores, indices = zip(*(rows[track] for track in ids), strict=True) if ids else ((), (), ())
    return Tracks(np.array(ids, np.int64), np.array(boxes).reshape(-1, 4), np.array(scores), np.array(indices, np.int64))
