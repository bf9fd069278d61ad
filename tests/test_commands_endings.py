"""How runs of the commands end before their time: by a signal, and where the source is live."""

import itertools
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import cv2
import pytest
from conftest import FRAMES, SIZE, walking_image

import mtmc.sequences
from mtmc import open_sequence
from mtmc.__main__ import main
from mtmc.sequences.mot_text import read_tracks
from reid.common.errors import run

LONG = 20_000  # frames, which nobody waits for


@pytest.fixture
def long_sequence(make_sequence):
    """A sequence of which a run takes a minute: the same picture again and again."""
    folder = make_sequence(images=True, truth=False, info=False)
    for number in range(FRAMES + 1, LONG + 1):
        os.link(folder / "img1" / f"{FRAMES:06d}.png", folder / "img1" / f"{number:06d}.png")
    return folder


@pytest.mark.parametrize(("number", "code", "word"), [(signal.SIGTERM, 143, "terminated"), (signal.SIGINT, 130, "interrupted")])
def test_a_signal_leaves_tracks_and_video_that_open(long_sequence, tmp_path, number, code, word):
    out = tmp_path / "out"
    words = ["track", str(long_sequence), "--detections", "det.txt", "--reid", "none", "--output", str(out), "--video"]
    process = subprocess.Popen([sys.executable, "-m", "mtmc", *words], stderr=subprocess.PIPE, text=True)
    kept = out / "tracks" / "walk.partial.txt"
    deadline = time.monotonic() + 60
    while not (kept.is_file() and kept.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(number)
    told = process.communicate(timeout=60)[1]
    assert process.returncode == code
    video = cv2.VideoCapture(str(out / "video" / "walk.partial.mp4"))
    frames = int(video.get(cv2.CAP_PROP_FRAME_COUNT))
    assert told == f"{word}: {frames} frames are kept below {out}: tracks/walk.partial.txt, video/walk.partial.mp4\n"
    assert 0 < frames < LONG and video.read()[0]
    assert len(read_tracks(kept).ids) > 0


class Live:
    """A camera that shows the same walk for ever; before its twentieth image a signal comes."""

    identity, size = None, SIZE

    def __init__(self, number: int):
        self._number = number

    def __iter__(self):
        for frame in itertools.count():
            if frame == 20:
                signal.raise_signal(self._number)
            yield walking_image(frame % FRAMES)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_live_source_ends_by_an_interrupt_and_its_results_are_whole(make_sequence, tmp_path, monkeypatch, capsys, number):
    source = replace(open_sequence(make_sequence()), length=None, images=Live(number))
    monkeypatch.setattr(mtmc.sequences, "open_sequence", lambda *_: source)
    out = tmp_path / "out"
    run(lambda: main(["track", "0", "--detections", "x", "--reid", "none", "--output", str(out), "--video"]))
    told = capsys.readouterr()
    frames = int(cv2.VideoCapture(str(out / "video" / "walk.mp4")).get(cv2.CAP_PROP_FRAME_COUNT))
    assert frames > 8 and told.out.startswith(f"{frames} frames, 2 identities") and told.err == ""
    assert set(read_tracks(out / "tracks" / "walk.txt").ids) == {1, 2}
    assert not list(out.rglob("*.partial.*"))
