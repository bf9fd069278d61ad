"""Linking cameras that share no view: travel times, chains of tracklets, and clusters that respect who cannot be one."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from mtmc.linking.clustering import cluster
from mtmc.linking.linker import Linker, Tracklet, link_offline
from mtmc.linking.travel_times import TravelTimes

D = 24


def walks(people=12, laps=4, noise=0.15, seed=0, gap=20.0):
    """Tracklets in the order of their ends, and whose they are: everybody walks back and forth between two cameras, whose exit
    zones are 0 and 1, 10 seconds apart for a fast one and 14 for a slow one."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(people, D))
    found = []
    for person in range(people):
        time = 3.0 * person + random.uniform(0, 1)
        for lap in range(laps):
            views = centres[person] + noise * np.sqrt(D) * random.normal(size=(4, D))
            end = time + random.uniform(4, 8)
            zone = lap % 2
            views /= np.linalg.norm(views, axis=1, keepdims=True)
            found.append((end, person, Tracklet(zone, time, end, zone, zone, views)))
            time = end + random.uniform(10, 14)
    found.sort(key=lambda item: item[0])
    return [tracklet for _, _, tracklet in found], np.array([person for _, person, _ in found])


def share_right(people, truth):
    """The share of tracklets that are named right when each name stands for one person: IDF1, a tracklet counting as one."""
    names, truths = np.unique(people, return_inverse=True)[1], np.unique(truth, return_inverse=True)[1]
    common = np.zeros((names.max() + 1, truths.max() + 1))
    np.add.at(common, (names, truths), 1)
    return common[linear_sum_assignment(-common)].sum() / len(truth)


def online(linker, tracklets):
    settled = {}
    for tracklet in tracklets:
        settled.update(linker.update(tracklet.end, [tracklet]))
    settled.update(linker.close())
    return np.array([settled[number] for number in range(len(tracklets))])


def test_people_who_look_different_are_followed_from_camera_to_camera():
    tracklets, truth = walks(noise=0.05)
    assert share_right(online(Linker(0.3), tracklets), truth) == 1
    assert share_right(link_offline(tracklets, 0.3), truth) == 1


def test_travel_times_that_are_learned_on_the_way_tell_apart_who_looks_alike():
    shares = []
    for seed in range(3):
        tracklets, truth = walks(people=20, laps=6, noise=0.25, seed=seed)
        learned = TravelTimes(2)
        namings = online(Linker(0.4), tracklets), online(Linker(0.4, learned), tracklets), link_offline(tracklets, 0.4, learned)
        shares.append([share_right(people, truth) for people in namings])
        assert learned.counts[0, 1] > 20
    by_looks, with_times, offline = np.mean(shares, axis=0)
    assert by_looks < 0.85
    assert with_times > 0.9
    assert offline > 0.9


def test_travel_times_are_learned_where_appearance_alone_would_link_few():
    shares = []
    for seed in range(3):
        tracklets, truth = walks(people=20, laps=6, noise=0.15, seed=seed)
        for travel in None, TravelTimes():
            namings = online(Linker(0.17, travel), tracklets), link_offline(tracklets, 0.17, travel)
            shares.append([share_right(people, truth) for people in namings])
    without, learned = np.mean(shares[::2], axis=0), np.mean(shares[1::2], axis=0)
    assert (without < 0.35).all()
    assert (learned > without + 0.2).all()


def test_tracklets_wait_for_their_rivals_and_are_settled_once():
    views = np.eye(D)[:3, None]
    linker = Linker(0.5, delay=5.0)
    assert linker.update(10, [Tracklet(0, 0, 10, 0, 0, views[0])]) == {}
    assert linker.update(16, []) == {0: 1}
    between = (views[0] + 0.9 * views[1]) / np.linalg.norm(views[0] + 0.9 * views[1])
    assert linker.update(30, [Tracklet(1, 20, 30, 1, 1, between)]) == {}
    # The later one looks more like person 1, who cannot be in two places.
    assert linker.update(33, [Tracklet(1, 21, 33, 1, 1, views[0])]) == {}
    assert linker.update(60, []) == {1: 2, 2: 1}
    assert linker.close() == {}


def test_whoever_left_too_long_ago_or_is_still_there_is_not_linked():
    views = np.eye(D)[:1]
    linker = Linker(0.5, window=100.0, delay=0.0)
    assert linker.update(11, [Tracklet(0, 0, 10, 0, 0, views)]) == {0: 1}
    assert linker.update(21, [Tracklet(1, 9, 20, 1, 1, views)]) == {1: 2}
    assert linker.update(121, [Tracklet(1, 119, 120.5, 1, 1, views)]) == {2: 2}
    assert linker.update(301, [Tracklet(1, 290, 300, 1, 1, views)]) == {3: 3}
    parts = [Tracklet(0, 0, 10, 0, 0, views), Tracklet(1, 9, 20, 1, 1, views), Tracklet(1, 290, 300, 1, 1, views)]
    people = link_offline(parts, 0.5, window=100.0)
    assert people[0] != people[1]
    assert people[2] in people[:2]  # offline, appearance brings back whoever stayed away for longer


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.05, 1.0))
def test_nobody_is_in_two_places_at_once(seed, noise):
    tracklets, _ = walks(people=6, laps=3, noise=noise, seed=seed)
    for people in online(Linker(0.6, TravelTimes(2)), tracklets), link_offline(tracklets, 0.6, TravelTimes(2)):
        for person in set(people.tolist()):
            times = sorted((tracklets[row].start, tracklets[row].end) for row in np.flatnonzero(people == person))
            assert all(end <= start for (_, end), (start, _) in pairwise(times))


def test_no_tracklets_are_nobody():
    assert link_offline([], 0.5).shape == (0,)
    assert Linker(0.5).update(1.0, []) == {}


def test_a_time_near_the_usual_one_speaks_for_a_link_and_a_far_one_against_it():
    travel = TravelTimes(2)
    zone = np.array([0]), np.array([1])
    times = np.array([[20.0]]), np.array([[60.0]]), np.array([[0.0]])
    assert [travel.evidence(*zone, time, 120.0).item() for time in times] == [0, 0, -np.inf]
    for seconds in np.random.default_rng(0).lognormal(np.log(20), 0.2, 400):
        travel.learn(0, 1, seconds)
    usual, far, none = (travel.evidence(*zone, time, 120.0).item() for time in times)
    density = np.log(1 / (20 * 0.2 * np.sqrt(2 * np.pi)))
    assert usual == pytest.approx(density + np.log(120), abs=0.1)
    assert far < -5
    assert none == -np.inf
    assert travel.evidence(np.array([1]), np.array([0]), times[0], 120.0).item() == 0  # the way back was never seen


def test_a_way_that_nobody_takes_speaks_against_a_link_and_one_of_which_nothing_is_known_says_nothing():
    travel, times = TravelTimes(), np.full((3, 2), 20.0)
    for _ in range(50):
        travel.learn(0, 1, 20.0)
        travel.learn(1, 2, 20.0)
    # Rows are zones to enter by: 1, 2 and one never seen; columns zones to leave by: 0 and one never seen.
    taken, never, unknown = travel.evidence(np.array([0, 5]), np.array([1, 2, 7]), times, 120.0)
    assert taken[0] > 2 and never[0] < -2 and unknown[0] < -2
    assert taken[1] == never[1] == unknown[1] == 0


@given(st.lists(st.floats(0.5, 100), min_size=2, max_size=20), st.integers(1, 4))
def test_a_weight_counts_as_so_many_observations(seconds, weight):
    once, repeated = TravelTimes(1), TravelTimes(1)
    for time in seconds:
        once.learn(0, 0, time, weight)
        for _ in range(weight):
            repeated.learn(0, 0, time)
    zone, asked = np.array([0]), np.array([[3.0]])
    expected = repeated.evidence(zone, zone, asked, 120.0)
    np.testing.assert_allclose(once.evidence(zone, zone, asked, 120.0), expected, rtol=1e-6, atol=1e-9)


def test_a_given_travel_time_is_not_learned_over():
    travel = TravelTimes(2)
    travel.give(0, 1, 20.0, 1.5)
    zone = np.array([0]), np.array([1])
    before = travel.evidence(*zone, np.array([[20.0]]), 100.0)
    travel.learn(0, 1, 90.0)
    assert travel.evidence(*zone, np.array([[20.0]]), 100.0) == before
    assert before == pytest.approx(np.log(100 / (20 * np.log(1.5) * np.sqrt(2 * np.pi))))
    with pytest.raises(ValueError, match="factor over 1"):
        travel.give(0, 1, 20.0, 1.0)


def test_clusters_join_by_mean_distance_up_to_the_limit():
    points = np.array([0.0, 0.1, 1.0, 1.15, 5.0])
    distances, free = np.abs(points[:, None] - points), np.zeros((5, 5), bool)
    assert cluster(distances, free, 0.2).tolist() == [0, 0, 1, 1, 2]
    assert len(set(cluster(distances, free, 1.1).tolist())) == 2
    assert cluster(distances, free, 0.05).tolist() == [0, 1, 2, 3, 4]
    assert cluster(np.empty((0, 0)), np.empty((0, 0), bool), 1.0).tolist() == []


@given(st.integers(1, 10), st.floats(0, 1), st.floats(0.1, 1) | st.just(1e6), st.integers(0, 2**32 - 1))
def test_clustering_equals_the_plain_algorithm_and_keeps_apart_what_must_be(count, forbidden, limit, seed):
    random = np.random.default_rng(seed)
    distances, apart = random.random((count, count)), random.random((count, count)) < forbidden / 2
    distances, apart = (distances + distances.T) / 2, (apart | apart.T) & ~np.eye(count, dtype=bool)
    labels = cluster(distances, apart, limit)
    assert not (apart & (labels[:, None] == labels)).any()
    parts = [[index] for index in range(count)]
    while True:
        pairs = [
            (distances[np.ix_(a, b)].mean(), i, j)
            for i, a in enumerate(parts)
            for j, b in enumerate(parts)
            if i < j and not apart[np.ix_(a, b)].any()
        ]
        if not pairs or min(pairs)[0] > limit:
            break
        _, i, j = min(pairs)
        parts[i] += parts.pop(j)
    assert {frozenset(part) for part in parts} == {frozenset(np.flatnonzero(labels == label)) for label in set(labels)}
