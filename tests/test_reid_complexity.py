"""Parameters and multiply-adds: the counting rule, and the networks against their papers."""

import pytest
from torch import nn

from reid.models import build
from reid.models.complexity import PUBLISHED, count
from reid.preprocessing import Preprocessing


def network_of(*layers):
    network = nn.Sequential(*layers)
    network.preprocessing = Preprocessing(8, 6)
    return network


@pytest.mark.parametrize(
    ("network", "parameters", "multiply_adds"),
    [
        pytest.param(network_of(nn.Conv2d(3, 4, 3, padding=1)), 4 * 27 + 4, 8 * 6 * 4 * 27, id="a convolution"),
        pytest.param(network_of(nn.Conv2d(3, 4, 3, 2, 1)), 4 * 27 + 4, 4 * 3 * 4 * 27, id="a stride"),
        pytest.param(network_of(nn.Conv2d(3, 6, 1, groups=3)), 6 + 6, 8 * 6 * 6, id="groups"),
        pytest.param(network_of(nn.Flatten(), nn.Linear(144, 5)), 144 * 5 + 5, 144 * 5, id="a linear layer"),
        pytest.param(network_of(nn.BatchNorm2d(3), nn.ReLU()), 6, 0, id="what is not counted"),
    ],
)
def test_a_layer_counts_one_for_each_multiply_add(network, parameters, multiply_adds):
    counted = count(network)
    assert (counted.parameters, counted.multiply_adds) == (parameters, multiply_adds)


@pytest.mark.parametrize(
    ("name", "parameters", "multiply_adds"),
    [("robust", 2.91e6, 0.68e9), ("robust_2x", 5.76e6, 1.62e9), ("hacnn", 2.93e6, 0.54e9)],
)
def test_a_network_has_the_size_of_a_straightforward_reading_of_its_paper(name, parameters, multiply_adds):
    counted = count(build(name))
    assert counted.parameters == pytest.approx(parameters, rel=0.005)
    assert counted.multiply_adds == pytest.approx(multiply_adds, rel=0.01)


def test_robust_is_close_to_the_figures_that_its_paper_prints():
    counted, published = count(build("robust")), PUBLISHED["robust"]
    assert counted.parameters == pytest.approx(published.parameters, rel=0.03)
    assert counted.multiply_adds == pytest.approx(published.multiply_adds, rel=0.08)
