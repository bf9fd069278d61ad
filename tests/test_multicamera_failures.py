"""A camera that fails in a frame: the error that names both, or a camera that did not look there."""

from dataclasses import replace
from itertools import islice

import cv2
import numpy as np
import pytest
from visitors import MeanColour, visitors

import mtmc
from mtmc.__main__ import main
from mtmc.linking.cameras_apart import Linking
from mtmc.multicamera.workers import LocalWorkers
from mtmc.sequences import write_folder
from reid.common.errors import InputError

LENGTH = 12
BAD = {(4, "b"), (5, "b"), (9, "c")}  # frames, from 0, and cameras


@pytest.fixture(scope="module")
def sequence(tmp_path_factory):
    found = visitors(tmp_path_factory.mktemp("people"))
    views = tuple(replace(each, images=list(islice(each.images, LENGTH))) for each in found.views)
    return replace(found, length=LENGTH, views=views)


@pytest.fixture
def folder(sequence, tmp_path):
    """The recording as a folder with pictures, those of `BAD` spoilt."""
    place = tmp_path / "room"
    write_folder(place, sequence)
    for part in [*place.glob("det/*.txt"), *place.glob("gt/*.txt"), place / "gt.txt"]:
        kept = [line for line in part.read_text().splitlines(True) if int(line.split(",")[0]) <= LENGTH]
        part.write_text("".join(kept))
    for view in sequence.views:
        (place / view.name).mkdir()
        for number, image in enumerate(view.images):
            path = place / view.name / f"{number + 1:06d}.png"
            cv2.imwrite(str(path), image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            if (number, view.name) in BAD:
                path.write_bytes(b"no picture")
    return place


class Finder:
    """A detector that finds what the recording has, camera by camera, and fails in the frames `BAD`."""

    def __init__(self, sequence):
        self._asked = iter([(frame, view) for frame in range(LENGTH) for view in sequence.views])

    def __call__(self, image):
        frame, view = next(self._asked)
        if (frame, view.name) in BAD:
            raise OSError("no answer")
        return view.detections[frame]


class Failing(MeanColour):
    """An appearance model that answers every third question with rows of another dimension."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def embed(self, images):
        self.calls += 1
        return np.eye(len(images), 7) if self.calls % 3 == 0 else super().embed(images)


def blinking(sequence):
    """The recording in which the cameras did not look at the frames `BAD`."""
    views = []
    for view in sequence.views:
        seen = [None if (frame, view.name) in BAD else view.detections[frame] for frame in range(LENGTH)]
        views.append(replace(view, detections=seen))
    return replace(sequence, views=tuple(views))


def test_a_detector_that_fails_is_told_with_its_camera_and_frame(sequence):
    with pytest.raises(InputError, match=r"^b, frame 5: the detector fails: OSError: no answer") as error:
        list(mtmc.follow_people(sequence, detector=Finder(sequence)))
    assert isinstance(error.value.__cause__, OSError)


def test_a_camera_whose_detector_fails_did_not_look(sequence, caplog):
    found = list(mtmc.follow_people(sequence, detector=Finder(sequence), on_error="skip"))
    for moment, expected in zip(found, mtmc.follow_people(blinking(sequence)), strict=True):
        np.testing.assert_array_equal(moment.tracks.positions, expected.tracks.positions)
        np.testing.assert_array_equal(moment.people, expected.people)
    assert caplog.messages == [
        "b: 2 frames skipped; the first is frame 5: the detector fails: OSError: no answer",
        "c: 1 frame skipped; the first is frame 10: the detector fails: OSError: no answer",
    ]


def test_rows_of_another_dimension_are_told_with_their_camera_and_frame(sequence):
    with pytest.raises(InputError, match=r"^[abc], frame \d+: the appearance model must give embeddings of 3 numbers, .* 7$"):
        list(mtmc.follow_people(sequence, Failing()))


def test_looks_whose_embeddings_fail_are_skipped(sequence, caplog):
    found = list(mtmc.follow_people(sequence, Failing(), on_error="skip"))
    assert len(found) == LENGTH and all((moment.people > 0).all() for moment in found)
    assert caplog.messages and all(" without embeddings; the first is frame " in line for line in caplog.messages)


def test_cameras_apart_skip_likewise(sequence, caplog):
    moments = mtmc.link_recordings(sequence, Failing(), Finder(sequence), on_error="skip")
    assert len(moments) == LENGTH
    assert "b: 2 frames skipped; the first is frame 5: the detector fails: OSError: no answer" in caplog.messages
    linking = Linking(sequence, Failing(), Finder(sequence))
    with pytest.raises(InputError, match=r"^b, frame 5: the detector fails"):
        list(linking.follow())


def test_nobody_is_not_embedded(sequence):
    model = MeanColour()
    model.embed = None
    look = LocalWorkers(sequence, appearance=model).look("a", 0, np.empty((0, 4)))
    assert look.embeddings.shape == (0, 3) and look.crops == []


@pytest.mark.parametrize("command", ["room", "link"])
def test_the_commands_skip_pictures_that_do_not_decode(sequence, folder, tmp_path, monkeypatch, capsys, command):
    monkeypatch.setattr("mtmc.single.appearance.open_appearance", lambda *_: MeanColour())
    monkeypatch.setattr("mtmc.detection.opening.open_detector", lambda *_: Answering(sequence))
    out = tmp_path / "out"
    words = [command, str(folder), "--detector", "mine.onnx", "--output", str(out), *["--video"][: command == "room"]]
    with pytest.raises(InputError, match=r"b/000005\.png: frame 5 does not decode"):
        main(words)
    assert len((out / "world.partial.jsonl").read_text().splitlines()) == 4
    main([*words, "--on-error", "skip"])
    told = capsys.readouterr().out
    assert "b: 2 frames skipped; the first is frame 5: " in told and "c: 1 frame skipped; the first is frame 10: " in told
    assert len((out / "world.jsonl").read_text().splitlines()) == LENGTH
    if command == "room":
        assert "b: 2 frames without an image; the first is frame 5: " in told
        assert cv2.VideoCapture(str(out / "room.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == LENGTH


class Answering:
    """A detector that finds what the recording has, told apart by the images, which are those of the recording."""

    def __init__(self, sequence):
        self._found = {
            image.tobytes(): view.detections[frame] for view in sequence.views for frame, image in enumerate(view.images)
        }

    def __call__(self, image):
        return self._found[image.tobytes()]
