"""Link people across calibrated cameras that share no view: one number per person, in all cameras.

CAMERAS is a YAML file of calibrated cameras with their videos, or a folder with cameras.yaml, NAME.mp4 and det/NAME.txt for each
camera NAME in it. Each camera is followed alone; its tracklets are linked by appearance, by exclusivity (nobody is in two places
at once) and by the times that people take from one view to the next.
"""

import argparse
from pathlib import Path
from typing import Literal

from mtmc.commands import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recording, what finds and what recognises people, how to link, where the results go."""
    parser.add_argument("source", type=Path, metavar="CAMERAS", help="a YAML file of cameras, or a recording's folder")
    parser.add_argument("--detections", metavar="NAME", help="of those that the recording has (default: its usual ones)")
    arguments.add_detector(parser)
    parser.add_argument("--min-score", type=float, metavar="S", help="drop what the detector scores lower (default: 0.3)")
    arguments.add_reid(parser)
    parser.add_argument(
        "--travel",
        choices=("learned", "none"),
        default="learned",
        help="learned: travel times between views are learned from the recording; none: they do not count (default: learned)",
    )
    parser.add_argument("--online", action="store_true", help="link as a live system must, knowing nothing of what follows")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="for world.csv, world.jsonl, tracks/")


def run(options: argparse.Namespace) -> None:
    """Follow each camera, link, write, print what was found."""
    from rich.console import Console
    from rich.progress import Progress

    from mtmc.detection.opening import open_detector
    from mtmc.linking.cameras_apart import Linking
    from mtmc.multicamera.result_writer import WorldWriter
    from mtmc.sequences import open_recording
    from mtmc.sequences.readers.true_detections import oracle_line
    from mtmc.single.appearance import open_appearance
    from reid.common.errors import InputError
    from reid.common.result_folder import ResultFolder

    if options.min_score is not None and options.detector is None:
        raise InputError("--min-score is for a detector: give --detector FILE as well")
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
    linking = Linking(recording, model, detector)
    travel: Literal["learned"] | None = "learned" if options.travel == "learned" else None
    with WorldWriter(results, recording.names) as writer:
        try:
            with Progress(transient=True, disable=not Console().is_terminal) as progress:
                for _ in progress.track(linking.follow(), total=recording.length, description=recording.name):
                    pass
        finally:  # an interrupt leaves what was followed until then, linked
            for moment in linking.moments(travel, options.online):
                writer.write(moment)
    print(f"{writer.frames} frames of {len(recording.views)} cameras, {len(writer.people)} people: {options.output}")
