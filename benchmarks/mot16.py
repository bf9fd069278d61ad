"""Track the sequences of MOT16, or of any MOTChallenge folder, and print a table of scores and speeds."""

import argparse
import random
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.download import fetch_mot16
from benchmarks.scores.clearmot import DISTRACTOR_RULES, distractor_classes, score, scored_boxes
from benchmarks.scores.results import SequenceResult, print_table, write_summary
from benchmarks.sequence_folders import DEMO, MOT16, VALIDATION, sequence_folders
from mtmc.commands import arguments as shared
from mtmc.sequences import Sequence, read_motchallenge
from mtmc.sequences.mot_text import read_tracks
from mtmc.single.appearance import open_appearance
from mtmc.single.pipeline import TrackedFrame, track
from mtmc.single.result_writer import ResultWriter
from mtmc.single.tracker_config import appearance_line, build_tracker, read_tracker_config
from reid.common.cache_folder import cache_folder
from reid.common.errors import InputError, run_program
from reid.common.progress import shown_progress
from reid.common.result_folder import ResultFolder

if TYPE_CHECKING:
    from reid import AppearanceModel

# Table 6 of Lawen et al. (arXiv 1910.07038): MOT16's validation set, public detections, the distractor rule of MOTDT's code.
PUBLISHED = {
    "Table 6: Robust-ReID + MOTDT": {"mota": 0.367, "idf1": 0.462},
    "Table 6: Long et al.": {"mota": 0.365, "idf1": 0.461},
}


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark with command-line `arguments`; raises `InputError` for invalid user input."""
    options = _parse(arguments)
    data = options.data or MOT16
    if options.download:
        fetch_mot16(data)
    config = read_tracker_config(options.tracker, options.config)
    output = ResultFolder(options.output)
    appearance = open_appearance(options.reid, options.engine, options.device)
    scoring = None
    if options.scoring is not None:
        from mtmc.candidates.scorer import open_scoring

        scoring = open_scoring(options.scoring, options.device)
    tracker, tracker_record = build_tracker(config, appearance, scoring)
    if appearance is not None and not tracker.uses_appearance:
        print(f"{config.name} uses no appearance: --reid {options.reid} has no effect")
        appearance = None
    random.seed(options.seed)
    np.random.seed(options.seed)  # noqa: NPY002 - for third-party code
    if options.data is None and not MOT16.is_dir():
        data = _render_demo()
    uses = {
        f"--reid {options.reid} (none needs no images)": appearance is not None,
        f"--tracker {config.name}": tracker.needs_image,
        "--video": options.video,
    }
    sequences = _read_sequences(options, data, [name for name, used in uses.items() if used])
    settings = _settings(options, data, sequences, appearance) | {"tracker": config.name} | tracker_record
    results: list[SequenceResult] = []
    with shown_progress() as progress:
        for sequence in sequences:
            frames = track(sequence, tracker, appearance, options.video, cache=cache_folder("embeddings"))
            results.append(_run(sequence, progress(frames, sequence.length, sequence.name), output, options))
            write_summary(output.add("summary.json"), results, settings)
    as_published = set(settings["sequences"]) == set(VALIDATION) and options.detections == "det.txt"
    print_table(results, PUBLISHED if as_published else {})
    print(f"tracker {config.name}, ReID {options.reid if appearance is None else appearance}; results in {options.output}")
    if appearance is not None:
        print(appearance_line(tracker, tracker_record))


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mot16", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help=f"folder of sequences, or one with train/ in it (default: {MOT16}, else a demo)"
    )
    parser.add_argument(
        "--sequences", nargs="+", metavar="NAME", help="names of sequences (default: MOT16's validation set, else all)"
    )
    parser.add_argument(
        "--detections", default="det.txt", metavar="FILE", help="file in det/ of each sequence (default: %(default)s)"
    )
    parser.add_argument(
        "--min-score", type=float, metavar="S", help="drop detections with a lower score, on the file's own scale"
    )
    shared.add_score_scale(parser)
    shared.add_reid(parser)
    shared.add_tracker(parser)
    shared.add_scoring(parser)
    parser.add_argument(
        "--distractors",
        default="official",
        choices=DISTRACTOR_RULES,
        help="rule for matching distractors; a sequence named MOT20-... has those of MOT20 (default: official)",
    )
    parser.add_argument(
        "--output", type=Path, default=Path("outputs/mot16"), metavar="DIR", help="output folder (default: %(default)s)"
    )
    parser.add_argument("--video", action="store_true", help="write annotated MP4 files to DIR/video")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="random seed; the demo is fixed (default: %(default)s)")
    parser.add_argument("--download", action="store_true", help=f"first download MOT16 (1.9 GB) to --data (default: {MOT16})")
    return parser.parse_args(arguments)


def _render_demo() -> Path:
    from mtmc.simulation import demo_sequences

    print(f"no MOT16 in {MOT16}: running on rendered demo sequences; `python -m benchmarks.mot16 --download` gets MOT16 (1.9 GB)")
    demo_sequences(DEMO)
    return DEMO


def _read_sequences(options: argparse.Namespace, data: Path, images_for: list[str]) -> list[Sequence]:
    """All sequences, read before any is run, so that a mistake in the last one is found at once; `images_for` needs images."""
    folders = sequence_folders(data, options.sequences)
    if options.sequences is None:
        without = [folder.name for folder in folders if not (folder / "det" / options.detections).is_file()]
        if without and len(without) < len(folders):
            print(f"skipped, without det/{options.detections}: {', '.join(without)}")
            folders = [folder for folder in folders if folder.name not in without]
    sequences = [read_motchallenge(folder, options.detections, options.min_score, options.score_scale) for folder in folders]
    for sequence in sequences:
        if line := shared.score_scale_line(sequence.name, sequence.score_scale):
            print(line)
        if sequence.ground_truth is not None and not scored_boxes(sequence.ground_truth).any():
            raise InputError(
                f"{sequence.name}: gt/gt.txt has no box to score, that of a considered pedestrian (column 7 not 0 and, if there "
                "are nine columns, column 8 equal to 1); correct the columns, or delete the file to run without scores"
            )
        if images_for:
            sequence.require_images(", ".join(images_for))
    return sequences


def _run(sequence: Sequence, frames: Iterable[TrackedFrame], output: ResultFolder, options: argparse.Namespace) -> SequenceResult:
    """Track one sequence, write its files, and score them."""
    truth = sequence.ground_truth
    scored = f", {scored_boxes(truth).sum()} of {len(truth.ids)} true boxes scored" if truth is not None else ""
    print(f"{sequence.name}: {sequence.length} frames{scored}", flush=True)
    with ResultWriter(output, sequence.name, sequence.frame_rate, options.video) as writer:
        for frame in frames:
            writer.write(frame)
    if truth is None:
        return SequenceResult(sequence.name, None, writer.totals)
    classes, tracks = distractor_classes(sequence.name), read_tracks(writer.text)
    counts = score(truth, tracks, len(sequence.detections), options.distractors, classes)
    return SequenceResult(sequence.name, counts, writer.totals)


def _settings(options: argparse.Namespace, data: Path, sequences: list[Sequence], appearance: "AppearanceModel | None") -> dict:
    """The options and their resolved values, for `summary.json`."""
    return {
        "data": str(data),
        "sequences": [sequence.name for sequence in sequences],
        "detections": options.detections,
        "min_score": options.min_score,
        "score_scale": {sequence.name: sequence.score_scale for sequence in sequences},
        "reid": options.reid,
        "reid_engine": getattr(appearance, "engine", None),
        "reid_weights": getattr(appearance, "weights_hash", None),
        "scoring": options.scoring,
        "config": str(options.config) if options.config else None,
        "distractors": options.distractors,
        "distractor_classes": {sequence.name: distractor_classes(sequence.name) for sequence in sequences},
        "scored_boxes": {
            sequence.name: int(scored_boxes(sequence.ground_truth).sum())
            for sequence in sequences
            if sequence.ground_truth is not None
        },
        "seed": options.seed,
    }


if __name__ == "__main__":
    run_program(main)
