"""Check how well a network separates people on your own cameras, without labels.

Crops linked by overlap from frame to frame, for a second, are pairs of one person; crops in one frame are pairs of two people.
The distances of both kinds show what a tracker can expect from the network there, and at which threshold. People who return after
minutes look less alike than one second later, so the errors are lower bounds.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from reid.commands import arguments
from reid.footage.rows import rows_by_frame

if TYPE_CHECKING:
    from reid import AppearanceModel
    from reid.evaluation.separation import Separation
    from reid.evaluation.unlabelled import CropPairs
    from reid.footage.detection_text import DetectionFile
    from reid.footage.footage import Footage

LEAST_PAIRS = 20  # of each kind; with fewer, the figures are meaningless
# Largest equal error rate of each. On PETS09-S2L1 and ADL-Rundle-6a, on which none was trained, 0277 has 1.8% and 0.9%, robust
# 4.6% and 1.1%. Former weights of robust, with 1% rank-1 on campus where these two reach 73% and 55%, had 4.1% and 3.7%. So pairs
# a second apart are easy: the verdict covers those alone, not people who return.
VERDICTS = (0.02, "well"), (0.03, "fairly well"), (0.1, "poorly"), (1.0, "hardly at all")
COLUMNS = "pair", "frame", "row", "other_frame", "other_row", "distance"  # rows are those of the detection file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the network, the video and its detections."""
    arguments.add_model(parser)
    parser.add_argument("--video", required=True, metavar="FILE", help="a video file, or a folder in MOTChallenge's layout")
    text = "MOT text: frame,id,left,top,width,height,score,...; for a folder, also the name of a file in its det/"
    parser.add_argument("--detections", required=True, metavar="FILE", help=text)
    parser.add_argument("--min-score", type=float, metavar="S", help="drop detections with a lower score, on their own scale")
    arguments.add_centre(parser)
    parser.add_argument("--output", type=Path, metavar="FILE.csv", help="also write the distance of every pair")
    arguments.add_engine(parser)


def run(options: argparse.Namespace) -> None:
    """Find the pairs, embed their crops, and print how the two kinds differ."""
    from reid.appearance import load
    from reid.centring import centre
    from reid.common.errors import InputError
    from reid.evaluation.separation import separate
    from reid.evaluation.unlabelled import find_pairs
    from reid.footage.footage import open_footage

    if options.output is not None and options.output.suffix != ".csv":
        raise InputError(f"{options.output}: the output name must end in .csv")
    footage = open_footage(options.video, options.detections, options.min_score)
    if footage.images is None:
        raise InputError(f"{options.video}: neither img1/ nor a video; add one")
    rows = _rows_by_frame(footage.detections, footage.image_size or footage.images.size)
    boxes = [footage.detections.boxes[each] for each in rows]
    pairs = find_pairs(boxes, footage.frame_rate)
    if min(len(pairs.genuine), len(pairs.impostor)) < LEAST_PAIRS:
        few = f"{len(pairs.genuine)} pairs of one person a second apart and {len(pairs.impostor)} of two people at once"
        way_out = "give a longer video, one with more people, or detections of every frame"
        raise InputError(f"{options.video}: only {few}, but {LEAST_PAIRS} of each are needed; {way_out}")
    model = load(options.model, engine=options.engine, device=options.device)
    embeddings = _embed(model, footage, footage.images, boxes, pairs.frames)
    together = np.concatenate(list(embeddings.values()))
    variants = {"none": embeddings}
    if options.centre:
        mean = together.mean(axis=0, dtype=np.float64)  # over at most as many people as tracks, however often each was seen
        variants["camera"] = {frame: centre(part, mean, pairs.tracks) for frame, part in embeddings.items()}
    distances = {name: [_distances(part, kind) for kind in (pairs.genuine, pairs.impostor)] for name, part in variants.items()}
    found = {name: separate(*kinds) for name, kinds in distances.items()}
    print(f"{footage.name}: {len(pairs.genuine)} pairs of one person a second apart, from {pairs.tracks} stretches of tracks")
    print(f"{footage.name}: {len(pairs.impostor)} pairs of two people at once; {len(together)} crops, {model}")
    _print(found, model.thresholds.image)
    for name, separation in found.items():
        print(_verdict(options.model, separation, name, None if name == "camera" else model.thresholds.image))
    if options.output is not None:
        _write(options.output, pairs, [footage.detections.rows[each] for each in rows], distances)


def _rows_by_frame(detections: "DetectionFile", size: tuple[int, int]) -> list[np.ndarray]:
    """The rows of the detections in each frame, without those wholly outside the image."""
    inside = np.all(detections.boxes[:, 2:] > 0, axis=1) & np.all(detections.boxes[:, :2] < size, axis=1)
    length = 1 + detections.frames.max(initial=-1)
    return [np.arange(rows.start, rows.stop)[inside[rows]] for rows in rows_by_frame(detections.frames, length)]


def _embed(
    model: "AppearanceModel", footage: "Footage", images: Iterable[np.ndarray], boxes: list, frames: np.ndarray
) -> dict[int, np.ndarray]:
    """The embeddings `(N, D)` of the `boxes` in each of the `frames`."""
    from rich import get_console
    from rich.progress import track

    from reid.common.errors import InputError

    wanted, embeddings = set(frames.tolist()), {}
    shown = track(images, "embedding", footage.length, transient=True, disable=not get_console().is_terminal)
    for frame, image in enumerate(shown):
        if frame in wanted:
            embeddings[frame] = model(image, boxes[frame])
        if len(embeddings) == len(wanted):
            return embeddings
    raise InputError(f"{footage.name}: the images end before frame {max(wanted) + 1}, which has detections")


def _distances(embeddings: dict[int, np.ndarray], pairs: np.ndarray) -> np.ndarray:
    """Cosine distances `(P,)` of `pairs (P, 4)`."""
    return np.array([1 - embeddings[frame][row] @ embeddings[other][column] for frame, row, other, column in pairs.tolist()])


def _thresholds(separation: "Separation", shipped: float | None) -> dict[str, float]:
    """The candidate thresholds, by name."""
    from reid.evaluation.verification import FALSE_MATCH_RATE

    offered = {
        "equal error": separation.equal_error(),
        f"{FALSE_MATCH_RATE:.1%} false matches": separation.at_false_match_rate(FALSE_MATCH_RATE),
    }
    return offered if shipped is None else {"shipped": shipped, **offered}


def _print(found: dict[str, "Separation"], shipped: float | None) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    for column in "centring", "AUC", "d'", "threshold", "distance", "false matches", "false non-matches":
        numeric = column not in ("centring", "threshold")
        table.add_column(column, justify="right" if numeric else "left", no_wrap=numeric)
    for name, separation in found.items():
        # A threshold applies only to distances like those it was fitted to; distances of centred embeddings are larger.
        for kind, distance in _thresholds(separation, None if name == "camera" else shipped).items():
            errors = (f"{error:.1%}" for error in separation.errors(distance))
            table.add_row(name, f"{separation.auc:.3f}", f"{separation.d_prime:.2f}", kind, f"{distance:.4f}", *errors)
        table.add_section()
    Console(width=max(Console().width, 120)).print(table)


def _verdict(name: str, separation: "Separation", centring: str, shipped: float | None) -> str:
    """A verdict on the figures, in words."""
    from reid.evaluation.verification import FALSE_MATCH_RATE

    error = max(separation.errors(separation.equal_error()))
    how = next(word for most, word in VERDICTS if error <= most)
    centred = " with the camera's mean subtracted" if centring == "camera" else ""
    told = f"{name} separates people {how} here{centred}: the equal error rate is {error:.1%}."
    offered = separation.at_false_match_rate(FALSE_MATCH_RATE)
    matches, misses = separation.errors(offered)
    at_offered = f"{offered:.4f} gives {matches:.1%} false matches and {misses:.1%} false non-matches"
    if shipped is None:
        return f"{told} A threshold of {at_offered}."
    own_matches, own_misses = separation.errors(shipped)
    if own_matches > 2 * FALSE_MATCH_RATE:
        return f"{told} The shipped threshold is too large, with {own_matches:.1%} false matches: {at_offered}."
    if own_misses > misses + 0.01:
        return f"{told} The shipped threshold is too small, with {own_misses:.1%} false non-matches: {at_offered}."
    return f"{told} The shipped threshold, {shipped:.4f}, is suitable."


def _write(path: Path, pairs: "CropPairs", rows: list[np.ndarray], distances: dict[str, list[np.ndarray]]) -> None:
    """Write one line per pair. Frames, and the `rows` of the detection file, count from 1 there."""
    import csv

    from reid.common.files import replacing

    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow([*COLUMNS, *(["centred_distance"] if "camera" in distances else [])])
        for kind, name in enumerate(("genuine", "impostor")):
            for (frame, row, other, column), *apart in zip(
                getattr(pairs, name).tolist(), *(each[kind].tolist() for each in distances.values()), strict=True
            ):
                where = frame + 1, rows[frame][row] + 1, other + 1, rows[other][column] + 1
                table.writerow([name, *where, *(f"{distance:.5f}" for distance in apart)])
