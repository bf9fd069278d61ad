"""Every recording, calibration, text and set of crops of the real data is read without a refusal or a warning."""

import warnings

import pytest

from mtmc.calibration import load_cameras
from mtmc.sequences import open_recording, read_motchallenge
from mtmc.sequences.mot_text import read_ground_truth
from mtmc.sequences.readers.wildtrack import read_wildtrack_cameras
from mtmc.sequences.tables import read_table
from reid.common.picture_file import read_image
from reid.data.folders import GALLERY, QUERY, TRAIN, read_market
from reid.footage.detection_text import read_detections


@pytest.fixture(autouse=True)
def silent(caplog):
    """Warnings are errors, and nothing is logged that a command would show."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    assert [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


def test_sequences_with_each_file_of_detections(real_data):
    folders = [*(real_data / "mot").iterdir(), *(real_data / "mot" / "MOT16-gt").iterdir()]
    folders = [folder for folder in folders if (folder / "gt").is_dir() or (folder / "det").is_dir()]
    assert len(folders) >= 12
    for folder in folders:
        for detections in sorted(path.name for path in (folder / "det").glob("*.txt")) or [None]:
            sequence = read_motchallenge(folder, detections)
            assert sequence.length == len(sequence.detections) > 0
            assert detections is None or sum(map(len, sequence.detections)) > 0


def test_recordings_of_several_cameras(real_data):
    mtmc = real_data / "mtmc"
    opened = [open_recording(mtmc / "CMC1", detections=source) for source in ("fairmot", "fasterrcnn")]
    opened += [open_recording(mtmc / "EPFL-Laboratory")]
    opened += [open_recording(mtmc / "UFES_4cam" / "calibration.yaml")]
    assert [recording.length for recording in opened] == [261, 261, 2955, 268]


def test_calibrations_and_texts(real_data):
    mtmc = real_data / "mtmc"
    assert len(load_cameras(mtmc / "UFES_4cam" / "calibration.yaml")) == 4
    assert len(read_wildtrack_cameras(mtmc / "WILDTRACK" / "calibrations")) == 7
    pets = mtmc / "PETS09_2cam"
    assert len(read_detections(pets / "det" / "View_001.txt", 795, image_size=(768, 576)).frames) > 0
    assert len(read_ground_truth(pets / "gt" / "View_001.txt", 795).frames) > 0
    for path in (mtmc / "CMC1" / "published_estimate").glob("*.txt"):
        rows, _ = read_table(path, 10, "as the truth's")
        assert len(rows) > 0


@pytest.mark.parametrize(
    ("name", "parts"), [("cuhk03", (TRAIN, QUERY, GALLERY)), ("cuhk01", (TRAIN,)), ("campus", (QUERY, GALLERY))]
)
def test_crops(real_data, name, parts):
    for part in parts:
        crops = read_market(real_data / "reid" / name, part)
        assert all(read_image(path).ndim == 3 for path in crops.paths[:: max(1, len(crops) // 50)])
