"""BoT-SORT beside a public implementation, whose answers `parity/make_botsort.py` has saved."""

import importlib.util

import pytest
from peers import ANSWERS, differences, removing_late

import trackers
from trackers import Detections
from trackers.botsort import BotSort


@pytest.fixture(scope="module")
def scenes():
    """The module that made the answers, for its scenes."""
    specification = importlib.util.spec_from_file_location("make_botsort", ANSWERS / "make_botsort.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def unhalved(monkeypatch):
    """The rule of the peer: it compares the distance of looks with 1 - IoU, the paper (eq. 12) half of it."""
    monkeypatch.setattr(BotSort, "_look_weight", 1.0)


def test_ids_and_boxes_are_those_of_a_public_implementation_on_a_crowd(scenes):
    assert differences(_build(), "botsort_crowd.npz", _detections(scenes.crowd_frames())) == []


@pytest.mark.parametrize("scene", ["pets", "adl"])
def test_ids_and_boxes_are_those_of_a_public_implementation_on_real_detections(scenes, scene, real_data, unhalved):
    frames = scenes.file_frames(real_data / "mot" / scenes.SEQUENCES[scene])
    assert differences(_build(), f"botsort_{scene}.npz", _detections(frames)) == []


def test_where_places_look_alike_the_halved_distance_is_the_difference(scenes, real_data):
    frames = scenes.file_frames(real_data / "mot" / scenes.SEQUENCES["pets"])
    found = differences(_build(), "botsort_pets.npz", _detections(frames))
    assert found[0] == "frame 180: other boxes"  # before, 179 frames are equal


def test_after_long_gaps_the_late_removal_is_the_difference(scenes):
    frames = _detections(scenes.crowd_frames(scenes.GAPS))
    assert differences(_build(), "botsort_gaps.npz", frames) != []
    assert differences(removing_late("botsort", camera_motion="none"), "botsort_gaps.npz", frames) == []


def _build():
    return trackers.build("botsort", camera_motion="none")


def _detections(frames):
    return [Detections(*frame) for frame in frames]
