from itertools import pairwise

import numpy as np

from mtmc.simulation import Visit, World, populate

DOORS = [(-5.0, 0.0), (5.0, 0.0), (0.0, 6.0)]


def room(seed=0, people=9, visits=3, present=4, **changes):
    return populate(seed, people, visits, present, (-3, -2, 3, 4), DOORS, **changes)


def straight(person, start, begin, end, speed=1.0, number=0):
    path = np.array([begin, end], dtype=float)
    length = np.linalg.norm(path[1] - path[0])
    return Visit(person, number, np.array([start, start + length / speed]), np.array([0.0, length]), path)


def test_a_straight_walk_is_where_it_should_be():
    world = World(0, [straight(3, 2.0, (0, 0), (4, 0), speed=2.0)])
    state = world.state(3.0)
    assert state.persons.tolist() == [3]
    np.testing.assert_allclose(state.positions, [[2.0, 0.0]])
    np.testing.assert_allclose([state.headings[0], state.speeds[0], state.walked[0]], [0.0, 2.0, 2.0])
    assert len(world.state(1.9).persons) == 0 and len(world.state(4.0).persons) == 0


def test_someone_who_stands_keeps_facing_the_way_ahead():
    path = np.array([[0.0, 0.0], [0.0, 2.0], [0.0, 4.0]])
    visit = Visit(0, 0, np.array([0.0, 2.0, 6.0, 8.0]), np.array([0.0, 2.0, 2.0, 4.0]), path)
    state = World(0, [visit]).state(4.0)
    assert state.speeds[0] == 0
    np.testing.assert_allclose(state.headings, [np.pi / 2])


def test_each_person_makes_the_visits_asked_for_and_never_two_at_once():
    world = room()
    for person in range(9):
        own = [visit for visit in world.visits if visit.person == person]
        assert [visit.number for visit in own] == [0, 1, 2]
        assert all(earlier.times[-1] <= later.times[0] for earlier, later in pairwise(own))


def test_fewer_people_than_there_is_room_for_are_never_in_two_places():
    world = populate(1, 2, 3, 5, (-3, -2, 3, 4), DOORS)
    for person in range(2):
        own = [visit for visit in world.visits if visit.person == person]
        assert all(earlier.times[-1] <= later.times[0] for earlier, later in pairwise(own))


def test_no_more_are_present_than_allowed_and_the_room_is_used():
    world = room()
    counts = [len(world.state(seconds).persons) for seconds in np.arange(0, world.duration, 0.5)]
    assert max(counts) <= 4
    assert np.mean(counts[: len(counts) // 2]) > 2.5


def test_a_person_comes_back_by_the_door_they_left_by():
    world = room()
    for person in range(9):
        own = [visit for visit in world.visits if visit.person == person]
        for earlier, later in pairwise(own):
            np.testing.assert_array_equal(earlier.path[-1], later.path[0])
            assert tuple(later.path[0]) in DOORS


def test_paths_stay_clear_of_obstacles():
    world = room(obstacles=((0.0, 1.0, 0.9),))
    for visit in world.visits:
        assert np.linalg.norm(visit.path - (0.0, 1.0), axis=1).min() > 0.9 - 1e-9


def test_people_walk_at_a_walking_pace():
    world = room()
    speeds = np.concatenate([world.state(seconds).speeds for seconds in np.arange(0, 20, 0.5)])
    assert speeds.max() < 2.0 and np.median(speeds) > 0.7


def test_the_same_seed_gives_the_same_world_and_another_seed_another():
    first, second, other = (room(seed).state(5.0) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.positions, second.positions)
    assert first.positions.shape != other.positions.shape or not np.allclose(first.positions, other.positions)


def test_nobody_comes_in_while_somebody_else_uses_the_door():
    world = room(people=9, present=6, passing=2.0)
    uses = [(visit.times[end], tuple(visit.path[end])) for visit in world.visits for end in (0, -1)]
    for visit in world.visits:
        start, entry = visit.times[0], tuple(visit.path[0])
        others = [abs(time - start) for time, door in uses if door == entry]
        assert start < 0.5 or sorted(others)[1] > 2.0 - 1e-9


def test_a_visit_is_cut_to_the_time_within_a_place():
    world = World(0, [straight(0, 1.0, (0, 0), (6, 0)), straight(1, 1.0, (0, 3), (6, 3))]).within((2, -1, 4, 1))
    assert [visit.person for visit in world.visits] == [0]
    np.testing.assert_allclose(world.visits[0].times, [3.0, 5.0], atol=0.03)
    np.testing.assert_allclose(world.visits[0].at(np.array([4.0])), [[3.0, 0.0]], atol=1e-9)


def test_trajectories_have_the_state_of_each_moment():
    world, seconds = room(), np.arange(0, 20, 0.7)
    trajectories = world.trajectories(seconds)
    for moment, second in enumerate(seconds):
        state, rows = world.state(second), trajectories.moments == moment
        np.testing.assert_array_equal(trajectories.persons[rows], state.persons)
        np.testing.assert_allclose(trajectories.positions[rows], state.positions)
