"""From an image to a network's input: size, order of the colours, range, mean and deviation."""

import numpy as np
import pytest

from reid.preprocessing import Preprocessing

PIXEL = np.array([[[[51, 102, 255]]]], np.uint8)  # blue, green, red: 0.2, 0.4, 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"mean": (0, 0, 0), "std": (1, 1, 1)}, (1, 0.4, 0.2), id="RGB in 0..1"),
        pytest.param({"mean": (1, 0.2, 0), "std": (1, 1, 0.5)}, (0, 0.2, 0.4), id="mean and deviation in the order RGB"),
        pytest.param({"mean": (0.2, 0, 0), "std": (1, 1, 2), "colours": "bgr"}, (0, 0.4, 0.5), id="and in the order BGR"),
        pytest.param({"mean": (0, 0, 0), "std": (1, 1, 1), "range": 255}, (255, 102, 51), id="RGB in 0..255"),
        pytest.param(
            {"mean": (50, 100, 250), "std": (1, 2, 5), "colours": "bgr", "range": 255}, (1, 1, 1), id="the same in 0..255"
        ),
    ],
)
def test_a_pixel_becomes_the_numbers_that_the_network_wants(fields, expected):
    np.testing.assert_allclose(Preprocessing(1, 1, **fields).normalise(PIXEL)[0, :, 0, 0], expected, atol=1e-5)


def test_what_most_networks_want_is_written_as_it_always_was_and_the_rest_comes_back_too():
    plain = '{"height": 32, "width": 16, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}'
    assert Preprocessing(32, 16).to_metadata() == plain  # hashes, and what is cached under them, follow it
    assert Preprocessing.from_metadata(plain) == Preprocessing(32, 16)
    other = Preprocessing(32, 16, (1.0, 2.0, 3.0), (1.0, 1.0, 2.0), "bgr", 255)
    assert Preprocessing.from_metadata(other.to_metadata()) == other


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param({"height": 0}, "height must be 1 or more", id="no height"),
        pytest.param({"range": 0}, "range must be 1 or more", id="no range"),
        pytest.param({"colours": "gbr"}, "colours must be rgb or bgr, not 'gbr'", id="an unknown order"),
        pytest.param({"mean": (0, 0)}, "mean must be three numbers", id="two means"),
        pytest.param({"mean": (123.7, 116.3, 103.5)}, "mean 123.7 is over 1, the range", id="a mean in 0..255 of values in 0..1"),
        pytest.param({"std": (1, 1, 0)}, "std must be three numbers above 0", id="a deviation of 0"),
    ],
)
def test_what_no_network_wants_is_told_by_its_name(fields, sentence):
    with pytest.raises(ValueError, match=sentence):
        Preprocessing(**{"height": 32, "width": 16, **fields})
