"""Detection files that cannot be people's boxes are refused; those that hardly are get one warning; all others, no word."""

import re
import subprocess
import sys

import numpy as np
import pytest

from mtmc.calibration import HomographyCamera, save_cameras
from mtmc.sequences import open_recording, open_sequence
from reid.common.errors import InputError
from reid.footage.detection_text import read_detections, read_rows
from reid.footage.plausibility import check_plausible

SIZE = (640, 480)


def people(count=200, size=SIZE):
    """Rows `(count, 10)` of standing people all over an image, as a MOT file has them."""
    rng = np.random.default_rng(0)
    height = rng.uniform(0.15, 0.5, count) * size[1]
    width = height * rng.uniform(0.3, 0.5, count)
    left, top = rng.uniform(0, 1, count) * (size[0] - width), rng.uniform(0, 1, count) * (size[1] - height)
    frames = 1 + np.arange(count) // 5
    return np.column_stack(
        [frames, np.full(count, -1), left, top, width, height, rng.uniform(0.3, 1, count), -np.ones((count, 3))]
    )


def changed(change):
    rows = people()
    rows[:, 2:6] = change(rows[:, 2:6])
    return rows


def visdrone():
    rows = people()
    rows[:, 7:] = np.column_stack([np.arange(200) % 10 + 1, np.zeros(200), np.arange(200) % 3])
    return rows


WRONG = {
    "twice the resolution": (
        lambda: changed(lambda box: 2 * box),
        "lie outside the image of 640x480 pixels: .*another resolution",
    ),
    "half the resolution": (lambda: changed(lambda box: box / 2), "all 200 boxes lie in the upper left 50%"),
    "x and y swapped": (lambda: changed(lambda box: box[:, [1, 0, 3, 2]]), "are x and y swapped"),
    "places swapped": (lambda: changed(lambda box: box[:, [1, 0, 2, 3]]), "lie outside the image of 640x480 pixels: .*swapped"),
    "sides swapped": (lambda: changed(lambda box: box[:, [0, 1, 3, 2]]), "200 of 200 boxes are wider than high"),
    "edges": (lambda: changed(lambda box: np.hstack([box[:, :2], box[:, :2] + box[:, 2:]])), "right and bottom edges instead"),
    "centres": (lambda: changed(lambda box: np.hstack([box[:, :2] + box[:, 2:] / 2, box[:, 2:]])), "not the centre"),
    "a score for the width": (
        lambda: changed(lambda box: np.insert(box[:, [0, 1, 3]], 2, 1, axis=1)),
        "under 2 pixels",
    ),
    "VisDrone": (visdrone, "160 of 200 rows are no person"),
}


@pytest.mark.parametrize(("rows", "message"), [pytest.param(make(), told, id=name) for name, (make, told) in WRONG.items()])
def test_boxes_that_are_hardly_people_get_one_warning(tmp_path, caplog, rows, message):
    check_plausible(tmp_path / "det.txt", rows, SIZE)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    caplog.clear()
    check_plausible(tmp_path / "det.txt", rows[:9], SIZE)
    assert not caplog.records  # nine boxes say little
    assert record.getMessage().startswith(f"{tmp_path / 'det.txt'}: ")
    assert re.search(message, record.getMessage()), record.getMessage()


@pytest.mark.parametrize(
    ("rows", "size", "message"),
    [
        pytest.param(changed(lambda box: box / (*SIZE, *SIZE)), SIZE, "within 0..1: multiply", id="normalised"),
        pytest.param(changed(lambda box: box / (*SIZE, *SIZE)), None, "within 0..1: multiply", id="normalised, no image"),
        pytest.param(
            changed(lambda box: np.add(box, (700, 0, 0, 0))), SIZE, "200 of 200 boxes lie outside the image", id="all outside"
        ),
    ],
)
def test_boxes_that_cannot_be_people_are_refused(tmp_path, rows, size, message):
    np.savetxt(tmp_path / "det.txt", rows, delimiter=",")
    with pytest.raises(InputError, match=rf"det\.txt: .*{message}"):
        read_detections(tmp_path / "det.txt", image_size=size)


@pytest.mark.parametrize("size", [SIZE, None])
def test_people_all_over_the_image_get_no_word(tmp_path, caplog, size):
    check_plausible(tmp_path / "det.txt", people(), size)
    assert not caplog.records


def test_real_detections_get_no_word(real_data, caplog):
    sequences = [folder for folder in sorted((real_data / "mot").iterdir()) if (folder / "det").is_dir()]
    for folder in sequences:
        for file in sorted((folder / "det").glob("*.txt")):
            open_sequence(folder, file.name)
    for name in ("CMC1", "EPFL-Laboratory"):
        open_recording(real_data / "mtmc" / name)
    files = {"PETS09_2cam/det/View_001.txt": (768, 576)}
    for name, size in files.items():
        read_detections(real_data / "mtmc" / name, image_size=size)
    truths = sorted(real_data.glob("mot/MOT16-gt/*/gt/gt.txt"))
    for path in truths:
        size = (640, 480) if "MOT16-05" in str(path) else (1920, 1080)
        check_plausible(path, read_rows(path, range(7, 33), "")[0], size)
    assert len(sequences) >= 4 and len(truths) == 7 and not caplog.records


def test_a_camera_of_a_room_is_compared_with_its_own_image(tmp_path, caplog):
    sizes = {"small": SIZE, "large": (1280, 960)}
    save_cameras(tmp_path / "cameras.yaml", {name: HomographyCamera(np.eye(3), size, "px") for name, size in sizes.items()})
    (tmp_path / "det").mkdir()
    for name in ("small", "large"):
        np.savetxt(tmp_path / "det" / f"{name}.txt", people(size=(1280, 960)), delimiter=",")
    open_recording(tmp_path)
    (record,) = caplog.records
    assert "small.txt" in record.getMessage() and "another resolution" in record.getMessage()


def test_track_warns_in_one_line_on_the_error_stream(make_sequence, tmp_path):
    folder = make_sequence()
    rows = np.loadtxt(folder / "det" / "det.txt", delimiter=",")
    rows[:, 2:6] *= 2
    np.savetxt(folder / "det" / "det.txt", rows, delimiter=",", fmt="%g")
    words = "track", str(folder), "--detections", "det.txt", "--reid", "none", "--output", str(tmp_path / "out")
    done = subprocess.run([sys.executable, "-m", "mtmc", *words], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == [
        f"{folder / 'det' / 'det.txt'}: 12 of 24 boxes lie outside the image of 160x120 pixels: "
        "were they made for another resolution (they reach 148, 224)?"
    ]
