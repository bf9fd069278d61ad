"""A video file that was cut short: what it still has is followed and kept, and that it is not all is told."""

import struct

import cv2
import numpy as np
import pytest
from conftest import SIZE, walking_image

from mtmc import open_sequence, track
from mtmc.drawing.video import VideoWriter
from mtmc.single.result_writer import ResultWriter
from reid.common.errors import InputError
from reid.common.result_folder import ResultFolder
from reid.footage.frames import Video
from trackers import Detections

FRAMES, RATE = 60, 10


@pytest.fixture
def clip(tmp_path):
    """An MP4 whose index comes first, as those for the net have it, so that its beginning plays without its end."""
    with VideoWriter(tmp_path / "clip.mp4", RATE) as video:
        rng = np.random.default_rng(0)
        for frame in range(FRAMES):
            video.write(walking_image(frame % 12) ^ rng.integers(0, 64, (SIZE[1], SIZE[0], 3), np.uint8))
    index_first(tmp_path / "clip.mp4")
    return tmp_path / "clip.mp4"


def index_first(path) -> None:
    """Move the box `moov` to the front of an MP4, and the places of the images in it (`stco`) back by its length."""
    data, boxes, at = path.read_bytes(), {}, 0
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        boxes[kind] = data[at : at + size]
        at += size
    index = bytearray(boxes.pop(b"moov"))
    table = index.index(b"stco") + 8
    (count,) = struct.unpack(">I", index[table : table + 4])
    for place in range(table + 4, table + 4 + 4 * count, 4):
        struct.pack_into(">I", index, place, struct.unpack(">I", index[place : place + 4])[0] + len(index))
    start = boxes.pop(b"ftyp")
    path.write_bytes(start + index + b"".join(boxes.values()))


def cut(path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])


def nobody(image: np.ndarray) -> Detections:
    return Detections(np.empty((0, 4)), np.empty(0))


def test_the_clip_is_whole_before_it_is_cut(clip):
    assert len(list(Video(clip))) == Video(clip).length == FRAMES


def test_a_video_that_was_cut_short_is_followed_to_its_end_and_kept_as_a_part(clip, tmp_path):
    cut(clip, 0.5)
    assert Video(clip).length == FRAMES, "the header promises more than there is"
    sequence = open_sequence(clip, None)
    writer = ResultWriter(ResultFolder(tmp_path / "out"), "clip", RATE, video=True)
    with pytest.raises(InputError, match=f"of {FRAMES}: the file is cut short") as error, writer:
        for frame in track(sequence, "sort", images=True, detector=nobody):
            writer.write(frame)
    frames = writer.totals.frames
    assert 10 < frames < 50
    kept = cv2.VideoCapture(str(tmp_path / "out" / "video" / "clip.partial.mp4"))
    assert kept.get(cv2.CAP_PROP_FRAME_COUNT) == frames
    told = f"{frames} frames are kept below {tmp_path / 'out'}: tracks/clip.partial.txt, video/clip.partial.mp4"
    assert error.value.__notes__ == [told]


def test_a_video_without_its_last_frames_is_whole_since_headers_estimate(clip):
    cut(clip, 0.97)
    assert FRAMES - RATE < len(list(Video(clip))) < FRAMES
