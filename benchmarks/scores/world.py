"""Multi-camera tracking scores: on the ground within a radius, and in the images of all cameras together."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

from benchmarks.scores.clearmot import Counts, count_matches
from mtmc.ground.tracks import GroundTracks
from mtmc.sequences import GroundTruth, WorldTruth
from reid.footage.rows import rows_by_frame
from trackers.boxes import iou


def world_counts(truth: WorldTruth, tracks: Sequence[GroundTracks], radius: float) -> Counts:
    """Counts on the ground: a track of `tracks`, one entry per frame, may match a person at most `radius` away (the truth's
    unit).

    Similarity falls from 1 in the same place to 0.5 at `radius` and 0 at twice that, as in the kit for MOT15's 3D benchmark.
    Frames without people in the truth count too: any track there is a false positive. The truth after the last entry is ignored.
    """
    frames = []
    for found, rows in zip(tracks, rows_by_frame(truth.frames, len(tracks)), strict=True):
        apart = np.linalg.norm(truth.positions[rows, None] - found.positions, axis=2)
        frames.append((truth.ids[rows], found.ids, np.maximum(1 - apart / (2 * radius), 0)))
    return count_matches(frames)


def world_people(truth: WorldTruth, tracks: Sequence[GroundTracks], radius: float) -> dict[int, int]:
    """The person of each track of `tracks`, one entry per frame: the one most often nearest, at most `radius` away (the truth's
    unit). Tracks never within `radius` of a person are left out."""
    votes: defaultdict[int, Counter] = defaultdict(Counter)
    for found, rows in zip(tracks, rows_by_frame(truth.frames, len(tracks)), strict=True):
        ids = truth.ids[rows]
        if len(ids):
            apart = np.linalg.norm(truth.positions[rows, None] - found.positions, axis=2)
            nearest = apart.argmin(axis=0)
            for column in np.flatnonzero(apart.min(axis=0) <= radius).tolist():
                votes[int(found.ids[column])][int(ids[nearest[column]])] += 1
    return {track: of_track.most_common(1)[0][0] for track, of_track in votes.items()}


def image_counts(truths: Sequence[GroundTruth], tracks: Sequence[GroundTracks]) -> tuple[Counts, list[Counts]]:
    """Counts in the images: over all cameras with shared ids, and per camera.

    `truths` has one entry per camera, in the tracker's order, with shared ids; boxes may match with an IoU of at least 0.5. Each
    image counts as a frame, camera by camera, so an id that belongs to another person in the next camera costs a switch. Only the
    frames in `tracks` count.
    """
    everywhere, by_camera = [], []
    for camera, truth in enumerate(truths):
        ids, boxes = truth.ids[truth.considered], truth.boxes[truth.considered]
        frames = []
        for found, rows in zip(tracks, rows_by_frame(truth.frames[truth.considered], len(tracks)), strict=True):
            shown = np.isfinite(found.boxes[:, camera, 0])
            frames.append((ids[rows], found.ids[shown], iou(boxes[rows], found.boxes[shown, camera])))
        by_camera.append(count_matches(frames))
        everywhere += frames
    return count_matches(everywhere), by_camera
