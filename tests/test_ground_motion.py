import numpy as np

from mtmc.ground.camera_offsets import CameraOffsets
from mtmc.ground.grouping import group
from mtmc.ground.motion import GroundMotion, fuse, squared_lengths, symmetric_inverse


def test_offsets_that_vary_over_the_ground_are_learned_and_stay_apart_by_camera():
    random = np.random.default_rng(0)
    fields = np.array([[[0.3, -0.1], [0.1, 0.05], [-0.05, 0.1]], [[-0.3, 0.1], [-0.1, -0.05], [0.05, -0.1]]])
    registration = CameraOffsets(2, np.zeros(2), 0.5, 2.0)
    for _ in range(300):
        camera, ground = random.integers(0, 2, 4), random.uniform(-2, 2, (4, 2))
        true = np.einsum("na,nai->ni", np.column_stack([np.ones(4), ground / 2]), fields[camera])
        errors = np.tile(0.01 * np.eye(2), (4, 1, 1))
        registration.learn(camera, ground, true + random.normal(0, 0.1, (4, 2)), errors, np.ones(4))
    found, spread = registration.offsets(np.array([0, 1]), np.array([[1.0, 1.0], [1.0, 1.0]]))
    np.testing.assert_allclose(found, [[0.325, -0.025], [-0.325, 0.025]], atol=0.03)
    assert (spread[:, 0, 0] < 0.01).all()


def test_an_offset_common_to_all_cameras_is_none():
    registration = CameraOffsets(3, np.zeros(2), 0.5, 2.0)
    for _ in range(50):
        errors = np.tile(0.01 * np.eye(2), (3, 1, 1))
        registration.learn(np.arange(3), np.zeros((3, 2)), np.full((3, 2), 0.4), errors, np.ones(3))
    np.testing.assert_allclose(registration.offsets(np.arange(3), np.zeros((3, 2)))[0], 0, atol=1e-9)


def test_views_are_weighted_by_what_they_know():
    information = symmetric_inverse(np.array([np.diag([1.0, 100.0]), np.diag([100.0, 1.0])]))
    mean, covariance = fuse(np.array([[0.0, 5.0], [5.0, 0.0]]), information, np.array([1, 1]), 2)
    np.testing.assert_allclose(mean[1], [5 / 101, 5 / 101])
    np.testing.assert_allclose(covariance[1], np.diag([100 / 101, 100 / 101]))
    assert np.isnan(mean[0]).all()


def test_two_steps_of_motion_are_one_of_twice_the_time():
    motion = GroundMotion(1.0, 1.5)
    state = motion.start(np.array([[1.0, 2.0]]), 0.1 * np.eye(2)[None])
    state[0][0, 2:] = 0.7, -0.3
    once, twice = motion.predict(*state, 0.6), motion.predict(*motion.predict(*state, 0.3), 0.3)
    np.testing.assert_allclose(once[0], twice[0])
    np.testing.assert_allclose(once[1], twice[1])


def test_a_velocity_fades_and_its_spread_stays():
    motion = GroundMotion(2.0, 1.0)
    means, covariances = motion.start(np.zeros((1, 2)), np.eye(2)[None])
    means[0, 2:] = 1.0, 0.0
    means, covariances = motion.predict(means, covariances, 100.0)
    np.testing.assert_allclose(means, [[1.0, 0, 0, 0]], atol=1e-9)
    np.testing.assert_allclose(covariances[0, 2:, 2:], 4 * np.eye(2), atol=1e-9)


def test_a_sighting_moves_a_person_as_far_as_it_is_certain():
    motion = GroundMotion(1.0, 1.0)
    means, covariances = motion.update(*motion.start(np.zeros((1, 2)), np.eye(2)[None]), np.ones((1, 2)), np.eye(2)[None] / 3)
    np.testing.assert_allclose(means[0, :2], 0.75)
    np.testing.assert_allclose(covariances[0, :2, :2], np.eye(2) / 4)


def test_mahalanobis_lengths_are_those_of_the_definition():
    matrix = np.array([[2.0, 0.5], [0.5, 1.0]])
    vector = np.array([1.0, -2.0])
    np.testing.assert_allclose(squared_lengths(vector, symmetric_inverse(matrix)), vector @ np.linalg.inv(matrix) @ vector)


def test_detections_that_agree_are_grouped_with_one_a_camera():
    place, camera = np.array([0.0, 5.0, 0.1, 0.2, 5.1]), np.array([0, 0, 1, 1, 2])
    groups = group(np.abs(place[:, None] - place), camera, 1.0)
    assert groups[0] == groups[2] and groups[1] == groups[4]
    assert groups[3] not in (groups[0], groups[1]) and sorted(set(groups.tolist())) == [0, 1, 2]
