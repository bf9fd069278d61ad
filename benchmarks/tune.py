"""Search the thresholds of a tracker that score best on sequences with ground truth, and write them as a configuration.

Report them on other sequences: on those of the search they are too good. The same command with the same output resumes a search.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import trackers
from benchmarks.layouts import BENCHMARKS, Benchmark, find_sequences
from benchmarks.scores.clearmot import Counts, score
from mtmc.commands import arguments as shared
from mtmc.sequences import Sequence
from mtmc.sequences.mot_text import TrackFile
from mtmc.single.appearance import open_appearance
from mtmc.single.pipeline import track
from mtmc.single.tracker_config import TrackerConfig, build_tracker, read_tracker_config
from reid.common.cache_folder import cache_folder
from reid.common.errors import InputError, run_program
from reid.common.files import replacing
from reid.common.progress import shown_progress
from trackers.ranges import Choice, Switch

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

    from reid import AppearanceModel

METRICS = ("hota", "idf1", "mota")
WIDEST = 4  # ages and counts are searched from a quarter to four times their default


def main(arguments: list[str] | None = None) -> None:
    """Run the search with command-line `arguments`; raises `InputError` for invalid user input."""
    options = _parse(arguments)
    optuna = _optuna()
    config = read_tracker_config(options.tracker, options.config, memory=options.memory)
    appearance = open_appearance(options.reid, options.engine, options.device)
    benchmark = BENCHMARKS[options.benchmark]
    sequences = _read_sequences(options, benchmark)
    tracker, record = build_tracker(config, appearance)
    keys = options.keys or [key for key in record["thresholds"] if key in trackers.rules(config.algorithm)]
    if unknown := [key for key in keys if key not in trackers.rules(config.algorithm)]:
        raise InputError(
            f"{unknown[0]}: not a threshold of {config.algorithm}; choose from {', '.join(trackers.rules(config.algorithm))}"
        )
    if not tracker.uses_appearance:
        appearance = None
    if appearance is not None or tracker.needs_image:
        for sequence in sequences:
            sequence.require_images("the network of --reid, or a tracker that follows the camera's motion")

    options.output.mkdir(parents=True, exist_ok=True)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    backend = optuna.storages.journal.JournalFileBackend(str(options.output / "trials.log"))
    study = optuna.create_study(
        study_name=_search(options, config, keys, sequences),
        storage=optuna.storages.JournalStorage(backend),
        direction="maximize",
        load_if_exists=True,
    )
    study.sampler = optuna.samplers.TPESampler(seed=options.seed + len(study.trials))  # a resumed search draws others
    if not _done(study):
        study.enqueue_trial({key: record["thresholds"][key] for key in keys})  # the first trial is what there is
    used = {key: value for key, value in config.thresholds.items() if key in config.own or record["thresholds"][key] == value}

    def value(trial: "Trial") -> float:
        tried = {key: _suggest(trial, key, config.algorithm) for key in keys}
        counts = [_counts(sequence, config, tried, appearance, benchmark) for sequence in sequences]
        return float(np.mean([each.ratios()[options.metric] for each in counts]))

    first = len(_done(study))
    with shown_progress() as progress:
        for _ in progress(range(first, options.trials), options.trials - first, f"{config.name}, trials"):
            study.optimize(value, n_trials=1)
            _write(options, config, used, study, sequences)
    trials, best = _done(study), study.best_trial
    number = 1 + [trial.number for trial in trials].index(best.number)
    print(f"{options.metric} {best.value:.4f} in trial {number}, {trials[0].value:.4f} before: {_file(options, config)}")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tune", description=__doc__)
    parser.add_argument("--benchmark", choices=BENCHMARKS, default="mot16", help="whose layout and rules apply (default: mot16)")
    parser.add_argument("--data", type=Path, required=True, help="folder of sequences")
    parser.add_argument("--sequences", nargs="+", required=True, metavar="NAME", help="the sequences to search on")
    parser.add_argument("--detections", default="det.txt", metavar="FILE", help="file in det/ of each (default: det.txt)")
    parser.add_argument("--min-score", type=float, metavar="S", help="drop detections with a lower score")
    shared.add_score_scale(parser)
    shared.add_reid(parser)
    shared.add_tracker(parser)
    parser.add_argument("--keys", nargs="+", metavar="KEY", help="thresholds to search (default: all)")
    parser.add_argument("--metric", choices=METRICS, default="hota", help="the mean over the sequences counts (default: hota)")
    parser.add_argument(
        "--trials", type=int, default=60, metavar="N", help="default: %(default)s, those of a resumed run included"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="random seed (default: %(default)s)")
    parser.add_argument(
        "--output", type=Path, default=Path("outputs/tune"), metavar="DIR", help="for TRACKER_tuned.yaml and the trials"
    )
    options = parser.parse_args(arguments)
    if options.trials < 1:
        raise InputError(f"--trials {options.trials}: must be at least 1")
    return options


def _search(options: argparse.Namespace, config: TrackerConfig, keys: list[str], sequences: list[Sequence]) -> str:
    """What determines the value of a trial, as a name: only a search for the same goes on from the trials of another."""
    asked = {key: getattr(options, key) for key in ("benchmark", "detections", "min_score", "score_scale", "reid", "metric")}
    tracker = {"tracker": config.algorithm, "thresholds": config.thresholds, "own": sorted(config.own), "keys": keys}
    return json.dumps(asked | tracker | {"sequences": [sequence.name for sequence in sequences]}, sort_keys=True, default=str)


def _done(study: "Study") -> "list[FrozenTrial]":
    """The trials that came to their end, in order: an interrupted one has no value."""
    return [trial for trial in study.trials if trial.value is not None]


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise InputError("the search needs Optuna: pip install -e '.[tune]'") from None
    return optuna


def _read_sequences(options: argparse.Namespace, benchmark: Benchmark) -> list[Sequence]:
    root, names = find_sequences(benchmark, options.data, options.sequences)
    sequences = [benchmark.read(root, name, options.detections, options.min_score, options.score_scale) for name in names]
    for sequence in sequences:
        if sequence.ground_truth is None:
            raise InputError(f"{sequence.name}: no ground truth, which tells good thresholds from bad; leave it out")
    return sequences


def _suggest(trial: "Trial", key: str, algorithm: str) -> Any:
    """A value of the threshold `key` to try: words and switches by name, numbers within their range or, if it is open, around the
    default."""
    rule, default = trackers.rules(algorithm)[key], trackers.thresholds(algorithm)[key]
    if isinstance(rule, Choice):
        return trial.suggest_categorical(key, rule.words)
    if isinstance(rule, Switch):
        return trial.suggest_categorical(key, [False, True])
    if isinstance(default, int):
        return trial.suggest_int(key, max(int(rule.low), default // WIDEST), WIDEST * max(default, 1))
    return trial.suggest_float(key, max(rule.low, 0.0), min(rule.high, 1.0))


def _counts(
    sequence: Sequence, config: TrackerConfig, tried: dict, appearance: "AppearanceModel | None", benchmark: Benchmark
) -> Counts:
    """The counts of one sequence with the thresholds `tried`."""
    tracker, _ = build_tracker(config.changed(tried), appearance)
    frames = list(track(sequence, tracker, appearance, cache=cache_folder("embeddings")))
    rows = np.repeat([frame.index for frame in frames], [len(frame.tracks) for frame in frames])
    ids = np.concatenate([frame.tracks.ids for frame in frames])
    results = TrackFile(rows, ids, np.concatenate([frame.tracks.boxes for frame in frames]))
    if sequence.ground_truth is None:
        raise AssertionError("checked on reading")
    return score(sequence.ground_truth, results, sequence.length or 0, rules=benchmark.rules_of(sequence.name))


def _file(options: argparse.Namespace, config: TrackerConfig) -> Path:
    return options.output / f"{config.name}_tuned.yaml"


def _write(
    options: argparse.Namespace, config: TrackerConfig, used: dict[str, Any], study: "Study", sequences: list[Sequence]
) -> None:
    """Write the best thresholds so far and those `used` beside them, beneath a comment that says where they come from."""
    best, done = study.best_trial, _done(study)
    names = ", ".join(sequence.name for sequence in sequences)
    lines = [
        f"# {config.name} tuned on {names} ({options.detections}, --reid {options.reid}): {options.metric} {best.value:.4f},",
        f"# {done[0].value:.4f} before, in {len(done)} trials of benchmarks.tune. Report it on other sequences.",
        f"tracker: {config.algorithm}",
    ]
    told = {key: round(value, 3) if isinstance(value, float) else value for key, value in best.params.items()}
    values = used | told
    lines += [f"{key}: {str(value).lower() if isinstance(value, bool) else value}" for key, value in values.items()]
    with replacing(_file(options, config)) as path:
        path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    run_program(main)
