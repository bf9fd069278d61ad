"""The pipeline of one camera: what it yields, what it reads, what it drops, and the embeddings it remembers."""

import resource
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import FRAMES

import trackers
from mtmc import open_sequence, track
from mtmc.single import embedding_cache
from reid.common.errors import InputError


class ColourModel:
    """An appearance model that knows a person by the mean colour of its box, and counts how often it is asked."""

    dimension = 3
    weights_hash = "0123"

    def __init__(self):
        self.calls = 0

    def __call__(self, frame, boxes):
        self.calls += 1
        corners = np.clip(boxes, 0, None).astype(int)
        crops = [frame[top : bottom + 1, left : right + 1] for left, top, right, bottom in corners]
        means = np.array([crop.reshape(-1, 3).mean(axis=0) for crop in crops], np.float32).reshape(-1, 3)
        return means / np.linalg.norm(means, axis=1, keepdims=True)


def test_with_boxes_given_tracking_without_appearance_reads_no_picture(make_sequence):
    folder = make_sequence(images=True, info=False)
    for picture in (folder / "img1").iterdir():
        picture.write_bytes(b"no picture")
    assert len(list(track(open_sequence(folder)))) == 12


def test_two_walking_people_keep_their_ids(make_sequence):
    frames = list(track(open_sequence(make_sequence()), "sort"))
    assert [frame.index for frame in frames] == list(range(FRAMES))
    last = frames[-1].tracks
    assert last.ids.tolist() == [1, 2]
    assert all(frame.image is None and frame.seconds.reid == 0 for frame in frames)


@pytest.mark.parametrize("name", ["sort", "deepsort", "motdt"])
def test_without_appearance_no_image_is_read(make_sequence, name):
    folder = make_sequence(images=True)
    for picture in (folder / "img1").iterdir():
        picture.write_bytes(b"no image")
    assert len(list(track(open_sequence(folder), name))) == FRAMES


def test_a_tracker_without_appearance_leaves_the_model_alone(make_sequence):
    model = ColourModel()
    assert len(list(track(open_sequence(make_sequence()), "sort", model))) == FRAMES
    assert model.calls == 0


def test_a_name_in_the_place_of_a_model_is_told(make_sequence):
    with pytest.raises(TypeError, match=r"appearance must be a model from reid\.load, .* not 'robust'"):
        next(track(open_sequence(make_sequence()), appearance="robust"))


def test_a_path_in_the_place_of_a_detector_is_told(make_sequence):
    with pytest.raises(TypeError, match=r"detector must be one from mtmc\.open_detector, .* not 'yolox_s\.onnx'"):
        next(track(open_sequence(make_sequence()), detector="yolox_s.onnx"))


def test_images_come_along_when_asked_for(make_sequence):
    frames = list(track(open_sequence(make_sequence(images=True)), "sort", images=True))
    assert all(frame.image.shape == (120, 160, 3) for frame in frames)


def test_a_tracker_may_be_used_again_and_starts_anew(make_sequence):
    tracker = trackers.build("deepsort")
    sequence = open_sequence(make_sequence(images=True))
    first, second = ([frame.tracks.ids.tolist() for frame in track(sequence, tracker, ColourModel())] for _ in range(2))
    assert first == second


def test_boxes_outside_the_image_are_dropped_and_counted(make_sequence):
    folder = make_sequence(images=True)
    with open(folder / "det" / "det.txt", "a") as file:
        file.write("2,-1,-50,0,50,10,0.9,-1,-1,-1\n2,-1,0,120,5,5,0.9,-1,-1,-1\n2,-1,-49,0,50,10,0.9,-1,-1,-1\n")
    frames = list(track(open_sequence(folder), "deepsort", ColourModel()))
    assert [frame.outside for frame in frames[:3]] == [0, 2, 0]


def test_an_image_of_another_size_is_an_error(make_sequence):
    folder = make_sequence(images=True)
    cv2.imwrite(str(folder / "img1" / "000003.png"), np.zeros((60, 80, 3), np.uint8))
    frames = track(open_sequence(folder), "deepsort", ColourModel())
    assert [next(frames).index, next(frames).index] == [0, 1]
    with pytest.raises(InputError, match="frame 3: the image is 80x60"):
        next(frames)


def test_embeddings_are_computed_once_and_then_found(make_sequence, tmp_path):
    folder, model = make_sequence(images=True), ColourModel()
    first = list(track(open_sequence(folder), "deepsort", model, cache=tmp_path / "cache"))
    assert model.calls == FRAMES and not first[0].reid_cached
    second = list(track(open_sequence(folder), "deepsort", model, cache=tmp_path / "cache"))
    assert model.calls == FRAMES and second[0].reid_cached
    for a, b in zip(first, second, strict=True):
        assert a.tracks.ids.tolist() == b.tracks.ids.tolist()
        np.testing.assert_array_equal(a.tracks.boxes, b.tracks.boxes)
    assert sum(frame.seconds.reid for frame in second) == pytest.approx(sum(frame.seconds.reid for frame in first))
    assert {file.suffix for file in (tmp_path / "cache").iterdir()} == {".f32", ".json"}


def _cut(path):
    path.write_bytes(path.read_bytes()[:-4])


def _flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 16
    path.write_bytes(data)


@pytest.mark.parametrize("suffix", [".f32", ".json"])
@pytest.mark.parametrize("spoil", [_cut, _flip, Path.unlink, lambda path: path.write_bytes(b"")], ids=["cut", "flip", "gone", ""])
def test_a_damaged_entry_is_made_anew(make_sequence, tmp_path, spoil, suffix):
    folder, model = make_sequence(images=True), ColourModel()
    first = list(track(open_sequence(folder), "deepsort", model, cache=tmp_path / "cache"))
    (entry,) = (tmp_path / "cache").glob(f"*{suffix}")
    spoil(entry)
    for computed in (2 * FRAMES, 2 * FRAMES):
        again = list(track(open_sequence(folder), "deepsort", model, cache=tmp_path / "cache"))
        assert model.calls == computed
        assert [frame.tracks.ids.tolist() for frame in again] == [frame.tracks.ids.tolist() for frame in first]


def test_the_cache_keeps_what_was_used_last_within_its_bound(make_sequence, tmp_path, monkeypatch):
    folders = [make_sequence(name, images=True) for name in ("one", "two", "three")]
    model, cache = ColourModel(), tmp_path / "cache"
    list(track(open_sequence(folders[0]), "deepsort", model, cache=cache))
    monkeypatch.setattr(embedding_cache, "MOST", int(2.5 * sum(path.stat().st_size for path in cache.iterdir())))
    for folder in (folders[1], folders[0], folders[2]):
        list(track(open_sequence(folder), "deepsort", model, cache=cache))
    assert model.calls == 3 * FRAMES and len(list(cache.iterdir())) == 4
    assert next(track(open_sequence(folders[0]), "deepsort", model, cache=cache)).reid_cached
    monkeypatch.setattr(embedding_cache, "MOST", 8)
    list(track(open_sequence(folders[1]), "deepsort", model, cache=cache))
    assert len(list(cache.iterdir())) == 4  # too large to keep, so nothing else has to go for it


@pytest.mark.parametrize("change", ["weights", "boxes", "images", "code", "preprocessing"])
def test_what_changed_is_computed_again(make_sequence, tmp_path, monkeypatch, change):
    folder, model = make_sequence(images=True), ColourModel()
    list(track(open_sequence(folder), "deepsort", model, cache=tmp_path / "cache"))
    if change == "weights":
        model.weights_hash = "4567"
    elif change == "code":
        monkeypatch.setattr(embedding_cache, "embedding_code", lambda: "another")
    elif change == "preprocessing":
        model.preprocessing = "another"
    elif change == "boxes":
        with open(folder / "det" / "det.txt", "a") as file:
            file.write("2,-1,3,3,50,10,0.9,-1,-1,-1\n")
    else:
        cv2.imwrite(str(folder / "img1" / "000002.png"), np.full((120, 160, 3), 9, np.uint8))
    list(track(open_sequence(folder), "deepsort", model, cache=tmp_path / "cache"))
    assert model.calls == 2 * FRAMES


def test_a_run_broken_off_leaves_nothing_in_the_cache(make_sequence, tmp_path):
    frames = track(open_sequence(make_sequence(images=True)), "deepsort", ColourModel(), cache=tmp_path / "cache")
    next(frames)
    frames.close()
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(make_sequence, tmp_path):
    (tmp_path / "file").touch()
    frames = track(open_sequence(make_sequence(images=True)), "deepsort", ColourModel(), cache=tmp_path / "file" / "cache")
    assert len(list(frames)) == FRAMES


def test_a_disk_that_the_cache_fills_costs_nothing_but_time(make_sequence, tmp_path):
    folder, limit = make_sequence(images=True), resource.getrlimit(resource.RLIMIT_FSIZE)
    frames = track(open_sequence(folder), "deepsort", ColourModel(), cache=tmp_path / "cache")
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, limit[1]))  # within the embeddings of a frame
    try:
        assert len(list(frames)) == FRAMES
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize("suffix", ["f32", "json"])
def test_a_damaged_entry_of_the_cache_is_computed_anew(make_sequence, tmp_path, suffix):
    folder, model = make_sequence(images=True), ColourModel()
    whole = list(track(open_sequence(folder), "deepsort", model, cache=tmp_path / "cache"))
    (entry,) = (tmp_path / "cache").glob(f"*.{suffix}")
    entry.write_bytes(entry.read_bytes()[:-1])
    anew = list(track(open_sequence(folder), "deepsort", model, cache=tmp_path / "cache"))
    assert model.calls == 2 * FRAMES and not anew[0].reid_cached
    np.testing.assert_array_equal(anew[-1].tracks.boxes, whole[-1].tracks.boxes)
