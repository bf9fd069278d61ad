"""The Gaussian over weights: its moments, its draws, and descriptors averaged over them."""

import pytest
import torch
from torch import nn

from reid.training.swag import WeightGaussian, average_descriptors

STATES = torch.tensor([[1.0, 10.0], [2.0, 10.0], [6.0, 40.0], [7.0, 20.0]])


def collect(states: torch.Tensor, rank: int = 0) -> tuple[WeightGaussian, nn.Linear]:
    network, gaussian = nn.Linear(2, 1, bias=False), WeightGaussian(rank)
    for state in states:
        nn.init.zeros_(network.weight).data += state
        gaussian.add(network)
    return gaussian, network


def draw(gaussian: WeightGaussian, network: nn.Linear, count: int = 4000) -> torch.Tensor:
    generator, draws = torch.Generator().manual_seed(0), []
    for _ in range(count):
        gaussian.sample_to(network, generator)
        draws.append(network.weight.detach()[0].clone())
    return torch.stack(draws)


def test_mean_and_variances_are_those_of_all_states():
    gaussian, _ = collect(STATES)
    assert torch.allclose(gaussian.average.mean["weight"][0], STATES.double().mean(0))
    expected = STATES.double().pow(2).mean(0) - STATES.double().mean(0) ** 2
    assert torch.allclose(gaussian.variances()["weight"][0], expected)


def test_variances_of_states_that_hardly_differ_do_not_cancel():
    gaussian, _ = collect(torch.tensor([[1.0, 1.0], [1.0 + 2**-20, 1.0]]))
    assert gaussian.variances()["weight"][0].tolist() == pytest.approx([2.0**-42, 0])


def test_deviations_are_from_the_running_mean_and_only_the_last_are_kept():
    gaussian, _ = collect(STATES, rank=2)
    expected = [STATES[2] - STATES[:3].mean(0), STATES[3] - STATES.mean(0)]
    for deviation, row in zip(gaussian.deviations, expected, strict=True):
        assert torch.allclose(deviation["weight"][0], row.double(), atol=1e-6)


def test_draws_from_the_diagonal_have_its_moments():
    gaussian, network = collect(STATES)
    draws = draw(gaussian, network)
    assert torch.allclose(draws.mean(0), STATES.mean(0), rtol=0.05)
    assert torch.allclose(draws.var(0, unbiased=False), STATES.var(0, unbiased=False), rtol=0.1)
    assert abs(torch.corrcoef(draws.T)[0, 1]) < 0.05


def test_draws_with_a_low_rank_part_have_the_covariance_of_equation_1():
    gaussian, network = collect(STATES, rank=3)
    deviations = torch.stack([deviation["weight"][0] for deviation in gaussian.deviations], 1)
    expected = torch.diag(gaussian.variances()["weight"][0]) / 2 + deviations @ deviations.T / (2 * (3 - 1))
    found = torch.cov(draw(gaussian, network, 8000).double().T)
    assert torch.allclose(found, expected, rtol=0.1)


def test_one_state_is_drawn_as_it_is():
    gaussian, network = collect(STATES[:1])
    assert torch.equal(draw(gaussian, network, 1), STATES[:1])


@pytest.mark.parametrize(("states", "rank"), [(0, 0), (1, 2)])
def test_too_few_states_cannot_be_drawn_from(states, rank):
    gaussian, network = collect(STATES[:states], rank)
    with pytest.raises(ValueError, match="too few"):
        gaussian.sample_to(network, torch.Generator())


def test_a_rank_of_1_is_refused():
    with pytest.raises(ValueError, match="rank must be 0"):
        WeightGaussian(1)


def test_a_gaussian_goes_on_from_its_state():
    whole, network = collect(STATES, rank=2)
    half, _ = collect(STATES[:2], rank=2)
    rest = WeightGaussian()  # the rank comes with the state
    rest.load_state_dict(half.state_dict())
    for state in STATES[2:]:
        network.weight.data = state[None].clone()
        rest.add(network)
    assert torch.allclose(rest.variances()["weight"], whole.variances()["weight"])
    assert torch.equal(rest.deviations[0]["weight"], whole.deviations[0]["weight"])


def test_averaged_descriptors_are_unit_means_over_draws_with_statistics_of_their_own():
    network = nn.Sequential(nn.Linear(2, 3, bias=False), nn.BatchNorm1d(3))
    gaussian, generator = WeightGaussian(), torch.Generator().manual_seed(1)
    for _ in range(3):
        network[0].weight.data = torch.randn(3, 2, generator=generator)
        gaussian.add(network)
    training, images, seen = torch.randn(16, 2, generator=generator), torch.randn(5, 2, generator=generator), []

    def embed(drawn):
        assert not drawn.training
        assert torch.allclose(drawn[1].running_mean, drawn[0](training).mean(0), atol=1e-5)
        seen.append(nn.functional.normalize(drawn(images).detach()))
        return seen[-1]

    found = average_descriptors(gaussian, network, lambda: [training], embed, 4, generator)
    assert len(seen) == 4
    assert not torch.allclose(seen[0], seen[1])
    assert torch.allclose(found, nn.functional.normalize(torch.stack(seen).mean(0)), atol=1e-6)
