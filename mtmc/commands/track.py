"""Track the people of one camera.

A live camera or stream is tracked until Ctrl-C, which ends the run cleanly.
"""

import argparse
from contextlib import closing, nullcontext, suppress
from pathlib import Path

from mtmc.commands import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the recording, its detections, and the tracker."""
    parser.add_argument(
        "source", metavar="VIDEO|FOLDER|CAMERA", help="a video file, a MOTChallenge folder, a camera index or a stream address"
    )
    people = parser.add_mutually_exclusive_group(required=True)
    people.add_argument("--detections", metavar="FILE", help="MOT text: frame,id,left,top,width,height,score,...")
    arguments.add_detector(people)
    what = "drop detections with a lower score, on their own scale (default: 0.3 with --detector, else none)"
    parser.add_argument("--min-score", type=float, metavar="S", help=what)
    arguments.add_score_scale(parser)
    arguments.add_reid(parser)
    arguments.add_tracker(parser)
    arguments.add_offline(parser, "also write tracks/NAME.offline.txt")
    arguments.add_on_error(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for tracks/NAME.txt and video/NAME.mp4")
    parser.add_argument("--video", action="store_true", help="write an annotated MP4")


def run(options: argparse.Namespace) -> None:
    """Track to the end, write the results, print a summary."""
    from mtmc.detection.opening import open_detector
    from mtmc.sequences import open_sequence
    from mtmc.single.appearance import open_appearance
    from mtmc.single.offline import Observed, write_finished
    from mtmc.single.pipeline import track
    from mtmc.single.result_writer import ResultWriter
    from mtmc.single.tracker_config import appearance_line, build_tracker, read_tracker_config, slow_line
    from reid.common.cache_folder import cache_folder
    from reid.common.progress import shown_progress
    from reid.common.result_folder import ResultFolder

    config = read_tracker_config(options.tracker, options.config, memory=options.memory)
    finishing = arguments.finishing(options)
    results = ResultFolder(options.output)
    detector = None if options.detector is None else open_detector(options.detector, options.min_score)
    sequence = open_sequence(options.source, options.detections, options.min_score, options.score_scale)
    if line := arguments.score_scale_line(sequence.name, sequence.score_scale):
        print(line)
    appearance = open_appearance(options.reid, options.engine, options.device)
    tracker, built = build_tracker(config, appearance)
    if line := slow_line(tracker, config.name, sequence.frame_rate):
        print(line)
    cache = cache_folder("embeddings")
    frames = track(sequence, tracker, appearance, options.video, cache, detector, options.on_error)
    observed = None if finishing is None else Observed()
    # A live source has no end: an interrupt completes its results instead of cutting them short.
    ending = suppress(KeyboardInterrupt) if sequence.length is None else nullcontext()
    with (
        shown_progress() as progress,
        ResultWriter(results, sequence.name, sequence.frame_rate, options.video) as writer,
        closing(frames),
        ending,
    ):
        for frame in progress(frames if observed is None else observed.passing(frames), sequence.length, sequence.name):
            writer.write(frame)
    if finishing is not None and observed is not None:
        print(f"finished offline: {write_finished(results, sequence.name, observed.tracks(), sequence.frame_rate, finishing)}")
    totals = writer.totals
    arguments.print_skipped(totals.skipped)
    speed = totals.frames / totals.passed if totals.passed else 0.0
    if appearance is not None:
        print(appearance_line(tracker, built))
    print(f"{totals.frames} frames, {totals.identities} identities, {totals.boxes} boxes, {speed:.1f} fps: {writer.text}")
    if totals.reid_cached:
        print("embeddings came from the cache; the speed counts the time that the run which computed them took for it")
