import shutil

import cv2
import numpy as np
import pytest

from mtmc.calibration import Camera
from mtmc.calibration.pinhole import BODY_RADIUS
from mtmc.simulation import CropPeople, Place, Scene, Visit, World
from reid.common.errors import InputError

SIZE = (320, 240)
VIEW = Camera.look_at((0, -5, 2.6), (0, 0, 0.8), 260.0, SIZE)
PLACE = Place(extent=(-6, -6, 6, 6), height=4, floor=(150, 150, 150), wall=(180, 180, 180), sky=(220, 210, 200))


@pytest.fixture
def folder(tmp_path):
    """Six identities, cameras 3 and 4, four crops each (the last has two); the colour tells identity, camera and number."""
    for identity in range(1, 7):
        for camera in (3, 4):
            for number in range(4 if identity < 6 else 2):
                part = "query" if number == 0 else "bounding_box_test"
                picture = np.full((128, 64, 3), (40 * identity, 100 * (camera - 3), 60 * number), np.uint8)
                (tmp_path / part).mkdir(exist_ok=True)
                cv2.imwrite(str(tmp_path / part / f"{identity:04d}_c{camera}s1_{number:06d}_00.png"), picture)
    (tmp_path / "query" / "Thumbs.db").write_text("not a crop")
    return tmp_path


def scene(people, cameras=("a", "b", "c", "d")):
    stand = [
        Visit(0, number, np.array([start, start + 5.0]), np.array([0.5, 0.5]), np.array([[-0.5, 0.0], [0.5, 0.0]]))
        for number, start in enumerate((0.0, 10.0))
    ]
    return Scene(World(0, stand), PLACE, dict.fromkeys(cameras, VIEW), people)


def test_no_image_is_used_in_two_visits(folder):
    people = CropPeople(folder, people=5, visits=3)
    for person in range(5):
        used = [{people.path(person, visit, camera) for camera in range(4)} for visit in range(3)]
        assert not (used[0] & used[1] or used[0] & used[2] or used[1] & used[2])


def test_cameras_are_dealt_over_the_two_source_cameras(folder):
    people = CropPeople(folder, people=5, visits=2)
    sources = [people.path(0, 0, camera).name.split("_")[1] for camera in range(4)]
    assert sources == ["c3s1", "c4s1", "c3s1", "c4s1"]


def test_each_person_is_one_identity_and_the_choice_follows_the_seed(folder):
    people, again = CropPeople(folder, 5, 3, seed=4), CropPeople(folder, 5, 3, seed=4)
    assert len(set(people.identities)) == 5 and "0006" not in people.identities
    for person in range(5):
        assert {people.path(person, visit, 1).name[:4] for visit in range(3)} == {people.identities[person]}
        assert people.path(person, 2, 3) == again.path(person, 2, 3)
    assert len({tuple(CropPeople(folder, 5, 3, seed=seed).identities) for seed in range(4)}) > 1


def test_the_crop_appears_in_the_frame_upright_and_of_a_persons_height(folder):
    people = CropPeople(folder, people=1, visits=2)
    image, truth = scene(people).render("a", 1.0)
    left, top, right, bottom = truth.boxes[0]
    head = VIEW.project(np.array([[0.0, 0.0, people.heights[0] * 1.06]]))[0]
    toes = BODY_RADIUS * np.array([[*VIEW.position[:2], 0.0]]) / np.linalg.norm(VIEW.position[:2])
    foot = VIEW.project(toes)[0]
    np.testing.assert_allclose([top, bottom], [head[1], foot[1]])
    assert (right - left) / (bottom - top) == pytest.approx(0.5)
    middle = int((left + right) / 2)
    colour = image[int(top) + 20 : int(bottom) - 20, middle - 5 : middle + 5].reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(colour, people.picture(0, 0, 0)[0, 0], atol=25)


def test_the_corners_of_a_crop_fade_into_the_place(folder):
    people = CropPeople(folder, people=1, visits=2)
    shown = scene(people)
    image, truth = shown.render("a", 1.0)
    empty, _ = shown.render("a", 9.0)
    left, top, _, _ = truth.boxes[0].astype(int)
    assert np.abs(image[top : top + 3, left : left + 3].astype(int) - empty[top : top + 3, left : left + 3]).max() < 35


def test_another_visit_shows_another_image(folder):
    shown = scene(CropPeople(folder, people=1, visits=2))
    first, second = shown.render("a", 1.0)[0], shown.render("a", 11.0)[0]
    assert np.abs(first.astype(int) - second).max() > 40


def test_images_that_lie_in_the_folder_twice_count_once(folder):
    for path in sorted((folder / "bounding_box_test").iterdir()):  # copies under other names, as queries of other sets are
        shutil.copy(path, folder / "query" / path.name.replace("s1_", "s2_"))
    people = CropPeople(folder, people=5, visits=4)
    for person in range(5):
        for camera in (0, 1):
            assert len({people.path(person, visit, camera).read_bytes() for visit in range(4)}) == 4
    with pytest.raises(InputError, match="5 identities with 3 different crops"):  # the sixth has two, four times in files
        CropPeople(folder, people=6, visits=3)


def test_too_few_identities_are_told(folder):
    with pytest.raises(InputError, match="5 identities"):
        CropPeople(folder, people=6, visits=3)


def test_a_broken_crop_is_told_by_name(folder):
    people = CropPeople(folder, people=1, visits=2)
    people.path(0, 0, 0).write_bytes(b"no image")
    with pytest.raises(InputError, match="not a readable image"):
        people.picture(0, 0, 0)
