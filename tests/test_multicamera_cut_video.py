"""Cameras of a room with less than announced: the others go on, results are whole, a warning tells it, the exit code is 3."""

import json
import shutil
import struct

import cv2
import pytest
from visitors import CAMERAS, MeanColour, visitors

import mtmc.single.appearance
from mtmc.__main__ import main
from mtmc.sequences import open_recording, write_folder
from reid.common.errors import EndedEarly, InputError, run

FRAMES, RATE = 24, 10


def write_video(path, images, header: int | None = None) -> None:
    """An AVI of `images` whose header says it had `header`."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), RATE, CAMERAS["a"].image_size)
    for image in images:
        writer.write(image)
    writer.release()
    if header is not None:
        data = bytearray(path.read_bytes())
        for chunk, place in (b"avih", 16), (b"strh", 32):
            struct.pack_into("<I", data, data.index(chunk) + 8 + place, header)
        path.write_bytes(data)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Two seconds of three cameras, with their images apart."""
    sequence = visitors(tmp_path_factory.mktemp("people"))
    folder = tmp_path_factory.mktemp("room")
    write_folder(folder, sequence)
    (folder / "seqinfo.ini").unlink()
    for part in [*folder.glob("det/*.txt"), *folder.glob("gt/*.txt"), folder / "gt.txt"]:
        part.write_text("".join(row for row in part.read_text().splitlines(True) if int(row.split(",")[0]) <= FRAMES))
    images = {view.name: [image for _, image in zip(range(FRAMES), view.images, strict=False)] for view in sequence.views}
    for name, of_view in images.items():
        write_video(folder / f"{name}.avi", of_view)
    return folder, images


@pytest.fixture
def room(whole, tmp_path):
    return shutil.copytree(whole[0], tmp_path / "room")


def announce(folder, length: int) -> None:
    (folder / "seqinfo.ini").write_text(f"[Sequence]\nframeRate={RATE}\nseqLength={length}\n")


def broken_off(folder, images):
    write_video(folder / "b.avi", images["b"][:10], FRAMES)
    return [f"b.avi: the frames end at 10 of {FRAMES} in its header", "b: the images end at frame 10, but there are detections"]


def shorter(folder, images):
    write_video(folder / "b.avi", images["b"][:10])
    return ["detections of camera b lie after its images end, at frame 10 of 24"]


def longer_info(folder, images):
    announce(folder, 40)
    return [f"fewer images than seqLength announces: a has {FRAMES} of 40, b has {FRAMES} of 40, c has {FRAMES} of 40"]


@pytest.mark.parametrize("command", ["room", "link"])
@pytest.mark.parametrize("shorten", [broken_off, shorter, longer_info])
def test_a_camera_with_less_than_announced_is_told_and_the_others_go_on(
    whole, room, tmp_path, monkeypatch, capsys, command, shorten
):
    monkeypatch.setattr(mtmc.single.appearance, "open_appearance", lambda *_: MeanColour())
    told = shorten(room, whole[1])
    out, film = tmp_path / "out", ["--video"] if command == "room" else []
    with pytest.raises(SystemExit) as end:
        run(lambda: main([command, str(room), *film, "--output", str(out)]))
    said = capsys.readouterr()
    lines = [line for line in said.err.splitlines() if line.startswith("warning: ")]
    assert end.value.code == 3 and len(lines) == len(told)
    assert all(any(sentence in line for line in lines) for sentence in told)
    frames = [json.loads(line) for line in (out / "world.jsonl").read_text().splitlines()]
    assert len(frames) >= FRAMES and frames[FRAMES - 2]["people"] and not list(out.rglob("*.partial*"))


def test_a_whole_recording_warns_of_nothing(room, tmp_path, recwarn):
    main(["room", str(room), "--reid", "none", "--video", "--output", str(tmp_path / "out")])
    assert not [each for each in recwarn.list if issubclass(each.category, EndedEarly)]


def test_a_text_may_reach_beyond_a_header_that_says_too_little(whole, room):
    write_video(room / "b.avi", whole[1]["b"], 15)
    recording = open_recording(room)
    assert recording.length == FRAMES and [len(list(view.images)) for view in recording.views] == [FRAMES] * 3
    assert recording.at(FRAMES - 1)[1] is not None
    for name in "ac":
        write_video(room / f"{name}.avi", whole[1][name], 15)
    assert open_recording(room).length == FRAMES


def test_a_text_beyond_the_frames_that_decode_is_refused(whole, room):
    for name in "abc":
        write_video(room / f"{name}.avi", whole[1][name], 15)
    with (room / "det" / "b.txt").open("a") as text:
        text.write(f"{FRAMES + 1},-1,5,5,20,40,0.9,-1,-1,-1\n")
    with pytest.raises(InputError, match=rf"b\.txt, line \d+: frame {FRAMES + 1} is beyond .* last frame, {FRAMES}"):
        open_recording(room)
