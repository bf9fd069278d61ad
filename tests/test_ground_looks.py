"""Cameras that do not look at a moment, for it is between two of their frames or they are gone, say nothing about it."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from mtmc.multicamera.run import follow
from mtmc.sequences.alignment import Clock
from mtmc.simulation import room

SECONDS = 14
RATE = 30


@pytest.fixture(scope="module")
def recording():
    """The first seconds of the rendered room at 30 frames per second, seen by four cameras."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules["mtmc.simulation.room"], "FRAME_RATE", float(RATE))  # the package's `room` is its function
        whole = room(seed=4, persons=5)
    length = SECONDS * RATE
    views = tuple(replace(view, detections=view.detections[:length], images=None) for view in whole.views)
    return replace(whole, length=length, views=views)


@pytest.fixture(scope="module")
def expected(recording):
    """Where people are by all cameras at equal rates."""
    return list(follow(recording))


def looking(recording, rates):
    """The recording as cameras of these frame rates see it, 0 for one that never looks."""
    views = []
    for view, rate in zip(recording.views, rates, strict=True):
        seen = [None] * recording.length
        if rate:
            clock = Clock(rate, RATE)
            for moment in clock.moments(np.arange(clock.count(recording.length))).tolist():
                seen[moment] = view.detections[moment]
        views.append(replace(view, detections=seen, frame_rate=rate or None))
    return replace(recording, views=tuple(views))


def apart(found, expected):
    """The distance of each expected person, two seconds after they came, to the nearest one found, and how many were added."""
    since, distances, added = {}, [], 0
    for frame, (one, other) in enumerate(zip(found, expected, strict=True)):
        for person, place in zip(other.ids.tolist(), other.positions, strict=True):
            if frame - since.setdefault(person, frame) > 2 * RATE:
                distances.append(np.linalg.norm(one.positions - place, axis=1).min(initial=np.inf))
        for place in one.positions:
            added += np.linalg.norm(other.positions - place, axis=1).min(initial=np.inf) > 0.5
    return np.array(distances), added / max(1, sum(len(each) for each in found))


@pytest.mark.parametrize(
    ("rates", "near"),
    [
        ((30, 30, 0, 30), 0.95),
        ((25, 30, 25, 30), 0.95),
        ((5, 30, 5, 30), 0.95),
        ((10, 7.5, 12, 30), 0.9),
        (
            (30, 0, 30, 0),
            0.7,
        ),  # a detection is off by 8 cm across the line of sight
    ],
)
def test_whichever_cameras_look_at_whatever_rate_people_are_where_all_cameras_place_them(recording, expected, rates, near):
    distances, added = apart(list(follow(looking(recording, rates))), expected)
    assert len(distances) > 300
    assert np.mean(distances <= 0.10) >= near, f"{np.mean(distances <= 0.10):.3f} within 10 cm"
    assert np.mean(distances <= 0.30) >= 0.99, f"{np.mean(distances <= 0.30):.4f} within 30 cm, {distances.max():.2f} m at most"
    assert added <= 0.02


def test_a_camera_that_never_looks_may_as_well_not_be_there(recording):
    gone = looking(recording, (RATE, RATE, RATE, 0))
    three = replace(recording, views=recording.views[:3])
    for one, other in zip(follow(gone), follow(three), strict=True):
        np.testing.assert_array_equal(one.ids, other.ids)
        np.testing.assert_allclose(one.positions, other.positions, atol=0.05)


def test_the_cameras_that_are_left_go_on_when_others_go_dark(recording, expected):
    views = [replace(view, detections=[*view.detections[:60], *[None] * (recording.length - 60)]) for view in recording.views[:2]]
    distances, _ = apart(list(follow(replace(recording, views=(*views, *recording.views[2:])))), expected)
    assert np.mean(distances <= 0.30) >= 0.95
