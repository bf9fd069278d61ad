"""What a run over several cameras leaves on disk: tracks, film, gallery and losses, whole or, whatever ended it, partial."""

import json
import signal
from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from views import view
from visitors import CAMERAS, MeanColour, visitors

from mtmc.calibration import HomographyCamera
from mtmc.identity.gallery import Gallery
from mtmc.multicamera.film import FilmWriter
from mtmc.multicamera.gallery_writer import GalleryWriter
from mtmc.multicamera.result_writer import SettledWriter, WorldWriter, writing_losses
from mtmc.multicamera.run import follow, open_identities, recognise, settle
from mtmc.multicamera.workers import LocalWorkers
from mtmc.sequences.mot_text import read_tracks
from reid.common.errors import InputError
from reid.common.result_folder import ResultFolder

NAMES = ["tracks/a", "tracks/b", "tracks/c"]


@pytest.fixture(scope="module")
def sequence(tmp_path_factory):
    return visitors(tmp_path_factory.mktemp("people"))


@pytest.fixture(scope="module")
def tracks(sequence):
    return list(follow(sequence))


def recognised(sequence, tracks):
    """The identities, and the moments that they name as these come."""
    model = MeanColour()
    identities = open_identities(model)
    return identities, recognise(sequence, tracks, identities, LocalWorkers(sequence, appearance=model))


def breaking(moments, frame: int, error: BaseException):
    for moment in moments:
        if moment.frame == frame:
            raise error
        yield moment


def write(folder, moments, identities, writers=(), results=None) -> WorldWriter:
    with (
        WorldWriter(results or ResultFolder(folder), list(CAMERAS)) as world,
        SettledWriter(identities, [world, *writers]) as settled,
    ):
        for moment in moments:
            settled.write(moment)
    return world


def world_of(folder, suffix: str = "") -> tuple[np.ndarray, list[dict], dict]:
    """What the files say: the table, the lines, and each camera's tracks."""
    table = np.loadtxt(folder / f"world{suffix}.csv", delimiter=",", skiprows=1)
    lines = [json.loads(line) for line in (folder / f"world{suffix}.jsonl").read_text().splitlines()]
    return table, lines, {name: read_tracks(folder / "tracks" / f"{name}{suffix}.txt") for name in CAMERAS}


def test_the_files_say_what_was_found(sequence, tracks, tmp_path):
    identities, live = recognised(sequence, tracks)
    moments = list(settle(live, identities))
    world = write(tmp_path, moments, identities)
    table, lines, cameras = world_of(tmp_path)
    np.testing.assert_array_equal(table[:, 2], np.concatenate([moment.people for moment in moments]))
    np.testing.assert_allclose(table[:, 3:], np.concatenate([moment.tracks.positions for moment in moments]), atol=1e-3)
    assert [line["frame"] for line in lines] == list(range(1, 101))
    for camera, (name, result) in enumerate(cameras.items()):
        at_ten = moments[10].tracks.boxes[:, camera]
        shown = np.isfinite(at_ten[:, 0])
        np.testing.assert_array_equal(result.ids[result.frames == 10], moments[10].people[shown])
        np.testing.assert_allclose(result.boxes[result.frames == 10], at_ten[shown], atol=0.02)
        boxes = [person["boxes"] for person in lines[10]["people"]]
        assert sum(name in of_one for of_one in boxes) == shown.sum()
    assert (world.frames, world.people) == (100, {1, 2, 3})


@pytest.mark.parametrize("error", [KeyboardInterrupt(), InputError("frame 21 is broken"), RuntimeError("the detector's own")])
def test_whatever_ends_a_run_what_was_followed_is_kept_as_if_the_recording_ended_there(sequence, tracks, tmp_path, error):
    identities, live = recognised(sequence, tracks[:20])
    write(tmp_path / "whole", live, identities)
    identities, live = recognised(sequence, tracks)
    assert any((moment.people == 0).any() for moment in recognised(sequence, tracks[:20])[1]), "some moments wait at the end"
    with pytest.raises(type(error)) as end:
        write(tmp_path / "out", breaking(live, 20, error), identities)
    kept, whole = world_of(tmp_path / "out", ".partial"), world_of(tmp_path / "whole")
    np.testing.assert_array_equal(kept[0], whole[0])
    assert kept[1] == whole[1] and len(kept[1]) == 20
    names = ", ".join(
        f"{name}.partial.{suffix}" for name, suffix in [("world", "csv"), ("world", "jsonl"), *((name, "txt") for name in NAMES)]
    )
    assert end.value.__notes__ == [f"20 frames are kept below {tmp_path / 'out'}: {names}"]
    assert not list((tmp_path / "out").rglob("world.csv"))
    del error.__notes__


def test_a_run_after_an_unfinished_one_takes_its_place(sequence, tracks, tmp_path):
    identities = open_identities(None)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, breaking(recognise(sequence, tracks, identities), 20, KeyboardInterrupt()), identities)
    identities = open_identities(None)
    write(tmp_path, recognise(sequence, tracks, identities), identities)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".results", "tracks", "world.csv", "world.jsonl"]
    assert sorted(path.name for path in (tmp_path / "tracks").iterdir()) == ["a.txt", "b.txt", "c.txt"]


def frames_of(path) -> int:
    film, frames = cv2.VideoCapture(str(path)), 0
    while film.read()[0]:
        frames += 1
    return frames


def film_of(results, sequence, images) -> FilmWriter:
    return FilmWriter(results, list(CAMERAS.values()), images, sequence.frame_rate)


def test_a_film_that_meets_a_broken_picture_is_kept_up_to_it(sequence, tracks, tmp_path):
    def broken():
        for number, image in enumerate(view(sequence, "b").images):
            if number == 15:
                raise InputError("frame 16 does not decode")
            yield image

    results = ResultFolder(tmp_path)
    images, identities = [view(sequence, "a").images, broken(), view(sequence, "c").images], open_identities(None)
    with pytest.raises(InputError, match="frame 16") as error, film_of(results, sequence, images) as film:
        write(tmp_path, recognise(sequence, tracks, identities), identities, [film], results)
    assert frames_of(tmp_path / "room.partial.mp4") == 15 and not (tmp_path / "room.mp4").exists()
    assert len(world_of(tmp_path, ".partial")[1]) == 16
    assert error.value.__notes__[1] == f"15 frames are kept below {tmp_path}: room.partial.mp4"


def test_moments_that_wait_for_a_name_when_the_film_breaks_off_are_still_written(sequence, tracks, tmp_path):
    def broken():
        yield next(iter(view(sequence, "a").images))
        raise InputError("frame 2 does not decode")

    def counted(moments):
        for moment in moments:
            seen.append(moment)
            yield moment

    results, seen = ResultFolder(tmp_path), []
    identities, live = recognised(sequence, tracks)
    images = [broken(), None, None]
    with pytest.raises(InputError, match="frame 2"), film_of(results, sequence, images) as film:
        write(tmp_path, counted(live), identities, [film], results)
    assert len(world_of(tmp_path, ".partial")[1]) == len(seen) > 2
    assert {person["person"] for line in world_of(tmp_path, ".partial")[1] for person in line["people"]} == {1, 2, 3}


def test_ctrl_c_while_the_film_draws_leaves_film_and_tracks_alike(sequence, tracks, tmp_path, monkeypatch):
    draw, drawn, results = cv2.resize, [], ResultFolder(tmp_path)

    def interrupted(*arguments, **options):
        drawn.append(arguments)
        if len(drawn) == 3 * 10 + 2:
            signal.raise_signal(signal.SIGINT)
        return draw(*arguments, **options)

    identities = open_identities(None)
    with pytest.raises(KeyboardInterrupt) as error, film_of(results, sequence, [each.images for each in sequence.views]) as film:
        monkeypatch.setattr("mtmc.multicamera.film.cv2.resize", interrupted)
        write(tmp_path, recognise(sequence, tracks, identities), identities, [film], results)
    assert frames_of(tmp_path / "room.partial.mp4") == len(world_of(tmp_path, ".partial")[1]) == 11
    names = ", ".join(
        ["room.partial.mp4", "world.partial.csv", "world.partial.jsonl", *(f"{name}.partial.txt" for name in NAMES)]
    )
    (told,) = error.value.__notes__
    assert told.startswith(f"11 frames are kept below {tmp_path}: ")
    assert sorted(told.partition(": ")[2].split(", ")) == sorted(names.split(", "))


def test_a_camera_is_black_in_the_film_where_its_images_have_ended(sequence, tracks, tmp_path):
    images = [view(sequence, "a").images, [image for image, _ in zip(view(sequence, "b").images, range(5), strict=False)], None]
    identities, results = open_identities(None), ResultFolder(tmp_path)
    with film_of(results, sequence, images) as film:
        write(tmp_path, recognise(sequence, tracks[:8], identities), identities, [film], results)
    film = cv2.VideoCapture(str(tmp_path / "room.mp4"))
    frames = [film.read()[1] for _ in range(8)]
    second = slice(490, 950)
    assert frames[4][:360, second].mean() > 50 > 10 > frames[6][:360, second].mean()


def test_a_camera_of_unknown_size_is_told_before_the_film_begins(sequence, tmp_path):
    cameras = [HomographyCamera(np.eye(3), None, "m"), *list(CAMERAS.values())[1:]]
    with pytest.raises(InputError, match=r"room.mp4: the floor plan needs the width and height of every camera"):
        FilmWriter(ResultFolder(tmp_path), cameras, [None, None, None], sequence.frame_rate)


def test_the_gallery_of_a_finished_run_has_its_pictures_and_its_file(sequence, tracks, tmp_path):
    identities, live = recognised(sequence, tracks)
    with GalleryWriter(ResultFolder(tmp_path / "out"), identities.gallery, tmp_path / "people.npz"):
        list(settle(live, identities))
    assert sorted(path.name for path in (tmp_path / "out" / "gallery").iterdir()) == ["0001.jpg", "0002.jpg", "0003.jpg"]
    assert len(Gallery.load(tmp_path / "people.npz")) == 3


def test_the_gallery_of_an_unfinished_run_lies_beside_the_one_it_began_with(sequence, tracks, tmp_path):
    (tmp_path / "people.npz").write_bytes(b"as it was")
    identities, live = recognised(sequence, tracks)
    with (
        pytest.raises(KeyboardInterrupt) as error,
        GalleryWriter(ResultFolder(tmp_path / "out"), identities.gallery, tmp_path / "people.npz") as gallery,
    ):
        gallery._results.add("world.partial.csv")
        list(settle(breaking(live, 30, KeyboardInterrupt()), identities))
    assert (tmp_path / "people.npz").read_bytes() == b"as it was"
    known = len(Gallery.load(tmp_path / "people.partial.npz"))
    assert known == len(list((tmp_path / "out" / "gallery.partial").glob("*.jpg"))) > 0
    assert error.value.__notes__ == [
        f"pictures of {known} people are kept in {tmp_path / 'out' / 'gallery.partial'}",
        f"the gallery of {known} people is kept in {tmp_path / 'people.partial.npz'}",
    ]
    assert all(cv2.imread(str(path)) is not None for path in (tmp_path / "out" / "gallery.partial").iterdir())


@pytest.mark.parametrize(
    ("full", "told"),
    [
        pytest.param(["disk"], "other results are in {out}, and the gallery of 3 people is in {out}/people.npz", id="its disk"),
        pytest.param(["disk", "out"], "other results are in {out}; the gallery of 3 people is lost: ", id="both disks"),
    ],
)
def test_a_gallery_that_does_not_fit_on_its_disk_stays_as_it_was_and_nothing_else_is_lost(
    sequence, tracks, tmp_path, monkeypatch, full, told
):
    out, file = tmp_path / "out", tmp_path / "disk" / "people.npz"
    file.parent.mkdir()
    file.write_bytes(b"as it was")
    savez = np.savez

    def refusing(path, **arrays):
        path.write_bytes(b"half")
        if path.parent.name in full:
            raise OSError(28, "No space left on device")
        savez(path, **arrays)

    monkeypatch.setattr(np, "savez", refusing)
    identities, live = recognised(sequence, tracks)
    results = ResultFolder(out)
    with pytest.raises(InputError) as error, GalleryWriter(results, identities.gallery, file):
        write(out, live, identities, (), results)
    assert str(error.value).startswith(f"{file}: No space left on device, so it stays as it was; all {told.format(out=out)}")
    assert file.read_bytes() == b"as it was" and list(file.parent.iterdir()) == [file]
    assert len(list((out / "gallery").iterdir())) == 3 and (out / "world.csv").is_file()
    assert (out / "people.npz").is_file() == ("out" not in full)
    if "out" not in full:
        assert len(Gallery.load(out / "people.npz")) == 3


@pytest.mark.parametrize(("name", "message"), [("a.txt/people.npz", "Not a directory"), ("people.pickle", "must end in .npz")])
def test_a_gallery_that_could_not_be_saved_is_refused_at_once(tmp_path, name, message):
    (tmp_path / "a.txt").touch()
    with pytest.raises(InputError, match=message):
        GalleryWriter(ResultFolder(tmp_path / "out"), Gallery(3), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_run_that_breaks_off_before_its_first_moment_leaves_everything_as_it_was(sequence, tracks, tmp_path):
    identities, live = recognised(sequence, tracks)
    results = ResultFolder(tmp_path / "out")
    with pytest.raises(InputError) as error, GalleryWriter(results, Gallery(3), tmp_path / "p.npz"), writing_losses([], results):
        write(tmp_path / "out", breaking(live, 0, InputError("frame 1 is broken")), identities, (), results)
    assert not list(tmp_path.iterdir()) and not hasattr(error.value, "__notes__")


def test_ctrl_c_before_the_first_moment_says_that_nothing_changed(sequence, tracks, tmp_path):
    identities, live = recognised(sequence, tracks)
    with pytest.raises(KeyboardInterrupt) as error:
        write(tmp_path / "out", breaking(live, 0, KeyboardInterrupt()), identities)
    assert error.value.__notes__ == ["nothing was written; earlier results are unchanged"]


@dataclass
class Loss:
    camera: str
    first: int
    last: int
    reason: str


def test_losses_are_told_of_a_whole_and_of_an_unfinished_run(tmp_path):
    losses, results = [], ResultFolder(tmp_path)
    with writing_losses(losses, results):
        results.add("world.csv")
        losses.append(Loss("b", 4, 6, "behind"))
    assert (tmp_path / "losses.csv").read_text() == "camera,first_frame,last_frame,reason\nb,5,7,behind\n"
    with pytest.raises(ZeroDivisionError), writing_losses(losses, results):
        raise ZeroDivisionError
    assert (tmp_path / "losses.partial.csv").read_text() == (tmp_path / "losses.csv").read_text()
