"""Trackers beside public implementations, whose answers `parity/make_peers.py` has saved."""

import pytest
from peers import differences, removing_late

import trackers
from benchmarks.speed.crowd import crowd
from mtmc.sequences import read_motchallenge
from trackers import Detections, Tracker

PEERS = {"bytetrack": ("bytetrack", {}), "ocsort": ("ocsort", {}), "ocsort_byte": ("ocsort", {"byte": True})}
SEQUENCES = {"pets": ("PETS09-S2L1", "det.txt"), "adl": ("ADL-Rundle-6a", "yolo11x.txt")}


@pytest.mark.parametrize("peer", PEERS)
def test_ids_and_boxes_are_those_of_a_public_implementation_on_a_crowd(peer):
    assert differences(_build(peer), f"{peer}_crowd.npz", _scene("crowd")) == []


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("scene", SEQUENCES)
def test_ids_and_boxes_are_those_of_a_public_implementation_on_real_detections(peer, scene, real_data):
    folder, file = SEQUENCES[scene]
    frames = read_motchallenge(real_data / "mot" / folder, file).detections[:300]
    assert differences(_build(peer), f"{peer}_{scene}.npz", frames) == []


@pytest.mark.parametrize("peer", ["ocsort", "ocsort_byte"])
def test_after_long_gaps_oc_sort_answers_as_a_public_implementation(peer):
    assert differences(_build(peer), f"{peer}_gaps.npz", _scene("gaps")) == []


def test_after_long_gaps_the_public_bytetrack_differs_by_its_late_removal_alone():
    assert differences(_build("bytetrack"), "bytetrack_gaps.npz", _scene("gaps")) != []
    assert differences(removing_late("bytetrack"), "bytetrack_gaps.npz", _scene("gaps")) == []


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
