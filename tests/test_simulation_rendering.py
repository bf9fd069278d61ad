from dataclasses import replace

import numpy as np
import pytest

from mtmc.calibration import Camera
from mtmc.simulation import Place, Visit, World, figure_scene, populate
from mtmc.simulation.bodies import mesh_body
from mtmc.simulation.figures import draw_figure
from mtmc.simulation.gait import pose

PLACE = Place(extent=(-6, -6, 6, 6), height=4, floor=(150, 150, 150), wall=(180, 180, 180), sky=(220, 210, 200), shade=0.0)
SIZE = (320, 240)


def camera(x=0.0, y=-5.0, focal=260.0):
    return Camera.look_at((x, y, 2.6), (0, 0, 0.8), focal, SIZE)


def standing(*positions, seed=0):
    """One person a position, who stands there for ten seconds, facing along x."""
    visits = [
        Visit(person, 0, np.array([0.0, 10.0]), np.array([0.5, 0.5]), np.array([[x - 0.5, y], [x + 0.5, y]]))
        for person, (x, y) in enumerate(positions)
    ]
    return World(seed, visits)


def busy(seed=0):
    return populate(seed, 5, 2, 4, (-2, -2, 2, 2), [(-4.5, 0), (4.5, 0)], absence=(0.5, 1.0))


def test_the_same_seed_gives_the_same_bytes_in_any_order():
    first, second = (figure_scene(busy(), PLACE, {"a": camera()}) for _ in range(2))
    image, truth = first.render("a", 3.0)
    second.render("a", 1.0)
    again, truth_again = second.render("a", 3.0)
    assert image.dtype == np.uint8 and image.shape == (240, 320, 3)
    assert image.tobytes() == again.tobytes()
    np.testing.assert_array_equal(truth.boxes, truth_again.boxes)
    assert figure_scene(busy(1), PLACE, {"a": camera()}).render("a", 3.0)[0].tobytes() != image.tobytes()


def test_observing_tells_the_same_truth_as_rendering():
    scene = figure_scene(busy(), PLACE, {"a": camera()})
    for seconds in (2.0, 6.5):
        seen, drawn = scene.observe("a", seconds), scene.render("a", seconds)[1]
        for field in ("ids", "visits", "boxes", "visibility", "ground"):
            np.testing.assert_array_equal(getattr(seen, field), getattr(drawn, field))


def test_the_box_is_tight_around_what_is_drawn():
    scene = figure_scene(standing((0.3, 0.5)), PLACE, {"a": camera()})
    image, truth = scene.render("a", 1.0)
    # What differs from the empty place by more than the grain is the person, and the shadow at the feet.
    change = np.abs(image.astype(int) - scene.render("a", 99.0)[0]).max(axis=2) > 40
    rows, columns = np.flatnonzero(change.any(axis=1)), np.flatnonzero(change.any(axis=0))
    left, top, right, bottom = truth.boxes[0]
    assert abs(rows[0] - top) < 3 and abs(rows[-1] - bottom) < 4
    assert columns[0] > left - 6 and columns[-1] < right + 6
    assert change[int(top) + 2 : int(bottom) - 1, int(left) : int(right) + 1].mean() > 0.3


@pytest.mark.parametrize("heading", [0.0, 1.0, 2.5, 4.0])
def test_the_painted_figure_covers_its_silhouette(heading):
    rng = np.random.default_rng(int(heading * 10))
    figure = draw_figure(rng, rng)
    body = mesh_body(figure.mesh, pose(figure.height, 0.4, 1.2, np.zeros(2), heading), camera())
    window = (int(body.box[0]) - 2, int(body.box[1]) - 2, int(body.box[2]) + 4, int(body.box[3]) + 4)
    mask, painted = body.silhouette(window), body.sprite(window).alpha > 0.5
    assert (mask & painted).sum() / (mask | painted).sum() > 0.9
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    extent = np.array([columns[0], rows[0], columns[-1], rows[-1]]) + np.tile(window[:2], 2)
    np.testing.assert_allclose(extent, body.box, atol=1.1)


@pytest.mark.parametrize("walked", np.linspace(0, 1.4, 6))
def test_a_walking_figure_stands_on_the_ground_and_faces_its_heading(walked):
    motion = pose(1.8, walked, 1.3, np.array([2.0, 3.0]), np.pi / 2)
    rng = np.random.default_rng(0)
    points = draw_figure(rng, rng).mesh.points(motion)
    assert abs(points[:, 2].min()) < 0.02
    assert 1.65 < points[:, 2].max() < 1.85
    np.testing.assert_allclose(motion[0, :, :3] @ (1, 0, 0), [0, 1.8, 0], atol=0.2)
    np.testing.assert_allclose(points[:, :2].mean(axis=0), [2.0, 3.0], atol=0.12)


@pytest.mark.parametrize("position", [(0.0, 0.0), (-1.0, 1.5), (1.2, -0.5)])
def test_a_standing_person_is_on_the_ground_where_the_truth_says(position):
    view = camera()
    truth = figure_scene(standing(position), PLACE, {"a": view}).observe("a", 1.0)
    np.testing.assert_allclose(truth.ground, [position])
    left, _, right, bottom = truth.boxes[0]
    foot = view.project(np.array([[*position, 0.0]]))[0]
    assert abs((left + right) / 2 - foot[0]) < 5
    assert abs(bottom - foot[1]) < 8
    assert np.linalg.norm(view.to_ground(np.array([[(left + right) / 2, bottom]]))[0] - position) < 0.35


def test_two_cameras_see_the_same_person_at_the_same_place_under_the_same_id():
    scene = figure_scene(busy(), PLACE, {"south": camera(), "west": camera(-5.0, -1.0)})
    south, west = scene.observe("south", 5.0), scene.observe("west", 5.0)
    common, a, b = np.intersect1d(south.ids, west.ids, return_indices=True)
    assert len(common) >= 2
    np.testing.assert_array_equal(south.ground[a], west.ground[b])
    for view, truth, rows in (("south", south, a), ("west", west, b)):
        feet = np.column_stack([truth.boxes[rows][:, [0, 2]].mean(axis=1), truth.boxes[rows][:, 3]])
        assert np.linalg.norm(scene.cameras[view].to_ground(feet) - truth.ground[rows], axis=1).max() < 0.75


def test_a_person_alone_is_wholly_visible():
    assert figure_scene(standing((0, 0)), PLACE, {"a": camera()}).observe("a", 1.0).visibility.tolist() == [1.0]


def test_a_person_right_behind_another_is_hardly_visible_and_the_one_in_front_wholly():
    truth = figure_scene(standing((0, 0), (0, 0.7)), PLACE, {"a": camera()}).observe("a", 1.0)
    assert truth.visibility[0] == 1.0
    assert truth.visibility[1] < 0.45


def test_a_column_hides_whom_it_stands_before():
    place = replace(PLACE, columns=((0.0, -1.0, 0.5, 2.5, (60, 90, 60)),))
    truth = figure_scene(standing((0, 0.5), (2.0, 0.5)), place, {"a": camera()}).observe("a", 1.0)
    assert truth.visibility[0] < 0.1
    assert truth.visibility[1] == 1.0


def test_a_person_cut_by_the_image_keeps_the_whole_box_and_loses_visibility():
    truth = figure_scene(standing((-3.15, 0.0)), PLACE, {"a": camera()}).observe("a", 1.0)
    assert truth.boxes[0, 0] < 0
    assert 0.1 < truth.visibility[0] < 0.95


def test_a_person_out_of_view_or_behind_the_camera_is_left_out():
    truth = figure_scene(standing((0, 0), (-5.5, -4.0), (0.0, -5.6)), PLACE, {"a": camera()}).observe("a", 1.0)
    assert truth.ids.tolist() == [1]


def test_ids_persist_after_leaving_and_coming_back():
    scene = figure_scene(busy(), PLACE, {"a": camera()})
    visits = {}
    for seconds in np.arange(0, scene.world.duration, 0.5):
        truth = scene.observe("a", seconds)
        assert len(set(truth.ids.tolist())) == len(truth.ids)
        for number, visit in zip(truth.ids.tolist(), truth.visits.tolist(), strict=True):
            visits.setdefault(number, set()).add(visit)
    assert visits == {number: {0, 1} for number in range(1, 6)}


def test_an_empty_moment_has_an_empty_truth():
    image, truth = figure_scene(standing((0, 0)), PLACE, {"a": camera()}).render("a", 99.0)
    assert image.shape == (240, 320, 3)
    assert truth.boxes.shape == (0, 4) and truth.ground.shape == (0, 2) and len(truth.ids) == 0


def test_each_camera_has_its_own_colours():
    scene = figure_scene(standing((0, 0)), PLACE, {"a": camera(), "b": camera()})
    first, second = (scene.render(name, 99.0)[0].reshape(-1, 3).mean(axis=0) for name in "ab")
    assert np.abs(first - second).max() > 2
