import numpy as np

from mtmc.ground.evidence import Company, shadows

BOTH, FIRST, NEITHER = ([[1, 0], [1, 0]], [[1, 0], [0, 1]], [[0, 0], [0, 0]])  # two tracks in two cameras


def met(*moments):
    company = Company()
    for detected in moments:
        company.meet(np.array(detected, dtype=bool), 0.25)
    return company


def apart(company, *memory):
    return bool(company.apart(np.array(memory))[0, 1])


def test_who_was_in_one_image_is_in_company_for_a_while():
    assert not apart(met(BOTH), 0, 0)
    assert not apart(met(BOTH, FIRST, NEITHER), 1, 1)
    assert apart(met(BOTH, FIRST, NEITHER), 1, 0)
    assert apart(met(BOTH, *[FIRST] * 5), 1, 1)
    assert apart(met(*[FIRST] * 9), 1, 1)


def test_company_knows_newcomers_and_forgets_who_left():
    company = met([[1, 0]], [[0, 1], [0, 1]])
    assert not apart(company, 0, 0)
    company.keep(np.array([False, True]))
    company.meet(np.array([[1, 0], [0, 1]], dtype=bool), 0.25)
    assert apart(company, 9, 9)


def test_the_weaker_of_two_close_tracks_that_are_apart_is_a_shadow():
    places, strength = np.array([[0.0, 0.0], [0.3, 0.0], [5.0, 0.0]]), np.array([1, 2, 0])
    everybody = np.ones((3, 3), dtype=bool)
    assert shadows(places, everybody, strength, 0.4).tolist() == [True, False, False]
    assert not shadows(places, everybody, strength, 0.2).any()
    assert not shadows(places, ~everybody, strength, 0.4).any()
