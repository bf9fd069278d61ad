"""The block-wise Kalman filter against the dense one, written plainly from the textbook."""

import numpy as np
import pytest

from trackers.boxes import to_area_aspect, to_aspect_height, to_width_height
from trackers.motion import AREA_ASPECT, ASPECT_HEIGHT, COVARIANCE, POSITION, VELOCITY, WIDTH_HEIGHT

TRANSITION = np.eye(8) + np.eye(8, k=4)
OBSERVATION = np.eye(4, 8)


class DenseFilter:
    """The 8x8 filter of one track: `initial`, `process` and `measurement` give the variances for the sizes `(2,)`."""

    def __init__(self, measured, initial, process, measurement):
        self.process, self.measurement = process, measurement
        self.mean = np.concatenate([measured, np.zeros(4)])
        self.covariance = np.diag(initial(self.mean[2:4]))

    def predict(self):
        noise = np.diag(self.process(self.mean[2:4]))
        self.mean = TRANSITION @ self.mean
        self.covariance = TRANSITION @ self.covariance @ TRANSITION.T + noise

    def project(self):
        noise = np.diag(self.measurement(self.mean[2:4]))
        return OBSERVATION @ self.mean, OBSERVATION @ self.covariance @ OBSERVATION.T + noise

    def update(self, measured):
        expected, covariance = self.project()
        gain = self.covariance @ OBSERVATION.T @ np.linalg.inv(covariance)
        self.mean = self.mean + gain @ (measured - expected)
        self.covariance = self.covariance - gain @ covariance @ gain.T

    def gating_distance(self, measured):
        expected, covariance = self.project()
        return (measured - expected) @ np.linalg.inv(covariance) @ (measured - expected)


def _deepsort_filter(measured):
    def variances(place, place_aspect, speed, speed_aspect):
        def of(sizes):
            h = sizes[1]
            return np.square([place * h, place * h, place_aspect, place * h, speed * h, speed * h, speed_aspect, speed * h])

        return of

    return DenseFilter(
        measured,
        initial=variances(2 / 20, 1e-2, 10 / 160, 1e-5),
        process=variances(1 / 20, 1e-2, 1 / 160, 1e-5),
        measurement=lambda sizes: np.square([sizes[1] / 20, sizes[1] / 20, 1e-1, sizes[1] / 20]),
    )


def _sort_filter(measured):
    return DenseFilter(
        measured,
        initial=lambda _: np.array([10, 10, 10, 10, 1e4, 1e4, 1e4, 0]),
        process=lambda _: np.array([1, 1, 1, 1, 0.01, 0.01, 0.0001, 0]),
        measurement=lambda _: np.array([1.0, 1, 10, 10]),
    )


def _botsort_filter(measured):
    def variances(place, speed):
        return lambda sizes: np.square(np.concatenate([place * np.tile(sizes, 2), speed * np.tile(sizes, 2)]))

    return DenseFilter(
        measured,
        initial=variances(2 / 20, 10 / 160),
        process=variances(1 / 20, 1 / 160),
        measurement=lambda sizes: np.square(np.tile(sizes, 2) / 20),
    )


@pytest.mark.parametrize(
    ("model", "dense", "measure"),
    [
        pytest.param(ASPECT_HEIGHT, _deepsort_filter, to_aspect_height, id="centre, aspect, height"),
        pytest.param(AREA_ASPECT, _sort_filter, to_area_aspect, id="centre, area, aspect"),
        pytest.param(WIDTH_HEIGHT, _botsort_filter, to_width_height, id="centre, width, height"),
    ],
)
def test_the_blocks_equal_the_dense_filter(model, dense, measure):
    random = np.random.default_rng(0)
    boxes = _random_boxes(random, 6)
    state = model.initiate(boxes)
    filters = [dense(measured) for measured in measure(boxes)]
    _assert_equal(state, filters)
    for step in range(12):
        state = model.predict(state)
        for one in filters:
            one.predict()
        _assert_equal(state, filters)
        detections = _random_boxes(random, 9)
        expected = [[one.gating_distance(measured) for measured in measure(detections)] for one in filters]
        np.testing.assert_allclose(model.gating_distance(state, detections), expected, rtol=1e-7, atol=1e-7)
        if step % 4 == 3:
            continue  # a frame in which nobody is seen
        boxes = boxes + random.normal(0, 2, boxes.shape)
        state = model.update(state, boxes)
        for one, measured in zip(filters, measure(boxes), strict=True):
            one.update(measured)
        _assert_equal(state, filters)


def test_a_steady_walker_is_expected_where_the_next_step_leads():
    box = np.array([[100.0, 100, 140, 200]])
    state = ASPECT_HEIGHT.initiate(box)
    pace = np.array([4, 0, 4, 0])
    for step in range(1, 30):
        state = ASPECT_HEIGHT.update(ASPECT_HEIGHT.predict(state), box + step * pace)
    np.testing.assert_allclose(ASPECT_HEIGHT.boxes(ASPECT_HEIGHT.predict(state)), box + 30 * pace, atol=0.2)


@pytest.mark.parametrize("model", [ASPECT_HEIGHT, AREA_ASPECT, WIDTH_HEIGHT])
def test_a_box_that_shrinks_never_shrinks_to_nothing(model):
    state = model.initiate(np.array([[100.0, 100, 140, 200]]))
    for size in (90, 70, 40, 15):
        state = model.update(model.predict(state), np.array([[100.0, 100, 100 + 0.4 * size, 100 + size]]))
    for _ in range(50):
        state = model.predict(state)
        left, top, right, bottom = model.boxes(state)[0]
        assert right > left
        assert bottom > top


@pytest.mark.parametrize("model", [ASPECT_HEIGHT, AREA_ASPECT, WIDTH_HEIGHT])
def test_a_warp_carries_boxes_and_velocities_along_with_the_camera(model):
    box, pace, zoom = np.array([[100.0, 100, 140, 200]]), np.array([4, 2, 4, 2]), 1.25
    state = model.initiate(box)
    for step in range(1, 40):
        state = model.update(model.predict(state), box + step * pace)
    last = model.boxes(state)
    closer = model.warp(state, np.array([[zoom, 0, 7], [0, zoom, -3.0]]))
    np.testing.assert_allclose(model.boxes(closer), zoom * last + [7, -3, 7, -3])
    np.testing.assert_allclose(closer[0, VELOCITY, :2], zoom * state[0, VELOCITY, :2])
    np.testing.assert_allclose(model.boxes(model.predict(closer)), zoom * model.boxes(model.predict(state)) + [7, -3, 7, -3])
    unmoved = model.warp(state, np.eye(2, 3))
    np.testing.assert_allclose(unmoved, state)


@pytest.mark.parametrize("model", [ASPECT_HEIGHT, AREA_ASPECT, WIDTH_HEIGHT])
def test_a_camera_that_rolls_turns_the_way_people_go_and_not_the_people(model):
    state = model.initiate(np.array([[100.0, 100, 140, 200]]))
    state[0, VELOCITY, :2] = 4, 0
    state[0, POSITION + 2, :2], state[0, COVARIANCE, :2] = (9, 1), (3, 2)
    turned = model.warp(state, np.array([[0.0, -1, 500], [1, 0, 0]]))
    np.testing.assert_allclose(model.boxes(turned), [[350 - 20, 120 - 50, 350 + 20, 120 + 50]], atol=1e-9)
    np.testing.assert_allclose(turned[0, VELOCITY, :2], [0, 4])
    np.testing.assert_allclose(turned[0, POSITION + 2, :2], [1, 9])
    np.testing.assert_allclose(turned[0, COVARIANCE, :2], [2, 3])


def test_a_sure_detection_pulls_more_and_one_without_doubt_all_the_way():
    state = ASPECT_HEIGHT.predict(ASPECT_HEIGHT.initiate(np.array([[100.0, 100, 140, 200]] * 3)))
    seen = np.array([[110.0, 100, 150, 200]] * 3)
    left = ASPECT_HEIGHT.boxes(ASPECT_HEIGHT.update(state, seen, np.array([[1.0], [0.5], [0.0]])))[:, 0]
    assert 100 < left[0] < left[1] < left[2] == pytest.approx(110)
    np.testing.assert_array_equal(ASPECT_HEIGHT.update(state, seen, np.ones((3, 1))), ASPECT_HEIGHT.update(state, seen))


def test_no_tracks_and_no_detections_are_nothing_special():
    state = ASPECT_HEIGHT.predict(ASPECT_HEIGHT.initiate(np.zeros((0, 4))))
    assert state.shape == (0, 5, 4)
    assert ASPECT_HEIGHT.gating_distance(state, np.array([[0.0, 0, 1, 2]])).shape == (0, 1)
    one = ASPECT_HEIGHT.initiate(np.array([[0.0, 0, 1, 2]]))
    assert ASPECT_HEIGHT.gating_distance(one, np.zeros((0, 4))).shape == (1, 0)


def _assert_equal(state, filters):
    for blocks, one in zip(state, filters, strict=True):
        np.testing.assert_allclose(np.concatenate(blocks[:2]), one.mean, rtol=1e-9, atol=1e-9)
        covariance = np.zeros((8, 8))
        for k in range(4):
            covariance[k, k], covariance[k + 4, k + 4] = blocks[2, k], blocks[4, k]
            covariance[k, k + 4] = covariance[k + 4, k] = blocks[3, k]
        np.testing.assert_allclose(covariance, one.covariance, rtol=1e-9, atol=1e-9)


def _random_boxes(random, count):
    corner = random.uniform(0, 400, (count, 2))
    height = random.uniform(80, 200, count)
    return np.concatenate([corner, corner + np.stack([0.4 * height, height], axis=1)], axis=1)
