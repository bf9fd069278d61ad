"""Group detections of several views by person: at most one detection per camera, all near the group's seed."""

import numpy as np


def group(distances: np.ndarray, camera: np.ndarray, max_distance: float) -> np.ndarray:
    """Group N detections of the cameras `camera` `(N,)`; return the group of each, `(N,)`, numbered from 0.

    `distances` `(N, N)` is symmetric. A group is a seed and, from each other camera, the nearest detection within `max_distance`.
    The group with the most cameras is taken first (ties: the tightest), and the rest is grouped again, so a stray box does not
    split a person seen by many. Each round takes a whole group: there are as many rounds as people. A detection that matches no
    other is a group of its own.
    """
    count = len(camera)
    groups = np.full(count, -1)
    order = np.argsort(camera, kind="stable")
    starts = np.flatnonzero(np.diff(camera[order], prepend=-1))
    near = distances[np.ix_(order, order)].astype(np.float64)
    own = camera[order][:, None] == camera[order]
    near[own] = np.inf
    near[np.arange(count), np.arange(count)] = 0
    near[near > max_distance] = np.inf
    number = 0
    while (groups < 0).any():
        nearest = np.minimum.reduceat(near, starts, axis=1)
        agree = np.isfinite(nearest)
        cameras = agree.sum(axis=1)
        alone = np.flatnonzero((cameras == 1) & (groups[order] < 0))
        groups[order[alone]] = number + np.arange(len(alone))
        number += len(alone)
        near[alone] = np.inf
        near[:, alone] = np.inf
        if not (cameras > 1).any():
            break
        closeness = np.where(agree, nearest, 0).sum(axis=1) / np.maximum(cameras, 1)
        seed = np.lexsort((closeness, -cameras))[0]
        ends = np.append(starts[1:], count)
        members = [
            start + int(np.argmin(near[seed, start:end]))
            for start, end, agrees in zip(starts, ends, agree[seed], strict=True)
            if agrees
        ]
        groups[order[members]] = number
        number += 1
        near[members] = np.inf
        near[:, members] = np.inf
    return groups
