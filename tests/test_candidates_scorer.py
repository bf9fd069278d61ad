"""The person classifier as the plug of a tracker: what it scores, how often its network runs, and where it is refused."""

import json

import numpy as np
import pytest
import torch
from candidate_layout import published_arrays

import trackers
from benchmarks.mot16 import main as mot16
from mtmc.__main__ import main
from mtmc.candidates import scorer
from mtmc.candidates.network import PersonClassifier, weights_of
from mtmc.candidates.scorer import CandidateScorer, open_scoring, prepare
from mtmc.single.tracker_config import build_tracker, read_tracker_config
from reid.common.errors import InputError

FRAME = np.random.default_rng(0).integers(0, 256, (72, 96, 3), dtype=np.uint8)
BOXES = np.array([[10.0, 10, 40, 70], [-5, 20, 30, 60], [60, 5, 120, 90]])


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """The network sees small pictures."""
    monkeypatch.setattr(scorer, "SHORT_SIDE", 64)


def constant(logits: np.ndarray) -> PersonClassifier:
    """A classifier whose maps have these values `(49,)` everywhere."""
    network = PersonClassifier()
    torch.nn.init.zeros_(network.cls_conv[3].weight)
    with torch.no_grad():
        network.cls_conv[3].bias.copy_(torch.from_numpy(logits))
    return network


def test_a_picture_has_the_size_and_colours_that_the_authors_give_their_network(monkeypatch):
    monkeypatch.setattr(scorer, "SHORT_SIDE", 368)
    image, scale = prepare(np.full((360, 480, 3), (0, 51, 255), np.uint8))
    assert image.shape == (1, 3, 368, 496) and scale == 368 / 360
    np.testing.assert_allclose(image[0, :, 0, 0], [0.5, -0.3, -0.5], atol=1e-6)  # red first
    np.testing.assert_allclose(image[0, :, :, 491:], -0.5)
    image, scale = prepare(np.zeros((1080, 1920, 3), np.uint8))
    assert image.shape == (1, 3, 640, 1152) and scale == 640 / 1080


def test_a_box_scores_the_sigmoid_of_the_mean_vote_of_its_bins():
    logits = np.linspace(-3, 5, 49)
    scores = CandidateScorer(weights_of(constant(logits), {}))(FRAME, BOXES[:1])
    np.testing.assert_allclose(scores, 1 / (1 + np.exp(-1)), atol=1e-3)


def test_a_box_scores_the_same_alone_and_among_others_and_nobody_stands_outside_the_frame():
    score = CandidateScorer(weights_of(PersonClassifier(), {}))
    outside = np.array([[100.0, 10, 120, 40], [10, -50, 30, 0]])
    together = score(FRAME, np.concatenate([BOXES, outside]))
    np.testing.assert_allclose(together[:3], np.concatenate([score(FRAME, box[None]) for box in BOXES]))
    assert together[3:].tolist() == [0, 0] and 0 < together[:3].min() < together[:3].max() < 1
    assert score(FRAME, np.empty((0, 4))).shape == (0,)


def test_the_network_runs_once_per_frame_even_where_frames_share_an_array():
    score, runs = CandidateScorer(weights_of(PersonClassifier(), {})), []
    score._network.register_forward_hook(lambda *_: runs.append(1))
    frame = FRAME.copy()
    first = score(frame, BOXES)
    score(frame, BOXES[:1])
    assert len(runs) == 1
    frame[20:50, 20:50] = 0
    assert not np.allclose(score(frame, BOXES), first) and len(runs) == 2


def test_motdt_shows_whom_the_classifier_takes_for_a_person():
    person = CandidateScorer(weights_of(constant(np.full(49, 4.0)), {}))
    nobody = CandidateScorer(weights_of(constant(np.full(49, -4.0)), {}))
    detections = trackers.Detections(BOXES[:1], np.array([0.9]))
    for scoring, shown in (person, 1), (nobody, 0):
        tracker, _ = build_tracker(read_tracker_config("motdt_paper"), None, scoring)
        assert [len(tracker.update(detections, FRAME).ids) for _ in range(2)][1] == shown


def test_a_tracker_that_scores_no_candidates_takes_no_scorer():
    with pytest.raises(InputError, match=r"^tracker sort: scores no candidates; leave --scoring out, or choose motdt$"):
        build_tracker(read_tracker_config("sort"), None, lambda frame, boxes: np.ones(len(boxes)))


def test_the_command_takes_a_file_or_a_module_of_ones_own(make_sequence, tmp_path, monkeypatch):
    (tmp_path / "own_scoring.py").write_text("NONE = 3\ndef nobody(frame, boxes):\n    return [0] * len(boxes)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    weights_of(constant(np.full(49, 4.0)), {}).write(tmp_path / "person.safetensors")
    words = ["track", str(make_sequence(images=True)), "--detections", "det.txt", "--reid", "none", "--tracker", "motdt"]
    shown = []
    for output, scoring in ("person", "person.safetensors"), ("nobody", "own_scoring:nobody"):
        main([*words, "--scoring", scoring, "--output", output])
        shown += [path.read_text() != "" for path in (tmp_path / output / "tracks").glob("*.txt")]
    assert shown == [True, False]
    with pytest.raises(InputError, match="not callable; a scorer must map"):
        open_scoring("own_scoring:NONE")
    with pytest.raises(InputError, match="no such file"):
        open_scoring(tmp_path / "absent.safetensors")


def test_the_benchmark_takes_a_scorer_and_names_it(make_sequence, tmp_path, monkeypatch):
    (tmp_path / "all_people.py").write_text("def everybody(frame, boxes):\n    return [1] * len(boxes)\n")
    monkeypatch.syspath_prepend(tmp_path)
    data, output = make_sequence(images=True).parent, tmp_path / "out"
    mot16(["--data", str(data), "--reid", "none", "--scoring", "all_people:everybody", "--output", str(output)])
    summary = json.loads((output / "summary.json").read_text())
    assert summary["settings"]["scoring"] == "all_people:everybody" and summary["overall"]["recall"] > 0


def test_published_weights_score_every_box(tmp_path):
    network = PersonClassifier()
    arrays = {name: torch.from_numpy(array) for name, array in published_arrays().items()}
    network.load_state_dict(network.state_dict() | arrays)
    assert np.isfinite(CandidateScorer(weights_of(network, {}))(FRAME, BOXES)).all()
