"""Track the sequences of MOT16, or of another benchmark, and print a table of scores and speeds."""

import argparse
import random
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.combinations import Combination, combine, read_configs
from benchmarks.detecting import detected
from benchmarks.download import fetch_mot16
from benchmarks.layouts import BENCHMARKS, DEMO, Benchmark, find_sequences
from benchmarks.scores.clearmot import DISTRACTOR_RULES, Counts, score, scored_boxes
from benchmarks.scores.results import SequenceResult, run_facts, write_summary
from benchmarks.scores.table import print_table
from mtmc.commands import arguments as shared
from mtmc.detection.opening import open_detector
from mtmc.sequences import Sequence
from mtmc.sequences.mot_text import read_tracks
from mtmc.single.appearance import open_appearance
from mtmc.single.offline import Observed, write_finished
from mtmc.single.pipeline import TrackedFrame, track
from mtmc.single.result_writer import ResultWriter
from mtmc.single.tracker_config import appearance_line
from reid.common.cache_folder import cache_folder
from reid.common.errors import InputError, run_program
from reid.common.progress import Follow, shown_progress
from reid.common.result_folder import ResultFolder

TRACKER = "motdt"  # that of Table 6 of Lawen et al.


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark with command-line `arguments`; raises `InputError` for invalid user input."""
    options = _parse(arguments)
    benchmark = BENCHMARKS[options.benchmark]
    data = options.data or benchmark.data
    if options.download:
        fetch_mot16(data)
    configs = read_configs(options.tracker, options.config, TRACKER, options.memory)
    output = ResultFolder(options.output)
    detector = None if options.detector is None else open_detector(options.detector, options.min_score)
    models = {name: open_appearance(name, options.engine, options.device) for name in options.reid}
    combinations = combine(configs, models, options.change)
    if options.data is None and options.benchmark == "mot16" and not data.is_dir():
        data = _render_demo(data)
    sequences = _read_sequences(options, benchmark, data, _image_uses(options, combinations))
    results: list[SequenceResult] = []
    runs: list[dict] = []
    with shown_progress() as progress:
        if detector is not None:
            sequences = [detected(sequence, detector, output, progress) for sequence in sequences]
        settings = _settings(options, benchmark, data, sequences)
        for combination in combinations:
            random.seed(options.seed)
            np.random.seed(options.seed)  # noqa: NPY002 - for third-party code
            runs.append({})
            of_run: list[SequenceResult] = []
            for sequence in sequences:
                online, *finished = _run(sequence, combination, benchmark, output, options, progress)
                of_run.append(online)
                results += [online, *finished]
                runs[-1] = combination.facts() | run_facts(of_run)
                told = settings | ({"runs": runs} if combination.what else runs[-1])
                write_summary(output.add("summary.json"), results, told, benchmark.detectors)
    as_published = set(settings["sequences"]) == set(benchmark.validation) and settings["detections"] == benchmark.detections
    print_table(results, benchmark.published if as_published else {}, benchmark.detectors)
    _print_runs(combinations, options)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mot16", description=__doc__)
    parser.add_argument(
        "--benchmark", choices=BENCHMARKS, default="mot16", help="whose folders, rules and defaults apply (default: %(default)s)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        help="folder of sequences, or one with train/, or as the benchmark has it, in it (default: data/MOT16 and so on; without "
        "MOT16 a demo)",
    )
    parser.add_argument(
        "--sequences", nargs="+", metavar="NAME", help="names of sequences (default: MOT16's validation set, else all)"
    )
    people = parser.add_mutually_exclusive_group()
    people.add_argument(
        "--detections",
        metavar="FILE",
        help="file in det/ of each sequence (default: det.txt); for kitti the folder in det_02/ with a file for each",
    )
    shared.add_detector(people)
    what = "drop detections with a lower score, on the file's own scale (default: 0.3 with --detector, else none)"
    parser.add_argument("--min-score", type=float, metavar="S", help=what)
    shared.add_score_scale(parser)
    shared.add_reids(parser, "robust")
    shared.add_trackers(parser, TRACKER)
    what = "also run each tracker with this change, to see what a part of it is worth; may be given several times"
    parser.add_argument("--change", action="append", default=[], metavar="KEY=VALUE", help=what)
    shared.add_offline(parser, "add a row to each")
    parser.add_argument(
        "--distractors",
        default="official",
        choices=DISTRACTOR_RULES,
        help="rule for matching distractors; a sequence named MOT20-... has those of MOT20 (default: official)",
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="output folder (default: outputs/mot16 and so on)")
    parser.add_argument("--video", action="store_true", help="write annotated MP4 files to DIR/video")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="random seed; the demo is fixed (default: %(default)s)")
    parser.add_argument("--download", action="store_true", help="first download MOT16 (1.9 GB) to --data (default: data/MOT16)")
    options = parser.parse_args(arguments)
    benchmark = BENCHMARKS[options.benchmark]
    if options.download and options.benchmark != "mot16":
        raise InputError(f"--download gets MOT16 only: unpack {options.benchmark} to {benchmark.data} yourself")
    options.output = options.output or Path("outputs", options.benchmark)
    if options.detector is None:
        options.detections = options.detections or benchmark.detections
        if options.detections is None:
            raise InputError(f"{options.benchmark} comes without detections: give --detector FILE, or --detections FILE")
    return options


def _image_uses(options: argparse.Namespace, combinations: list[Combination]) -> list[str]:
    """What needs images, as the command line has it."""
    uses = {
        f"--detector {options.detector}": options.detector is not None,
        **{f"--reid {each.reid} (none needs no images)": each.appearance is not None for each in combinations},
        **{f"--tracker {each.config.name}": each.tracker.needs_image for each in combinations},
        "--video": options.video,
    }
    return [name for name, used in uses.items() if used]


def _render_demo(missing: Path) -> Path:
    from mtmc.simulation import demo_sequences

    print(
        f"no MOT16 in {missing}: running on rendered demo sequences; `python -m benchmarks.mot16 --download` gets MOT16 (1.9 GB)"
    )
    demo_sequences(DEMO)
    return DEMO


def _read_sequences(options: argparse.Namespace, benchmark: Benchmark, data: Path, images_for: list[str]) -> list[Sequence]:
    """All sequences, read before any is run, so that a mistake in the last one is found at once; `images_for` needs images."""
    root, names = find_sequences(benchmark, data, options.sequences)
    if options.sequences is None and options.detector is None:
        files = {name: benchmark.file.format(name=name, detections=options.detections) for name in names}
        without = [name for name in names if not (root / files[name]).is_file()]
        if without and len(without) < len(names):
            file = benchmark.file.format(name="NAME", detections=options.detections).removeprefix("NAME/")
            print(f"skipped, without {file}: {', '.join(without)}")
            names = [name for name in names if name not in without]
    how = (None, None, None) if options.detector else (options.detections, options.min_score, options.score_scale)
    sequences = [benchmark.read(root, name, *how) for name in names]
    for sequence in sequences:
        if line := shared.score_scale_line(sequence.name, sequence.score_scale):
            print(line)
        truth = sequence.ground_truth
        if benchmark.peopled and truth is not None and not scored_boxes(truth).any():
            raise InputError(
                f"{sequence.name}: gt/gt.txt has no box to score, that of a considered pedestrian (column 7 not 0 and, if there "
                "are nine columns, column 8 equal to 1); correct the columns, or delete the file to run without scores"
            )
        if images_for:
            sequence.require_images(", ".join(images_for))
    return sequences


def _run(
    sequence: Sequence,
    combination: Combination,
    benchmark: Benchmark,
    output: ResultFolder,
    options: argparse.Namespace,
    progress: Follow,
) -> list[SequenceResult]:
    """Track one sequence, write its files, and score them; with `--offline` also as finished after its end."""
    title = ", ".join([*combination.what.values(), sequence.name])
    truth = sequence.ground_truth
    scored = f", {scored_boxes(truth).sum()} of {len(truth.ids)} true boxes scored" if truth is not None else ""
    print(f"{title}: {sequence.length} frames{scored}", flush=True)
    frames: Iterable[TrackedFrame] = track(
        sequence, combination.tracker, combination.appearance, options.video, cache=cache_folder("embeddings")
    )
    observed = Observed()
    with ResultWriter(output, sequence.name, sequence.frame_rate, options.video, combination.folder) as writer:
        for frame in progress(observed.passing(frames), sequence.length, title):
            writer.write(frame)
    counts = _counts(sequence, writer.text, benchmark, options)
    finishing = shared.finishing(options)
    if finishing is None:
        return [SequenceResult(sequence.name, counts, writer.totals, combination.what)]
    start = time.perf_counter()
    finished = write_finished(output, sequence.name, observed.tracks(), sequence.frame_rate, finishing, combination.folder)
    totals = replace(writer.totals, passed=writer.totals.passed + time.perf_counter() - start)
    after = _counts(sequence, finished, benchmark, options)
    return [
        SequenceResult(sequence.name, counts, writer.totals, combination.what | {"mode": "online"}),
        SequenceResult(sequence.name, after, totals, combination.what | {"mode": "offline"}),
    ]


def _counts(sequence: Sequence, text: Path, benchmark: Benchmark, options: argparse.Namespace) -> Counts | None:
    """The score of the result file `text`; None without truth."""
    if sequence.ground_truth is None:
        return None
    rules = benchmark.rules_of(sequence.name)
    return score(sequence.ground_truth, read_tracks(text), sequence.length or 0, options.distractors, rules)


def _settings(options: argparse.Namespace, benchmark: Benchmark, data: Path, sequences: list[Sequence]) -> dict:
    """The options and their resolved values, for `summary.json`."""
    return {
        "benchmark": options.benchmark,
        "data": str(data),
        "sequences": [sequence.name for sequence in sequences],
        "detections": options.detections,
        "detector": options.detector,
        "min_score": options.min_score,
        "score_scale": {sequence.name: sequence.score_scale for sequence in sequences},
        "config": str(options.config) if options.config else None,
        "memory": options.memory,
        "finishing": None
        if options.offline is None
        else {key: getattr(options, key) for key in ("offline", "max_gap", "min_length")},
        "distractors": options.distractors,
        "distractor_classes": {sequence.name: benchmark.rules_of(sequence.name).distractors for sequence in sequences},
        "scored_boxes": {
            sequence.name: int(scored_boxes(sequence.ground_truth).sum())
            for sequence in sequences
            if sequence.ground_truth is not None
        },
        "seed": options.seed,
    }


def _print_runs(combinations: list[Combination], options: argparse.Namespace) -> None:
    for each in combinations:
        if not each.what:
            reid = each.reid if each.appearance is None else each.appearance
            print(f"tracker {each.config.name}, ReID {reid}; results in {options.output}")
        if each.appearance is not None:
            title = "".join(f"{value}, " for value in each.what.values())
            print(f"{title}{appearance_line(each.tracker, each.record)}")
    if len(combinations) > 1:
        print(f"results in {options.output}")


if __name__ == "__main__":
    run_program(main)
