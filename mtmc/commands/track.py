"""Track the people of one camera."""

import argparse
from pathlib import Path

from mtmc.single.tracker_config import DEFAULT_TRACKER, available_configs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recording, its detections, and how to track."""
    parser.add_argument("source", metavar="VIDEO|FOLDER|CAMERA", help="a file, a MOTChallenge folder, an index or an address")
    people = parser.add_mutually_exclusive_group(required=True)
    people.add_argument("--detections", metavar="FILE", help="MOT text: frame,id,left,top,width,height,score,...")
    people.add_argument("--detector", type=Path, metavar="FILE", help="an ONNX file in YOLOX's format, to find the people with")
    parser.add_argument("--min-score", type=float, metavar="S", help="drop detections scored lower, on their own scale")
    parser.add_argument("--reid", default="robust", metavar="NAME", help="model, none, or weights file (default: %(default)s)")
    parser.add_argument("--tracker", metavar="NAME", help=f"{', '.join(available_configs())} (default: {DEFAULT_TRACKER})")
    parser.add_argument("--config", type=Path, metavar="YAML", help="thresholds of your own; those left out keep their defaults")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="for tracks/NAME.txt and video/NAME.mp4")
    parser.add_argument("--video", action="store_true", help="write an annotated MP4")


def run(options: argparse.Namespace) -> None:
    """Track to the end, write, print what was found."""
    from rich.console import Console
    from rich.progress import Progress

    from mtmc.detection.yolox import Detector
    from mtmc.sequences import open_sequence
    from mtmc.single.appearance import open_appearance
    from mtmc.single.pipeline import track
    from mtmc.single.result_writer import check_folder, record
    from mtmc.single.tracker_config import appearance_line, build_tracker, read_tracker_config
    from reid.common.cache_folder import cache_folder

    config = read_tracker_config(options.tracker, options.config)
    check_folder(options.output)
    detector = None if options.detector is None else Detector(options.detector, options.min_score)
    sequence = open_sequence(options.source, options.detections, options.min_score)
    appearance = open_appearance(options.reid)
    tracker, built = build_tracker(config, appearance)
    text = options.output / "tracks" / f"{sequence.name}.txt"
    video = options.output / "video" / f"{sequence.name}.mp4" if options.video else None
    cache = cache_folder("embeddings")
    frames = track(sequence, tracker, appearance, images=options.video, cache=cache, detector=detector)
    with Progress(transient=True, disable=not Console().is_terminal) as progress:
        frames = progress.track(frames, total=sequence.length, description=sequence.name)
        totals = record(frames, text, video, sequence.frame_rate)
    speed = totals.frames / totals.passed if totals.passed else 0.0
    if appearance is not None:
        print(appearance_line(tracker, built))
    print(f"{totals.frames} frames, {totals.identities} identities, {totals.boxes} boxes, {speed:.1f} fps: {text}")
