"""Cameras of different frame rates and clocks, paired by time."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_sequences_folder import SIZE, corners

from mtmc.calibration import CameraEntry, save_cameras
from mtmc.sequences import open_recording, write_folder
from mtmc.sequences.alignment import Clock, TimedImages
from reid.common.errors import InputError
from reid.footage.frames import UnreadableImageError

rates = st.floats(1, 30, allow_nan=False)


@given(rates, rates, st.floats(-5, 5), st.integers(1, 20_000))
def test_each_frame_has_a_moment_of_its_own_within_half_a_moment_and_none_drifts(rate, faster, offset, frames):
    clock = Clock(rate, max(rate, faster), offset)
    own = np.arange(frames)
    moments = clock.moments(own)
    assert (np.diff(moments) > 0).all()
    apart = moments / clock.moment_rate - (own / rate - offset)
    assert (np.abs(apart) <= 0.5 / clock.moment_rate + 1e-6).all()
    np.testing.assert_array_equal(clock.frames(moments), own)


@given(rates, rates, st.floats(-5, 5), st.integers(1, 500))
def test_a_recording_of_some_length_holds_just_the_frames_whose_moments_it_has(rate, faster, offset, length):
    clock = Clock(rate, max(rate, faster), offset)
    count = clock.count(length)
    assert count == 0 or clock.moments(count - 1) < length
    assert clock.moments(count) >= length


class Pictures:
    frame_rate, size, identity = None, (1, 1), "pictures"

    def __init__(self, length):
        self.length = length

    def __iter__(self):
        return (np.full((1, 1, 3), number, np.uint8) for number in range(self.length))


@pytest.mark.parametrize(
    ("clock", "length", "expected"),
    [
        (Clock(10, 10), None, [0, 1, 2, 3]),
        (Clock(15, 30), None, [0, None, 1, None, 2, None, 3]),
        (Clock(25, 30), None, [0, 1, 2, None, 3]),
        (Clock(10, 10, 0.2), None, [2, 3]),
        (Clock(10, 10, -0.2), None, [None, None, 0, 1, 2, 3]),
        (Clock(15, 30), 4, [0, None, 1]),
    ],
)
def test_images_come_at_their_moments_and_none_between_them(clock, length, expected):
    images = TimedImages(Pictures(4), clock, length)
    assert [image if image is None else int(image[0, 0, 0]) for image in images] == expected
    assert images.length == len(expected) or images.length == length


def test_an_image_that_does_not_decode_is_told_at_its_moment_and_the_next_ones_come(monkeypatch):
    def read(number):
        if number == 1:
            raise UnreadableImageError("2.png: frame 2 does not decode")
        return np.full((1, 1, 3), number, np.uint8)

    monkeypatch.setattr(Pictures, "__iter__", lambda self: map(read, range(self.length)))
    images = iter(TimedImages(Pictures(3), Clock(15, 30)))
    assert next(images)[0, 0, 0] == 0 and next(images) is None
    with pytest.raises(UnreadableImageError, match="frame 2 does not decode"):
        next(images)
    assert next(images) is None and next(images)[0, 0, 0] == 2 and list(images) == []


@pytest.fixture
def mixed(tmp_path):
    """Two cameras, one at twice the rate of the other, with a box per frame that moves a pixel per tenth of a second."""
    west, east = corners().values()
    save_cameras(tmp_path / "cameras.yaml", {"west": west, "east": CameraEntry(east, frame_rate=5.0)})
    (tmp_path / "seqinfo.ini").write_text("[Sequence]\nframeRate=10\n")
    (tmp_path / "det").mkdir()
    for name, frames, step in (("west", 8, 1), ("east", 3, 2)):
        (tmp_path / name).mkdir()
        for frame in range(frames):
            cv2.imwrite(str(tmp_path / name / f"{frame + 1}.png"), np.full((SIZE[1], SIZE[0], 3), frame, np.uint8))
        lines = (f"{frame + 1},-1,{10 + step * frame},0,5,9,1\n" for frame in range(frames))
        (tmp_path / "det" / f"{name}.txt").write_text("".join(lines))
    return tmp_path


def test_a_slower_camera_looks_at_some_moments_and_not_after_its_end(mixed):
    recording = open_recording(mixed)
    assert (recording.frame_rate, recording.length) == (10, 8)
    seen = [[None if found is None else found.boxes[0, 0] for found in recording.at(frame)] for frame in range(8)]
    assert seen == [[10, 10], [11, None], [12, 12], [13, None], [14, 14], [15, None], [16, None], [17, None]]
    write_folder(mixed / "copy", recording)
    assert (mixed / "copy" / "det" / "east.txt").read_text().count("\n") == 3
    again = open_recording(mixed / "copy")
    assert [found is None for found in again.views[1].detections[:5]] == [False, True, False, True, False]


def test_a_camera_without_a_text_did_not_look_and_one_with_an_empty_text_saw_nobody(mixed):
    (mixed / "det" / "west.txt").unlink()
    recording = open_recording(mixed)
    assert all(found is None for found in recording.views[0].detections)


@pytest.mark.parametrize("entry", ["frame_rate: 0", "frame_rate: .inf", "time_offset: .nan"])
def test_a_clock_that_cannot_be_one_is_told(tmp_path, entry):
    text = f"west: {{homography: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], unit: m, {entry}}}\n"
    (tmp_path / "cameras.yaml").write_text(text)
    with pytest.raises(InputError, match=r"cameras\.yaml: camera west: time_offset must be within .* and frame_rate from"):
        open_recording(tmp_path)
