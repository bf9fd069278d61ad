"""Trackers with appearance beside public implementations, whose answers `parity/make_appearance_peers.py` has saved."""

import importlib.util

import numpy as np
import pytest
from peers import ANSWERS, differences, removing_late

import trackers
from trackers import Detections
from trackers.botsort import BotSort
from trackers.deepocsort import DeepOcSort
from trackers.ocsort import OcSort
from trackers.strongsort import StrongSort

# StrongSORT of the peer shows nobody at a predicted box, and deletes a track one frame later.
OPTIONS = {"strongsort": {"shown_age": 0, "max_age": 31}}


@pytest.fixture(scope="module")
def scenes():
    """The module that made the answers, for its scenes."""
    specification = importlib.util.spec_from_file_location("make_appearance_peers", ANSWERS / "make_appearance_peers.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture
def rules_of_the_peer(monkeypatch):
    """Where boxmot follows the authors' code, or itself, and not the paper: in these three rules."""
    # BoT-SORT compares the distance of looks with 1 - IoU; the paper (eq. 12) half of it.
    monkeypatch.setattr(BotSort, "_look_weight", 1.0)
    # StrongSORT multiplies the deviation of a detection by 1 - score; the paper (eq. 4) its variance.
    monkeypatch.setattr(StrongSort, "_noise", lambda self, scores: np.square(1 - np.clip(scores, 0, 1))[:, None])
    # Deep OC-SORT weighs a look less, the nearer the second best is to the best; the paper (section 3.3) more, the further.
    monkeypatch.setattr(DeepOcSort, "_disputed_value", _value_by_ratio)


@pytest.mark.parametrize("name", ["botsort", "strongsort", "deepocsort"])
def test_ids_and_boxes_are_those_of_a_public_implementation_on_a_crowd(scenes, name, rules_of_the_peer):
    assert differences(_build(name), f"{name}_crowd.npz", _detections(scenes.crowd_frames())) == []


@pytest.mark.parametrize("name", ["botsort", "strongsort", "deepocsort"])
@pytest.mark.parametrize("scene", ["pets", "adl"])
def test_ids_and_boxes_are_those_of_a_public_implementation_on_real_detections(scenes, scene, name, real_data, rules_of_the_peer):
    frames = scenes.file_frames(real_data / "mot" / scenes.SEQUENCES[scene])
    assert differences(_build(name), f"{name}_{scene}.npz", _detections(frames)) == []


@pytest.mark.parametrize("name", ["strongsort", "deepocsort"])
def test_without_the_rules_of_the_peer_it_answers_otherwise(scenes, name):
    assert differences(_build(name), f"{name}_crowd.npz", _detections(scenes.crowd_frames())) != []


def test_bot_sort_needs_the_rule_of_the_peer_only_where_places_look_alike(scenes, real_data):
    assert differences(_build("botsort"), "botsort_crowd.npz", _detections(scenes.crowd_frames())) == []
    frames = _detections(scenes.file_frames(real_data / "mot" / scenes.SEQUENCES["pets"])[:190])
    assert differences(_build("botsort"), "botsort_pets.npz", frames)[0] == "frame 180: other boxes"


def test_after_long_gaps_the_late_removal_of_bot_sort_is_the_difference(scenes):
    frames = _detections(scenes.crowd_frames(scenes.GAPS))
    assert differences(_build("botsort"), "botsort_gaps.npz", frames) != []
    assert differences(removing_late("botsort", camera_motion="none"), "botsort_gaps.npz", frames) == []


@pytest.mark.parametrize("name", ["strongsort", "deepocsort"])
def test_after_long_gaps_the_others_answer_as_a_public_implementation(scenes, name, rules_of_the_peer):
    assert differences(_build(name), f"{name}_gaps.npz", _detections(scenes.crowd_frames(scenes.GAPS))) == []


def _build(name):
    return trackers.build(name, camera_motion="none", **OPTIONS.get(name, {}))


def _detections(frames):
    return [Detections(*frame) for frame in frames]


def _value_by_ratio(self, overlaps, detections):
    distances = self._memory.distances(self.tracks["slot"], detections.embeddings, overlaps > 0)
    similarity = np.where(np.isfinite(distances), 1 - distances, 0.0)
    weight = 0.75 * _by_ratio(similarity)[:, None] * _by_ratio(similarity.T)
    return OcSort._disputed_value(self, overlaps, detections) + weight * similarity


def _by_ratio(similarity):
    if similarity.shape[1] < 2:
        return np.ones(len(similarity))
    best, second = np.sort(similarity, axis=1)[:, :-3:-1].T
    ratio = np.divide(second, best, out=np.full(len(best), 1.0), where=best != 0)
    return 1 - np.maximum(ratio - 0.5, 0) / 0.5
