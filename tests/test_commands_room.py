"""`python -m mtmc room`, its floor plan and its film, on a rendered room."""

import csv
import shutil
import signal
from dataclasses import replace

import cv2
import numpy as np
import pytest
from visitors import CAMERAS, MeanColour, visitors

import mtmc.single.appearance
from mtmc.__main__ import main
from mtmc.drawing.annotator import colour
from mtmc.drawing.floor_plan import FloorPlan
from mtmc.identity.gallery import Gallery
from mtmc.multicamera.run import follow
from mtmc.multicamera.workers import LocalWorkers
from mtmc.sequences.readers.folder import write_folder
from reid.common import errors
from reid.common.errors import InputError
from trackers import Detections

FRAMES = 30


@pytest.fixture(scope="module")
def sequence(tmp_path_factory):
    return visitors(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def recording(sequence, tmp_path_factory):
    """The room's first seconds as a folder with videos."""
    folder = tmp_path_factory.mktemp("room")
    write_folder(folder, sequence)
    (folder / "seqinfo.ini").write_text(f"[Sequence]\nname=room\nframeRate=10\nseqLength={FRAMES}\n")
    for part in [*folder.glob("det/*.txt"), *folder.glob("gt/*.txt"), folder / "gt.txt"]:
        kept = [line for line in part.read_text().splitlines(True) if int(line.split(",")[0]) <= FRAMES]
        part.write_text("".join(kept))
    for name, images in ((each.name, each.images) for each in sequence.views):
        width, height = CAMERAS[name].image_size
        writer = cv2.VideoWriter(str(folder / f"{name}.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), 10, (width, height))
        for _, image in zip(range(FRAMES), images, strict=False):
            writer.write(image)
        writer.release()
    return folder


def run(*words):
    main(["room", *map(str, words)])


@pytest.mark.parametrize(
    ("detections", "told"),
    [
        pytest.param("det", "", id="a detector's"),
        pytest.param("gt", "the detections are the ground truth itself (gt), not a detector's\n", id="truth"),
        pytest.param("gt-thinned", "the detections are thinned, jittered ground truth", id="thinned truth"),
    ],
)
def test_detections_made_from_the_truth_are_told(recording, tmp_path, capsys, detections, told):
    run(recording, "--reid", "none", "--detections", detections, "--output", tmp_path / "out")
    out = capsys.readouterr().out
    assert told in out and (told != "") == ("ground truth" in out)


def test_the_command_follows_everybody_and_films_it(recording, tmp_path, capsys):
    run(recording, "--reid", "none", "--output", tmp_path / "out", "--video")
    assert f"{FRAMES} frames of 3 cameras, 3 people" in capsys.readouterr().out
    rows = list(csv.DictReader((tmp_path / "out" / "world.csv").open()))
    assert {row["person"] for row in rows} == {"1", "2", "3"} and max(int(row["frame"]) for row in rows) == FRAMES
    film = cv2.VideoCapture(str(tmp_path / "out" / "room.mp4"))
    frames = [film.read()[1] for _ in range(FRAMES)]
    assert not film.read()[0]
    assert frames[-1].shape[0] == 720 and frames[-1].std() > 20


def test_a_gallery_carries_people_from_one_run_to_the_next(recording, tmp_path, monkeypatch):
    monkeypatch.setattr(mtmc.single.appearance, "open_appearance", lambda *_: MeanColour())
    for output in ("first", "second"):
        run(recording, "--gallery", tmp_path / "people.npz", "--output", tmp_path / output)
        rows = csv.DictReader((tmp_path / output / "world.csv").open())
        assert {row["person"] for row in rows} == {"1", "2", "3"}


def test_ctrl_c_leaves_tracks_film_and_gallery_under_partial_names_and_says_so(recording, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(mtmc.single.appearance, "open_appearance", lambda *_: MeanColour())
    out, people = tmp_path / "out", tmp_path / "people.npz"
    run(recording, "--gallery", people, "--output", out)
    first = people.read_bytes()
    draw, drawn = FloorPlan.draw, []

    def interrupted(*arguments):
        drawn.append(arguments)
        if len(drawn) == 12:
            signal.raise_signal(signal.SIGINT)
        return draw(*arguments)

    monkeypatch.setattr(FloorPlan, "draw", interrupted)
    with pytest.raises(SystemExit) as end:
        errors.run(lambda: run(recording, "--gallery", people, "--output", out, "--video"))
    frames = len((out / "world.partial.jsonl").read_text().splitlines())
    assert frames >= 12 and end.value.code == 130
    assert cv2.VideoCapture(str(out / "room.partial.mp4")).get(cv2.CAP_PROP_FRAME_COUNT) == frames
    assert len(list((out / "gallery.partial").iterdir())) == len(Gallery.load(tmp_path / "people.partial.npz")) == 3
    assert people.read_bytes() == first
    assert not (out / "gallery").exists() and not (out / "world.csv").exists()
    told = capsys.readouterr().err
    assert told.startswith("interrupted: ") and told.count("\n") == 1
    for kept in (f"{frames} frames are kept below {out}: ", "world.partial.csv", "tracks/a.partial.txt", "room.partial.mp4"):
        assert kept in told
    assert f"{out / 'gallery.partial'}" in told and f"{tmp_path / 'people.partial.npz'}" in told


def test_a_detector_that_fails_costs_what_it_did_not_see(recording, tmp_path, monkeypatch, capsys):
    class Failing:
        def __init__(self, *_):
            self._seen = 0

        def __call__(self, image):
            self._seen += 1
            if self._seen > 3 * 10:
                raise RuntimeError("the detector's own")
            return Detections(np.empty((0, 4)), np.empty(0))

    monkeypatch.setattr("mtmc.detection.opening.Detector", Failing)
    with pytest.raises(InputError, match="a, frame 11: the detector fails: RuntimeError: the detector's own") as error:
        run(recording, "--detector", "mine.onnx", "--reid", "none", "--output", tmp_path, "--video")
    assert len((tmp_path / "world.partial.jsonl").read_text().splitlines()) == 10
    _, told = error.value.__notes__
    assert (
        told.startswith(f"10 frames are kept below {tmp_path}: ") and "room.partial.mp4" in told and "world.partial.csv" in told
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--min-score", "0.5", "--reid", "none"], "--min-score needs a detector"),
        (["--gallery", "people.npz", "--reid", "none"], "leave it out, or give --reid"),
        (["--detector", "absent.onnx", "--reid", "none"], "absent.onnx: no such file"),
    ],
)
def test_words_that_do_not_go_together_are_told(recording, tmp_path, words, sentence):
    with pytest.raises(InputError, match=sentence):
        run(recording, "--output", tmp_path / "out", *words)


def test_a_recording_without_detections_asks_for_a_detector(recording, tmp_path):
    (tmp_path / "cameras.yaml").write_text((recording / "cameras.yaml").read_text())
    (tmp_path / "seqinfo.ini").write_text((recording / "seqinfo.ini").read_text())
    with pytest.raises(InputError, match="or give a detector"):
        run(tmp_path, "--reid", "none", "--output", tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "needed_by"),
    [
        (["--reid", "none", "--video"], "--video"),
        (["--reid", "hacnn", "--video"], r"--reid hacnn \(none needs no images\), --video"),
        (["--reid", "hacnn"], r"--reid hacnn \(none needs no images\)"),
    ],
)
def test_a_recording_without_images_names_what_needs_them(recording, tmp_path, monkeypatch, words, needed_by):
    monkeypatch.setattr("mtmc.single.appearance.open_appearance", lambda *_: pytest.fail("the model was opened first"))
    shutil.copytree(recording, tmp_path / "room", ignore=shutil.ignore_patterns("*.mp4"))
    with pytest.raises(InputError, match=f"room: no images of a, b, c; add them, or leave out what needs them: {needed_by}$"):
        run(tmp_path / "room", "--output", tmp_path / "out", *words)


def test_a_detector_that_finds_the_same_gives_the_same_tracks(sequence):
    asked = iter([part for frame in range(sequence.length) for part in sequence.at(frame)])
    tracks = list(follow(sequence, detections=LocalWorkers(sequence, lambda image: next(asked)).detections()))
    assert len(tracks) == sequence.length
    for ours, theirs in zip(tracks, follow(sequence), strict=True):
        np.testing.assert_array_equal(ours.ids, theirs.ids)
        np.testing.assert_array_equal(ours.positions, theirs.positions)


def test_the_plan_puts_people_where_they_stand():
    plan = FloorPlan(list(CAMERAS.values()), 200)
    empty = plan.draw(np.zeros(0, int), np.zeros((0, 2)))
    drawn = plan.draw(np.array([7]), np.array([[2.5, 3.0]]))
    shade = np.array([int(0.75 * part) for part in colour(7)])
    y, x = np.argwhere((drawn == shade).all(axis=2)).mean(axis=0)
    east = plan.draw(np.array([7]), np.array([[3.5, 3.0]]))
    assert np.argwhere((east == shade).all(axis=2))[:, 1].max() > x + 5
    assert empty.shape == drawn.shape == (200, drawn.shape[1], 3) and 0 < y < 200
    assert not np.array_equal(empty, drawn)


def test_a_plan_of_cameras_that_see_no_ground_is_refused():
    sky = CAMERAS["a"].look_at((0, 0, 2.7), (0, 5, 9.0), 500.0, (320, 240))
    with pytest.raises(ValueError, match="sees the ground"):
        FloorPlan([sky])


def test_the_embeddings_of_the_detections_are_used_if_all_carry_some(recording, sequence, tmp_path, monkeypatch, capsys):
    with pytest.raises(InputError, match="the det detections of a carry no embeddings"):
        run(recording, "--reid", "detections", "--output", tmp_path / "none")
    with pytest.raises(InputError, match="embeddings of the recording's own detections: leave --detector out"):
        run(recording, "--reid", "detections", "--detector", "yolox.onnx", "--output", tmp_path / "none")
    carrying = []
    for view in sequence.views:
        found = [replace(each, embeddings=np.eye(4, dtype=np.float32)[np.zeros(len(each), int)]) for each in view.detections]
        carrying.append(replace(view, detections=found, images=None))
    monkeypatch.setattr("mtmc.sequences.open_recording", lambda *_, **__: replace(sequence, views=tuple(carrying)))
    learned = []
    monkeypatch.setattr("mtmc.ground.likeness.Likeness.learn", lambda _, cosines, *__: learned.append(cosines))
    for reid in ("none", "detections"):
        learned.clear()
        run(recording, "--reid", reid, "--output", tmp_path / reid)
        assert "3 cameras, 6 people" in capsys.readouterr().out
        assert np.isfinite(np.concatenate(learned)).any() == (reid == "detections")
