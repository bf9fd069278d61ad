"""Follow people through several calibrated cameras: one number a person, also after leaving and coming back.

CAMERAS is a YAML file of calibrated cameras with their videos, or a folder with cameras.yaml, NAME.mp4 and det/NAME.txt for each
camera NAME in it; recordings of EPFL, WILDTRACK, CMC and CAMPUS are known as well.
"""

import argparse
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtmc.multicamera.ray_workers import RayWorkers
    from mtmc.sequences import Recording


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recording, what finds and what recognises people, where the results go."""
    parser.add_argument("source", type=Path, metavar="CAMERAS", help="a YAML file of cameras, or a recording's folder")
    parser.add_argument("--detections", metavar="NAME", help="of those that the recording has (default: its usual ones)")
    parser.add_argument(
        "--detector", type=Path, metavar="FILE", help="an ONNX file in YOLOX's format, to find the people with instead"
    )
    parser.add_argument("--min-score", type=float, metavar="S", help="drop what the detector scores lower (default: 0.3)")
    parser.add_argument("--config", type=Path, metavar="YAML", help="thresholds of your own, as in configs/rooms/ground.yaml")
    parser.add_argument("--reid", default="robust", metavar="NAME", help="model, none, or weights file (default: %(default)s)")
    parser.add_argument("--gallery", type=Path, metavar="FILE.npz", help="people known before; it is read and written again")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="for world.csv, world.jsonl, tracks/, gallery/")
    parser.add_argument(
        "--workers",
        choices=("local", "ray"),
        default="local",
        help="ray: a process a camera, on the Ray cluster that RAY_ADDRESS names, or on this machine (default: local)",
    )
    parser.add_argument(
        "--patience", type=float, metavar="S", help="with ray: seconds after which a silent camera is done without (default: 60)"
    )
    parser.add_argument("--video", action="store_true", help="write room.mp4: the cameras and the floor plan side by side")


def run(options: argparse.Namespace) -> None:
    """Follow and name people to the end, write, print what was found."""
    from rich.console import Console
    from rich.progress import Progress

    from mtmc.detection.yolox import Detector
    from mtmc.ground.thresholds import read_ground_thresholds
    from mtmc.identity.gallery import Gallery
    from mtmc.multicamera.film import film_room
    from mtmc.multicamera.result_writer import draw_gallery, record_losses, record_room
    from mtmc.multicamera.run import follow, open_identities, recognise, settle
    from mtmc.multicamera.workers import LocalWorkers
    from mtmc.sequences import open_recording
    from mtmc.single.appearance import open_appearance
    from mtmc.single.result_writer import check_folder
    from reid.common.errors import InputError

    if options.min_score is not None and options.detector is None:
        raise InputError("--min-score is for a detector: give --detector FILE as well.")
    if options.gallery and options.reid == "none":
        raise InputError("--gallery holds what an appearance model knows people by: leave it out, or give --reid.")
    if options.patience is not None and options.workers == "local":
        raise InputError("--patience is for cameras that run apart: give --workers ray as well.")
    thresholds = read_ground_thresholds(options.config) if options.config else None
    check_folder(options.output)
    recording = open_recording(options.source, detections=options.detections)
    if options.detector is None and not any(len(found) for view in recording.views for found in view.detections):
        raise InputError(f"{options.source} has no detections: add det/NAME.txt for each camera, or give --detector FILE.")
    model = open_appearance(options.reid)
    detector = Detector(options.detector, options.min_score) if options.detector else None
    if model is not None or options.video or options.detector:
        recording.require_images()
    known = Gallery.load(options.gallery, model.weights_hash) if options.gallery and options.gallery.is_file() else None
    identities = open_identities(model, known)
    with ExitStack() as stack:
        workers = None
        if options.workers == "ray":
            workers = stack.enter_context(closing(_ray_workers(options, recording)))
        elif detector or model:
            workers = LocalWorkers(recording, detector, model)
        found = workers.detections() if detector else None
        tracks = follow(recording, thresholds, found)
        moments = settle(recognise(recording, tracks, identities, workers if model else None), identities)
        moments = record_room(moments, recording.names, options.output)
        if options.video:
            moments = film_room(moments, recording, options.output / "room.mp4")
        people: set[int] = set()
        with Progress(transient=True, disable=not Console().is_terminal) as progress:
            for moment in progress.track(moments, total=recording.length, description=recording.name):
                people.update(moment.people.tolist())
        if options.workers == "ray":
            record_losses(workers.losses, options.output / "losses.csv")
            for camera, restarts in workers.restarts.items():
                lost = sum(loss.last - loss.first + 1 for loss in workers.losses if loss.camera == camera)
                if restarts or lost:
                    print(f"{camera}: its worker was replaced {restarts} times, {lost} frames were lost (losses.csv)")
    if identities.gallery is not None:
        draw_gallery(identities.gallery, options.output / "gallery")
        if options.gallery:
            identities.gallery.save(options.gallery)
    print(f"{recording.length} frames of {len(recording.views)} cameras, {len(people)} people: {options.output}")


def _ray_workers(options: argparse.Namespace, recording: "Recording") -> "RayWorkers":
    from mtmc.detection.yolox import Detector
    from mtmc.multicamera.ray_workers import PATIENCE, RayWorkers
    from mtmc.single.appearance import open_appearance

    open_detector = partial(Detector, options.detector.resolve(), options.min_score) if options.detector else None
    reid = str(Path(options.reid).resolve()) if Path(options.reid).is_file() else options.reid
    appearance = None if reid == "none" else partial(open_appearance, reid)
    return RayWorkers(recording, open_detector, appearance, PATIENCE if options.patience is None else options.patience)
