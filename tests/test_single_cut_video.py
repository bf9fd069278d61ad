"""Less than announced: what there is is followed and kept under its own name, a warning tells both counts, the exit code is 3."""

import json
import struct
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import cv2
import numpy as np
import pytest
from conftest import SIZE, walking_image

from benchmarks import mot16
from mtmc import open_sequence, track
from mtmc.__main__ import main
from mtmc.drawing.video import VideoWriter
from reid.common.errors import EndedEarly, InputError, run
from reid.footage import frames
from reid.footage.frames import PictureFolder, Video

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


def rows(count: int) -> str:
    return "".join(f"{frame + 1},-1,10,8,20,48,0.9\n" for frame in range(count))


def cut_container(clip, folder):
    cut(clip, 0.5)
    (folder / "det.txt").write_text(rows(20))
    return clip, "frames end at 28 of 60 in its header"


def long_detections(clip, folder):
    cut(clip, 0.5)
    (folder / "det.txt").write_text(rows(FRAMES))
    return clip, "images end at frame 28, but 32 of 60 detections lie beyond it"


def long_info_of_a_video(clip, folder):
    (folder / "det.txt").write_text(rows(20))
    (folder / "seqinfo.ini").write_text("[Sequence]\nseqLength=100\n")
    return folder, "frames end at 60 of 100 that are announced"


def long_info_of_pictures(clip, folder):
    (folder / "img1").mkdir()
    for number, image in enumerate(Video(clip), 1):
        cv2.imwrite(str(folder / "img1" / f"{number}.png"), image)
    clip.unlink()
    return long_info_of_a_video(clip, folder)


SHORT = [cut_container, long_detections, long_info_of_a_video, long_info_of_pictures]


@pytest.mark.parametrize("shorten", SHORT)
def test_less_than_announced_keeps_its_results_and_is_told_with_both_counts(clip, tmp_path, capsys, shorten):
    source, told = shorten(clip, tmp_path)
    words = [str(source), "--detections", str(tmp_path / "det.txt"), "--reid", "none", "--tracker", "sort"]
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as end:
        run(lambda: main(["track", *words, "--output", str(out), "--video"]))
    said = capsys.readouterr()
    assert end.value.code == 3
    assert any(line.startswith("warning: ") and told in line for line in said.err.splitlines())
    (video,) = (out / "video").iterdir()
    count = int(cv2.VideoCapture(str(video)).get(cv2.CAP_PROP_FRAME_COUNT))
    assert count in (28, FRAMES) and said.out.startswith(f"{count} frames, 1 identities")
    assert [path.name for path in (out / "tracks").iterdir()] == [f"{video.stem}.txt"] and ".partial" not in video.name


def test_a_benchmark_prints_its_row_all_the_same(clip, tmp_path, capsys):
    folder = tmp_path / "data" / "walk"
    for name in "det", "gt":
        (folder / name).mkdir(parents=True)
    (folder / "det" / "det.txt").write_text(rows(20))
    (folder / "gt" / "gt.txt").write_text("1,1,10,8,20,48,1,1,1\n")
    clip.rename(folder / "clip.mp4")
    (folder / "seqinfo.ini").write_text("[Sequence]\nseqLength=100\n")
    words = ["--data", str(folder.parent), "--reid", "none", "--video", "--output", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as end:
        run(lambda: mot16.main(words))
    said = capsys.readouterr()
    assert end.value.code == 3 and "the frames end at 60 of 100 that are announced" in said.err and "MOTA" in said.out
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["rows"][0]["sequence"] == "walk"


def test_in_python_the_same_is_a_warning(clip):
    cut(clip, 0.5)
    with pytest.warns(EndedEarly, match="28 of 60"):
        assert len(list(track(open_sequence(clip, None), "sort", images=True))) == 28


def test_pictures_that_end_early_are_told_also_where_none_is_read(make_sequence):
    folder = make_sequence(images=True)
    for frame in (11, 12):
        (folder / "img1" / f"{frame:06d}.png").unlink()
    with pytest.warns(EndedEarly, match="the frames end at 10 of 12"):
        assert len(list(track(open_sequence(folder), "sort"))) == 12


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_video_with_a_frame_or_two_less_than_its_header_says_is_whole(clip, recwarn, monkeypatch, missing):
    monkeypatch.setattr(cv2.VideoCapture, "get", lambda _, field: {7: FRAMES + missing, 5: RATE}.get(field, 0.0), raising=False)
    assert len(list(Video(clip))) == FRAMES and not recwarn.list


def test_a_picture_missing_among_others_is_still_an_error(tmp_path):
    for number in (1, 3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), walking_image(0))
    with pytest.raises(InputError, match="image of frame 2 is missing"):
        list(PictureFolder(tmp_path, 4))


def test_a_video_without_a_frame_is_refused(clip):
    data = clip.read_bytes()
    clip.write_bytes(data[: data.index(b"mdat") + 4])
    with pytest.raises(InputError, match="not a single frame decodes"):
        list(Video(clip))


@pytest.fixture
def stream(clip):
    """The address of a server that sends half of the clip, and then nothing more."""
    half = clip.read_bytes()[: clip.stat().st_size // 2]
    over = threading.Event()

    class Stalling(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(clip.stat().st_size))
            self.end_headers()
            self.wfile.write(half)
            over.wait(10)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Stalling)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/clip.mp4"
    over.set()
    server.shutdown()


def test_a_stream_that_stalls_is_told_and_not_taken_for_one_that_ends(stream, monkeypatch):
    monkeypatch.setattr(frames, "STALL", 0.5)
    with pytest.warns(EndedEarly, match=r"stalled after frame 2\d of 100: no other came within 0\.5 s"):
        assert 20 < len(list(Video(stream, 100))) < 30
