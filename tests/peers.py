"""Comparison with public trackers, whose answers are in `tests/parity/`."""

from pathlib import Path

import numpy as np

import trackers
from trackers import Detections, Tracker

ANSWERS = Path(__file__).parent / "parity"


def differences(tracker: Tracker, file: str, frames: list[Detections]) -> list[str]:
    """What `tracker` answers otherwise than `file` has; ids may have other numbers, and boxes differ by the file's rounding."""
    answers = np.load(ANSWERS / file)
    different: list[str] = []
    names: dict[int, int] = {}
    for number, detections in enumerate(frames):
        ours, rows = tracker.update(detections), np.flatnonzero(answers["frame"] == number)
        rows = rows[np.argsort(answers["detection"][rows])]
        order = np.argsort(ours.detection_index)
        if ours.detection_index[order].tolist() != answers["detection"][rows].tolist():
            different.append(f"frame {number}: other detections are shown")
            continue
        if not np.allclose(ours.boxes[order], answers["boxes"][rows], rtol=0, atol=0.02):
            different.append(f"frame {number}: other boxes")
        for theirs, own in zip(answers["id"][rows].tolist(), ours.ids[order].tolist(), strict=True):
            if names.setdefault(theirs, own) != own:
                different.append(f"frame {number}: their person {theirs} is {own}, and was {names[theirs]}")
    if len(set(names.values())) < len(names):
        different.append("two of their people are one")
    return different


def removing_late(name: str, **thresholds) -> Tracker:
    """The tracker `name`, of the family of ByteTrack, with the late removal of the authors' code, which public ones follow.

    A track lost for more than 30 frames is marked as removed, but still matched in the next frame. If that finds it, it is
    forgotten at its next miss, however long it was followed in between.
    """
    kind = type(trackers.build(name))

    class LateRemoval(kind):
        def __init__(self):
            super().__init__(max_age=31, **thresholds)
            self._table = np.dtype([*self._table.descr, ("removed", bool)])
            self.reset()

        def _drop(self, dead):
            removed, missed = self.tracks["removed"], self.tracks["missed"]
            dead = dead | (removed & (missed == 1))
            removed |= missed > 30
            super()._drop(dead)

    return LateRemoval()
