"""Fitting the distance of a set of views to a known person: it separates who can be separated, and is stored with the network."""

import argparse

import cv2
import numpy as np
import pytest

from reid.commands import threshold
from reid.common.errors import InputError
from reid.evaluation.open_set import fit_set_threshold
from reid.weights.weights_file import read_weights


def people(count=40, images=9, noise=0.5, dimension=16, seed=0):
    random = np.random.default_rng(seed)
    ids = np.repeat(np.arange(count), images)
    rows = random.normal(size=(count, dimension))[ids] + noise * random.normal(size=(len(ids), dimension))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), ids


def test_people_who_lie_apart_are_all_recognised_and_no_stranger_is():
    fitted = fit_set_threshold(*people(noise=0.05))
    assert (fitted.recognised, fitted.mistaken, fitted.false_acceptances) == (1, 0, 0)
    assert 0 < fitted.threshold < 0.5


def test_the_shares_are_those_of_visits_at_the_threshold():
    fitted = fit_set_threshold(*people(noise=1.2))
    assert 0.3 < fitted.recognised < 1
    assert 0 < fitted.false_acceptances < 0.5
    assert fitted.recognised + fitted.mistaken <= 1


def test_more_known_people_make_a_stranger_look_like_one_of_them_more_often():
    few, many = (fit_set_threshold(*people(noise=1.2), people=count) for count in (3, 39))
    assert many.recognised - many.false_acceptances < few.recognised - few.false_acceptances
    assert many.threshold < few.threshold


def test_several_views_recognise_better_than_one():
    one, four = (fit_set_threshold(*people(noise=1.0), views=count) for count in (1, 4))
    assert four.recognised - four.false_acceptances > one.recognised - one.false_acceptances


def test_data_with_too_few_images_and_networks_that_see_no_person_are_refused():
    with pytest.raises(InputError, match="more than 4 images"):
        fit_set_threshold(*people(images=4))
    with pytest.raises(InputError, match="at least one view"):
        fit_set_threshold(*people(), views=0)
    with pytest.raises(InputError, match="recognises nobody"):
        fit_set_threshold(np.ones((30, 1)), np.repeat([1, 2, 3], 10))


def test_the_command_stores_all_thresholds(small_weights, tmp_path, capsys):
    random, path = np.random.default_rng(0), tmp_path / "small.safetensors"
    small_weights.write(path)
    for split in ("query", "bounding_box_test"):
        (tmp_path / split).mkdir()
    for person in range(1, 6):
        pattern = random.integers(0, 256, (4, 2, 3), np.uint8)
        for image in range(6):
            picture = cv2.resize(pattern, (16, 32)) // 2 + random.integers(0, 40, (32, 16, 3), np.uint8)
            split = "query" if image == 0 else "bounding_box_test"
            cv2.imwrite(str(tmp_path / split / f"{person:04d}_c{1 + image % 2}s1_{image:06d}_00.png"), picture)
    parser = argparse.ArgumentParser()
    threshold.add_arguments(parser)
    threshold.run(parser.parse_args([str(path), "--data", str(tmp_path), "--false-match-rate", "0.2", "--device", "cpu"]))
    stored, printed = read_weights(path), capsys.readouterr().out
    assert f"cosine distance at most {stored.thresholds.image:.4f}" in printed
    assert f"set distance at most {stored.thresholds.set:.4f}" in printed
    assert f"across cameras, at most {stored.thresholds.link:.4f}" in printed
    assert stored.hash == small_weights.hash


def test_people_whom_cameras_change_are_linked_at_a_larger_distance_than_they_are_recognised_at():
    random = np.random.default_rng(0)
    ids, cameras = np.repeat(np.arange(40), 12), np.tile(np.repeat([1, 2], 6), 40)
    rows = random.normal(size=(40, 32))[ids] + 0.6 * random.normal(size=(40, 2, 32))[ids, cameras - 1]
    rows += 0.3 * random.normal(size=rows.shape)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    recognised, linked = fit_set_threshold(rows, ids), fit_set_threshold(rows, ids, cameras)
    assert linked.threshold > 1.3 * recognised.threshold
    assert linked.recognised > 0.9 and linked.false_acceptances < 0.1


def test_people_of_one_camera_alone_cannot_be_linked():
    embeddings, ids = people()
    with pytest.raises(InputError, match="no two people are seen by two cameras"):
        fit_set_threshold(embeddings, ids, np.ones(len(ids), int))
