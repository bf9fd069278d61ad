"""Track people through several calibrated cameras: one number per person, kept when they leave and return.

CAMERAS is a YAML file of calibrated cameras with their videos, or a folder with cameras.yaml and, for each camera NAME in it,
NAME.mp4 and det/NAME.txt. The layouts of EPFL, WILDTRACK, CMC and CAMPUS are recognised as well.
"""

import argparse
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mtmc.commands import arguments

if TYPE_CHECKING:
    from mtmc.multicamera.ray_workers import RayWorkers
    from mtmc.sequences import Recording


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the recording, the detector, the appearance model and the output."""
    arguments.add_recording(parser)
    parser.add_argument("--config", type=Path, metavar="YAML", help="your own thresholds, as in configs/rooms/ground.yaml")
    arguments.add_reid(parser, carried=True)
    arguments.add_on_error(parser)
    parser.add_argument("--gallery", type=Path, metavar="FILE.npz", help="people already known; it is read, then updated")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="folder for world.csv, world.jsonl, tracks/, gallery/"
    )
    parser.add_argument(
        "--workers",
        choices=("local", "ray"),
        default="local",
        help="ray: one process per camera, on the Ray cluster at RAY_ADDRESS or on this machine (default: local)",
    )
    parser.add_argument(
        "--patience",
        type=float,
        metavar="S",
        help="with ray: seconds after which an unresponsive camera is skipped (default: 60)",
    )
    parser.add_argument("--video", action="store_true", help="write room.mp4: the cameras and the floor plan side by side")


def run(options: argparse.Namespace) -> None:
    """Track and identify people, write the results, print a summary."""
    from mtmc.detection.opening import open_detector
    from mtmc.ground.thresholds import read_ground_thresholds
    from mtmc.identity.gallery import Gallery
    from mtmc.multicamera.film import FilmWriter
    from mtmc.multicamera.gallery_writer import GalleryWriter
    from mtmc.multicamera.result_writer import MomentWriter, SettledWriter, WorldWriter, writing_losses
    from mtmc.multicamera.run import follow, open_identities, recognise
    from mtmc.multicamera.workers import LocalWorkers, Workers
    from mtmc.sequences import open_recording
    from mtmc.sequences.readers.true_detections import oracle_line
    from mtmc.single.appearance import open_appearance
    from mtmc.single.failures import SkippedFrames, shown
    from reid.common.errors import InputError
    from reid.common.progress import shown_progress
    from reid.common.result_folder import ResultFolder

    if options.min_score is not None and options.detector is None:
        raise InputError("--min-score needs a detector: give --detector FILE as well")
    carried = options.reid == arguments.CARRIED
    if carried and options.detector is not None:
        raise InputError(f"--reid {options.reid} are the embeddings of the recording's own detections: leave --detector out")
    network = "none" if carried else options.reid
    if options.gallery and network == "none":
        raise InputError("--gallery needs an appearance model: leave it out, or give --reid")
    if options.patience is not None and options.workers == "local":
        raise InputError("--patience applies to --workers ray only: give that as well")
    thresholds = read_ground_thresholds(options.config) if options.config else None
    results = ResultFolder(options.output)
    recording = open_recording(options.source, detections=options.detections)
    if carried:
        recording.require_embeddings()
    if options.detector is None:
        recording.require_detections()
        if line := oracle_line(recording.name, recording.detection_source):
            print(line)
    uses = {
        f"--reid {options.reid} (none needs no images)": network != "none",
        "--video": options.video,
        "--detector": options.detector,
    }
    if needed_by := ", ".join(name for name, used in uses.items() if used):
        recording.require_images(needed_by)  # before the model, which may take a minute to open
    model = open_appearance(network, options.engine, options.device)
    detector = open_detector(options.detector, options.min_score) if options.detector else None
    known = None
    if model is not None and options.gallery and options.gallery.is_file():
        known = Gallery.load(options.gallery, model.weights_hash)
    identities = open_identities(model, known)
    undrawn = SkippedFrames()
    with ExitStack() as stack:
        workers: Workers | None = None
        apart = None
        if options.workers == "ray":
            workers = apart = stack.enter_context(closing(_ray_workers(options, recording)))
        elif detector or model:
            workers = LocalWorkers(recording, detector, model, options.on_error)
        found = workers.detections() if workers and detector else None
        tracks = follow(recording if carried else recording.without_embeddings(), thresholds, found)
        moments = recognise(recording, tracks, identities, workers if model else None)
        with ExitStack() as sinks:
            sinks.enter_context(GalleryWriter(results, identities.gallery, options.gallery))
            if apart is not None:
                sinks.enter_context(writing_losses(apart.losses, results))
            writers: list[MomentWriter] = [sinks.enter_context(world := WorldWriter(results, recording.names))]
            if options.video:
                views = zip(recording.require_images(), recording.names, strict=True)
                images = [shown(*view, undrawn, options.on_error) for view in views]
                film = FilmWriter(results, recording.cameras, images, recording.frame_rate)
                writers.append(sinks.enter_context(film))
            settled = sinks.enter_context(SettledWriter(identities, writers))
            progress = sinks.enter_context(shown_progress())
            for moment in progress(moments, recording.length, recording.name):
                settled.write(moment)
        if apart is not None:
            for camera, restarts in apart.restarts.items():
                lost = sum(loss.last - loss.first + 1 for loss in apart.losses if loss.camera == camera)
                if restarts or lost:
                    print(f"{camera}: worker restarted {restarts} times, {lost} frames lost (losses.csv)")
    for skipped in [undrawn] if workers is None else [workers.skipped, undrawn]:
        arguments.print_skipped(skipped)
    print(f"{world.frames} frames of {len(recording.views)} cameras, {len(world.people)} people: {options.output}")


def _ray_workers(options: argparse.Namespace, recording: "Recording") -> "RayWorkers":
    from mtmc.detection.opening import open_detector
    from mtmc.multicamera.ray_workers import PATIENCE, RayWorkers
    from mtmc.single.appearance import open_appearance

    detector = partial(open_detector, _absolute(options.detector), options.min_score) if options.detector else None
    opened = partial(open_appearance, _absolute(options.reid), options.engine, options.device)
    appearance = None if options.reid in ("none", arguments.CARRIED) else opened
    patience = PATIENCE if options.patience is None else options.patience
    return RayWorkers(recording, detector, appearance, patience, options.on_error)


def _absolute(name: str) -> str:
    """The absolute path of a file, for a worker in another folder; any other name is unchanged."""
    return str(Path(name).resolve()) if Path(name).is_file() else name
