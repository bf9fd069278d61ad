"""What several cameras saw, on disk: people's tracks on the ground, their boxes in each camera, their pictures."""

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from mtmc.identity.gallery import Gallery
from mtmc.multicamera.moment import Moment
from mtmc.sequences.mot_text import tracks_text
from reid.common.errors import InputError
from reid.common.files import replacing

if TYPE_CHECKING:
    from mtmc.multicamera.ray_workers import Loss

PICTURE = (64, 128)  # width and height of one crop in a person's picture


def record_room(moments: Iterable[Moment], cameras: list[str], folder: Path) -> Iterator[Moment]:
    """Pass `moments` on and write them below `folder`; the files appear when the last has passed.

    `world.csv` holds `frame,time,person,x,y` (frames from 1, seconds, the recording's unit), `world.jsonl` a line a frame with
    the same and each person's boxes, `tracks/CAMERA.txt` MOTChallenge result lines whose ids are persons. When the input fails or
    the user interrupts, what was written is kept as `NAME.partial.csv` and so on.
    """
    with ExitStack() as stack:
        unfinished = {}

        def create(name: str):
            path = stack.enter_context(replacing(folder / name))
            unfinished[path] = (folder / name).with_suffix(f".partial{path.suffix}")
            return stack.enter_context(open(path, "w", encoding="ascii"))

        table, lines = create("world.csv"), create("world.jsonl")
        views = [create(f"tracks/{camera}.txt") for camera in cameras]
        table.write("frame,time,person,x,y\n")
        moment = None
        try:
            for moment in moments:
                _write(moment, cameras, table, lines, views)
                yield moment
        except (InputError, KeyboardInterrupt) as stop:
            for file in (table, lines, *views):
                file.close()
            for path, kept in unfinished.items():
                path.rename(kept)
            if isinstance(stop, KeyboardInterrupt):
                done = 0 if moment is None else moment.frame + 1
                raise KeyboardInterrupt(f"{done} frames are kept below {folder}, in files named like world.partial.csv") from None
            raise
    for kept in unfinished.values():
        kept.unlink(missing_ok=True)


def _write(moment: Moment, cameras: list[str], table, lines, views: list) -> None:
    people, boxes = moment.people, moment.tracks.boxes
    for person, (x, y) in zip(people.tolist(), moment.tracks.positions.tolist(), strict=True):
        table.write(f"{moment.frame + 1},{moment.time:.3f},{person},{x:.3f},{y:.3f}\n")
    lines.write(json.dumps(_described(moment, cameras)) + "\n")
    for camera, view in enumerate(views):
        shown = np.isfinite(boxes[:, camera, 0])
        view.write(tracks_text(moment.frame, people[shown], boxes[shown, camera], np.ones(int(shown.sum()))))


def draw_gallery(gallery: Gallery, folder: Path) -> None:
    """Write a picture `PERSON.jpg` of each person's exemplars side by side; people without crops have none."""
    for person in gallery.people.tolist():
        crops = [cv2.resize(crop, PICTURE, interpolation=cv2.INTER_AREA) for crop in gallery.crops(person)]
        if crops:
            with replacing(folder / f"{person:04d}.jpg") as path:
                cv2.imwrite(str(path), np.hstack(crops))


def record_losses(losses: Iterable["Loss"], path: Path) -> None:
    """Write which frames (from 1) of which cameras had to be done without, and why: `camera,first_frame,last_frame,reason`."""
    with replacing(path) as temporary:
        rows = [f"{loss.camera},{loss.first + 1},{loss.last + 1},{loss.reason}" for loss in losses]
        temporary.write_text("\n".join(["camera,first_frame,last_frame,reason", *rows]) + "\n", encoding="utf-8")


def _described(moment: Moment, cameras: list[str]) -> dict:
    people = []
    for person, position, boxes in zip(moment.people.tolist(), moment.tracks.positions, moment.tracks.boxes, strict=True):
        seen = {name: box.round(2).tolist() for name, box in zip(cameras, boxes, strict=True) if np.isfinite(box[0])}
        people.append({"person": person, "position": position.round(3).tolist(), "boxes": seen})
    return {"frame": moment.frame + 1, "time": round(moment.time, 3), "people": people}
