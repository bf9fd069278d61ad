import numpy as np
import pytest

from reid.centring import PRIOR, centre, centre_cameras


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_mean_of_many_images_is_taken_out_and_rows_are_unit_again():
    rows = np.array([[0.6, 0.8], [0.8, 0.6]], np.float32)
    centred = centre(rows, rows.mean(axis=0), 10**6)
    np.testing.assert_allclose(centred, np.array([[-1, 1], [1, -1]]) / np.sqrt(2), atol=1e-4)
    assert centred.dtype == np.float32


def test_the_mean_of_a_single_image_changes_nothing():
    rows = unit(np.random.default_rng(0).normal(size=(1, 8)).astype(np.float32))
    np.testing.assert_allclose(centre(rows, rows[0], 1), rows, atol=1e-6)


def test_the_share_that_is_taken_out_grows_with_the_images():
    rows, mean = np.array([[0.0, 1.0]]), np.array([1.0, 0.0])
    shares = [-row[0, 0] / row[0, 1] for row in (centre(rows, mean, count) for count in (0, PRIOR, 95))]
    assert shares == pytest.approx([0, 0.5, 0.95])


def test_people_of_two_cameras_are_found_again_once_what_the_cameras_add_is_taken_out():
    random = np.random.default_rng(0)
    people, tints = random.normal(size=(40, 16)), 2 * random.normal(size=(2, 16))
    views = [unit(people + tint + 0.2 * random.normal(size=people.shape)) for tint in tints]
    centred = np.split(centre_cameras(np.concatenate(views), np.repeat([7, 2], 40)), 2)

    def recognised(ones, others):
        return np.mean((ones @ others.T).argmax(axis=1) == np.arange(40))

    assert recognised(*views) < 0.5
    assert recognised(*centred) > 0.9
    np.testing.assert_allclose(np.linalg.norm(np.concatenate(centred), axis=1), 1)
