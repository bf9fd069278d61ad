"""Schedules against the formulas printed in the papers."""

import math

import pytest

from reid.training.schedule import cosine_cycles, exponential_decays, warmup_steps


def equation_1(t: int) -> float:
    """Luo et al., TMM 2019, eq. 1; `t` counts whole epochs from 1."""
    if t <= 10:
        return 3.5e-4 * t / 10
    return 3.5e-4 if t <= 40 else 3.5e-5 if t <= 70 else 3.5e-6


@pytest.mark.parametrize("t", [1, 2, 5, 10, 11, 40, 41, 70, 71, 120])
@pytest.mark.parametrize("share", [0, 0.5, 0.999])
def test_every_moment_of_an_epoch_has_the_rate_of_equation_1(t, share):
    assert 3.5e-4 * warmup_steps(t - 1 + share, 10, (40, 70)) == pytest.approx(equation_1(t))


def test_a_shorter_warm_up_rises_in_as_many_equal_steps():
    factors = [warmup_steps((step + 0.5) / 100, 0.8, ()) for step in range(80)]
    assert sorted(set(factors)) == pytest.approx([rise / 10 for rise in range(1, 11)])
    assert {factors.count(factor) for factor in set(factors)} == {8}


@pytest.mark.parametrize(
    ("epoch", "factor"),
    [
        pytest.param(0, 1, id="start"),
        pytest.param(17.5, 0.5, id="middle of the first cycle"),
        pytest.param(35, 0.7, id="start of the second"),
        pytest.param(35 + 35 / 3, 0.7 * 0.75, id="a third into the second"),
        pytest.param(14 * 35, 0.7**14, id="start of the fifteenth"),
    ],
)
def test_cosine_cycles_start_at_decaying_heights(epoch, factor):
    assert cosine_cycles(epoch) == pytest.approx(factor)


def test_a_cosine_cycle_falls_to_nothing_at_its_end():
    rates = [cosine_cycles(epoch, length=4) for epoch in (0, 1, 2, 3, math.nextafter(4, 0))]
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0, abs=1e-9)


def test_ten_decays_of_kalayeh_et_al_divide_a_run_into_eleven_equal_parts():
    factors = [exponential_decays(step / 1100) for step in range(1100)]
    assert factors[0] == 1
    assert sorted(set(factors), reverse=True) == pytest.approx([0.9**fall for fall in range(11)])
    assert {factors.count(factor) for factor in set(factors)} == {100}
    assert exponential_decays(1.0) == 0.9**10
