"""A calibration that makes no people of the detections is told, for every kind of camera; real ones get no word."""

import re
from dataclasses import replace

import numpy as np
import pytest
import yaml

from mtmc.calibration import Camera, HomographyCamera, load_cameras
from mtmc.calibration.plausibility import check_camera, measure_people
from mtmc.sequences import open_recording
from mtmc.sequences.readers.wildtrack import read_wildtrack_cameras
from mtmc.sequences.recording import Recording, View
from mtmc.sequences.statures import check_statures
from reid.common.errors import InputError
from reid.footage.detection_text import read_detections
from trackers import Detections

SIZE = (1280, 720)


def pinhole():
    return Camera.look_at((-4, -3, 2.8), (0.5, 0.5, 0.5), 700, SIZE)


def homography(scale=1.0, unit="m"):
    camera = pinhole()
    to_image = (camera.matrix @ camera.world_to_camera[:3])[:, [0, 1, 3]]
    return HomographyCamera(np.diag([scale, scale, 1]) @ np.linalg.inv(to_image), SIZE, unit)


def inverse(unit="m"):
    return HomographyCamera(np.linalg.inv(homography().image_to_ground), SIZE, unit)


def people(camera=None, low=(-2, -2), high=(5, 5)):
    """Boxes of 300 people, 1.5 to 1.9 m tall, on the floor in view of `camera`."""
    camera, rng = camera or pinhole(), np.random.default_rng(0)
    places = rng.uniform(low, high, (3000, 2))
    places = places[camera.sees(places)][:300]
    heights = rng.uniform(1.5, 1.9, len(places))
    feet, tops = (camera.project(np.column_stack([places, z])) for z in (np.zeros(len(places)), heights))
    half = 0.3 / np.sqrt(np.linalg.eigvalsh(camera.ground_covariance(feet, 1.0))[:, 0])
    return np.column_stack([feet[:, 0] - half, tops[:, 1], feet[:, 0] + half, feet[:, 1]])


def recording(*cameras):
    found = [Detections(part, np.ones(len(part))) for part in np.array_split(people(), 30)]
    views = tuple(View(f"c{number}", camera, found) for number, camera in enumerate(cameras))
    return Recording("room", 10, 30, views, "det", unit=cameras[0].unit)


@pytest.mark.parametrize(
    ("camera", "stature"),
    [
        pytest.param(pinhole(), 1.7, id="pinhole"),
        pytest.param(homography(), 1.7, id="homography"),
        pytest.param(homography(60, "plan pixels"), 100, id="homography in another unit"),
    ],
)
def test_people_measure_what_they_are_and_get_no_word(camera, stature):
    found, told = measure_people(camera, people())
    assert found == pytest.approx(stature, rel=0.12) and told == ""
    assert np.isnan(measure_people(camera, people()[:9])[0])


@pytest.mark.parametrize(
    ("camera", "message"),
    [
        pytest.param(homography(100), r"would be 1\d\d m tall: is it in another unit, or the wrong way round", id="centimetres"),
        pytest.param(homography(0.01), r"would be 0\.01\d+ m tall: is it in another unit", id="hectometres"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused(camera, message):
    with pytest.raises(InputError, match=f"room: the calibration of camera c1 does not fit its detections: .*{message}"):
        check_statures(recording(homography(), camera))


@pytest.mark.parametrize(
    ("camera", "message"),
    [
        pytest.param(inverse(), "on one side of the view as on another.*or the wrong way round", id="inverse homography"),
        pytest.param(inverse("plan pixels"), "on one side of the view as on another.*the wrong way round", id="in any unit"),
        pytest.param(homography(3.28), r" 5\.\d+ m tall", id="feet"),
    ],
)
def test_a_calibration_that_is_hardly_true_gets_one_warning(caplog, camera, message):
    check_statures(recording(camera))
    (record,) = caplog.records
    assert re.match(f"room, camera c0: 300 standing people would be.*{message}", record.getMessage()), record.getMessage()


def test_a_camera_that_looks_down_steeply_gets_no_word():
    camera = Camera.look_at((-1, 4, 6), (0.5, 0.5, 0.5), 700, SIZE)
    assert measure_people(camera, people(camera))[1] == ""


@pytest.mark.parametrize("place", [(-4, -3, 2.8), (5, 2, 3.5), (0, -6, 2.2), (3, 3, 3)])
def test_extrinsics_from_camera_to_world_are_told(place):
    camera = Camera.look_at(place, (0.5, 0.5, 0.5), 700, SIZE)
    turned = replace(camera, world_to_camera=np.linalg.inv(camera.world_to_camera))
    boxes = people(camera)
    assert measure_people(camera, boxes)[1] == ""
    try:
        check_camera(turned)
        told = measure_people(turned, boxes)[1]
    except ValueError as error:
        told = str(error)
    assert told


def test_cameras_of_two_units_are_told(caplog):
    check_statures(recording(homography(60, "plan pixels"), homography(6, "plan pixels")))
    (record,) = caplog.records
    assert "tall in camera c1 and" in record.getMessage() and "have both cameras one unit" in record.getMessage()


@pytest.mark.parametrize(
    "name", ["CMC1 fairmot", "CMC1 fasterrcnn", "EPFL-Laboratory gt-thinned", "UFES_4cam/calibration.yaml det"]
)
def test_real_recordings_get_no_word(real_data, caplog, name):
    folder, detections = name.split()
    open_recording(real_data / "mtmc" / folder, detections=detections)
    assert not caplog.records


def test_real_cameras_get_no_word_about_people_on_their_ground(real_data, caplog):
    rooms = {
        "UFES": (load_cameras(real_data / "mtmc/UFES_4cam/calibration.yaml"), (-4, -4), (4, 4)),
        "WILDTRACK": (read_wildtrack_cameras(real_data / "mtmc/WILDTRACK/calibrations"), (-3, -9), (9, 27)),
    }
    for cameras, low, high in rooms.values():
        for camera in cameras.values():
            stature, told = measure_people(camera, people(camera, low, high))
            assert told == "" and (np.isnan(stature) or stature == pytest.approx(1.7, abs=0.2))


def test_a_real_plan_in_pixels_gets_no_word_and_its_inverse_does(real_data):
    boxes = read_detections(real_data / "mtmc/PETS09_2cam/det/View_001.txt").boxes
    matrix = np.array(yaml.safe_load((real_data / "mtmc/PETS09_2cam/homographies.yaml").read_text())["View_001"])
    assert measure_people(HomographyCamera(matrix, (768, 576)), boxes)[1] == ""
    assert "2.2 times as tall" in measure_people(HomographyCamera(np.linalg.inv(matrix), (768, 576)), boxes)[1]
