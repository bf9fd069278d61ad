"""The colours of labels: each its own, and no region has those of another."""

from itertools import pairwise

import cv2
import numpy as np

from reid.models.regions import LABELS, MEMBERS
from reid.parsing.colours import COLOURS, blended, coloured


def test_every_label_has_a_colour_that_differs_visibly_from_each_other():
    apart = np.linalg.norm(COLOURS[:, None].astype(float) - COLOURS, axis=2)[~np.eye(len(LABELS), dtype=bool)]
    assert COLOURS.shape == (20, 3) and apart.min() > 40


def test_the_regions_of_the_body_have_hues_of_their_own():
    hues = 2 * cv2.cvtColor(COLOURS[None], cv2.COLOR_BGR2HSV)[0, :, 0].astype(int)
    ranges = sorted((hues[region > 0].min(), hues[region > 0].max()) for region in MEMBERS[1:].numpy())
    assert all(second[0] - first[1] > 30 for first, second in pairwise(ranges))


def test_labels_are_painted_and_the_background_is_black():
    picture = coloured(np.array([[0, 5], [19, 0]], np.uint8))
    assert picture.shape == (2, 2, 3) and picture.dtype == np.uint8
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[0, 1].tolist() == [255, 80, 0]  # blue, for upper clothes


def test_over_a_crop_the_background_stays_as_it_is():
    image = np.full((1, 2, 3), 100, np.uint8)
    mixed = blended(image, np.array([[0, 5]]))
    assert mixed[0, 0].tolist() == [100, 100, 100]
    assert mixed[0, 1].tolist() == [193, 88, 40]  # 0.4 of the image and 0.6 of the colour
