import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mtmc.linking.camera_means import CameraMeans


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_what_a_camera_adds_to_all_views_no_longer_hides_who_they_show():
    random = np.random.default_rng(0)
    people, tints = random.normal(size=(40, 16)), 8 * random.normal(size=(2, 16)) / 4
    views = {camera: unit(people + tints[camera] + 0.2 * random.normal(size=people.shape)) for camera in (0, 1)}
    means = CameraMeans()
    for camera, rows in views.items():
        for row in rows:
            means.learn(camera, row[None])
    aligned = [means.align(camera, rows) for camera, rows in views.items()]

    def recognised(ones, others):
        return np.mean((ones @ others.T).argmax(axis=1) == np.arange(len(ones)))

    assert recognised(views[0], views[1]) < 0.9
    assert recognised(*aligned) > 0.97


def test_a_camera_that_is_unknown_or_the_only_one_changes_nothing():
    views = unit(np.random.default_rng(1).normal(size=(5, 8)))
    means = CameraMeans()
    np.testing.assert_array_equal(means.align(0, views), views)
    means.learn(0, views)
    np.testing.assert_allclose(means.align(0, views), views)


def test_few_people_move_the_views_of_their_camera_less_than_many_do():
    random, moved = np.random.default_rng(2), []
    ones, others = unit(random.normal(size=(1, 8))), unit(random.normal(size=(1, 8)))
    for people in (1, 50):
        means = CameraMeans()
        for _ in range(people):
            means.learn(0, ones)
            means.learn(1, others)
        moved.append(np.linalg.norm(means.align(0, ones) - ones))
    assert 0 < moved[0] < moved[1] / 2


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 6))
def test_aligned_views_are_unit_rows(seed, cameras, tracklets):
    random, means = np.random.default_rng(seed), CameraMeans()
    for _ in range(tracklets):
        for camera in range(cameras):
            means.learn(camera, unit(random.normal(size=(3, 8))))
    aligned = means.align(0, unit(random.normal(size=(4, 8))))
    np.testing.assert_allclose(np.linalg.norm(aligned, axis=1), 1)
