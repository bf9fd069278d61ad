"""Fitting a threshold: what it accepts is what was asked for, and the command stores it."""

import argparse
from pathlib import Path

import cv2
import numpy as np
import pytest

from reid.commands import threshold
from reid.common.errors import InputError
from reid.evaluation.verification import fit_threshold
from reid.weights.weights_file import read_weights


def on_a_circle(*degrees):
    """Unit rows whose cosine distances follow from their angles."""
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)


def people(count=60, images=12, seed=0):
    random = np.random.default_rng(seed)
    ids, cameras = np.repeat(np.arange(count), images), np.tile(np.arange(images) % 2, count)
    rows = random.normal(size=(count, 8))[ids] + 0.5 * random.normal(size=(len(ids), 8))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), ids, cameras


def test_the_threshold_lies_between_genuine_and_impostor_pairs_that_are_apart():
    fitted = fit_threshold(on_a_circle(0, 10, 90, 100), [1, 1, 2, 2], [1, 1, 1, 1], 0.01)
    nearest_impostors = 1 - np.cos(np.radians(80))
    assert 1 - np.cos(np.radians(10)) < fitted.threshold <= nearest_impostors
    assert fitted.threshold == pytest.approx(nearest_impostors, abs=2e-4)
    assert (fitted.false_match_rate, fitted.false_non_match_rate) == (0, 0)


def test_only_impostors_of_one_camera_decide():
    within = fit_threshold(on_a_circle(0, 60, 5), [1, 2, 3], [1, 1, 2], 0.01)
    assert within.threshold == pytest.approx(1 - np.cos(np.radians(60)), abs=2e-4)


def test_misses_are_told_apart_by_camera():
    fitted = fit_threshold(on_a_circle(0, 5, 80, 60), [1, 1, 1, 2], [1, 1, 2, 1], 0.01)
    assert fitted.false_non_match_rate == 0
    assert fitted.false_non_match_rate_across == 1


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.1, 0.5])
def test_the_share_of_impostors_accepted_is_the_one_asked_for(rate):
    embeddings, ids, cameras = people()
    fitted = fit_threshold(embeddings, ids, cameras, rate)
    distances = (1 - embeddings @ embeddings.T)[np.triu_indices(len(ids), 1)]
    first, second = np.triu_indices(len(ids), 1)
    impostors = distances[(ids[first] != ids[second]) & (cameras[first] == cameras[second])]
    assert fitted.false_match_rate <= rate
    assert np.mean(impostors <= fitted.threshold) == pytest.approx(rate, rel=0.05, abs=2e-4)


def test_a_higher_rate_accepts_more_and_misses_less():
    strict, lax = (fit_threshold(*people(), rate) for rate in (0.01, 0.1))
    assert strict.threshold < lax.threshold
    assert strict.false_non_match_rate > lax.false_non_match_rate


@pytest.mark.parametrize("rate", [0, 1, -0.1, float("nan")])
def test_a_rate_that_is_no_share_is_refused(rate):
    with pytest.raises(InputError, match="between 0 and 1"):
        fit_threshold(*people(), rate)


def test_data_without_impostor_pairs_are_refused():
    with pytest.raises(InputError, match="no two people share a camera"):
        fit_threshold(on_a_circle(0, 10), [1, 2], [1, 2], 0.01)


def test_embeddings_that_are_all_alike_are_refused():
    with pytest.raises(InputError, match="does not separate people"):
        fit_threshold(on_a_circle(7, 7, 7), [1, 2, 3], [1, 1, 1], 0.01)


def write_people(folder: Path, seed: int) -> Path:
    """Five people at random, each as a query and in the gallery, of one camera."""
    random = np.random.default_rng(seed)
    for split in ("query", "bounding_box_test"):
        (folder / split).mkdir(parents=True)
        for person in range(1, 6):
            image = random.integers(0, 256, (32, 16, 3), np.uint8)
            cv2.imwrite(str(folder / split / f"{person:04d}_c1s1_000001_{split[0]}.png"), image)
    return folder


def fit(path: Path, *folders: Path) -> None:
    parser = argparse.ArgumentParser()
    threshold.add_arguments(parser)
    threshold.run(parser.parse_args([str(path), "--data", *map(str, folders), "--false-match-rate", "0.2", "--device", "cpu"]))


def test_the_command_stores_what_it_prints(small_weights, tmp_path, capsys):
    path = tmp_path / "small.safetensors"
    small_weights.write(path)
    fit(path, write_people(tmp_path / "people", 0))
    stored = read_weights(path)
    assert f"at most {stored.thresholds.image:.4f}" in capsys.readouterr().out
    assert stored.training == {"epochs": 3}
    assert stored.hash == small_weights.hash


def test_of_two_sets_the_smaller_distance_is_stored(small_weights, tmp_path):
    path, folders = tmp_path / "small.safetensors", [write_people(tmp_path / name, seed) for seed, name in enumerate("ab")]
    small_weights.write(path)
    fitted = []
    for chosen in ([folders[0]], [folders[1]], folders):
        fit(path, *chosen)
        fitted.append(read_weights(path).thresholds.image)
    assert fitted[0] != fitted[1]
    assert fitted[2] == min(fitted[:2])


def test_a_set_that_is_missing_is_told_before_another_is_fitted(small_weights, tmp_path, capsys):
    path = tmp_path / "small.safetensors"
    small_weights.write(path)
    with pytest.raises(InputError, match="nowhere"):
        fit(path, write_people(tmp_path / "people", 0), tmp_path / "nowhere")
    assert not capsys.readouterr().out
