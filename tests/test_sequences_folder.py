"""The plain folder of a recording: what it needs, cameras whose clocks differ, and bad files told by name."""

import cv2
import numpy as np
import pytest
from conftest import walking_image
from views import view

from mtmc.calibration import Camera, CameraEntry, HomographyCamera, save_cameras
from mtmc.sequences import open_recording, write_folder
from reid.common.errors import InputError

SIZE = (640, 480)


def corners():
    return {
        "west": Camera.look_at((-4, -3, 2.8), (0, 0, 0.5), 500, SIZE),
        "east": Camera.look_at((4, 3, 2.5), (0, 0, 0.5), 480, SIZE),
    }


def test_a_calibration_for_images_of_another_size_is_told(tmp_path):
    save_cameras(tmp_path / "cameras.yaml", corners())
    (tmp_path / "west").mkdir()
    cv2.imwrite(str(tmp_path / "west/1.png"), walking_image(0))
    with pytest.raises(InputError, match="camera west is calibrated for 640x480 pixels, but its images are 160x120"):
        open_recording(tmp_path)


def test_a_plain_folder_needs_nothing_but_cameras_and_pictures(tmp_path):
    save_cameras(tmp_path / "cameras.yaml", corners())
    (tmp_path / "west").mkdir()
    for number in (1, 2, 3):
        cv2.imwrite(str(tmp_path / f"west/{number}.png"), np.zeros((480, 640, 3), np.uint8))
    sequence = open_recording(tmp_path)
    assert sequence.length == 3 and view(sequence, "east").images is None
    assert sequence.at(2) == [None, None]
    assert sequence.ground_truths is None and sequence.world_truth is None
    with pytest.raises(InputError, match="no ground truth on the ground plane"):
        sequence.require_world_truth()


@pytest.mark.parametrize("ahead", [2, -1])
def test_a_camera_whose_clock_differs_is_brought_to_the_others(tmp_path, ahead):
    west, east = corners().values()
    save_cameras(tmp_path / "cameras.yaml", {"west": west, "east": CameraEntry(east, None, ahead / 10)})
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nframeRate=10\n")
    for name, lead in (("west", 0), ("east", ahead)):
        (tmp_path / name).mkdir()
        (tmp_path / "det").mkdir(exist_ok=True)
        own = [frame for frame in range(lead, 4 + lead) if frame >= 0]
        lines = (f"{frame + 1},-1,{10 * (frame - lead) + 1},0,5,9,1\n" for frame in own)
        (tmp_path / "det" / f"{name}.txt").write_text("".join(lines))
        for frame in range(4 + lead):
            cv2.imwrite(str(tmp_path / name / f"{frame + 1}.png"), cv2.resize(walking_image(frame - lead), SIZE))
    sequence = open_recording(tmp_path)
    assert sequence.length == 4
    for frame, (one, other) in enumerate(zip(*(each.images for each in sequence.views), strict=True)):
        if frame < -ahead:
            assert other is None and sequence.at(frame)[1] is None
        else:
            np.testing.assert_array_equal(one, other)
            np.testing.assert_array_equal(*(part.boxes for part in sequence.at(frame)))
    write_folder(tmp_path / "copy", sequence)
    for name in ("west", "east"):
        (tmp_path / name).rename(tmp_path / "copy" / name)
    again = open_recording(tmp_path / "copy")
    assert [each.time_offset for each in again.views] == [0, ahead / 10]
    for old, new in zip(sequence.views, again.views, strict=True):
        assert [found if found is None else len(found) for found in new.detections] == [
            found if found is None else len(found) for found in old.detections
        ]
        begin = max(0, -ahead) if new.name == "east" else 0
        assert [image is None for image in new.images] == [frame < begin for frame in range(4)]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("det/north.txt", "1,-1,0,0,5,5,1\n", "no such camera; rename it to one of west, east"),
        ("gt.txt", "0,1,0.5,0.5\n", "frames from 1 and"),
        ("gt.txt", "1,1,0.5\n", "columns"),
        ("det/west.txt", "1,-1,0,0,5,-5,1\n", r"west\.txt, line 1"),
        (
            "cameras.yaml",
            "west: {homography: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], unit: m, video: w.mp4}",
            r"w\.mp4: the video of camera",
        ),
    ],
    ids=["unknown camera", "0-based world", "narrow world", "bad box", "no video"],
)
def test_a_bad_file_of_a_plain_folder_is_told_by_name(tmp_path, name, text, message):
    save_cameras(tmp_path / "cameras.yaml", corners())
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        open_recording(tmp_path)


class Stream:
    """A live source, which has no length."""

    length, frame_rate, size = None, None, SIZE

    def __init__(self, address: str):
        self.address = address


def test_streams_are_followed_for_as_long_as_they_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr("mtmc.sequences.readers.folder.Video", Stream)
    save_cameras(tmp_path / "cameras.yaml", {"west": CameraEntry(corners()["west"], "rtsp://west")})
    with pytest.raises(InputError, match=r"the streams have no known length; give it as seqLength in .*seqinfo\.ini"):
        open_recording(tmp_path)
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nseqLength=500\n")
    assert open_recording(tmp_path).length == 500


def test_cameras_of_different_units_do_not_make_one_recording(tmp_path):
    save_cameras(tmp_path / "cameras.yaml", {**corners(), "top": HomographyCamera(np.eye(3) + 1e-3, SIZE, "feet")})
    with pytest.raises(InputError, match="one unit"):
        open_recording(tmp_path)


def write_detections(folder, rows, arrays):
    """A folder of two cameras with `rows` detections each, and the embeddings in `arrays` by camera."""
    save_cameras(folder / "cameras.yaml", corners())
    (folder / "det").mkdir()
    for name in corners():
        (folder / "det" / f"{name}.txt").write_text("".join(f"{row + 1},-1,9,9,20,50,1\n" for row in range(rows)))
    for name, array in arrays.items():
        np.save(folder / "det" / f"{name}.npy", array)


@pytest.mark.parametrize(
    ("east", "message"),
    [
        pytest.param(np.ones((6, 4)), r"for each of the 5 rows of east\.txt, not an array of the shape \(6, 4\)", id="too many"),
        pytest.param(np.ones((4, 4)), r"not an array of the shape \(4, 4\)", id="too few"),
        pytest.param(np.ones((0, 4)), r"not an array of the shape \(0, 4\)", id="none"),
        pytest.param(np.ones(5), r"not an array of the shape \(5,\)", id="one number each"),
        pytest.param(np.ones((5, 0)), r"not an array of the shape \(5, 0\)", id="no numbers"),
        pytest.param(np.ones((5, 8)), r"embeddings of 8 numbers, but west\.npy has 4", id="another dimension"),
        pytest.param(np.diag([1, 1, np.nan, 1])[[0, 1, 2, 3, 0]], "row 3 is all zeros, or holds a number that is", id="NaN"),
        pytest.param(np.diag([1, 1, 1, 0])[[0, 1, 2, 3, 0]], "row 4 is all zeros", id="zeros"),
        pytest.param(np.full((5, 4), "x"), "not a NumPy file of numbers", id="words"),
        pytest.param(None, r"missing, though west\.npy is there", id="missing for one camera"),
    ],
)
def test_embeddings_that_do_not_match_the_detections_are_refused_by_name(tmp_path, east, message):
    west = np.ones((5, 4), np.float32)
    write_detections(tmp_path, 5, {"west": west} | ({} if east is None else {"east": east}))
    with pytest.raises(InputError, match=rf"east\.npy: .*{message}"):
        open_recording(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no array", b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'"])
def test_a_damaged_file_of_embeddings_is_told_by_name(tmp_path, content):
    write_detections(tmp_path, 5, {"west": np.ones((5, 4)), "east": np.ones((5, 4))})
    (tmp_path / "det" / "east.npy").write_bytes(content)
    with pytest.raises(InputError, match=r"east\.npy: damaged, or not a NumPy file of numbers \(.*\); it must hold"):
        open_recording(tmp_path)


def test_embeddings_go_to_the_rows_of_their_file_in_whatever_order_these_are(tmp_path):
    write_detections(tmp_path, 5, {name: np.eye(5, dtype=np.float32) for name in corners()})
    lines = (tmp_path / "det" / "east.txt").read_text().splitlines()
    (tmp_path / "det" / "east.txt").write_text("\n".join(lines[::-1]))
    recording = open_recording(tmp_path)
    for frame in range(5):
        west, east = recording.at(frame)
        assert west.embeddings.argmax() == frame and east.embeddings.argmax() == 4 - frame


def test_a_camera_that_saw_nobody_needs_no_embeddings(tmp_path):
    write_detections(tmp_path, 5, {"west": np.ones((5, 4), np.float32)})
    (tmp_path / "det" / "east.txt").write_text("")
    west, east = open_recording(tmp_path).at(0)
    assert west.embeddings.shape == (1, 4) and len(east) == 0


def test_a_camera_without_a_size_gets_that_of_its_images(tmp_path):
    save_cameras(tmp_path / "cameras.yaml", {"west": HomographyCamera(np.diag([0.01, 0.01, 1.0]), None, "m")})
    assert open_recording(tmp_path).cameras[0].image_size is None
    (tmp_path / "west").mkdir()
    cv2.imwrite(str(tmp_path / "west/1.png"), walking_image(0))
    camera = open_recording(tmp_path).cameras[0]
    assert camera.image_size == (160, 120) and camera.sees([[1.0, 1.0], [2.0, 1.0]]).tolist() == [True, False]


@pytest.mark.parametrize("entry", ["frame_rate: 0.001", "time_offset: 1000000"])
def test_clocks_that_make_more_frames_than_a_recording_may_have_are_told(tmp_path, entry):
    ground = "homography: [[0.01, 0, 0], [0, 0.01, 0], [0, 0, 1]], unit: m"
    (tmp_path / "cameras.yaml").write_text(f"west: {{{ground}}}\neast: {{{ground}, {entry}}}\n")
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nframeRate=30\n")
    (tmp_path / "det").mkdir()
    (tmp_path / "det" / "west.txt").write_text("1,-1,10,20,30,60,1\n")
    (tmp_path / "det" / "east.txt").write_text("999,-1,10,20,30,60,1\n")
    with pytest.raises(InputError, match=r"cameras\.yaml: \d+ frames are more .* correct the frame_rate and the time_offset"):
        open_recording(tmp_path)
