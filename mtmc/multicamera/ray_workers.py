"""Run a recording's cameras as Ray actors, across a cluster; tracking and identification stay in one process."""

import logging
import os
import signal
import socket
import sys
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from time import monotonic
from typing import Any

import numpy as np

from mtmc.multicamera.workers import CameraJob, CameraWorker, Embedder, Look, Seen
from mtmc.sequences import Recording
from mtmc.single.failures import Failure, OnError, SkippedFrames
from mtmc.single.pipeline import Detect
from reid.common.errors import EndedEarly, InputError, early_ends
from trackers import Detections

AHEAD = 8  # frames requested from a camera ahead of need; fewer than the images a worker keeps
DEATHS = 3  # consecutive deaths of a camera's worker without a result, after which the camera has dropped out
START = 300.0  # seconds for a worker to start: importing and opening networks on a busy machine
CHECK = 10.0  # seconds between two looks at whether Ray is still there; Ray ends the process 60 s after its head is gone
PATIENCE = 60.0  # seconds: opening a network takes a few, decoding and detecting far less


@dataclass(frozen=True)
class Loss:
    """Frames `first` to `last`, from 0, for which a `camera` returned no detections or none of the requested crops, and why."""

    camera: str
    first: int
    last: int
    reason: str


@dataclass
class _Remote:
    """The state of a camera: its actor, None once it has dropped out, and the requested frames."""

    job: CameraJob
    actor: Any = None
    asked: deque[tuple[int, Any]] = field(default_factory=deque)  # pairs of a frame and its pending result, in order
    deaths: int = 0
    behind: bool = False
    unanswered: Any = None  # a request for crops that timed out; the camera gets no other before its answer


@contextmanager
def _own_sigterm() -> Iterator[None]:
    """Restore the SIGTERM handler of `reid.common.errors.run`, which `ray.init` replaces with one that ends the process at
    once."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if before is not None and threading.current_thread() is threading.main_thread():  # None: not set from Python
            signal.signal(signal.SIGTERM, before)


def open_ray() -> tuple[Any, bool]:
    """Ray, connected to the cluster that `RAY_ADDRESS` names or else started on this machine, and whether that was done here.

    A Ray of this machine alone listens on the loopback only. Raises `InputError` if Ray is not installed.
    """
    cluster = os.environ.get("RAY_ADDRESS")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # programs that watch people report to nobody
    if not cluster and "ray" not in sys.modules:
        # Named after the systems where it is the default. Ray reads it when it is imported, and so do the processes it starts.
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    try:
        import ray
    except ImportError:
        raise InputError("--workers ray needs Ray: pip install 'mtmc[ray]'") from None
    if ray.is_initialized():
        return ray, False
    with _own_sigterm():
        ray.init(cluster or "local", log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
    return ray, True


class _TellingWorker:
    """A camera's worker in a process of its own: each answer comes with the sentences of the `EndedEarly` warnings it gave."""

    def __init__(self, job: CameraJob):
        self._worker = CameraWorker(job)

    def detect(self, frame: int) -> tuple[Seen, list[str]]:
        with early_ends() as told:
            return self._worker.detect(frame), told

    def look(self, frame: int, boxes: np.ndarray) -> tuple[Look | Failure | None, list[str]]:
        with early_ends() as told:
            return self._worker.look(frame, boxes), told


class RayWorkers:
    """The cameras of `recording` as actors that decode, detect and embed; the actors call `open_detector` and `open_appearance`.

    A camera whose worker dies gets a new one, which continues at the current frame. An unresponsive camera is skipped after
    `patience` seconds until it recovers, so it delays the others only once. `restarts` counts the restarts of each camera's
    worker, and `losses` lists the lost frames. `on_error` and `skipped` are those of `LocalWorkers`, whose result this one equals
    without losses. Raises `InputError` if Ray is not installed, for a camera without images and, from all methods, if Ray itself
    is lost.
    """

    def __init__(
        self,
        recording: Recording,
        open_detector: Callable[[], Detect | None] | None = None,
        open_appearance: Callable[[], Embedder | None] | None = None,
        patience: float = PATIENCE,
        on_error: OnError = "stop",
    ) -> None:
        images = recording.require_images()
        self._ray, self._owned = open_ray()
        self._lost, self._checked = False, monotonic()
        self.patience = patience
        self.losses: list[Loss] = []
        self.skipped = SkippedFrames()
        self.restarts = dict.fromkeys(recording.names, 0)
        # Actors reserve no CPU: more cameras than CPUs take turns, spread evenly over the machines.
        self._actor = self._ray.remote(_TellingWorker).options(num_cpus=0, scheduling_strategy="SPREAD")
        self._remotes = {
            name: _Remote(CameraJob(name, source, open_detector, open_appearance, on_error))
            for name, source in zip(recording.names, images, strict=True)
        }
        for remote in self._remotes.values():
            remote.actor = self._actor.remote(remote.job)
        for remote in self._remotes.values():
            self._await(remote)

    def detections(self) -> Iterator[list[Detections | None]]:
        """Detect people in each frame until all cameras end; one entry per camera, None if it did not look or answer."""
        for frame in count():
            for remote in self._remotes.values():
                self._ask(remote, frame)
            seen = [self._seen_by(remote, frame) for remote in self._remotes.values()]
            if self._over(seen):
                return
            for remote in self._remotes.values():
                if remote.actor is None:
                    self._lose(remote.job.camera, frame, "dropped out")
            yield [each.detections for each in seen]

    def _over(self, seen: list[Seen]) -> bool:
        """Whether all images have ended: those of cameras that answer, as one that hangs or has dropped out never says so."""
        remotes = list(self._remotes.values())
        living = [
            each.ended for each, remote in zip(seen, remotes, strict=True) if remote.actor is not None and not remote.behind
        ]
        return all(remote.actor is None for remote in remotes) or (bool(living) and all(living))

    def look(self, camera: str, frame: int, boxes: np.ndarray) -> Look | None:
        """Crop and embed `boxes` `(N, 4)` in a camera's frame; None, and a loss, if the camera does not respond; None, too, for a
        skipped frame."""
        remote, deadline = self._remotes[camera], monotonic() + self.patience
        while remote.actor is not None:
            if remote.unanswered is not None and not self._ray.wait([remote.unanswered], timeout=0)[0]:
                break  # it has held up the others once
            request = remote.actor.look.remote(frame, boxes)
            try:
                remote.unanswered = None
                return self.skipped.without(self._answer(remote, request, max(deadline - monotonic(), 0)))
            except self._ray.exceptions.GetTimeoutError:
                self._require_ray()
                remote.unanswered = request
                break
            except self._ray.exceptions.RayActorError:
                self._replace(remote)
        self._lose(camera, frame, "crops not embedded")
        return None

    def close(self) -> None:
        """Stop the actors, and Ray itself if it was started here."""
        for remote in self._remotes.values():
            if remote.actor is not None and not self._lost:
                self._ray.kill(remote.actor)
        if self._owned:
            self._ray.shutdown()

    def _await(self, remote: _Remote) -> None:
        """Wait until a camera's worker, or its replacement, has started."""
        while True:
            try:
                self._ray.get(remote.actor.__ray_ready__.remote(), timeout=START)
                remote.deaths = 0
                return
            except self._ray.exceptions.GetTimeoutError:
                raise InputError(f"{remote.job.camera}: the worker does not start within {START:g} s") from None
            except self._ray.exceptions.RayActorError as error:
                self._replace(remote)
                if remote.actor is None:
                    reason = str(error).strip().splitlines()[-1]
                    raise InputError(f"{remote.job.camera}: the worker does not start: {reason}") from None

    def _ask(self, remote: _Remote, frame: int) -> None:
        """Keep `AHEAD` requests in flight, from `frame` on."""
        following = max(frame, remote.asked[-1][0] + 1) if remote.asked else frame
        while remote.actor is not None and len(remote.asked) < AHEAD:
            remote.asked.append((following, remote.actor.detect.remote(following)))
            following += 1

    def _seen_by(self, remote: _Remote, frame: int) -> Seen:
        deadline = monotonic() + (0.0 if remote.behind else self.patience)
        while remote.actor is not None and remote.asked and remote.asked[0][0] <= frame:
            number, reference = remote.asked[0]
            try:
                found = self._answer(remote, reference, max(deadline - monotonic(), 0))
            except self._ray.exceptions.GetTimeoutError:
                break
            except self._ray.exceptions.RayActorError:
                self._replace(remote)
                self._ask(remote, frame)
                continue
            remote.asked.popleft()
            if number == frame:
                remote.behind = False
                if found.failure is not None:
                    self.skipped.add(found.failure)
                return found
        if not remote.behind:
            self._require_ray()
        remote.behind = True
        if remote.actor is not None:
            self._lose(remote.job.camera, frame, "behind")
        return Seen(None, ended=remote.actor is None)

    def _answer(self, remote: _Remote, reference: Any, seconds: float) -> Any:
        """Wait for a result; errors raised in the worker are re-raised here."""
        if monotonic() - self._checked > CHECK:
            self._require_ray()
        try:
            answer, told = self._ray.get(reference, timeout=seconds)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, InputError) else error from None
        except (self._ray.exceptions.GetTimeoutError, self._ray.exceptions.RayActorError):
            raise
        except self._ray.exceptions.RayError:
            self._require_ray()
            raise
        remote.deaths = 0
        for sentence in told:
            warnings.warn(sentence, EndedEarly, stacklevel=2)
        return answer

    def _require_ray(self) -> None:
        """Raise `InputError` if this machine's part of Ray, or the cluster, is lost, and with it all workers."""
        self._checked, context = monotonic(), self._ray.get_runtime_context()
        host, _, port = context.gcs_address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CHECK).close()  # without its head, Ray would not answer
            own = [node["Alive"] for node in self._ray.nodes() if node["NodeID"] == context.get_node_id()]
            self._lost = not any(own)
        except (OSError, self._ray.exceptions.RayError):
            self._lost = True
        if self._lost:
            what = "Ray is lost, as if killed or out of memory, and with it the workers of all cameras"
            raise InputError(f"{what}; run again, or without --workers ray")

    def _replace(self, remote: _Remote) -> None:
        """Replace the dead worker of a camera, or give the camera up; drop its pending requests."""
        self._require_ray()
        remote.asked.clear()
        remote.unanswered = None
        remote.deaths += 1
        self.restarts[remote.job.camera] += 1
        remote.actor = self._actor.remote(remote.job) if remote.deaths < DEATHS else None

    def _lose(self, camera: str, frame: int, reason: str) -> None:
        """Record a lost frame, merged with the preceding ones lost for the same reason."""
        for index, loss in enumerate(self.losses):
            if (loss.camera, loss.last, loss.reason) == (camera, frame - 1, reason):
                self.losses[index] = Loss(camera, loss.first, frame, reason)
                return
        self.losses.append(Loss(camera, frame, frame, reason))
