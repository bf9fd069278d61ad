"""Link people across calibrated cameras that share no view: one number per person, in all cameras.

CAMERAS is a YAML file of calibrated cameras with their videos, or a folder with cameras.yaml and, for each camera NAME in it,
NAME.mp4 and det/NAME.txt. People are tracked in each camera alone; their tracklets are linked by appearance, by exclusivity
(nobody is in two places at once) and by the times that people take from one view to the next.
"""

import argparse
from pathlib import Path
from typing import Literal

from mtmc.commands import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the recording, the detector, the appearance model, the way of linking and the output."""
    arguments.add_recording(parser)
    arguments.add_reid(parser)
    arguments.add_on_error(parser)
    parser.add_argument(
        "--travel",
        choices=("learned", "none"),
        default="learned",
        help="learned: learn the travel times between views from the recording; none: ignore them (default: learned)",
    )
    parser.add_argument("--online", action="store_true", help="link people by what is known so far, as a live system must")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for world.csv, world.jsonl, tracks/")


def run(options: argparse.Namespace) -> None:
    """Track people in each camera, link their tracklets, write the results, print a summary."""
    from mtmc.detection.opening import open_detector
    from mtmc.linking.cameras_apart import Linking
    from mtmc.multicamera.result_writer import WorldWriter
    from mtmc.sequences import open_recording
    from mtmc.sequences.readers.true_detections import oracle_line
    from mtmc.single.appearance import open_appearance
    from reid.common.errors import InputError, note
    from reid.common.interrupts import uninterrupted
    from reid.common.progress import shown_progress
    from reid.common.result_folder import ResultFolder

    if options.min_score is not None and options.detector is None:
        raise InputError("--min-score needs a detector: give --detector FILE as well")
    results = ResultFolder(options.output)
    recording = open_recording(options.source, detections=options.detections)
    recording.require_images()
    if options.detector is None:
        recording.require_detections()
        if line := oracle_line(recording.name, recording.detection_source):
            print(line)
    model = open_appearance(options.reid, options.engine, options.device)
    if model is None:
        raise InputError("--reid none: cameras that share no view are linked by appearance; give a model")
    detector = open_detector(options.detector, options.min_score) if options.detector else None
    linking = Linking(recording, model, detector, options.on_error)
    travel: Literal["learned"] | None = "learned" if options.travel == "learned" else None
    with WorldWriter(results, recording.names) as writer:
        try:
            with shown_progress() as progress:
                for _ in progress(linking.follow(), recording.length, recording.name):
                    pass
        finally:  # an interrupt leaves what was followed until then, linked
            moments = linking.unlinked()
            try:
                moments = linking.moments(travel, options.online)
            except BaseException as error:
                note(error, "people are not linked: each track of a camera has a number of its own")
                raise
            finally:
                with uninterrupted():
                    for moment in moments:
                        writer.write(moment)
    arguments.print_skipped(linking.skipped)
    print(f"{writer.frames} frames of {len(recording.views)} cameras, {len(writer.people)} people: {options.output}")
