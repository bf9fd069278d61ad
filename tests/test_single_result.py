"""What a run leaves on disk: result lines, annotated video, and the part that was done when something broke."""

import cv2
import numpy as np
import pytest
from conftest import FRAMES, SIZE

from mtmc import open_sequence, track
from mtmc.__main__ import main
from mtmc.drawing.annotator import Annotator, colour
from mtmc.sequences.mot_text import read_tracks
from mtmc.single.result_writer import check_folder, record, writing_video
from reid.common.errors import InputError
from trackers import Tracks


def one_track(track_id: int, left: float) -> Tracks:
    return Tracks(np.array([track_id]), np.array([[left, 20.0, left + 10, 60.0]]), np.array([0.9]), np.array([0]))


def test_the_result_file_has_a_line_for_each_box(make_sequence, tmp_path):
    recording = record(track(open_sequence(make_sequence()), "sort"), tmp_path / "tracks" / "walk.txt")
    tracks = read_tracks(tmp_path / "tracks" / "walk.txt")
    assert (recording.frames, recording.identities, recording.boxes) == (FRAMES, 2, len(tracks.ids))
    assert tracks.frames.max() == FRAMES - 1
    assert recording.passed > 0 and recording.seconds.association > 0


def test_what_was_tracked_before_a_broken_frame_is_kept_apart(make_sequence, tmp_path):
    folder = make_sequence(images=True)
    (folder / "img1" / "000009.png").write_bytes(b"no image")
    with pytest.raises(InputError, match="frame 9"):
        record(track(open_sequence(folder), "sort", images=True), tmp_path / "walk.txt", tmp_path / "walk.mp4", 10)
    assert read_tracks(tmp_path / "walk.partial.txt").frames.max() == 7
    assert not (tmp_path / "walk.txt").exists() and not (tmp_path / "walk.mp4").exists()


def test_the_annotated_video_plays(make_sequence, tmp_path):
    frames = track(open_sequence(make_sequence(images=True)), "sort", images=True)
    record(frames, tmp_path / "walk.txt", tmp_path / "walk.mp4", 10)
    capture = cv2.VideoCapture(str(tmp_path / "walk.mp4"))
    images = []
    while (read := capture.read())[0]:
        images.append(read[1])
    assert len(images) == FRAMES and images[0].shape == (SIZE[1], SIZE[0], 3)
    assert capture.get(cv2.CAP_PROP_FPS) == 10


def test_a_video_of_odd_size_plays_too(tmp_path):
    with writing_video(tmp_path / "odd.mp4", 25) as write:
        for _ in range(3):
            write(np.zeros((61, 33, 3), np.uint8))
    assert cv2.VideoCapture(str(tmp_path / "odd.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == 3


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


def test_a_folder_that_takes_no_files_is_refused_at_once(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written to"):
        check_folder(tmp_path / "file" / "out")
    check_folder(tmp_path / "new" / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_command_tracks_a_video_of_ones_own(make_sequence, tmp_path, capsys):
    folder = make_sequence(images=True)
    with writing_video(tmp_path / "clip.mp4", 10) as write:
        for image in open_sequence(folder).frames():
            write(image)
    detections = str(folder / "det" / "det.txt")
    out = tmp_path / "out"
    main(["track", str(tmp_path / "clip.mp4"), "--detections", detections, "--reid", "none", "--output", str(out), "--video"])
    assert f"{FRAMES} frames, 2 identities" in capsys.readouterr().out
    assert set(read_tracks(out / "tracks" / "clip.txt").ids) == {1, 2}
    assert cv2.VideoCapture(str(out / "video" / "clip.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == FRAMES
