"""HOTA: known answers, sums of sequences as the official kit combines them, both rules for distractors, and the ground."""

import numpy as np
import pytest
from test_benchmarks_clearmot import LENGTH, STANDING, results_of, truth_of

from benchmarks.scores.clearmot import Counts, score
from benchmarks.scores.hota import THRESHOLDS, HotaCounts, hota_counts


def frames_of(similarities, tracks=None):
    """One person, seen with each of `similarities`, by track 1 or those of `tracks`."""
    tracks = tracks or [1] * len(similarities)
    return [(np.array([1]), np.array([track]), np.array([[near]])) for near, track in zip(similarities, tracks, strict=True)]


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        pytest.param(frames_of([1.0] * 4), {"hota": 1, "deta": 1, "assa": 1, "loca": 1}, id="perfect"),
        pytest.param(frames_of([1.0] * 4, [1, 1, 2, 2]), {"hota": 0.5**0.5, "deta": 1, "assa": 0.5}, id="a switch halfway"),
        pytest.param(frames_of([0.6] * 4), {"deta": 12 / 19, "loca": (12 * 0.6 + 7) / 19}, id="found up to a threshold of 0.6"),
        pytest.param(frames_of([0.0] * 4), {"hota": 0, "deta": 0, "assa": 0, "loca": None}, id="nowhere near"),
        pytest.param([], {"hota": None, "deta": None, "assa": None, "loca": None}, id="no frame"),
        pytest.param([(np.zeros(0, int), np.array([3]), np.zeros((0, 1)))], {"hota": 0, "loca": None}, id="nobody there"),
    ],
)
def test_known_answers(frames, expected):
    ratios = hota_counts(frames).ratios()
    assert {key: ratios[key] for key in expected} == pytest.approx(expected)


def test_one_matching_serves_all_thresholds_and_prefers_who_agrees_over_time():
    alone = (np.array([1]), np.array([7]), np.array([[0.9]]))
    both = (np.array([1]), np.array([7, 8]), np.array([[0.7, 0.8]]))
    counts = hota_counts([alone] * 5 + [both])
    assert counts.tp[THRESHOLDS < 0.69].tolist() == [6] * 13 and counts.tp[14:17].tolist() == [5, 5, 5]


def test_sums_of_sequences_are_those_of_the_kit(tmp_path):
    hota = pytest.importorskip("trackeval.metrics", reason="trackeval is not installed: pip install -e '.[test]'").HOTA()
    random, total, theirs = np.random.default_rng(0), HotaCounts(), {}
    for sequence in range(4):
        people, tracks = 3 + sequence, 4 + sequence
        frames = [
            (random.permutation(people)[:3], random.permutation(tracks)[:4], random.random((3, 4)) ** 2 * (sequence > 0))
            for _ in range(15)
        ]
        total = total + hota_counts(frames)
        ids, others, near = zip(*frames, strict=True)
        theirs[sequence] = hota.eval_sequence(
            {
                "gt_ids": ids,
                "tracker_ids": others,
                "similarity_scores": near,
                "num_gt_ids": people,
                "num_tracker_ids": tracks,
                "num_gt_dets": 45,
                "num_tracker_dets": 60,
            }
        )
    kit = hota.combine_sequences(theirs)
    expected = {"hota": kit["HOTA"], "deta": kit["DetA"], "assa": kit["AssA"], "loca": kit["LocA"]}
    assert total.ratios() == pytest.approx({name: values.mean() for name, values in expected.items()}, abs=1e-12)


def test_overall_ratios_come_from_sums_and_not_from_means():
    perfect = score(truth_of(STANDING), results_of(STANDING), LENGTH)
    poor = score(truth_of(STANDING[:2]), results_of([]), 2)
    assert sum([perfect, poor], Counts()).ratios()["deta"] == pytest.approx(6 / 8)


@pytest.mark.parametrize("rule", ["official", "motdt"])
def test_what_a_rule_drops_counts_neither_as_right_nor_as_wrong(rule):
    truth = truth_of([(f, i, 50 * i) for f in range(4) for i in (1, 2)], [True, False] * 4, [1, 7] * 4)
    found = results_of([(f, i, 50 * i) for f in range(4) for i in (1, 2)])
    assert score(truth, found, 4, rule).ratios()["hota"] == 1
    between = truth_of([(f, i, 3 * i) for f in range(4) for i in (0, 1)], [True, False] * 4, [1, 8] * 4)
    lone = score(between, results_of([(f, 1, 1) for f in range(4)]), 4, rule).hota
    assert (lone.tp[0], lone.fn[0], lone.fp[0]) == ((4, 0, 0) if rule == "official" else (0, 4, 0))
