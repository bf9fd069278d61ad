from dataclasses import replace

import numpy as np
import pytest
from views import with_images
from visitors import MeanColour, visitors

from mtmc.identity.gallery import Gallery
from mtmc.identity.identities import Identities
from mtmc.multicamera.run import follow, follow_people, open_identities, recognise, settle
from mtmc.multicamera.workers import LocalWorkers
from reid.common.errors import InputError
from reid.weights.thresholds import Thresholds
from trackers import Detections


@pytest.fixture(scope="module")
def sequence(tmp_path_factory):
    return visitors(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def tracks(sequence):
    return list(follow(sequence))


def true_ids(sequence, moment):
    """The true person of each track, which is the nearest one."""
    rows = sequence.world_truth.frames == moment.frame
    apart = np.linalg.norm(moment.tracks.positions[:, None] - sequence.world_truth.positions[rows], axis=2)
    return sequence.world_truth.ids[rows][apart.argmin(axis=1)]


def numbers(sequence, moments):
    """The numbers that each true person had."""
    had = {}
    for moment in moments:
        if len(moment.people) and (sequence.world_truth.frames == moment.frame).any():
            for person, number in zip(true_ids(sequence, moment).tolist(), moment.people.tolist(), strict=True):
                had.setdefault(person, set()).add(number)
    return had


def test_people_who_come_back_have_their_number_again(sequence, tracks):
    model = MeanColour()
    identities = open_identities(model)
    moments = list(settle(recognise(sequence, tracks, identities, LocalWorkers(sequence, appearance=model)), identities))
    had = numbers(sequence, moments)
    assert len(had) == 3 and all(len(of_one) == 1 for of_one in had.values())
    assert len(set.union(*had.values())) == 3
    assert [moment.frame for moment in moments] == list(range(100))


def test_workers_refuse_what_they_were_given_no_detector_or_model_for(sequence):
    workers = LocalWorkers(sequence)
    with pytest.raises(TypeError, match="was given no detector"):
        next(workers.detections())
    with pytest.raises(TypeError, match="no appearance model"):
        workers.look("a", 0, np.array([[10.0, 10, 60, 60]]))


def test_without_appearance_whoever_comes_back_is_new(sequence, tracks):
    identities = open_identities(None)
    had = numbers(sequence, settle(recognise(sequence, tracks, identities), identities))
    assert all(len(of_one) == 2 for of_one in had.values())


def test_what_was_said_at_once_is_kept_and_what_was_open_is_named(sequence, tracks):
    model = MeanColour()
    identities = open_identities(model)
    live = list(recognise(sequence, tracks, identities, LocalWorkers(sequence, appearance=model)))
    assert any((moment.people == 0).any() for moment in live)
    final = list(settle(live, identities))
    for first, second in zip(live, final, strict=True):
        assert (second.people > 0).all()
        np.testing.assert_array_equal(second.people[first.people > 0], first.people[first.people > 0])
        assert first.waiting == (first.people == 0).sum()


def test_a_recording_that_breaks_off_gives_the_moments_that_waited_and_then_the_error(sequence, tracks):
    def breaking():
        yield from tracks[:20]
        raise InputError("the images end here")

    model, found = MeanColour(), []
    identities = open_identities(model)
    workers = LocalWorkers(sequence, appearance=model)
    with pytest.raises(InputError, match="end here"):
        for moment in settle(recognise(sequence, breaking(), identities, workers), identities):
            found.append(moment)
    assert [moment.frame for moment in found] == list(range(20)) and all((moment.people > 0).all() for moment in found)


def test_follow_people_is_all_of_it_in_one_call(sequence, tracks):
    model, gallery = MeanColour(), Gallery(3, network="none")
    identities = open_identities(model)
    stepwise = settle(recognise(sequence, tracks, identities, LocalWorkers(sequence, appearance=model)), identities)
    for one, other in zip(follow_people(sequence, appearance=model, gallery=gallery), stepwise, strict=True):
        np.testing.assert_array_equal(one.people, other.people)
    assert len(gallery) == 3
    again = set(np.concatenate([moment.people for moment in follow_people(sequence, model, gallery)]).tolist())
    assert again == {1, 2, 3}
    with pytest.raises(InputError, match="another network"):
        next(follow_people(sequence, model, Gallery(3, network="other")))
    with pytest.raises(InputError, match="give the model too"):
        next(follow_people(sequence, gallery=gallery))


def test_a_recording_without_detections_needs_a_detector(sequence):
    blind = replace(sequence, views=tuple(replace(each, detections=[None] * sequence.length) for each in sequence.views))
    with pytest.raises(InputError, match=r"no detections; add det/NAME\.txt for each camera, or give a detector"):
        next(follow_people(blind))
    seen = next(follow_people(blind, detector=lambda image: Detections(np.empty((0, 4)), np.empty(0))))
    assert len(seen.people) == 0


def test_that_nobody_was_detected_is_a_result(sequence):
    nobody = [Detections(np.empty((0, 4)), np.empty(0))] * sequence.length
    empty = replace(sequence, views=tuple(replace(each, detections=nobody) for each in sequence.views))
    assert [len(moment.people) for moment in follow_people(empty)] == [0] * sequence.length


def test_a_path_in_the_place_of_a_detector_is_told(sequence):
    with pytest.raises(TypeError, match=r"detector must be one from mtmc\.open_detector"):
        next(follow_people(sequence, detector="yolox_s.onnx"))


def test_at_most_sixteen_crops_of_an_entry_are_embedded(sequence, tracks):
    model = MeanColour()
    moments = list(recognise(sequence, tracks, open_identities(model), LocalWorkers(sequence, appearance=model)))
    entries = len({track for found in tracks for track in found.ids.tolist()})
    assert 4 * entries <= sum(moment.crops for moment in moments) == model.asked <= 16 * entries


def test_images_that_can_only_be_read_in_order_give_the_same_people(sequence, tracks):
    plain = replace(sequence, views=tuple(replace(each, images=_InOrder(each.images)) for each in sequence.views))
    found = []
    for source in (sequence, plain):
        model = MeanColour()
        identities = open_identities(model)
        found.append(
            [
                moment.people.tolist()
                for moment in settle(
                    recognise(source, tracks[:40], identities, LocalWorkers(source, appearance=model)), identities
                )
            ]
        )
    assert found[0] == found[1]


class _InOrder:
    def __init__(self, images):
        self._images = images

    def __iter__(self):
        return iter(self._images)


def test_a_camera_without_images_is_told_where_appearance_needs_them(sequence, tracks):
    blind = with_images(sequence, "b", None)
    assert len(list(recognise(blind, tracks, Identities(None)))) == 100
    with pytest.raises(InputError, match="no images of b"):
        LocalWorkers(blind, appearance=MeanColour())


def test_a_model_without_a_threshold_for_views_is_told():
    with pytest.raises(InputError, match="reid threshold"):
        open_identities(MeanColour(Thresholds()))
