"""Cameras as Ray actors: the same people as in one process, and what becomes of a camera that dies, hangs or fails."""

import importlib.util
import os
import socket
import sys
import time
import warnings
from dataclasses import dataclass, replace
from itertools import islice

import cv2
import numpy as np
import pytest
import visitors
from views import view, with_images
from visitors import COLOURS, MeanColour

from mtmc.multicamera.ray_workers import Loss, RayWorkers, open_ray
from mtmc.multicamera.run import follow, open_identities, recognise, settle
from mtmc.multicamera.workers import CameraJob, CameraWorker, LocalWorkers, Seen
from reid.common.errors import EndedEarly, InputError
from trackers import Detections

LENGTH = 40


def find_colours(image):
    """A detector that knows the visitors' colours."""
    boxes = []
    for colour in COLOURS:
        near = (np.abs(image.astype(int) - colour).max(axis=2) < 60).astype(np.uint8)
        left, top, width, height = cv2.boundingRect(near)
        if width * height > 50:
            boxes.append((left, top, left + width, top + height))
    return Detections(np.array(boxes, float).reshape(-1, 4), np.full(len(boxes), 0.9))


def open_finder():
    return find_colours


class Dazzled:
    """The detector `find_colours`, which fails each time that somebody is in the middle of the image."""

    def __call__(self, image):
        found = find_colours(image)
        middle = found.boxes[:, [0, 2]].mean(axis=1)
        if (np.abs(middle - image.shape[1] / 2) < 20).any():
            raise ArithmeticError("dazzled")
        return found


@dataclass
class Troubled:
    """Images of a camera that does something at one of its frames, or at each."""

    images: object
    trouble: object
    at: int | None = None

    def __iter__(self):
        for frame, image in enumerate(self.images):
            if self.at in (None, frame):
                self.trouble()
            yield image


def die():
    os._exit(1)


def fail():
    raise InputError("b: frame 11 does not decode")


def hang():
    time.sleep(5)


def break_off():
    warnings.warn("b: the frames end at 10 of 40", EndedEarly, stacklevel=1)


@pytest.fixture(scope="module")
def sequence(tmp_path_factory):
    found = visitors.visitors(tmp_path_factory.mktemp("people"))
    views = tuple(replace(each, images=list(islice(each.images, LENGTH))) for each in found.views)
    return replace(found, length=LENGTH, views=views)


@pytest.fixture(scope="module", autouse=True)
def cluster():
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed: pip install 'mtmc[ray]'")
    ray, _ = open_ray()
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    ray.cloudpickle.register_pickle_by_value(visitors)
    yield ray
    ray.shutdown()


def with_trouble(sequence, *trouble):
    return with_images(sequence, "b", Troubled(view(sequence, "b").images, *trouble))


def people(sequence, workers, disturb=None):
    """Who was found where in each frame; `disturb` is called when the tenth is done."""
    identities, found = open_identities(MeanColour()), []
    tracks = follow(sequence, detections=workers.detections())
    for moment in settle(recognise(sequence, tracks, identities, workers), identities):
        found.append((moment.people.tolist(), moment.tracks.positions.tolist()))
        if disturb and len(found) == 10:
            disturb()
    return found


@pytest.fixture(scope="module")
def expected(sequence):
    return people(sequence, LocalWorkers(sequence, find_colours, MeanColour()))


@pytest.fixture
def start():
    started = []

    def begin(sequence, **settings):
        started.append(RayWorkers(sequence, open_finder, MeanColour, **settings))
        return started[-1]

    yield begin
    for workers in started:
        workers.close()


def test_actors_find_the_very_people_of_one_process(sequence, expected, start):
    workers = start(sequence)
    assert people(sequence, workers) == expected
    assert len(expected) == LENGTH and any(persons for persons, _ in expected)
    assert (workers.losses, set(workers.restarts.values())) == ([], {0})


def test_ray_on_this_machine_listens_on_the_loopback_alone(start, sequence, cluster):
    psutil = pytest.importorskip("psutil")
    assert next(start(sequence).detections())
    ours = {os.getpid(), *(child.pid for child in psutil.Process().children(recursive=True))}
    listening = [each for each in psutil.net_connections("inet") if each.pid in ours and each.status == psutil.CONN_LISTEN]
    assert listening and {each.laddr.ip.removeprefix("::ffff:") for each in listening} == {"127.0.0.1"}


def test_less_than_announced_is_told_as_in_one_process(sequence, start):
    workers = start(with_trouble(sequence, break_off, 10))
    with pytest.warns(EndedEarly, match="the frames end at 10 of 40") as told:
        assert len(list(workers.detections())) == LENGTH
    assert len(told) == 1


def test_ray_that_is_lost_ends_the_run_in_one_sentence(sequence, start, monkeypatch):
    def refuse(*_):
        raise ConnectionRefusedError

    workers = start(sequence)
    frames = workers.detections()
    next(frames)
    monkeypatch.setattr("mtmc.multicamera.ray_workers.CHECK", 0.0)
    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(InputError, match="Ray is lost"):
        next(frames)


def test_a_killed_actor_is_replaced_and_a_recording_loses_nothing(sequence, expected, start, cluster):
    workers = start(sequence)
    assert people(sequence, workers, lambda: cluster.kill(workers._remotes["b"].actor)) == expected
    assert (workers.losses, workers.restarts) == ([], {"a": 0, "b": 1, "c": 0})


def test_a_camera_that_always_dies_drops_out_and_the_others_go_on(sequence, start):
    workers = start(with_trouble(sequence, die, 10))
    found = people(sequence, workers)
    assert len(found) == LENGTH and found[20][0]
    assert workers.losses[-1].last == LENGTH - 1 and {loss.camera for loss in workers.losses} == {"b"}
    assert {loss.reason for loss in workers.losses} <= {"dropped out", "crops not embedded"}


def test_a_camera_that_falls_behind_holds_up_the_others_once_and_catches_up(sequence, start):
    workers = start(with_trouble(sequence, hang, 10), patience=1.5)
    found, seconds = [], []
    start_of_frame = time.monotonic()
    for frame, parts in enumerate(workers.detections()):
        seconds.append(time.monotonic() - start_of_frame)
        found.append(0 if parts[1] is None else len(parts[1]))
        if frame == 12:
            time.sleep(6)  # by then the camera is back
        time.sleep(0.05)
        start_of_frame = time.monotonic()
    assert {(loss.camera, loss.reason) for loss in workers.losses} == {("b", "behind")}
    first = workers.losses[0]
    assert first.first == 10 and 12 <= first.last < LENGTH - 5
    assert not any(found[10 : first.last + 1]) and any(found[first.last + 1 : 30])
    assert seconds[10] >= 1.5 and max(seconds[11 : first.last + 1]) < 1.5


def test_a_camera_that_hangs_over_crops_holds_up_the_others_once(sequence, start):
    workers = start(with_trouble(sequence, hang, 3), patience=1.0)
    boxes, seconds = np.array([[10.0, 10, 60, 60]]), []
    for frame in (3, 4, 5):
        begin = time.monotonic()
        assert workers.look("b", frame, boxes) is None
        seconds.append(time.monotonic() - begin)
    assert seconds[0] > 0.9 and max(seconds[1:]) < 0.5
    assert workers.look("a", 3, boxes) is not None
    assert [(loss.camera, loss.first, loss.last) for loss in workers.losses] == [("b", 3, 5)]


def test_a_worker_that_hangs_at_its_start_is_told(sequence, monkeypatch):
    monkeypatch.setattr("mtmc.multicamera.ray_workers.START", 2.0)
    with pytest.raises(InputError, match="does not start within 2 s"):
        RayWorkers(sequence, hang)


def test_what_is_wrong_with_a_cameras_images_is_told_as_in_one_process(sequence, start):
    workers = start(with_trouble(sequence, fail, 10))
    with pytest.raises(InputError, match="frame 11 does not decode"):
        people(sequence, workers)


def test_a_worker_that_cannot_start_is_told(sequence):
    def open_nothing():
        raise InputError("no such network")

    with pytest.raises(InputError, match=r"the worker does not start: .*no such network"):
        RayWorkers(sequence, open_nothing)


def test_a_worker_that_dies_before_it_has_begun_is_replaced(sequence, start, tmp_path):
    died = tmp_path / "died"

    def open_at_the_second_try():
        if not died.exists():
            died.touch()
            os._exit(1)
        return find_colours

    workers = RayWorkers(sequence, open_at_the_second_try)
    assert sum(workers.restarts.values()) >= 1
    assert len(next(workers.detections())) == 3
    workers.close()


def test_without_ray_one_line_says_what_to_install(sequence, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"pip install 'mtmc\[ray\]'"):
        RayWorkers(sequence)


def test_a_worker_reads_a_recording_once_and_again_only_for_what_is_long_past(sequence):
    images = Troubled(view(sequence, "a").images, lambda: read.append(1))
    read: list[int] = []
    worker = CameraWorker(CameraJob("a", images, open_finder, MeanColour))
    first = worker.detect(0)
    for frame in range(1, 30):
        worker.detect(frame)
        worker.look(frame, np.array([[10.0, 10, 60, 60]]))
    assert len(read) == 30
    assert np.array_equal(worker.detect(0).detections.boxes, first.detections.boxes)
    assert len(read) == 31
    assert worker.detect(LENGTH) == Seen(None, ended=True)


def test_frames_that_fail_are_skipped_and_counted_as_in_one_process(sequence):
    local = LocalWorkers(sequence, Dazzled(), MeanColour(), on_error="skip")
    expected = people(sequence, local)
    workers = RayWorkers(sequence, Dazzled, MeanColour, on_error="skip")
    try:
        assert people(sequence, workers) == expected
    finally:
        workers.close()
    assert workers.skipped.lines() == local.skipped.lines() and workers.losses == []
    assert any("the detector fails: ArithmeticError: dazzled" in line for line in local.skipped.lines())


def test_an_exception_in_an_actor_names_the_camera_and_the_frame(sequence):
    workers = RayWorkers(sequence, Dazzled, MeanColour)
    try:
        with pytest.raises(InputError, match=r"^[abc], frame \d+: the detector fails: ArithmeticError: dazzled") as error:
            people(sequence, workers)
    finally:
        workers.close()
    assert 'raise ArithmeticError("dazzled")' in error.value.__notes__[0]


def test_losses_follow_each_other_in_one_row_as_long_as_the_reason_is_one(sequence):
    workers = RayWorkers.__new__(RayWorkers)
    workers.losses = []
    for camera, frame, reason in (("a", 3, "behind"), ("b", 4, "behind"), ("a", 4, "behind"), ("a", 5, "dropped out")):
        workers._lose(camera, frame, reason)
    assert workers.losses == [Loss("a", 3, 4, "behind"), Loss("b", 4, 4, "behind"), Loss("a", 5, 5, "dropped out")]
