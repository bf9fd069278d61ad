"""One camera's view of a scene as a MOTChallenge folder: images, ground truth and detections."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np

from mtmc.calibration import save_cameras
from mtmc.sequences.mot_text import GroundTruth, detections_text, ground_text, ground_truth_text
from mtmc.simulation.detections import SimulatedDetector, haunted_places
from mtmc.simulation.rendering import Scene
from reid.common.errors import InputError
from reid.common.picture_file import write_image

STAMP = "rendered.txt"  # marks a rendered folder, so that no other folder is ever replaced
PEDESTRIAN = 1  # MOT16's class
ENOUGH = 0.1  # visibility below which a person is not scored: such rows have consider = 0


def write_sequence(
    target: str | Path, scene: Scene, camera: str, length: int, frame_rate: float, detector: SimulatedDetector, version: str = ""
) -> None:
    """Render `length` frames from second 0 as the MOTChallenge folder `target`, which is created atomically.

    `gt/gt.txt` has MOT16's columns with pedestrians only; people less than a tenth visible have consider = 0. `gt/ground.txt`
    holds `frame,id,x,y` in metres, and `det/det.txt` the output of `detector`. A previously rendered `target` is replaced;
    anything else in its place raises `InputError`. `version` is written to the folder's stamp file.
    """
    target = Path(target)
    if target.exists() and not (target / STAMP).is_file():
        raise InputError(f"{target}: exists and was not rendered by this program; move it away, or choose another folder")
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        for below in ("img1", "gt", "det"):
            (part / below).mkdir(parents=True)
        _write_frames(part, scene, camera, length, frame_rate, detector)
        width, height = scene.cameras[camera].image_size
        (part / "seqinfo.ini").write_text(
            f"[Sequence]\nname={target.name}\nimDir=img1\nframeRate={frame_rate:g}\nseqLength={length}\n"
            f"imWidth={width}\nimHeight={height}\nimExt=.jpg\n"
        )
        save_cameras(part / "cameras.yaml", {camera: scene.cameras[camera]})
        (part / STAMP).write_text(version + "\n")
        if target.exists():
            shutil.rmtree(target)
        os.replace(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_frames(part: Path, scene: Scene, camera: str, length: int, frame_rate: float, detector: SimulatedDetector) -> None:
    size, seed = scene.cameras[camera].image_size, scene.world.seed
    haunts = haunted_places(np.random.default_rng([seed, 7]), size)
    with open(part / "gt/gt.txt", "w") as gt, open(part / "gt/ground.txt", "w") as ground, open(part / "det/det.txt", "w") as det:
        for index in range(length):
            image, truth = scene.render(camera, index / frame_rate)
            write_image(part / f"img1/{index + 1:06d}.jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])
            frames, classes = np.full(len(truth.ids), index), np.full(len(truth.ids), PEDESTRIAN)
            seen = truth.visibility
            gt.write(ground_truth_text(GroundTruth(frames, truth.ids, truth.boxes, seen >= ENOUGH, classes, seen)))
            ground.write(ground_text(index, truth.ids, truth.ground))
            det.write(detections_text(index, *detector.detect(truth, size, np.random.default_rng([seed, 9, index]), haunts)[:2]))
