"""Cameras that do not look at a moment, for it is between two of their frames or they are gone, say nothing about it."""

import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from mtmc.calibration import save_cameras
from mtmc.calibration.camera_file import CameraEntry
from mtmc.multicamera.run import follow
from mtmc.sequences import open_recording
from mtmc.sequences.alignment import Clock
from mtmc.sequences.mot_text import detections_text
from mtmc.simulation import room

SECONDS = 10
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


def seen_twice(recording):
    """The people whom two cameras that look have seen for the last second, by moment: a list of their true places `(N, 2)`."""
    seen = Counter()
    for view in recording.views:
        if any(found is not None for found in view.detections):
            truth = view.ground_truth
            clear = truth.visibility >= 0.5
            seen.update(zip(truth.frames[clear].tolist(), truth.ids[clear].tolist(), strict=True))
    truth, places, since = recording.world_truth, [], Counter()
    for frame in range(recording.length):
        here = truth.frames == frame
        for person in truth.ids[here].tolist():
            since[person] = since[person] + 1 if seen[frame, person] >= 2 else 0
        long = np.array([since[person] > RATE for person in truth.ids[here].tolist()], dtype=bool)
        places.append(truth.positions[here][long])
    return places


def apart(recording, expected):
    """Of the people seen twice, two seconds after they came, at the moments at which a camera looks: the distance of each to the
    nearest one followed; and the share of those followed who are nobody expected."""
    seen, since, distances, added, followed = seen_twice(recording), {}, [], 0, 0
    for frame, (one, other) in enumerate(zip(follow(recording), expected, strict=True)):
        if all(found is None for found in recording.at(frame)):
            continue
        for person, place in zip(other.ids.tolist(), other.positions, strict=True):
            known = np.linalg.norm(seen[frame] - place, axis=1).min(initial=np.inf) < 0.3
            if frame - since.setdefault(person, frame) > 2 * RATE and known:
                distances.append(np.linalg.norm(one.positions - place, axis=1).min(initial=np.inf))
        for place in one.positions:
            added += np.linalg.norm(other.positions - place, axis=1).min(initial=np.inf) > 0.5
        followed += len(one)
    return np.array(distances), added / max(1, followed)


def drawn(seed):
    """A random subset of at least two cameras, at random rates from 5 to 30 frames per second."""
    random = np.random.default_rng(seed)
    rates = np.zeros(4)
    looks = random.permutation(4)[: random.integers(2, 5)]
    rates[looks] = random.uniform(5, RATE, len(looks)).round(1)
    return tuple(rates.tolist())


@pytest.mark.parametrize("rates", [(25, 30, 25, 30), (30, 0, 30, 0), (5, 30, 5, 30), *map(drawn, range(2))], ids=str)
def test_whichever_cameras_look_at_whatever_rate_people_are_where_all_cameras_place_them(recording, expected, rates):
    distances, added = apart(looking(recording, rates), expected)
    assert len(distances) > 200
    assert np.mean(distances <= 0.10) >= 0.95, f"{np.mean(distances <= 0.10):.3f} within 10 cm"
    assert distances.max() <= 0.30
    assert added <= 0.02


def test_people_are_where_they_truly_stand(recording, expected):
    distances = [
        np.linalg.norm(places - place, axis=1).min(initial=np.inf)
        for moment, places in zip(expected, seen_twice(recording), strict=True)
        for place in moment.positions
        if len(places)
    ]
    near = np.array([distance for distance in distances if distance < 0.5])  # others have been seen twice for less than a second
    print(f"{np.median(near):.3f} m off (median of {len(near)})")
    assert len(near) > 200 and np.median(near) <= 0.03


def test_a_camera_that_never_looks_may_as_well_not_be_there(recording):
    gone = looking(recording, (RATE, RATE, RATE, 0))
    three = replace(recording, views=recording.views[:3])
    for _, one, other in zip(range(5 * RATE), follow(gone), follow(three), strict=False):
        np.testing.assert_array_equal(one.ids, other.ids)
        np.testing.assert_allclose(one.positions, other.positions, atol=0.05)


def test_the_cameras_that_are_left_go_on_when_others_go_dark(recording, expected):
    views = [replace(view, detections=[*view.detections[:60], *[None] * (recording.length - 60)]) for view in recording.views[:2]]
    distances, _ = apart(replace(recording, views=(*views, *recording.views[2:])), expected)
    assert len(distances) > 200
    assert np.mean(distances <= 0.30) >= 0.95


def test_after_ten_minutes_25_and_30_frames_per_second_still_show_the_same_moment(recording, expected, tmp_path):
    rates = {"c1": 25, "c2": 30, "c3": 25, "c4": 30}
    before = 590  # seconds in which nobody comes
    entries = {view.name: CameraEntry(view.camera, None, 0.0, rates[view.name]) for view in recording.views}
    save_cameras(tmp_path / "cameras.yaml", entries)
    (tmp_path / "seqinfo.ini").write_text(f"[Sequence]\nframeRate={RATE}\nseqLength={before * RATE + recording.length}\n")
    (tmp_path / "det").mkdir()
    for view in recording.views:
        rate = rates[view.name]
        own = [view.detections[int(frame * RATE / rate + 0.5)] for frame in range((SECONDS - 1) * rate)]
        frames = np.repeat(before * rate + np.arange(len(own)), [len(found) for found in own])
        boxes, scores = (np.concatenate([getattr(found, name) for found in own]) for name in ("boxes", "scores"))
        (tmp_path / "det" / f"{view.name}.txt").write_text(detections_text(frames, boxes, scores))
    read = open_recording(tmp_path)
    views = tuple(replace(view, detections=view.detections[before * RATE :]) for view in read.views)
    found = list(follow(replace(read, length=recording.length, views=views)))
    distances = [
        np.linalg.norm(one.positions - place, axis=1).min(initial=np.inf)
        for one, other in zip(found[2 * RATE : -RATE], expected[2 * RATE : -RATE], strict=True)
        for place in other.positions
    ]
    assert np.mean(np.array(distances) <= 0.10) >= 0.95
