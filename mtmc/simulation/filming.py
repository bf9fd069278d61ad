"""Scenes as a multi-camera recording: ground truth and noisy detections from geometry, images rendered on demand only."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mtmc.sequences import GroundTruth, Recording, View, WorldTruth
from mtmc.simulation.detections import SimulatedDetector, haunted_places
from mtmc.simulation.embeddings import CarriedEmbeddings
from mtmc.simulation.rendering import Scene, Truth
from mtmc.simulation.survey import Outline, survey
from mtmc.simulation.writing import ENOUGH, PEDESTRIAN
from reid.footage.rows import rows_by_frame
from trackers import Detections


@dataclass(frozen=True, eq=False)
class RenderedImages:
    """The images of one camera of a scene, rendered on demand."""

    scene: Scene
    camera: str
    frame_rate: float
    length: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.scene.cameras[self.camera].image_size

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self.scene.render(self.camera, frame / self.frame_rate)[0] for frame in range(self.length))

    def crops(self, frame: int, boxes: np.ndarray) -> list[np.ndarray]:
        """The crops of `boxes` `(N, 4)` in the 0-based `frame`, `(h, w, 3)` uint8 BGR each."""
        return self.scene.crops(self.camera, frame / self.frame_rate, boxes)


def film(
    name: str,
    scenes: list[Scene],
    outline: Outline,
    frame_rate: float,
    length: int,
    detector: SimulatedDetector,
    embeddings: CarriedEmbeddings | None = None,
) -> Recording:
    """`length` frames of all cameras of `scenes`, which show parts of one world, from second 0.

    `outline` gives the people's boxes (see `survey`). `detector` draws the detections, named "noisy", with the world's seed; like
    the true boxes they include parts outside the image or occluded. With `embeddings`, detections carry
    them. People less than a tenth visible are not scored in that camera's ground truth; the world truth holds those at least that
    visible in some camera.
    """
    cameras = {camera: scene for scene in scenes for camera in scene.cameras}
    seconds = np.arange(length) / frame_rate
    views, known = [], []
    for number, (camera, scene) in enumerate(cameras.items()):
        moments, truth = survey(scene.world, scene.cameras[camera], number, seconds, outline)
        found = _detect(detector, embeddings, moments, truth, scene, camera, number, seconds)
        seen = truth.visibility >= ENOUGH
        classes = np.full(len(moments), PEDESTRIAN)
        boxes = GroundTruth(moments, truth.ids, truth.boxes, seen, classes, truth.visibility)
        views.append(View(camera, scene.cameras[camera], found, RenderedImages(scene, camera, frame_rate, length), boxes))
        known.append(np.column_stack([moments, truth.ids, truth.ground])[seen])
    rows = np.concatenate(known)
    _, first = np.unique(rows[:, :2], axis=0, return_index=True)
    return Recording(
        name=name,
        frame_rate=frame_rate,
        length=length,
        views=tuple(views),
        detection_source="noisy",
        world_truth=WorldTruth(rows[first, 0].astype(int), rows[first, 1].astype(int), rows[first, 2:]),
    )


def _detect(detector, embeddings, moments, truth, scene, camera, number, seconds) -> list[Detections]:
    """The detections of camera `number` of the recording at each of `seconds` `(T,)`, evenly spaced."""
    size, seed = scene.cameras[camera].image_size, scene.world.seed
    haunts = haunted_places(np.random.default_rng([seed, 7, number]), size)
    rng, looking = np.random.default_rng([seed, 9, number]), np.random.default_rng([seed, 14, number])
    drifted = detector.drifted(moments, truth, seconds[1] - seconds[0], np.random.default_rng([seed, 15, number]))
    found = []
    for frame, rows in enumerate(rows_by_frame(moments, len(seconds))):
        there = Truth(*(part[rows] for part in vars(drifted).values()))
        boxes, scores, shown = detector.detect(there, size, rng, haunts)
        carried = None
        if embeddings is not None:
            carried = embeddings.embed(frame, number, there.ids - 1, there.boxes, shown, looking)
        found.append(Detections(boxes, scores, carried))
    return found
