"""Several calibrated cameras: track people on the ground, identify them by appearance, and print scores for each model."""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.papers import shares
from benchmarks.scores.clearmot import Counts
from benchmarks.scores.results import SequenceResult, folder_names, model_facts, row, save
from benchmarks.scores.table import add_row, print_scores, score_table
from benchmarks.scores.world import image_counts, world_counts
from mtmc.commands import arguments as shared
from mtmc.ground.tracks import GroundTracks
from mtmc.multicamera.gallery_writer import GalleryWriter
from mtmc.multicamera.moment import Moment
from mtmc.multicamera.result_writer import SettledWriter, WorldWriter
from mtmc.multicamera.run import follow, open_identities, recognise
from mtmc.multicamera.workers import LocalWorkers
from mtmc.sequences import FORMATS, Recording, open_recording
from mtmc.single.appearance import open_appearance
from mtmc.single.pipeline import StageSeconds
from mtmc.single.result_writer import RunTotals
from reid.common.errors import InputError, run_program
from reid.common.progress import shown_progress
from reid.common.result_folder import ResultFolder

# Table 5 of Lawen et al. (arXiv 1910.07038): 12.5 minutes of LAB, from the public Task-Decomposition database, their reference 8.
PUBLISHED = {
    f"Table 5, LAB: {model}" + ("" if trained_on == "-" else f" ({trained_on})"): scores
    for (model, trained_on), scores in shares("lawen_5", "model", "trained_on").items()
}
LAB = (
    "LAB, of Lawen et al.'s Table 5, is part of the public Task-Decomposition database: four cameras of 640x480 pixels at 15 Hz "
    "in a room of about 5 x 6 m, seven people at most. There is no reader of its files, of which no description was found. To "
    "bring it in, make a folder: each camera's video as NAME.mp4; cameras.yaml, by `python -m mtmc calibrate` from points of "
    "known position, or from its calibration by mtmc.calibration.save_cameras; frameRate=15 under [Sequence] in seqinfo.ini; a "
    "detector's boxes, det/NAME.txt in MOTChallenge's format; the true positions, gt.txt with rows frame,id,x,y in metres, or "
    "true boxes, gt/NAME.txt. Frames count from 1. Then give the folder as --data."
)
MOST_PERSONS = 20  # of a meeting; more would find no places to stand at
ORACLE = "gt"  # the detections that are the ground truth itself


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark with command-line `arguments`; raises `InputError` for invalid user input."""
    options = _parse(arguments)
    results = ResultFolder(options.output)
    models = {
        name: None if name == shared.CARRIED else open_appearance(name, options.engine, options.device) for name in options.reid
    }
    for model in models.values():
        open_identities(model)  # report a model without a threshold before anything runs
    recording = _open(options)
    if any(model is not None for model in models.values()):
        recording.require_images()
    if shared.CARRIED in models:
        recording.require_embeddings()
    metric = _metric(options, recording)
    settings = _settings(options, recording, metric, models)
    rows: list[dict] = []
    folders = folder_names(models)
    with shown_progress() as progress:
        followed: dict[bool, tuple[list[GroundTracks], float]] = {}  # with and without the embeddings of detections
        for name, model in models.items():
            carried = name == shared.CARRIED
            if carried not in followed:
                start = time.perf_counter()
                people = follow(recording if carried else recording.without_embeddings())
                tracks = list(progress(people, recording.length, "fusion"))
                followed[carried] = tracks, time.perf_counter() - start
            fused, fusion = followed[carried]
            folder = folders[name]
            identities = open_identities(model)
            workers = None if model is None else LocalWorkers(recording, appearance=model)
            kept = _Kept()
            with (
                GalleryWriter(results, identities.gallery, under=folder),
                WorldWriter(results, recording.names, folder) as world,
                SettledWriter(identities, [world, kept]) as writer,
            ):
                for moment in recognise(recording, progress(fused, recording.length, name), identities, workers):
                    writer.write(moment)
            moments = kept.moments
            rows.append(_row(name, recording, moments, fusion, metric, options.radius))
            save(results.add("summary.json"), rows, rows[-1], settings, overall_of=name)
    _print(rows, recording, metric, options.radius)
    print(f"tracks, world positions and galleries in {options.output}")


class _Kept:
    """Keeps the moments that are written, for the scores."""

    def __init__(self) -> None:
        self.moments: list[Moment] = []

    def write(self, moment: Moment) -> None:
        self.moments.append(moment)


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lab", description=__doc__, epilog=LAB)
    parser.add_argument("--data", type=Path, metavar="DIR", help="one recording's folder (default: a rendered room)")
    parser.add_argument("--format", default="auto", choices=("auto", *FORMATS), help="format of --data (default: %(default)s)")
    shared.add_reids(parser, "none,hacnn,robust")
    parser.add_argument(
        "--detections", metavar="NAME", help="which detections of --data, such as fasterrcnn, or gt for an oracle"
    )
    parser.add_argument("--metric", choices=("world", "image"), help="where to compare tracks (default: world if known)")
    parser.add_argument(
        "--radius", type=float, default=1.0, metavar="METRES", help="matching radius on the ground (default: %(default)s)"
    )
    parser.add_argument("--people", type=Path, metavar="DIR", help="crops in Market-1501's layout as the room's people")
    parser.add_argument(
        "--persons", type=int, metavar="N", help="N people who stay close together in the rendered room, 4 frames a second"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of the room and of thinned truth (default: %(default)s)"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("outputs/lab"), metavar="DIR", help="output folder (default: %(default)s)"
    )
    return parser.parse_args(arguments)


def _open(options: argparse.Namespace) -> Recording:
    """Open the requested recording."""
    if options.data is not None:
        for name in ("people", "persons"):
            if getattr(options, name) is not None:
                raise InputError(f"--{name} applies to the rendered room only: leave it out, or --data")
        return open_recording(options.data, options.format, options.detections, options.seed)
    from mtmc.simulation import meeting, room

    if options.detections not in (None, "noisy"):
        raise InputError(f"unknown detections {options.detections}: leave --detections out for the rendered room")
    if options.persons is None:
        return room(options.seed, options.people)
    if not 1 <= options.persons <= MOST_PERSONS:
        raise InputError(f"--persons {options.persons}: the room of the meeting holds 1 to {MOST_PERSONS} people")
    return meeting(options.seed, options.people, options.persons)


def _metric(options: argparse.Namespace, recording: Recording) -> str:
    """Where to compare tracks with the ground truth: "world" or "image"."""
    if options.metric == "image" or recording.world_truth is None:
        if options.metric == "world" or recording.ground_truths is None:
            raise InputError(f"{recording.name}: no {options.metric or 'world or image'} ground truth")
        return "image"
    if recording.unit != "m":
        raise InputError(f"{recording.name}: --radius is in metres, but the ground in {recording.unit}; use --metric image")
    return "world"


def _row(name: str, recording: Recording, moments: list[Moment], fusion: float, metric: str, radius: float) -> dict:
    """A row of `summary.json`: that of `benchmarks.scores.results.row`, the model, and the scores in each camera's images."""
    named = [replace(moment.tracks, ids=moment.people) for moment in moments]
    counts, cameras = _counts(recording, named, metric, radius)
    spent = StageSeconds(*np.sum([moment.seconds for moment in moments], axis=0).tolist())
    spent = spent._replace(association=spent.association + fusion)
    totals = RunTotals(frames=len(moments), seconds=spent, passed=sum(spent))
    positions = sum(len(moment.people) for moment in moments)
    scores = row(recording.name, [SequenceResult(recording.name, counts, totals)])
    return scores | {
        "reid": name,
        "people": len(np.unique(np.concatenate([moment.people for moment in moments]))),
        "crops": sum(moment.crops for moment in moments),
        "named_late": sum(moment.waiting for moment in moments) / max(positions, 1),
        "cameras": {camera: _scores(of_camera) for camera, of_camera in cameras.items()},
    }


def _counts(recording: Recording, named: list[GroundTracks], metric: str, radius: float) -> tuple[Counts, dict[str, Counts]]:
    """Counts of the whole recording, and those of each camera's images where their truth is known."""
    if recording.ground_truths is None:
        return world_counts(recording.require_world_truth(), named, radius), {}
    everywhere, by_camera = image_counts(recording.ground_truths, named)
    if metric == "world":
        everywhere = world_counts(recording.require_world_truth(), named, radius)
    return everywhere, dict(zip(recording.names, by_camera, strict=True))


def _scores(counts: Counts) -> dict:
    return counts.ratios() | {key: getattr(counts, key) for key in ("id_switches", "fp", "fn", "mt", "ml")}


def _settings(options: argparse.Namespace, recording: Recording, metric: str, models: dict) -> dict:
    """The options and their resolved values, for `summary.json`."""
    return {
        "data": str(options.data) if options.data else recording.name,
        "frames": recording.length,
        "frame_rate": recording.frame_rate,
        "people": str(options.people) if options.people else None,
        "detections": recording.detection_source,
        "oracle": recording.detection_source == ORACLE,
        "metric": metric,
        "radius": options.radius if metric == "world" else None,
        "seed": options.seed,
        "reid": {name: model_facts(model, "set") for name, model in models.items()},
    }


def _print(rows: list[dict], recording: Recording, metric: str, radius: float) -> None:
    where = f"on the ground, within {radius:g} m" if metric == "world" else "in all images with shared ids, IoU 0.5"
    source = recording.detection_source + (" (oracle)" if recording.detection_source == ORACLE else "")
    below = "; below, in each camera's images" if recording.ground_truths is not None else ""
    table = score_table(f"{recording.name}, {source} detections: MOTA, IDF1 in per cent, {where}{below}", "ReID")
    for scores in rows:
        add_row(table, scores["reid"], scores)
        for camera, of_camera in scores["cameras"].items():
            add_row(table, f"  {camera}", of_camera)
        table.add_section()
    for name, figures in PUBLISHED.items():
        add_row(table, name, figures)
    table.caption = "Table 5 of Lawen et al. is on LAB, another recording; --help tells how to bring it in"
    print_scores(table, 140)
    for scores in rows:
        print(f"{scores['reid']}: {scores['people']} people, {scores['crops']} crops embedded, {scores['named_late']:.1%} of "
              "positions named late")  # fmt: skip


if __name__ == "__main__":
    run_program(main)
