"""Trackers beside public implementations, whose answers `parity/make_peers.py` has saved."""

from pathlib import Path

import numpy as np
import pytest

import trackers
from benchmarks.speed.crowd import crowd
from mtmc.sequences import read_motchallenge
from trackers import Detections, Tracker
from trackers.bytetrack import ByteTrack

ANSWERS = Path(__file__).parent / "parity"
PEERS = {"bytetrack": ("bytetrack", {}), "ocsort": ("ocsort", {}), "ocsort_byte": ("ocsort", {"byte": True})}
SEQUENCES = {"pets": ("PETS09-S2L1", "det.txt"), "adl": ("ADL-Rundle-6a", "yolo11x.txt")}


@pytest.mark.parametrize("peer", PEERS)
def test_ids_and_boxes_are_those_of_a_public_implementation_on_a_crowd(peer):
    assert _differences(_build(peer), peer, "crowd") == []


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("scene", SEQUENCES)
def test_ids_and_boxes_are_those_of_a_public_implementation_on_real_detections(peer, scene, real_data):
    folder, file = SEQUENCES[scene]
    frames = read_motchallenge(real_data / "mot" / folder, file).detections[:300]
    assert _differences(_build(peer), peer, scene, frames) == []


@pytest.mark.parametrize("peer", ["ocsort", "ocsort_byte"])
def test_after_long_gaps_oc_sort_answers_as_a_public_implementation(peer):
    assert _differences(_build(peer), peer, "gaps") == []


def test_after_long_gaps_the_public_bytetrack_differs_by_its_late_removal_alone():
    # The authors' code, which the peer follows, marks a track lost for more than 30 frames as removed, but still matches it in
    # the next frame. If that finds it, it is forgotten at its next miss, however long it was followed in between.
    class LateRemoval(ByteTrack):
        def __init__(self):
            super().__init__(max_age=31)
            self._table = np.dtype([*self._table.descr, ("removed", bool)])
            self.reset()

        def _drop(self, dead):
            removed, missed = self.tracks["removed"], self.tracks["missed"]
            dead = dead | (removed & (missed == 1))
            removed |= missed > 30
            super()._drop(dead)

    assert _differences(_build("bytetrack"), "bytetrack", "gaps") != []
    assert _differences(LateRemoval(), "bytetrack", "gaps") == []


def _build(peer: str) -> Tracker:
    name, thresholds = PEERS[peer]
    return trackers.build(name, **thresholds)


def _scene(name: str) -> list[Detections]:
    """The crowds of `make_peers.py`."""
    frames = [Detections(boxes, scores) for boxes, scores, _ in crowd(200, 30, 2, low_share=1 / 3)]
    if name == "gaps":
        for start, stop in ((20, 50), (70, 101), (120, 152)):
            frames[start:stop] = [Detections([], [])] * (stop - start)
    return frames


def _differences(tracker: Tracker, peer: str, scene: str, frames: list[Detections] | None = None) -> list[str]:
    """What `tracker` answers otherwise than `peer`; ids may have other numbers, and boxes differ by the rounding of the files."""
    answers = np.load(ANSWERS / f"{peer}_{scene}.npz")
    different: list[str] = []
    names: dict[int, int] = {}
    for number, detections in enumerate(_scene(scene) if frames is None else frames):
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
