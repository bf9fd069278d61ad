"""What a run leaves on disk: result lines, annotated video, and the part that was done when something broke."""

import signal

import cv2
import numpy as np
import pytest
from conftest import FRAMES, SIZE

from mtmc import open_sequence, track
from mtmc.__main__ import main
from mtmc.drawing.annotator import Annotator, colour
from mtmc.drawing.video import VideoWriter
from mtmc.sequences.mot_text import read_tracks
from mtmc.single.result_writer import ResultWriter
from reid.common.errors import InputError
from reid.common.result_folder import ResultFolder
from reid.weights.thresholds import Thresholds
from trackers import Tracks


def one_track(track_id: int, left: float) -> Tracks:
    return Tracks(np.array([track_id]), np.array([[left, 20.0, left + 10, 60.0]]), np.array([0.9]), np.array([0]))


def write(folder, frames, video=False):
    """What a run of `frames` leaves in `folder`; its totals."""
    with ResultWriter(ResultFolder(folder), "walk", 10, video) as writer:
        for frame in frames:
            writer.write(frame)
    return writer.totals


def images_of(path) -> list[np.ndarray]:
    capture, images = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        images.append(read[1])
    return images


def test_the_result_file_has_a_line_for_each_box(make_sequence, tmp_path):
    totals = write(tmp_path, track(open_sequence(make_sequence()), "sort"))
    tracks = read_tracks(tmp_path / "tracks" / "walk.txt")
    assert (totals.frames, totals.identities, totals.boxes) == (FRAMES, 2, len(tracks.ids))
    assert tracks.frames.max() == FRAMES - 1
    assert totals.passed > 0 and totals.seconds.association > 0


def test_a_run_without_frames_has_an_empty_result(tmp_path):
    assert write(tmp_path, [], video=True).frames == 0
    assert not len(read_tracks(tmp_path / "tracks" / "walk.txt").ids) and not (tmp_path / "video" / "walk.mp4").exists()


def test_the_annotated_video_plays(make_sequence, tmp_path):
    write(tmp_path, track(open_sequence(make_sequence(images=True)), "sort", images=True), video=True)
    images = images_of(tmp_path / "video" / "walk.mp4")
    assert len(images) == FRAMES and images[0].shape == (SIZE[1], SIZE[0], 3)
    assert cv2.VideoCapture(str(tmp_path / "video" / "walk.mp4")).get(cv2.CAP_PROP_FPS) == 10


def test_a_video_of_frames_without_images_is_refused(make_sequence, tmp_path):
    with pytest.raises(ValueError, match="frame 0 carries no image for the video; track with images=True"):
        write(tmp_path, track(open_sequence(make_sequence()), "sort"), video=True)


def assert_kept(folder, frames: int, error: BaseException) -> None:
    """The first frames are there, as tracks and as a film, under partial names that the note on `error` has."""
    assert read_tracks(folder / "tracks" / "walk.partial.txt").frames.max() == frames - 1
    assert len(images_of(folder / "video" / "walk.partial.mp4")) == frames
    assert not (folder / "tracks" / "walk.txt").exists() and not (folder / "video" / "walk.mp4").exists()
    names = "tracks/walk.partial.txt, video/walk.partial.mp4"
    assert error.__notes__[-1:] == [f"{frames} frames are kept below {folder}: {names}"]


def test_what_was_tracked_before_a_broken_picture_is_kept_apart(make_sequence, tmp_path):
    folder = make_sequence(images=True)
    (folder / "img1" / "000009.png").write_bytes(b"no image")
    with pytest.raises(InputError, match="frame 9") as error:
        write(tmp_path, track(open_sequence(folder), "sort", images=True), video=True)
    assert_kept(tmp_path, 8, error.value)


@pytest.mark.parametrize(
    ("ending", "told"),
    [
        (KeyboardInterrupt, KeyboardInterrupt),
        (RuntimeError, "walk, frame 8: the detector fails: RuntimeError: the detector's own"),
        (MemoryError, "walk, frame 8: the detector fails: MemoryError: the detector's own"),
    ],
)
def test_what_was_tracked_before_a_detector_fails_is_kept_apart(make_sequence, tmp_path, ending, told):
    sequence, seen = open_sequence(make_sequence(images=True)), []

    def detect(image):
        if len(seen) == 7:
            raise ending("the detector's own")
        seen.append(image)
        return sequence.detections[len(seen) - 1]

    with pytest.raises(ending if told is ending else InputError) as error:
        write(tmp_path, track(sequence, "sort", images=True, detector=detect), video=True)
    assert told is ending or (str(error.value) == told and isinstance(error.value.__cause__, ending))
    assert_kept(tmp_path, 7, error.value)


def test_ctrl_c_while_a_frame_is_drawn_waits_until_it_is_written(make_sequence, tmp_path, monkeypatch):
    draw, drawn = Annotator.draw, []

    def interrupted(annotator, image, tracks):
        drawn.append(image)
        if len(drawn) == 6:
            signal.raise_signal(signal.SIGINT)
        return draw(annotator, image, tracks)

    monkeypatch.setattr(Annotator, "draw", interrupted)
    with pytest.raises(KeyboardInterrupt) as error:
        write(tmp_path, track(open_sequence(make_sequence(images=True)), "sort", images=True), video=True)
    assert_kept(tmp_path, 6, error.value)


def test_a_run_that_a_full_disk_stops_is_kept_whole(make_sequence, tmp_path, monkeypatch):
    asked = []

    def require_room(results):
        asked.append(results)
        if len(asked) == 7:  # once when the folder is opened, then with each frame
            raise InputError("less than 16 MB are free")

    monkeypatch.setattr(ResultFolder, "require_room", require_room)
    with pytest.raises(InputError, match="16 MB") as error:
        write(tmp_path, track(open_sequence(make_sequence(images=True)), "sort", images=True), video=True)
    assert_kept(tmp_path, 5, error.value)


def test_a_run_that_breaks_off_before_its_first_frame_leaves_the_results_of_the_last(make_sequence, tmp_path):
    folder = make_sequence(images=True)
    write(tmp_path / "out", track(open_sequence(folder), "sort", images=True), video=True)
    (folder / "img1" / "000001.png").write_bytes(b"no image")
    with pytest.raises(InputError, match="frame 1") as error:
        write(tmp_path / "out", track(open_sequence(folder), "sort", images=True), video=True)
    assert not hasattr(error.value, "__notes__")
    assert len(images_of(tmp_path / "out" / "video" / "walk.mp4")) == FRAMES


def test_a_finished_run_replaces_what_an_unfinished_one_kept(make_sequence, tmp_path):
    with pytest.raises(ZeroDivisionError), ResultWriter(ResultFolder(tmp_path / "out"), "other", 10, True) as writer:
        for frame in track(open_sequence(make_sequence(images=True)), "sort", images=True):
            writer.write(frame)
            if frame.index == 4:
                raise ZeroDivisionError
    assert (tmp_path / "out" / "video" / "other.partial.mp4").exists()
    write(tmp_path / "out", track(open_sequence(make_sequence("again")), "sort"))
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == [".results", "walk.txt"]


def test_a_video_of_odd_size_plays_too(tmp_path):
    with VideoWriter(tmp_path / "odd.mp4", 25) as video:
        for _ in range(3):
            video.write(np.zeros((61, 33, 3), np.uint8))
    assert cv2.VideoCapture(str(tmp_path / "odd.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 3


@pytest.mark.parametrize(
    "rate",
    [66.667, 29.97, 24000 / 1001, 0.5, 1000 / 7, 240, 999.99, 1, 1.001, 0.7777, 0.0333, 1 / 60, 0.001, 119.88, 655.36, 65535],
)
def test_a_video_of_any_frame_rate_lasts_as_long_as_its_frames(tmp_path, rate):
    with VideoWriter(tmp_path / "any.mp4", rate) as video:
        for shade in range(12):
            video.write(np.full((48, 64, 3), 20 * shade, np.uint8))
    written = cv2.VideoCapture(str(tmp_path / "any.mp4"))
    seconds = written.get(cv2.CAP_PROP_FRAME_COUNT) / written.get(cv2.CAP_PROP_FPS)
    assert seconds == pytest.approx(12 / rate, rel=1e-3) and video.frames == 12


@pytest.mark.parametrize("rate", [0, -25, 1e-4, 1e5, float("nan"), float("inf")])
def test_a_frame_rate_that_no_video_has_is_told(tmp_path, rate):
    with pytest.raises(InputError, match=r"a video needs 0\.001 to 65535 frames per second, not .*without --video"):
        VideoWriter(tmp_path / "any.mp4", rate)


def test_a_video_that_the_disk_did_not_take_whole_is_told(tmp_path):
    video = VideoWriter(tmp_path / "cut.mp4", 25)
    for _ in range(3):
        video.write(np.zeros((60, 32, 3), np.uint8))
    video.frames += 1  # OpenCV says nothing of an image that it could not write
    with pytest.raises(InputError, match="3 of 4 frames were written"):
        video.close()


def test_drawing_leaves_the_image_alone_and_marks_the_box_in_the_colour_of_its_id():
    image = np.zeros((100, 200, 3), np.uint8)
    drawn = Annotator().draw(image, one_track(7, 50))
    assert not image.any()
    assert tuple(drawn[40, 50]) == colour(7)


def test_neighbouring_ids_have_colours_far_apart():
    for track_id in range(1, 50):
        assert np.abs(np.subtract(colour(track_id), colour(track_id + 1))).max() > 60


def test_a_trail_follows_a_track_and_fades_after_it_is_gone():
    annotator, image = Annotator(trail=3), np.zeros((100, 200, 3), np.uint8)
    annotator.draw(image, one_track(1, 20))
    drawn = annotator.draw(image, one_track(1, 60))
    assert drawn[60, 40].any(), "the path between both feet is drawn"
    nobody = Tracks(np.empty(0, int), np.empty((0, 4)), np.empty(0), np.empty(0, int))
    assert annotator.draw(image, nobody).any()
    assert not [annotator.draw(image, nobody) for _ in range(3)][-1].any()


def test_the_command_tracks_a_video_of_ones_own(make_sequence, tmp_path, capsys):
    folder = make_sequence(images=True)
    with VideoWriter(tmp_path / "clip.mp4", 10) as video:
        for image in open_sequence(folder).frames():
            video.write(image)
    detections = str(folder / "det" / "det.txt")
    out = tmp_path / "out"
    main(["track", str(tmp_path / "clip.mp4"), "--detections", detections, "--reid", "none", "--output", str(out), "--video"])
    assert f"{FRAMES} frames, 2 identities" in capsys.readouterr().out
    assert set(read_tracks(out / "tracks" / "clip.txt").ids) == {1, 2}
    assert cv2.VideoCapture(str(out / "video" / "clip.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES


def test_the_command_says_when_its_speed_counts_embeddings_of_an_earlier_run(make_sequence, tmp_path, monkeypatch, capsys):
    class Model:
        name, engine, dimension, weights_hash, thresholds = "fake", "paper", 2, "0123", Thresholds(0.08)

        def __call__(self, frame, boxes):
            return np.tile(np.float32([0.6, 0.8]), (len(boxes), 1))

    monkeypatch.setattr("reid.load", lambda name, engine, device: Model())
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = make_sequence(images=True)
    told = []
    for _ in range(2):
        main(["track", str(folder), "--detections", "det.txt", "--reid", "fake", "--output", str(tmp_path / "out")])
        told.append("embeddings came from the cache" in capsys.readouterr().out)
    assert told == [False, True]
