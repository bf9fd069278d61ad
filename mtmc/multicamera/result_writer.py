"""Multi-camera results on disk: people's ground tracks, their boxes in each camera, and lost frames."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mtmc.identity.identities import Identities
from mtmc.multicamera.moment import Moment
from mtmc.multicamera.run import HeldMoments
from mtmc.sequences.mot_text import tracks_text
from reid.common.files import replacing
from reid.common.growing_results import GrowingTexts, end_results, end_without_results
from reid.common.interrupts import uninterrupted
from reid.common.result_folder import ResultFolder, partial_name

if TYPE_CHECKING:
    from mtmc.multicamera.ray_workers import Loss

_HEADER = "frame,time,person,x,y\n"


class MomentWriter(Protocol):
    """Anything that writes moments, one after another."""

    def write(self, moment: Moment) -> None: ...


class WorldWriter:
    """Writes moments below `results`, or below its folder `under` if given.

    `world.csv` holds `frame,time,person,x,y` (frames from 1, seconds, the recording's unit), `world.jsonl` one line per frame
    with the same and each person's boxes, and `tracks/CAMERA.txt` MOTChallenge result lines whose ids are persons; `cameras` are
    names in the order of the moments' boxes. The files are valid however the `with` block ends; after an exception they are named
    `world.partial.csv` and so on, as a note on the exception says. `frames` counts the frames written, and `people` holds the
    people in them.
    """

    def __init__(self, results: ResultFolder, cameras: Sequence[str], under: str = ""):
        self._results, self._cameras = results, list(cameras)
        prefix = f"{under}/" if under else ""
        self._names = [prefix + name for name in ("world.csv", "world.jsonl", *(f"tracks/{name}.txt" for name in cameras))]
        self._texts: GrowingTexts | None = None
        self.frames = 0
        self.people: set[int] = set()

    def __enter__(self) -> "WorldWriter":
        return self

    def write(self, moment: Moment) -> None:
        """Append a moment; the first one creates the files. Raises `InputError` or `OSError` if the disk is full."""
        with uninterrupted():
            texts = self._open()
            self._results.require_room()
            texts.write(list(self._entries(moment)))
            self.frames += 1
            self.people.update(moment.people.tolist())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with uninterrupted():
            if error is None:
                self._open()
            if self._texts is not None:
                end_results(self._results, [(self._texts, self._names)], f"{self.frames} frames", error)
            else:
                end_without_results(self._results, error)

    def _open(self) -> GrowingTexts:
        if self._texts is None:
            self._texts = GrowingTexts(self._results, self._names)
            self._texts.write([_HEADER, *[""] * (len(self._names) - 1)])
        return self._texts

    def _entries(self, moment: Moment) -> Iterator[str]:
        people, boxes = moment.people, moment.tracks.boxes
        rows = zip(people.tolist(), moment.tracks.positions.tolist(), strict=True)
        yield "".join(f"{moment.frame + 1},{moment.time:.3f},{person},{x:.3f},{y:.3f}\n" for person, (x, y) in rows)
        yield json.dumps(_described(moment, self._cameras)) + "\n"
        for camera in range(len(self._cameras)):
            shown = np.isfinite(boxes[:, camera, 0])
            yield tracks_text(moment.frame, people[shown], boxes[shown, camera], np.ones(int(shown.sum())))


class SettledWriter:
    """Passes moments on to `writers` once all their people have names.

    When the `with` block ends, even by an exception, `identities` is closed and the waiting moments follow: the results equal
    those of a recording that ends there. If a writer failed, they go only to those before it, which have all the moments so far.
    """

    def __init__(self, identities: Identities, writers: Sequence[MomentWriter]):
        self._held, self._writers = HeldMoments(identities), list(writers)

    def __enter__(self) -> "SettledWriter":
        return self

    def write(self, moment: Moment) -> None:
        """Hold `moment` back, and pass on the moments whose people all have names."""
        with uninterrupted():
            self._pass_on(self._held.add(moment))

    def __exit__(self, *_: object) -> None:
        with uninterrupted():
            self._pass_on(self._held.close())

    def _pass_on(self, moments: Iterable[Moment]) -> None:
        for moment in moments:
            for number, writer in enumerate(self._writers):
                try:
                    writer.write(moment)
                except BaseException:
                    del self._writers[number:]
                    raise


@contextmanager
def writing_losses(losses: Iterable["Loss"], results: ResultFolder) -> Iterator[None]:
    """At the end of the block, write the lost frames (from 1) of each camera to `losses.csv`:
    `camera,first_frame,last_frame,reason`; after an exception to `losses.partial.csv`."""
    name = partial_name("losses.csv")
    try:
        yield
        name = "losses.csv"
    finally:
        if results.begun:
            rows = [f"{loss.camera},{loss.first + 1},{loss.last + 1},{loss.reason}" for loss in losses]
            with uninterrupted(), replacing(results.add(name)) as temporary:
                temporary.write_text("\n".join(["camera,first_frame,last_frame,reason", *rows]) + "\n", encoding="utf-8")


def _described(moment: Moment, cameras: list[str]) -> dict:
    people = []
    for person, position, boxes in zip(moment.people.tolist(), moment.tracks.positions, moment.tracks.boxes, strict=True):
        seen = {name: box.round(2).tolist() for name, box in zip(cameras, boxes, strict=True) if np.isfinite(box[0])}
        people.append({"person": person, "position": position.round(3).tolist(), "boxes": seen})
    return {"frame": moment.frame + 1, "time": round(moment.time, 3), "people": people}
