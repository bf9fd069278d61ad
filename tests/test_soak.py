"""The trackers over a crowd and garbage; `python tests/soak` goes on for many more frames."""

import numpy as np
import pytest
from soak.spells import CALM, SPELLS, Offer, calm
from soak.watch import Watch, faults

import trackers
from trackers import Detections, Tracks

LENGTH = 6


@pytest.mark.parametrize("name", trackers.available())
def test_a_tracker_refuses_or_outlives_what_comes_and_follows_everybody_after(name):
    random = np.random.default_rng(0)
    for behaves in (False, True):
        watch = Watch(name, behaves)
        for spell in random.permutation(list(SPELLS)).tolist():
            for _ in watch.follow(spell, SPELLS[spell](random, LENGTH)):
                pass
        for _ in watch.follow("calm", calm(random, CALM)):
            pass
        assert watch.findings == {}


@pytest.mark.parametrize("name", [name for name in trackers.available() if trackers.build(name).uses_appearance])
def test_a_frame_that_is_refused_changes_nothing(name):
    watch, other = Watch(name, False), Watch(name, False)
    frames = list(SPELLS["busy"](np.random.default_rng(5), 40))
    for number, offer in enumerate(frames):
        if number % 3 == 2:
            foreign = Detections(offer.boxes, offer.scores, np.ones((len(offer.boxes), 3)))
            with pytest.raises(ValueError, match="embeddings have 3 dimensions, but the tracks hold 16"):
                watch.tracker.update(foreign)
        one, two = (each.tracker.update(Detections(offer.boxes, offer.scores, offer.embeddings)) for each in (watch, other))
        np.testing.assert_array_equal(one.ids, two.ids)
        np.testing.assert_array_equal(one.boxes, two.boxes)


@pytest.mark.parametrize(
    ("ids", "boxes", "rows", "told"),
    [
        ([1, 2], [[0, 0, 1, 1]] * 2, [0, 1], []),
        ([2, 2], [[0, 0, 1, 1]] * 2, [0, 1], ["an id occurs twice"]),
        ([0, 2], [[0, 0, 1, 1]] * 2, [0, -1], ["an id is less than 1"]),
        ([1, 2], [[0, 0, 1, 1], [0, 0, np.nan, 1]], [-1, -1], ["a box is not finite"]),
        ([1, 2], [[0, 0, 1, 1], [5, 0, 5, 1]], [0, 1], ["a box has no area"]),
        ([1, 2], [[0, 0, 1, 1]] * 2, [1, 1], ["a detection is shown twice"]),
        ([1, 2], [[0, 0, 1, 1]] * 2, [1, 2], ["a detection does not exist"]),
    ],
)
def test_what_cannot_be_is_found(ids, boxes, rows, told):
    assert faults(Tracks(np.array(ids), np.array(boxes), np.ones(2), np.array(rows)), 2) == told


def test_what_is_not_as_expected_is_a_finding():
    watch = Watch("sort", False)
    for _ in watch.follow("one", [Offer([[0, 0, 0, 0]], [1]), Offer([[0, 0, 1, 1]], [1], fate="refused")]):
        pass
    assert list(watch.findings) == [
        "sort: one: refused: box 0 has no area: [0.0, 0.0, 0.0, 0.0] (left, top, right, bottom)",
        "sort: one: what cannot be is tracked",
    ]
