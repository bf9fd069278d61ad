"""Naming tracks after people: when it waits, whom it excludes, what it publishes and what it rewrites afterwards."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmc.identity.gallery import Gallery
from mtmc.identity.identities import Crops, Identities, crop_quality

D = 16
CENTRES = np.linalg.qr(np.random.default_rng(0).normal(size=(D, D)))[0].astype(np.float32)  # 16 people at a right angle


def look(person, seed=0, noise=0.05):
    """One unit row of a person."""
    row = CENTRES[person] + noise * np.random.default_rng(seed).normal(size=D)
    return (row / np.linalg.norm(row)).astype(np.float32)


def crops(*seen, quality=1.0, camera=0, seed=0):
    """A view of each `(row of the track, person)`."""
    rows = np.array([row for row, _ in seen], int)
    embeddings = np.array([look(person, seed + 31 * n) for n, (_, person) in enumerate(seen)]).reshape(-1, D)
    return Crops(rows, embeddings, np.full(len(rows), quality), np.full(len(rows), camera))


def quick(**options):
    """Identities that decide by one view at once."""
    return Identities(Gallery(D), **{"max_distance": 0.5, "crops": 1, "slack": 0.0, **options})


def test_somebody_who_comes_back_has_the_old_name_and_somebody_else_a_new_one():
    identities = quick()
    assert identities.update(0, [7], crops((0, 3))).tolist() == [1]
    assert identities.update(1, []).tolist() == []
    assert identities.update(2, [8], crops((0, 3), seed=5)).tolist() == [1]
    assert identities.update(3, [8, 9], crops((1, 4))).tolist() == [1, 2]


def test_nobody_is_given_the_name_of_somebody_who_is_in_the_scene():
    identities = quick()
    identities.update(0, [1], crops((0, 3)))
    assert identities.update(1, [1, 2], crops((1, 3), seed=5)).tolist() == [1, 2]


def test_tracks_that_wait_are_named_together():
    identities = quick(max_distance=1.2)
    identities.update(0, [1, 2], crops((0, 0), (1, 1)))
    identities.update(5, [])
    between = CENTRES[0] + 0.8 * CENTRES[1]
    rows = np.array([between / np.linalg.norm(between), look(0, 9)], np.float32)
    found = identities.update(6, [3, 4], Crops(np.array([0, 1]), rows, np.ones(2), np.zeros(2, int)))
    assert found.tolist() == [2, 1]  # the first is nearer to person 1, but the second can be nobody else


def test_a_name_waits_for_enough_good_views_apart_in_time():
    identities = quick(crops=3, spacing=1.0)
    published = [identities.update(t / 2, [1], crops((0, 0), seed=t)).tolist()[0] for t in range(6)]
    assert published == [0, 0, 0, 0, 1, 1]
    poor = quick(crops=2, spacing=1.0, patience=4.0)
    published = [poor.update(t, [1], crops((0, 0), quality=0.1, seed=t)).tolist()[0] for t in range(6)]
    assert published == [0, 0, 0, 0, 1, 1]


def test_a_person_without_a_usable_crop_is_new_after_a_limit_and_holds_nobody_back_longer():
    identities = quick(crops=3, patience=4.0, limit=10.0)
    assert identities.update(0, [1], crops((0, 0), seed=1)).tolist() == [0]
    published = [identities.update(t, [2]).tolist()[0] for t in range(1, 15)]
    assert published[:9] == [0] * 9 and len(set(published[10:])) == 1 and published[10] > 0
    assert identities.update(15, [2, 3], crops((1, 0), seed=2)).tolist() == [published[-1], 0]


def test_cameras_that_see_a_person_at_once_are_several_views():
    identities = quick(crops=2)
    both = Crops(np.array([0, 0]), np.array([look(0, 1), look(0, 2)]), np.ones(2), np.array([1, 2]))
    assert identities.update(0, [1], both).tolist() == [1]


def test_of_one_moment_the_best_view_decides():
    identities = quick(crops=1, spacing=1.0, slack=1.0)
    identities.gallery.open([look(5)])
    identities.update(0, [1], crops((0, 9), quality=0.3))
    identities.update(0.5, [1], crops((0, 5), quality=0.9, seed=3))
    assert identities.update(1.0, [1]).tolist() == [1]


def test_tracks_that_wait_to_the_end_are_named_then_and_nothing_published_changes():
    identities = quick(crops=5)
    identities.gallery.open([look(2)])
    rows = [(1, 0.0), (1, 1.0)]
    published = [identities.update(time, [track], crops((0, 2), seed=4)).tolist()[0] for track, time in rows]
    assert published == [0, 0]
    assert identities.close() == {1: 1}
    assert identities.named([1, 1], published).tolist() == [1, 1]


def test_a_track_that_leaves_undecided_is_named_by_what_was_seen():
    identities = quick(crops=5)
    identities.gallery.open([look(2)])
    identities.update(0, [1], crops((0, 2), seed=4))
    identities.update(9, [])
    assert identities.names == {1: 1}
    identities.update(10, [2])  # never seen
    identities.close()
    assert identities.names == {1: 1, 2: 2}


def test_somebody_seen_while_the_track_was_there_is_not_that_track():
    identities = quick(crops=2, spacing=2.0)
    identities.gallery.open([look(0)])
    seen = Crops(np.array([1, 1]), np.array([look(0, 1), look(0, 2)]), np.ones(2), np.array([0, 1]))
    identities.update(0, [1, 2], seen)  # track 2 becomes person 1, beside track 1
    identities.update(2, [1], crops((0, 0), seed=6))
    assert identities.update(4, [1], crops((0, 0), seed=7)).tolist() == [2]


def test_a_track_may_vanish_for_a_moment_and_one_that_comes_back_keeps_its_name_unless_it_was_given_away():
    identities = quick(slack=1.0)
    identities.update(0, [1], crops((0, 0)))
    assert identities.update(1, [1]).tolist() == [1]
    assert identities.update(1.5, []).tolist() == []
    assert identities.update(1.9, [1]).tolist() == [1]
    identities.update(4, [])
    assert identities.update(5, [1]).tolist() == [1]
    identities.update(8, [2], crops((0, 0), seed=2))
    assert identities.update(9, [2]).tolist() == [1]
    assert identities.update(10, [1, 2]).tolist() == [0, 1]


def test_without_appearance_every_track_is_somebody_new():
    identities = Identities(None)
    assert identities.update(0, [4, 5]).tolist() == [1, 2]
    assert identities.update(1, [5, 6]).tolist() == [2, 3]
    assert identities.close() == {4: 1, 5: 2, 6: 3}


def test_a_recording_is_rewritten_by_the_names_that_came_later():
    identities = Identities(None)
    identities.names = {1: 3, 2: 8, 4: 9}
    tracks = np.array([1, 2, 1, 1, 2, 4, 5])
    assert identities.named(tracks, [0, 0, 2, 0, 7, 0, 0]).tolist() == [2, 7, 2, 3, 7, 9, 0]
    assert identities.named([], []).tolist() == []


def test_the_gallery_fills_with_later_views_and_their_pictures():
    identities = quick(spacing=1.0)
    picture = np.full((8, 4, 3), 90, np.uint8)
    for time in range(4):
        one = crops((0, 0), seed=time)
        identities.update(time, [1], Crops(one.tracks, one.embeddings, one.quality, one.cameras, [picture]))
    identities.update(3.5, [1], crops((0, 0), seed=9))  # too soon
    identities.update(5, [1], crops((0, 0), quality=0.1))  # too poor
    assert len(identities.gallery.embeddings(1)) == 4
    assert len(identities.gallery.crops(1)) == 4
    assert identities.gallery[1].last_seen == 5


def test_large_and_visible_views_count_most():
    assert crop_quality([64, 128, 400], [1.0, 0.5, 1.0]).tolist() == [0.5, 0.5, 1.0]


def test_wrong_calls_are_refused():
    with pytest.raises(ValueError, match="largest distance"):
        Identities(Gallery(D))
    identities = Identities(None)
    identities.update(5, [])
    with pytest.raises(ValueError, match="backwards"):
        identities.update(4, [])
    with pytest.raises(ValueError, match="twice"):
        identities.update(6, [1, 1])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from([0.0, 1.0, 2.5]))
def test_no_person_is_two_tracks_at_once_and_names_stay_while_a_track_is_present(seed, needed, slack):
    random = np.random.default_rng(seed)
    identities = quick(crops=needed, slack=slack, spacing=1.0, patience=3.0)
    before: dict[int, int] = {}
    for time in range(25):
        tracks = np.flatnonzero(random.random(8) < 0.6)
        seen = [(row, int(random.integers(4))) for row in range(len(tracks)) if random.random() < 0.7]
        people = identities.update(time, tracks, crops(*seen, seed=time, quality=float(random.random())))
        given = people[people > 0].tolist()
        assert len(given) == len(set(given))
        now = dict(zip(tracks.tolist(), people.tolist(), strict=True))
        assert all(now[track] == name for track, name in before.items() if name and track in now)
        before = now
    assert set(range(8)) >= set(identities.close())


def visit(identities, time, first, rows, unseen=0):
    """One view each of the people of `rows` `(N, D)`, as tracks from `first` on, beside tracks nobody has a view of; the names
    of the former. All are gone a second later."""
    count = len(rows)
    views = Crops(np.arange(count), rows, np.ones(count), np.zeros(count, int))
    names = identities.update(time, np.arange(first, first + count + unseen), views)
    identities.update(time + 1, [])
    return names[:count].tolist()


def strangers(count):
    rows = np.random.default_rng(count).normal(size=(count, 32)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_twenty_thousand_visits_stay_bounded_and_who_was_here_lately_is_known(caplog):
    gallery, rows = Gallery(32), strangers(2_000)
    identities = Identities(gallery, max_distance=1e-4, crops=1, slack=0.0, people=200)
    named = [visit(identities, 20 * n, 1000 * n, rows[10 * n : 10 * n + 10], 90) for n in range(200)]
    assert named == [list(range(100 * n + 1, 100 * n + 11)) for n in range(200)]
    assert gallery.people[-1] == 20_000
    assert len(gallery) == len(identities._present) == 200 and len(identities.names) < 1000
    assert visit(identities, 5000, 1_000_000, rows[-10:]) == named[-1]
    assert visit(identities, 5010, 2_000_000, rows[:1]) == [20_001]
    assert caplog.messages == ["the gallery keeps the 200 people seen last; others who return will be new people"]


def test_without_a_gallery_the_names_of_ended_tracks_are_bounded_too():
    identities = Identities(None)
    for moment in range(5000):
        identities.update(0.5 * moment, [moment])
    assert len(identities.names) < 200


def test_who_is_in_the_scene_who_has_a_name_and_whom_a_gallery_held_before_stay():
    gallery = Gallery(32)
    rows = strangers(8)
    for person in range(4):
        gallery.open(rows[person : person + 1], time=100 - person)
    gallery.rename(4, "Ada")
    identities = Identities(gallery, max_distance=1e-4, crops=1, slack=0.0, people=2)
    assert identities.people == 4
    crop = Crops(np.arange(1), rows[2:3], np.ones(1), np.zeros(1, int))
    assert identities.update(0, [1], crop).tolist() == [3]  # not the last to be seen before, but in the scene
    both = Crops(np.array([1, 2]), rows[4:6], np.ones(2), np.zeros(2, int))
    assert identities.update(1, [1, 2, 3], both).tolist() == [3, 5, 6]
    assert gallery.people.tolist() == [3, 4, 5, 6]


def test_a_name_that_moments_held_back_may_need_is_kept():
    identities = quick(crops=2, patience=5.0, limit=30.0)
    identities.update(0, [1, 2], crops((0, 0)))
    identities.update(1, [2])  # the first has ended; the second, whom no camera sees well, waits
    for time in range(2, 31):
        identities.update(time, [2])
        assert identities.names[1] == 1
    assert identities.names[2] == 2
