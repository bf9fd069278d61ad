"""Cameras that share no view, from detections to people: tracks, tracklets, zones, and the same person in both places."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from passers import passers
from views import with_images
from visitors import MeanColour

from benchmarks.scores.world import world_people
from mtmc.linking.linker import Linker
from mtmc.linking.naming import name_offline, name_online, rename
from mtmc.linking.tracklets import CROPS, follow_apart, gather
from mtmc.linking.travel_times import TravelTimes
from mtmc.linking.zones import Zones
from mtmc.multicamera.workers import LocalWorkers
from mtmc.single.gaps import fill_gaps
from reid.common.errors import InputError
from trackers import Tracks


@pytest.fixture(scope="module")
def sequence(tmp_path_factory):
    return passers(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def tracks(sequence):
    return list(follow_apart(sequence))


@pytest.fixture(scope="module")
def ended(sequence, tracks):
    return list(gather(sequence, tracks, LocalWorkers(sequence, appearance=MeanColour()), Zones()))


def test_each_camera_follows_people_alone(sequence, tracks):
    assert len(tracks) == sequence.length
    camera_of = {}
    for moment in tracks:
        assert (np.diff(moment.ids) > 0).all()
        for track, members, boxes in zip(moment.ids.tolist(), moment.members, moment.boxes, strict=True):
            (camera,) = np.flatnonzero(np.isfinite(boxes).all(axis=1))
            assert members[1 - camera] == -1 and np.isnan(boxes[1 - camera]).all()
            assert camera_of.setdefault(track, camera) == camera
    assert list(camera_of) == list(range(1, 13)) and sorted(camera_of.values()) == [0] * 6 + [1] * 6
    assert len(world_people(sequence.world_truth, tracks, 0.5)) == 12


def test_a_tracklet_is_handed_on_soon_after_its_end_with_few_views_of_its_whole_length(ended):
    found = [(moment.time, tracklet) for moment in ended for tracklet in moment.tracklets.values()]
    assert len(found) == 12 and sorted(tracklet.camera for _, tracklet in found) == [0] * 6 + [1] * 6
    for time, tracklet in found:
        assert tracklet.end <= time < tracklet.end + 0.5
        assert 2 <= len(tracklet.embeddings) <= CROPS and tracklet.end - tracklet.start > 2
        assert tracklet.entry_zone != tracklet.exit_zone
    assert len({zone for _, tracklet in found for zone in (tracklet.entry_zone, tracklet.exit_zone)}) == 4


def test_people_are_known_in_the_other_place_and_when_they_come_back(sequence, tracks, ended):
    truth = world_people(sequence.world_truth, tracks, 0.5)
    for names in (
        name_online(ended, Linker(0.05)),
        name_online(ended, Linker(0.05, TravelTimes())),
        name_offline(ended, 0.05),
        name_offline(ended, 0.05, TravelTimes()),
    ):
        assert names.keys() == truth.keys()
        assert len(set(names.values())) == 3 == len({(names[track], truth[track]) for track in names})


def test_tracks_get_their_people_and_one_without_is_somebody_of_its_own(tracks):
    every = sorted({track for moment in tracks for track in moment.ids.tolist()})
    named = rename(tracks, dict.fromkeys(every[2:], 7))
    assert sorted({person for moment in named for person in moment.ids.tolist()}) == [7, 8, 9]
    np.testing.assert_array_equal(named[20].boxes, tracks[20].boxes)


def test_without_appearance_tracklets_have_zones_and_times_only(sequence, tracks, ended):
    plain = [item for moment in gather(sequence, tracks, None, Zones()) for item in moment.tracklets.items()]
    seen = dict(item for moment in ended for item in moment.tracklets.items())
    assert len(plain) == 12
    for track, tracklet in plain:
        assert not len(tracklet.embeddings)
        assert (tracklet.start, tracklet.end, tracklet.exit_zone) == (seen[track].start, seen[track].end, seen[track].exit_zone)


def test_a_camera_without_images_is_told(sequence, tracks):
    with pytest.raises(InputError, match="no images of east"):
        LocalWorkers(with_images(sequence, "east", None), appearance=MeanColour())


@given(st.lists(st.lists(st.booleans(), min_size=3, max_size=3), max_size=30), st.integers(1, 5))
def test_gaps_shorter_than_the_limit_are_filled_longer_ones_end_a_track_and_nothing_else_changes(shown, limit):
    def frame(number, there):
        tracks = np.flatnonzero(there)
        boxes = np.array([[number, track, number + 1, track + 2] for track in tracks], float).reshape(-1, 4)
        return Tracks(5 + tracks, boxes, np.ones(len(tracks)), np.arange(len(tracks)))

    filled = list(fill_gaps([frame(number, there) for number, there in enumerate(shown)], limit))
    assert len(filled) == len(shown)
    there = np.array(shown, bool).reshape(-1, 3)
    parts = set()
    for track in range(3):
        part = []
        for number in np.flatnonzero(there[:, track]).tolist():
            if part and number - part[-1] > limit:
                parts.add((track, tuple(part)))
                part = []
            part += range(part[-1] + 1 if part else number, number + 1)
        if part:
            parts.add((track, tuple(part)))
    found = {}
    for number, moment in enumerate(filled):
        assert (np.diff(moment.ids) > 0).all()
        for own, box, index in zip(moment.ids.tolist(), moment.boxes, moment.detection_index, strict=True):
            np.testing.assert_allclose(box, [number, box[1], number + 1, box[1] + 2])
            assert (index >= 0) == there[number, round(box[1])]
            found.setdefault((own, round(box[1])), []).append(number)
    assert {(track, tuple(numbers)) for (_, track), numbers in found.items()} == parts
    assert len({own for own, _ in found}) == len(parts)


places = st.tuples(st.integers(0, 2), st.floats(-9, 9), st.floats(-9, 9))


@given(st.lists(places, max_size=40), st.floats(0.5, 3))
def test_a_zone_is_of_one_camera_and_near_what_it_was_given(given_places, radius):
    zones = Zones(radius)
    for camera, *place in given_places:
        before = len(zones)
        zone = zones.at(camera, np.array(place))
        assert zone <= before and len(zones) == max(before, zone + 1)
        assert zones.cameras[zone] == camera
        assert np.linalg.norm(zones.places[zone] - place) <= radius
    assert len(zones) <= len(given_places)


def test_doors_become_zones():
    random, zones = np.random.default_rng(0), Zones()
    doors = np.array([[0.0, 0.0], [5.0, 0.0]])
    found = [(door, zones.at(0, doors[door] + random.normal(0, 0.3, 2))) for door in random.integers(2, size=50)]
    assert len(zones) == 2 and len(set(found)) == 2
    np.testing.assert_allclose(zones.places[[dict(found)[0], dict(found)[1]]], doors, atol=0.2)
