import json
from dataclasses import replace

import numpy as np
import pytest
from views import with_images
from visitors import CAMERAS, MeanColour, visitors

from mtmc.identity.identities import Identities
from mtmc.multicamera.result_writer import draw_gallery, record_room
from mtmc.multicamera.run import follow, open_identities, recognise, settle
from mtmc.multicamera.workers import LocalWorkers
from mtmc.sequences.mot_text import read_tracks
from reid.common.errors import InputError
from reid.weights.thresholds import Thresholds


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


def test_the_files_say_what_was_found(sequence, tracks, tmp_path):
    model = MeanColour()
    identities = open_identities(model)
    named = settle(recognise(sequence, tracks, identities, LocalWorkers(sequence, appearance=model)), identities)
    moments = list(record_room(named, list(CAMERAS), tmp_path))
    draw_gallery(identities.gallery, tmp_path / "gallery")
    table = np.loadtxt(tmp_path / "world.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(table[:, 2], np.concatenate([moment.people for moment in moments]))
    np.testing.assert_allclose(table[:, 3:], np.concatenate([moment.tracks.positions for moment in moments]), atol=1e-3)
    lines = [json.loads(line) for line in (tmp_path / "world.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == list(range(1, 101))
    for camera, name in enumerate(CAMERAS):
        result = read_tracks(tmp_path / "tracks" / f"{name}.txt")
        at_ten = moments[10].tracks.boxes[:, camera]
        shown = np.isfinite(at_ten[:, 0])
        np.testing.assert_array_equal(result.ids[result.frames == 10], moments[10].people[shown])
        np.testing.assert_allclose(result.boxes[result.frames == 10], at_ten[shown], atol=0.02)
        boxes = [person["boxes"] for person in lines[10]["people"]]
        assert sum(name in of_one for of_one in boxes) == shown.sum()
    assert sorted(path.stem for path in (tmp_path / "gallery").iterdir()) == ["0001", "0002", "0003"]


def test_nothing_is_left_behind_where_the_recording_breaks_off(sequence, tracks, tmp_path):
    moments = record_room(recognise(sequence, tracks, Identities(None)), list(CAMERAS), tmp_path)
    next(moments)
    moments.close()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_was_followed_before_an_interrupt_is_kept_apart(sequence, tracks, tmp_path):
    def interrupted():
        for moment in recognise(sequence, tracks, open_identities(None)):
            if moment.frame == 20:
                raise KeyboardInterrupt
            yield moment

    with pytest.raises(KeyboardInterrupt):
        list(record_room(interrupted(), list(CAMERAS), tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tracks", "world.partial.csv", "world.partial.jsonl"]
    assert len((tmp_path / "world.partial.jsonl").read_text().splitlines()) == 20
    list(record_room(recognise(sequence, tracks, open_identities(None)), list(CAMERAS), tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tracks", "world.csv", "world.jsonl"]
