import numpy as np

from mtmc.ground.visibility import covered, hidden, picture_boxes, visible_shares, within

NOWHERE = [np.nan] * 4


def test_who_stands_behind_somebody_is_hidden_and_nobody_else():
    front, behind, beside = [100, 100, 140, 220], [102, 90, 138, 200], [200, 90, 240, 200]
    boxes = np.array([[front, behind, beside, NOWHERE]], dtype=float)
    sure = np.array([True, True, True, True])
    np.testing.assert_array_equal(hidden(boxes, sure, 0.7), [[False, True, False, False]])
    np.testing.assert_array_equal(hidden(boxes, np.array([False, True, True, True]), 0.7), [[False] * 4])


def test_only_who_is_nearer_covers():
    boxes = np.array([[[0, 0, 10, 20], [5, 0, 15, 30]]], dtype=float)
    np.testing.assert_array_equal(covered(boxes, boxes), [[[0, 100], [0, 0]]])


def test_a_box_is_within_a_picture_that_holds_most_of_it():
    pictures = picture_boxes([(640, 480), None])
    boxes = np.array([[[-10, 400, 90, 500], [-15, 400, 85, 600], NOWHERE]] * 2, dtype=float)
    np.testing.assert_array_equal(within(boxes, pictures, 0.8), [[False, False, False], [True, True, False]])
    np.testing.assert_array_equal(within(boxes, pictures, 0.7), [[True, False, False], [True, True, False]])


def test_the_share_of_a_box_behind_a_nearer_one_or_outside_the_image_is_not_visible():
    boxes = np.array([[[100, 200, 200, 400], [150, 210, 250, 410], [-50, 200, 50, 400], [300, 200, 400, 400], NOWHERE]])
    np.testing.assert_allclose(visible_shares(boxes, picture_boxes([(640, 480)])), [[1 - 0.5 * 0.95, 1, 0.5, 1, 0]])
