"""What belongs to a recording: all frames that decode, whatever the header says, and of the files around them its own alone."""

import struct

import cv2
import numpy as np
import pytest
from conftest import FRAMES, SIZE, walking_box, walking_image

from mtmc import open_sequence, track
from mtmc.sequences.readers.images import find_images
from reid.common.errors import InputError
from reid.footage.frames import PictureFolder, UnreadableImageError, Video

RATE = 25


def write_video(path, fourcc: str, frames: int) -> None:
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*fourcc), RATE, SIZE)
    for frame in range(frames):
        video.write(walking_image(frame))
    video.release()


def short_header(path) -> None:
    """An AVI of 40 frames that says it had 15."""
    write_video(path, "MJPG", 40)
    data = bytearray(path.read_bytes())
    for chunk, place in (b"avih", 16), (b"strh", 32):
        struct.pack_into("<I", data, data.index(chunk) + 8 + place, 15)
    path.write_bytes(data)


HEADERS = {
    "a header with fewer frames": ("clip.avi", short_header, True),
    "an MPEG program stream, which has no count": ("clip.mpg", lambda path: write_video(path, "PIM1", 40), True),
    "a true header": ("clip.avi", lambda path: write_video(path, "MJPG", 40), False),
}


@pytest.fixture(params=HEADERS)
def clip(request, tmp_path):
    """A video of 40 frames, with the detections of as many."""
    name, write, short = HEADERS[request.param]
    path = tmp_path / name
    write(path)
    assert (Video(path).length < 40) == short
    rows = (f"{frame + 1},-1,{','.join(map(str, walking_box(0, frame % FRAMES)))},0.9\n" for frame in range(40))
    (tmp_path / "det.txt").write_text("".join(rows))
    return path


@pytest.mark.parametrize("images", [True, False])
def test_a_video_is_followed_to_its_end_whatever_its_header_says(clip, images):
    sequence = open_sequence(clip, clip.parent / "det.txt")
    assert len(list(track(sequence, "sort", images=images))) == 40
    assert len(list(track(open_sequence(clip, None), "sort", images=True))) == 40


def test_the_video_of_a_folder_is_too_with_its_truth(clip):
    folder = clip.parent
    for name in "det", "gt":
        (folder / name).mkdir()
    (folder / "det.txt").rename(folder / "det" / "det.txt")
    (folder / "gt" / "gt.txt").write_text("1,1,5,5,20,40,1,1,1\n40,1,5,5,20,40,1,1,1\n")
    sequence = open_sequence(folder)
    assert (sequence.length, len(sequence.detections), sequence.ground_truth.frames.tolist()) == (40, 40, [0, 39])
    assert len(list(track(sequence, "sort", images=True))) == 40


def test_detections_of_frames_that_do_not_decode_are_refused(clip):
    with (clip.parent / "det.txt").open("a") as file:
        file.write("41,-1,5,5,20,40,0.9\n")
    with pytest.raises(InputError, match="line 41: frame 41 is beyond the sequence's last frame, 40"):
        open_sequence(clip, clip.parent / "det.txt")


def fill(folder, names: list[str]) -> None:
    """Pictures and videos of these names; the grey of a picture tells its place in the list."""
    for place, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".mp4", ".avi"):
            write_video(path, {".mp4": "mp4v", ".avi": "MJPG"}[path.suffix], 2)
        elif "._" in name:
            path.write_bytes(b"Mac OS X")
        else:
            cv2.imwrite(str(path), np.full((12, 16, 3), 50 * place, np.uint8))


ALIKE = "frame_1.png", "frame_2.png", "frame_3.png"


@pytest.mark.parametrize(
    ("names", "left_out"),
    [
        pytest.param([*ALIKE], None, id="one series"),
        pytest.param([*ALIKE, "mask_1.png", "mask_2.png"], "2 pictures are not named like frame_1.png", id="masks of some"),
        pytest.param([*ALIKE, "cover.png", "thumb1.png"], "cover.png, thumb1.png", id="a cover and a thumbnail"),
        pytest.param([*ALIKE, "._frame_1.png", "._frame_2.png", "._frame_3.png"], None, id="resource forks of macOS"),
        pytest.param(["frame_01.png", "frame_2.bmp", "frame_003.jpg"], None, id="any suffix and zeros"),
    ],
)
def test_pictures_alike_but_for_their_number_are_a_recording(tmp_path, caplog, names, left_out):
    fill(tmp_path, names)
    pictures = PictureFolder(tmp_path)
    assert [int(picture.mean().round()) for picture in pictures] == [0, 50, 100] and pictures.length == 3
    assert (caplog.messages == []) if left_out is None else (left_out in caplog.text)


def test_pictures_after_the_last_frame_are_told(tmp_path, caplog):
    fill(tmp_path, [*ALIKE, "frame_5.png"])
    assert len(list(PictureFolder(tmp_path, 2))) == 2
    assert caplog.messages == [f"{tmp_path}: 2 pictures come after the last frame, 2, and are left out: frame_3.png, frame_5.png"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        pytest.param(
            [*ALIKE, "mask_1.png", "mask_2.png", "mask_3.png"], "3 pictures each like frame_1.png and mask_1.png", id="masks"
        ),
        pytest.param([*ALIKE, "frame_01.png"], "frame_01.png and frame_1.png have the same number", id="one number twice"),
        pytest.param(["1.png", "2.png", "4.png"], "the picture of frame 3 is missing, but there is 4.png", id="a gap"),
        pytest.param(["1403636579763555584.png", "1403636579813555456.png"], "frame 1 is missing", id="time stamps"),
    ],
)
def test_pictures_that_may_be_two_recordings_or_no_whole_one_are_refused(tmp_path, names, message):
    fill(tmp_path, names)
    with pytest.raises(InputError, match=message):
        PictureFolder(tmp_path)


@pytest.mark.parametrize(
    ("names", "found", "left_out"),
    [
        pytest.param(["A.mp4"], "A.mp4", None, id="a video"),
        pytest.param(["A.mp4", "A.backup.mp4", "A.1.avi"], "A.mp4", None, id="copies beside it"),
        pytest.param(["A.backup.mp4"], None, None, id="only a copy"),
        pytest.param(["A.mp4", "._A.mp4"], "A.mp4", None, id="a resource fork"),
        pytest.param(["A/1.png", "A.mp4"], "A", "A.mp4 is left out", id="pictures and a video"),
        pytest.param(["A/cover.png", "A.mp4"], "A.mp4", None, id="a folder without numbered pictures"),
    ],
)
def test_the_images_of_a_camera_are_those_of_its_name(tmp_path, caplog, names, found, left_out):
    fill(tmp_path, names)
    images = find_images(tmp_path, "A")
    source = getattr(images, "source", None) or getattr(images, "folder", None)
    assert source == (None if found is None else tmp_path / found)
    assert (caplog.messages == []) if left_out is None else (left_out in caplog.text)


def test_two_videos_of_one_camera_are_refused(tmp_path):
    fill(tmp_path, ["A.mp4", "A.avi"])
    with pytest.raises(InputError, match=r"more than one video could be the recording \(A.avi, A.mp4\)"):
        find_images(tmp_path, "A")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        pytest.param(["video.mp4", "thumb1.png"], "video.mp4", id="a thumbnail beside a video"),
        pytest.param(["video.mp4", "img1/1.png", "img1/2.png"], "img1", id="img1 beside a video"),
        pytest.param(["1.png", "2.png"], "", id="pictures in the folder itself"),
    ],
)
def test_a_folder_is_its_img1_else_its_video_else_its_pictures(tmp_path, names, found):
    fill(tmp_path / "walk", [*names, "det/.keep.png"])
    (tmp_path / "walk" / "det" / "det.txt").write_text("1,-1,1,1,5,8,0.9\n")
    images = open_sequence(tmp_path / "walk").images
    assert (getattr(images, "source", None) or images.folder) == tmp_path / "walk" / found
    assert len(list(images)) == 2


def test_pictures_go_on_after_one_that_does_not_decode(make_sequence):
    folder = make_sequence(images=True) / "img1"
    for number in (1, 5, FRAMES):
        (folder / f"{number:06d}.png").write_bytes(b"no picture")
    images, read = iter(PictureFolder(folder)), []
    for frame in range(FRAMES):
        try:
            np.testing.assert_array_equal(next(images), walking_image(frame))
            read.append(frame + 1)
        except UnreadableImageError as error:
            assert f"{frame + 1:06d}.png: frame {frame + 1} does not decode" in str(error)
    assert next(images, None) is None
    assert sorted({*range(1, FRAMES + 1)} - {*read}) == [1, 5, FRAMES]
