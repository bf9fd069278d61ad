"""Other surroundings: what is the person's stays, the rest is another crop's."""

import numpy as np
import pytest
import torch

from reid.data.backgrounds import Backgrounds, draw_backgrounds, outline, replace_backgrounds


def around(count: int = 1, **told) -> Backgrounds:
    """Surroundings that are the donor's, as they are, but for what is told."""
    plain = {
        "replaced": np.ones(count, bool),
        "masked": np.zeros(count, bool),
        "gains": np.ones((count, 3), np.float32),
        "flat": np.zeros((count, 3), np.float32),
        "cover": np.zeros(count, np.float32),
    }
    return Backgrounds(**plain | {name: np.array(value, plain[name].dtype) for name, value in told.items()})


def noise(seed: int, count: int = 1) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (count, 160, 64, 3), dtype=np.uint8))


@pytest.mark.parametrize("size", [(160, 64), (256, 128), (31, 15)])
def test_the_outline_is_a_person_in_the_middle_of_their_box(size):
    person = outline(*size)
    height, width = size
    assert person.shape == size
    assert torch.allclose(person, person.flip(1), atol=1e-5)
    assert (person >= 0).all()
    assert (person <= 1).all()
    assert person[height // 4 : height * 3 // 5, width // 2].min() == 1  # chest and hips
    assert person[:, 0].max() < 0.05
    assert person[[0, 0, -1, -1], [0, -1, 0, -1]].max() == 0
    assert 0.4 < person.mean() < 0.65


def test_what_the_outline_keeps_stays_and_the_corners_are_the_donors():
    images, donors = noise(0), noise(1)
    changed, person = replace_backgrounds(images, donors, around()), outline(160, 64)
    assert torch.equal(changed[0][person == 1], images[0][person == 1].float())
    assert torch.equal(changed[0][person == 0], donors[0][person == 0].float())
    corners = changed[0, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert torch.equal(corners, donors[0, [0, 0, -1, -1], [0, -1, 0, -1]].float())


def test_a_mask_takes_the_place_of_the_outline():
    images, donors, masks = noise(0, 2), noise(1, 2), torch.zeros(2, 160, 64)
    masks[0, :40], masks[1, 40:80] = 1, 0.25
    changed = replace_backgrounds(images, donors, around(2), masks)
    assert torch.equal(changed[0, :40], images[0, :40].float())
    assert torch.equal(changed[0, 40:], donors[0, 40:].float())
    assert torch.allclose(changed[1, 40:80], 0.25 * images[1, 40:80] + 0.75 * donors[1, 40:80])


def test_a_masked_background_is_the_mean_of_the_image_whatever_the_donor():
    images, masks = noise(0, 2), torch.zeros(2, 160, 64)
    masks[:, :40] = 1
    changed = replace_backgrounds(images, noise(1, 2), around(2, replaced=[True, False], masked=[False, True]), masks)
    assert torch.equal(changed[1, :40], images[1, :40].float())
    assert torch.allclose(changed[1, 40:], images[1].float().mean((0, 1)).expand(120, 64, 3))
    assert not torch.allclose(changed[0, 40:], images[0].float().mean((0, 1)).expand(120, 64, 3), atol=5)


def test_only_those_that_are_replaced_change():
    images = noise(0, 2)
    changed = replace_backgrounds(images, noise(1, 2), around(2, replaced=[False, True]))
    assert torch.equal(changed[0], images[0].float())
    assert not torch.equal(changed[1], images[1].float())


def test_the_donors_colours_follow_the_gains_and_a_flat_colour_covers_them():
    images, donors = torch.zeros(1, 160, 64, 3), torch.full((1, 160, 64, 3), 100.0)
    told = {"gains": [[0.5, 1, 4]], "flat": [[200, 0, 40]], "cover": [0.5]}
    corner = replace_backgrounds(images, donors, around(**told))[0, 0, 0]
    assert corner.tolist() == pytest.approx([125, 50, 220])
    told["cover"] = [0]
    assert replace_backgrounds(images, donors, around(**told))[0, 0, 0].tolist() == pytest.approx([50, 100, 255])  # at most white


@pytest.mark.parametrize("probability", [0, 0.3, 1])
def test_as_many_are_replaced_as_the_probability_says(probability):
    drawn = draw_backgrounds(20_000, np.random.default_rng(0), probability)
    assert drawn.replaced.mean() == pytest.approx(probability, abs=0.01 if 0 < probability < 1 else 0)


def test_probability_0_leaves_every_image():
    images = noise(0, 3)
    drawn = draw_backgrounds(3, np.random.default_rng(0), 0)
    assert torch.equal(replace_backgrounds(images, noise(1, 3), drawn), images.float())


def test_the_same_seed_gives_the_same_surroundings_and_some_of_them_are_theirs():
    first, same, other = (draw_backgrounds(4, np.random.default_rng(seed), 0.5) for seed in (1, 1, 2))
    assert all(np.array_equal(getattr(first, name), getattr(same, name)) for name in vars(first))
    assert not np.array_equal(first.flat, other.flat)
    assert np.array_equal(first.take(np.array([2, 0])).gains, first.gains[[2, 0]])
