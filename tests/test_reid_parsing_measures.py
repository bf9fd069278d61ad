"""The measures of a parser: small counts with known answers, and what holds for any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from reid.models.regions import LABELS, REGIONS
from reid.parsing.measures import count_pixels, measure_labels, region_iou

BACKGROUND, HAT, HAIR, COAT, PANTS, SHOE = (LABELS.index(x) for x in ("background", "hat", "hair", "coat", "pants", "left-shoe"))
MASKS = arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.integers(0, 19))


def counted(*pairs: tuple[int, int]) -> np.ndarray:
    """The counts of pixels with these true and found labels."""
    truth, found = np.array(pairs, np.uint8).T
    return count_pixels(truth, found)


def regions(*pairs: tuple[int, int]) -> dict[str, float]:
    return dict(zip(REGIONS, region_iou(counted(*pairs)), strict=True))


def test_pixels_are_counted_by_the_true_label_and_the_one_found():
    truth, found = np.array([[0, 1, 1], [255, 19, 0]]), np.array([[0, 1, 2], [5, 19, 19]])
    counts = count_pixels(truth, found)
    assert {(row, column): counts[row, column] for row, column in np.argwhere(counts).tolist()} == {
        (0, 0): 1,
        (1, 1): 1,
        (1, 2): 1,
        (19, 19): 1,
        (0, 19): 1,
    }


@pytest.mark.parametrize(
    ("truth", "found", "told"),
    [
        pytest.param([20], [0], "labels must be in 0..19, not 0..20", id="a label beyond LIP's"),
        pytest.param([0], [255], "labels must be in 0..19, not 0..255", id="the ignored label where nothing may be ignored"),
        pytest.param([0, 1], [0], "must have one shape", id="two shapes"),
    ],
)
def test_what_is_no_pair_of_masks_is_refused(truth, found, told):
    with pytest.raises(ValueError, match=told):
        count_pixels(np.array(truth), np.array(found))


def test_each_label_counts_alike_in_the_means_and_each_pixel_alike_in_the_overall_accuracy():
    # background: 3 of 4 right, IoU 3 / 5; hat: 1 of 2 right, IoU 1 / 3; hair is never true and left out
    counts = counted((0, 0), (0, 0), (0, 0), (0, HAT), (HAT, HAT), (HAT, HAIR))
    assert measure_labels(counts) == pytest.approx((4 / 6, (3 / 4 + 1 / 2) / 2, (3 / 4 + 1 / 3) / 2))


def test_without_a_labelled_pixel_there_is_no_measure():
    with pytest.raises(ValueError, match="no pixel is labelled"):
        measure_labels(counted((255, 0)))
    assert np.isnan(region_iou(counted((255, 0)))).all()


def test_labels_of_one_region_may_be_confused_and_the_body_is_in_the_foreground():
    found = regions((HAT, HAIR), (HAT, COAT), (COAT, COAT), (PANTS, BACKGROUND), (BACKGROUND, COAT))
    # 3 of 5 pixels are foreground in both: hat twice and coat once; coat is right in 1 of 3
    assert found["foreground"] == pytest.approx(3 / 5)
    assert found["head"] == pytest.approx(1 / 2)
    assert found["upper-body"] == pytest.approx(1 / 3)
    assert found["lower-body"] == 0
    assert np.isnan(found["shoes"])


def test_a_region_that_is_found_where_none_is_true_has_no_iou():
    assert np.isnan(regions((COAT, SHOE))["shoes"])


@given(MASKS)
def test_a_mask_measured_against_itself_is_perfect(mask):
    counts = count_pixels(mask, mask)
    assert measure_labels(counts) == (1, 1, 1)
    assert set(region_iou(counts)[~np.isnan(region_iou(counts))]) <= {1.0}


@given(MASKS, st.randoms(use_true_random=False))
def test_where_a_pixel_is_changes_nothing(mask, random):
    found = (mask.astype(int) * 7 + np.arange(mask.size).reshape(mask.shape)) % 20
    order = random.sample(range(mask.size), mask.size)
    np.testing.assert_array_equal(count_pixels(mask, found), count_pixels(mask.ravel()[order], found.ravel()[order]))


@given(MASKS, MASKS)
def test_counts_of_two_images_add_up_to_those_of_both(first, second):
    pair = np.concatenate([first.ravel(), second.ravel()])
    both = count_pixels(pair, pair[::-1])
    halves = [count_pixels(*half) for half in zip(np.split(pair, [first.size]), np.split(pair[::-1], [first.size]), strict=True)]
    np.testing.assert_array_equal(both, sum(halves))
