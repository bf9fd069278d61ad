"""Readers: MOTChallenge folders in their variants, videos, and one sentence for what cannot be read."""

import shutil

import cv2
import numpy as np
import pytest
from conftest import FRAMES, SIZE, walking_image

from mtmc import open_sequence
from mtmc.drawing.video import VideoWriter
from mtmc.sequences.mot_text import (
    GroundTruth,
    detections_text,
    ground_truth_text,
    read_ground_truth,
    read_tracks,
    tracks_text,
)
from reid.common.errors import EndedEarly, InputError
from reid.footage.detection_text import read_detections
from reid.footage.frames import Video


def write_video(path):
    with VideoWriter(path, 10) as video:
        for frame in range(FRAMES):
            video.write(walking_image(frame))


def test_a_folder_is_read_whole(make_sequence):
    sequence = open_sequence(make_sequence(images=True))
    assert (sequence.name, sequence.frame_rate, sequence.length, sequence.image_size) == ("walk", 10, FRAMES, SIZE)
    assert len(sequence.detections) == FRAMES
    np.testing.assert_allclose(sequence.detections[1].boxes, [[14, 8, 34, 56], [14, 64, 34, 112]])
    assert sequence.ground_truth.frames.tolist() == [frame for frame in range(FRAMES) for _ in range(2)]
    images = list(sequence.frames())
    assert len(images) == FRAMES and (images[3] == walking_image(3)).all()


def test_without_seqinfo_the_text_gives_the_length(make_sequence):
    sequence = open_sequence(make_sequence(info=False))
    assert (sequence.name, sequence.length, sequence.image_size) == ("walk", FRAMES, None)


def test_a_video_takes_the_place_of_img1(make_sequence):
    folder = make_sequence()
    write_video(folder / "video.mp4")
    images = list(open_sequence(folder).frames())
    assert len(images) == FRAMES
    assert np.abs(images[5].astype(int) - walking_image(5)).mean() < 8


def test_a_video_file_is_a_sequence_of_its_own(make_sequence, tmp_path):
    write_video(tmp_path / "clip.mp4")
    sequence = open_sequence(tmp_path / "clip.mp4", make_sequence() / "det" / "det.txt")
    assert (sequence.name, sequence.length, sequence.image_size, sequence.frame_rate) == ("clip", FRAMES, SIZE, 10)
    assert len(list(sequence.frames())) == FRAMES


def test_a_sequence_without_images_says_so_when_asked_for_them(make_sequence):
    with pytest.raises(InputError, match="neither img1/ nor a video"):
        next(open_sequence(make_sequence()).frames())


def test_an_empty_img1_counts_as_no_images(make_sequence):
    folder = make_sequence()
    (folder / "img1").mkdir()
    assert open_sequence(folder).images is None


def test_a_frame_that_does_not_decode_is_named_when_its_turn_comes(make_sequence):
    folder = make_sequence(images=True)
    (folder / "img1" / "000004.png").write_bytes(b"no image")
    frames = open_sequence(folder).frames()
    assert [next(frames).shape for _ in range(3)] == [(SIZE[1], SIZE[0], 3)] * 3
    with pytest.raises(InputError, match=r"000004\.png: frame 4 does not decode"):
        next(frames)


def test_a_missing_frame_is_named(make_sequence):
    folder = make_sequence(images=True)
    (folder / "img1" / "000007.png").unlink()
    with pytest.raises(InputError, match="frame 7 is missing"):
        list(open_sequence(folder).frames())


def test_pictures_numbered_from_0_are_refused(make_sequence):
    folder = make_sequence(images=True) / "img1"
    (folder / "000012.png").rename(folder / "000000.png")
    with pytest.raises(InputError, match="numbered from 1"):
        open_sequence(folder.parent)


def test_a_video_that_ends_before_its_seqinfo_is_told_with_both_counts(make_sequence):
    folder = make_sequence()
    write_video(folder / "video.mp4")
    info = folder / "seqinfo.ini"
    info.write_text(info.read_text().replace(f"seqLength={FRAMES}", f"seqLength={FRAMES + 1}"))
    with pytest.warns(EndedEarly, match=f"the frames end at {FRAMES} of {FRAMES + 1}"):
        assert len(list(open_sequence(folder).frames())) == FRAMES


def test_detections_are_chosen_by_name_and_by_score(make_sequence):
    folder = make_sequence()
    (folder / "det" / "weak.txt").write_text("1,-1,0,0,9,9,0.2\n1,-1,0,0,9,9,0.6\n3,-1,0,0,9,9,0.3\n")
    sequence = open_sequence(folder, "weak.txt", min_score=0.3)
    assert [len(frame) for frame in sequence.detections[:4]] == [1, 0, 1, 0]
    with pytest.raises(InputError, match=r"other\.txt: no such file; .*det\.txt, weak\.txt"):
        open_sequence(folder, "other.txt")


def test_scores_that_are_no_probabilities_are_mapped_to_them_in_order(tmp_path):
    path = tmp_path / "det.txt"
    path.write_text("".join(f"{frame},-1,0,0,9,9,{score}\n" for frame, score in enumerate([-0.5, 60, 20, 26.5, 26.5], 1)))
    found = read_detections(path)
    assert found.score_scale == "standardised"
    assert found.scores.argsort().tolist()[0] == 0 and found.scores.argmax() == 1
    assert found.scores.min() > 0 and found.scores.max() < 1
    assert found.scores[3] == pytest.approx(0.5)
    assert len(read_detections(path, min_score=20).scores) == 4


def write_scores(path, scores):
    path.write_text("".join(f"{frame},-1,0,0,9,9,{score!r}\n" for frame, score in enumerate(scores.tolist(), 1)))
    return path


@pytest.mark.parametrize(
    ("factor", "shift", "scale"),
    [
        pytest.param(1, 0, "probability", id="probabilities"),
        pytest.param(100, 0, "percent", id="per cent"),
        pytest.param(0, -1, "none", id="no scores"),
    ],
)
@pytest.mark.parametrize("count", [3, 20, 600])
@pytest.mark.parametrize("odd", [1.0000001, 1.5, -0.2, -1.0, 99.9, 100.0001, 7e4, -3e9])
def test_one_odd_score_leaves_the_others_as_they_are(tmp_path, count, factor, shift, scale, odd):
    scores = np.random.default_rng(count).uniform(0.4, 1.0, count) * factor + shift
    alone = read_detections(write_scores(tmp_path / "det.txt", scores))
    scores[1] = odd
    found = read_detections(write_scores(tmp_path / "det.txt", scores))
    assert (found.score_scale, alone.score_scale) == (scale, scale)
    np.testing.assert_array_equal(np.delete(found.scores, 1), np.delete(alone.scores, 1))
    assert 0 <= found.scores[1] <= 1


def test_one_odd_score_hardly_moves_standardised_ones(tmp_path):
    scores = np.random.default_rng(0).normal(25, 15, 600)
    alone = read_detections(write_scores(tmp_path / "det.txt", scores))
    scores[1] = 1e6
    found = read_detections(write_scores(tmp_path / "det.txt", scores))
    assert found.score_scale == alone.score_scale == "standardised"
    np.testing.assert_allclose(np.delete(found.scores, 1), np.delete(alone.scores, 1), atol=0.01)


def test_per_cents_are_the_probabilities_that_they_stand_for(tmp_path):
    scores = np.random.default_rng(1).uniform(0.3, 1.0, 600)
    expected = read_detections(write_scores(tmp_path / "det.txt", scores)).scores
    np.testing.assert_allclose(read_detections(write_scores(tmp_path / "det.txt", scores * 100)).scores, expected)


@pytest.mark.parametrize(
    ("scale", "expected"), [("probability", [0, 1, 1]), ("percent", [0, 0.12, 1]), ("standardised", [0.311, 0.350, 0.804])]
)
def test_a_scale_that_is_given_is_taken(tmp_path, scale, expected):
    found = read_detections(write_scores(tmp_path / "det.txt", np.array([0.0, 12.0, 150.0])), score_scale=scale)
    assert found.score_scale == scale
    np.testing.assert_allclose(found.scores, expected, atol=1e-3)


def test_the_scales_of_real_detections_are_told_apart(real_data):
    files = {"ADL-Rundle-6a/det/det.txt": "standardised", "ADL-Rundle-6a/det/yolo11x.txt": "probability"}
    for name, scale in files.items():
        assert read_detections(real_data / "mot" / name).score_scale == scale
    assert read_detections(real_data / "mtmc" / "PETS09_2cam" / "det" / "View_001.txt").score_scale == "standardised"


def test_scores_of_minus_one_mean_that_there_are_none(tmp_path):
    path = tmp_path / "det.txt"
    path.write_text("1,-1,0,0,9,9,-1\n2,-1,0,0,9,9,-1\n")
    assert read_detections(path, min_score=0.5).scores.tolist() == [1, 1]


def test_ground_truth_of_mot15_has_pedestrians_only_and_may_leave_rows_out_of_account(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_text("2,5,10,20,30,40,1,4.5,5.5,0\n1,5,10,20,30,40,0,-1,-1,-1\n")
    truth = read_ground_truth(path)
    assert truth.frames.tolist() == [0, 1]
    assert truth.considered.tolist() == [False, True]
    assert truth.classes.tolist() == [1, 1]
    np.testing.assert_allclose(truth.boxes[1], [10, 20, 40, 60])


def test_ground_truth_of_mot16_has_classes_and_visibility(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_text("1,5,10,20,30,40,1,1,0.25\n1,6,10,20,30,40,0,8,1\n")
    truth = read_ground_truth(path)
    assert truth.classes.tolist() == [1, 8] and truth.visibility.tolist() == [0.25, 1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("1,-1,0,0,1o,9,0.5", "column 5 must be a number, not '1o'", id="letters in a number"),
        pytest.param(
            "1,-1,0,0,9,9", "must have 7 columns, separated by commas, like earlier lines, but has 6", id="a column is missing"
        ),
        pytest.param("1,-1,0,0,9,9,nan", "column 7 is not a finite number", id="NaN"),
        pytest.param("1,-1,0,inf,9,9,1", "column 4 is not a finite number", id="infinity"),
        pytest.param("1,-1,0,0,-9,9,0.5", "-9 wide", id="negative width"),
        pytest.param("1,-1,0,0,9,0,0.5", "0 high", id="no height"),
        pytest.param("0,-1,0,0,9,9,0.5", "frame 0, but frames are whole numbers from 1", id="frame 0"),
        pytest.param("1.5,-1,0,0,9,9,0.5", "frame 1.5, but", id="half a frame"),
        pytest.param("6,-1,0,0,9,9,0.5", "frame 6 is beyond the sequence's last frame, 5", id="frame beyond the sequence"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, line, message):
    path = tmp_path / "det.txt"
    path.write_text(f"1,-1,0,0,9,9,0.5\n\n{line}\n2,-1,0,0,9,9,0.5\n")
    with pytest.raises(InputError, match=rf"det\.txt, line 3: .*{message}"):
        read_detections(path, length=5)


@pytest.mark.parametrize("content", ["", "\n \n", "\ufeff"])
def test_a_file_without_rows_is_no_detection_and_no_track_but_an_error_as_truth(tmp_path, content):
    path = tmp_path / "rows.txt"
    path.write_text(content, encoding="utf-8")
    for found in read_detections(path, length=5, min_score=0.5), read_tracks(path):
        assert found.boxes.shape == (0, 4) and found.frames.shape == (0,)
    with pytest.raises(InputError, match=r"rows\.txt: empty"):
        read_ground_truth(path)


def test_a_file_that_is_no_text_is_an_error(tmp_path):
    path = tmp_path / "det.txt"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"det\.txt: not a text file"):
        read_detections(path)


def test_one_id_twice_in_a_frame_is_an_error(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_text("1,5,10,20,30,40,1,1,1\n2,5,10,20,30,40,1,1,1\n1,5,90,20,30,40,1,1,1\n")
    with pytest.raises(InputError, match="line 3: id 5 occurs twice in frame 1"):
        read_ground_truth(path)


def test_a_broken_seqinfo_is_named(make_sequence):
    folder = make_sequence()
    (folder / "seqinfo.ini").write_text("[Sequence]\nseqLength=many\n")
    with pytest.raises(InputError, match=r"seqinfo\.ini"):
        open_sequence(folder)


def test_what_is_no_video_is_refused(tmp_path, make_sequence):
    det = make_sequence() / "det" / "det.txt"
    with pytest.raises(InputError, match="neither a video file"):
        open_sequence(tmp_path / "nowhere.mp4", det)
    (tmp_path / "broken.mp4").write_bytes(bytes(1000))
    with pytest.raises(InputError, match=r"broken\.mp4: does not open as a video"):
        open_sequence(tmp_path / "broken.mp4", det)


def test_a_camera_that_is_not_there_is_told_in_one_sentence_without_a_word_of_opencv(capfd):
    with pytest.raises(InputError, match="97: does not open as a video"):
        next(iter(Video(97)))
    assert capfd.readouterr() == ("", "")


def test_tracks_come_back_as_they_were_written(tmp_path):
    path = tmp_path / "tracks.txt"
    boxes = np.array([[1.5, 2.25, 11.5, 42.25], [-3, 0, 7, 8]])
    path.write_text(
        tracks_text(0, np.array([4, 9]), boxes, np.array([0.5, 1])) + tracks_text(2, np.array([4]), boxes[:1], np.ones(1))
    )
    assert path.read_text().splitlines()[0] == "1,4,1.50,2.25,10.00,40.00,0.5000,-1,-1,-1"
    tracks = read_tracks(path)
    assert tracks.frames.tolist() == [0, 0, 2] and tracks.ids.tolist() == [4, 9, 4]
    np.testing.assert_allclose(tracks.boxes, boxes[[0, 1, 0]])


def test_ground_truth_comes_back_as_it_was_written(tmp_path):
    boxes = np.array([[1.5, 2.25, 11.5, 42.25], [-3, 0, 7, 8]])
    truth = GroundTruth(np.array([0, 3]), np.array([4, 9]), boxes, np.array([True, False]), np.array([1, 8]), np.array([1, 0.25]))
    (tmp_path / "gt.txt").write_text(ground_truth_text(truth))
    assert (tmp_path / "gt.txt").read_text().splitlines()[1] == "4,9,-3.00,0.00,10.00,8.00,0,8,0.250"
    for name, values in vars(read_ground_truth(tmp_path / "gt.txt")).items():
        np.testing.assert_array_equal(values, getattr(truth, name))


def test_detections_come_back_as_they_were_written(tmp_path):
    boxes = np.array([[1.5, 2.25, 11.5, 42.25], [-3, 0, 7, 8]])
    (tmp_path / "det.txt").write_text(detections_text(np.array([0, 2]), boxes, np.array([0.5, 1])))
    found = read_detections(tmp_path / "det.txt")
    assert found.frames.tolist() == [0, 2] and found.scores.tolist() == [0.5, 1]
    np.testing.assert_array_equal(found.boxes, boxes)


def test_real_sequences_are_read(real_data):
    pets = open_sequence(real_data / "mot" / "PETS09-S2L1")
    assert (pets.length, pets.frame_rate, sum(map(len, pets.detections))) == (795, 7, 4359)
    assert (~pets.ground_truth.considered).sum() == 174
    assert next(pets.frames()).shape == (360, 480, 3)
    campus = open_sequence(real_data / "mot" / "TUD-Campus")
    assert (campus.name, campus.length, campus.images) == ("TUD-Campus", 71, None)
    truth = read_ground_truth(real_data / "mot" / "MOT17-02" / "gt" / "gt.txt", 600)
    assert len(truth.ids) == 30003 and set(truth.classes) > {1, 7}


def test_opencv_is_asked_for_nothing_when_no_image_is_needed(make_sequence, monkeypatch):
    folder = make_sequence()
    shutil.copy(folder / "det" / "det.txt", folder / "video.mp4")
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: pytest.fail("the video was opened"))
    assert open_sequence(folder).length == FRAMES


def test_a_text_file_in_the_place_of_the_video_is_told(tmp_path):
    (tmp_path / "walk.txt").write_text("1,-1,1,1,5,9,0.9\n")
    with pytest.raises(InputError, match=r"walk\.txt: a text file, not a video"):
        open_sequence(tmp_path / "walk.txt", tmp_path / "walk.txt")
