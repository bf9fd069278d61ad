"""Non-overlapping cameras: track people in each alone, and link the tracklets, with and without travel times."""

import argparse
import time
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.measured_travel import measured_travel
from benchmarks.scores.clearmot import Counts
from benchmarks.scores.results import COLUMNS, SequenceResult, folder_names, model_facts, row, save
from benchmarks.scores.table import add_row, print_scores, score_table
from benchmarks.scores.world import world_counts, world_people
from mtmc.commands import arguments as shared
from mtmc.ground.tracks import GroundTracks
from mtmc.linking.cameras_apart import moments_of, require_links
from mtmc.linking.linker import Linker
from mtmc.linking.naming import name_offline, name_online, rename
from mtmc.linking.tracklets import Ended, follow_apart, gather
from mtmc.linking.travel_times import TravelTimes
from mtmc.linking.zones import Zones
from mtmc.multicamera.result_writer import WorldWriter
from mtmc.multicamera.workers import LocalWorkers
from mtmc.sequences import Recording
from mtmc.simulation import rooms
from mtmc.single.appearance import open_appearance
from mtmc.single.pipeline import StageSeconds
from mtmc.single.result_writer import RunTotals
from reid.common.errors import InputError, run_program
from reid.common.progress import Follow, shown_progress
from reid.common.result_folder import ResultFolder

RADIUS = 1.0  # matching radius on the ground in metres
ELSEWHERE = 1000  # added to the seed for the recording in which travel times are measured
UNTIMED = StageSeconds(0.0, 0.0, 0.0)
TABLE = (*COLUMNS[:7], ("people", "people", "{}"), *COLUMNS[7:])
TRAVEL = {"none": "no travel times", "learned": "travel times learned", "given": "travel times given"}


@dataclass(frozen=True)
class Followed:
    """The recording, its tracks before linking, and the tracking time in seconds."""

    recording: Recording
    tracks: list[GroundTracks]
    seconds: float


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark with command-line `arguments`; raises `InputError` for invalid user input."""
    options = _parse(arguments)
    results = ResultFolder(options.output)
    models = {name: open_appearance(name, options.engine, options.device) for name in options.reid}
    for model in models.values():
        if model is not None:
            require_links(model)
    recording = rooms(options.seed, options.people, options.persons)
    truth = recording.require_world_truth()
    with shown_progress() as progress:
        start = time.perf_counter()
        tracks = list(progress(follow_apart(recording), recording.length, "tracking"))
        followed = Followed(recording, tracks, time.perf_counter() - start)
        names = world_people(truth, tracks, RADIUS)
        limit = world_counts(truth, rename(tracks, names), RADIUS)
        settings = _settings(options, recording, models, limit)
        given = None
        folders = folder_names(models)
        rows: list[dict] = []
        for name, model in models.items():
            if model is None:
                rows.append(_row(followed, {}, results, "none", UNTIMED, 0, reid="none", linking="none", travel="none"))
            else:
                given = given or measured_travel(rooms(options.seed + ELSEWHERE, options.people, options.persons), RADIUS)
                rows += _rows(name, model, followed, given, results, folders[name], progress)
            last = {key: rows[-1][key] for key in ("reid", "linking", "travel")}
            save(results.add("summary.json"), rows, rows[-1], settings, overall_of=last)
    _print(rows, recording, limit)
    print(f"tracks and world positions in {options.output}")


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rooms", description=__doc__)
    parser.add_argument(
        "--people", type=Path, metavar="DIR", help="crops in Market-1501's layout as people (default: drawn figures)"
    )
    shared.add_reids(parser, "none,robust")
    parser.add_argument(
        "--persons", type=int, default=20, metavar="N", help="number of people, three visits each (default: %(default)s)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="seed of the rooms and their people (default: %(default)s)"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("outputs/rooms"), metavar="DIR", help="output folder (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    if options.persons < 1:
        raise InputError(f"--persons {options.persons}: must be at least 1")
    if options.seed < 0:
        raise InputError(f"--seed {options.seed}: must be at least 0")
    return options


def _rows(
    name: str, model, followed: Followed, given: tuple[Zones, TravelTimes], results: ResultFolder, folder: str, progress: Follow
) -> list[dict]:
    """The rows of one model: online and offline, with each kind of travel times. Crops are embedded only once."""
    embedding, recording = _Timed(model), followed.recording
    workers = LocalWorkers(recording, appearance=embedding)
    start = time.perf_counter()
    ended = list(gather(recording, progress(followed.tracks, recording.length, name), workers, Zones()))
    reading = time.perf_counter() - start - embedding.seconds
    zones, times = deepcopy(given)
    rezoned = [_with_embeddings(*both) for both in zip(gather(recording, followed.tracks, None, zones), ended, strict=True)]
    rows = []
    for linking in ("online", "offline"):
        for travel in TRAVEL:
            own = {"none": None, "learned": TravelTimes(), "given": deepcopy(times)}[travel]
            tracklets = rezoned if travel == "given" else ended
            start = time.perf_counter()
            if linking == "online":
                names = name_online(tracklets, Linker(model.thresholds.link, own))
            else:
                names = name_offline(tracklets, model.thresholds.link, own)
            spent = StageSeconds(reading, embedding.seconds, time.perf_counter() - start)
            what = {"reid": name, "linking": linking, "travel": travel}
            rows.append(_row(followed, names, results, f"{folder}/{linking}-{travel}", spent, embedding.crops, **what))
    return rows


def _with_embeddings(zoned: Ended, viewed: Ended) -> Ended:
    """The tracklets of one moment with the zones of the one and the embeddings of the other; those without are left out."""
    both = {
        track: replace(zoned.tracklets[track], embeddings=tracklet.embeddings) for track, tracklet in viewed.tracklets.items()
    }
    return replace(viewed, tracklets=both)


class _Timed:
    """An appearance model that counts its crops and seconds."""

    def __init__(self, model):
        self._model, self.crops, self.seconds = model, 0, 0.0

    def embed(self, images: list[np.ndarray]) -> np.ndarray:
        start = time.perf_counter()
        embeddings = self._model.embed(images)
        self.crops, self.seconds = self.crops + len(images), self.seconds + time.perf_counter() - start
        return embeddings


def _row(
    followed: Followed, names: dict[int, int], results: ResultFolder, folder: str, spent: StageSeconds, crops: int, **what: str
) -> dict:
    """A row of `summary.json`: that of `scores.results.row`, the model, the kind of linking and the number of people found.
    Writes the named tracks to `folder` of `results`."""
    recording, named = followed.recording, rename(followed.tracks, names)
    counts = world_counts(recording.require_world_truth(), named, RADIUS)
    spent = spent._replace(association=spent.association + followed.seconds)
    totals = RunTotals(frames=recording.length, seconds=spent, passed=sum(spent))
    with WorldWriter(results, recording.names, folder) as writer:
        for moment in moments_of(named, recording.frame_rate):
            writer.write(moment)
    scores = row(recording.name, [SequenceResult(recording.name, counts, totals)])
    return scores | what | {"people": _people(named), "true_people": counts.identities, "crops": crops}


def _people(named: list[GroundTracks]) -> int:
    return len(set().union(*(tracks.ids.tolist() for tracks in named)))


def _settings(options: argparse.Namespace, recording: Recording, models: dict, limit: Counts) -> dict:
    """The options and their resolved values, for `summary.json`; `limit` is the score of perfect links."""
    return {
        "data": recording.name,
        "frames": recording.length,
        "frame_rate": recording.frame_rate,
        "people": str(options.people) if options.people else None,
        "persons": options.persons,
        "detections": recording.detection_source,
        "metric": "world",
        "radius": RADIUS,
        "seed": options.seed,
        "travel_seed": options.seed + ELSEWHERE,
        "perfect_links": limit.ratios() | {"id_switches": limit.id_switches},
        "reid": {name: model_facts(model, "link") for name, model in models.items()},
    }


def _print(rows: list[dict], recording: Recording, limit: Counts) -> None:
    title = f"{recording.name}, {recording.detection_source} detections, {limit.identities} people: MOTA, IDF1 on the ground, "
    table = score_table(title + f"within {RADIUS:g} m, in per cent", "ReID: linking", TABLE)
    for number, scores in enumerate(rows):
        if number and rows[number - 1]["reid"] != scores["reid"]:
            table.add_section()
        kind = "each track a person" if scores["linking"] == "none" else f"{scores['linking']}, {TRAVEL[scores['travel']]}"
        add_row(table, f"{Path(scores['reid']).stem}: {kind}", scores, TABLE)
    table.add_section()
    add_row(table, "perfect links", limit.ratios() | {"id_switches": limit.id_switches, "people": limit.identities}, TABLE)
    print_scores(table, 150)


if __name__ == "__main__":
    run_program(main)
