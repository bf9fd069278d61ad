"""Speed of the trackers, given detections and embeddings, beside that of other packages on the same crowd."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import trackers
from benchmarks.speed.crowd import Frame
from reid.common.errors import InputError
from reid.common.files import replacing
from reid.common.text_file import read_text

WARM_UP = 50
RUNS = 3


@dataclass
class Peers:
    """What other packages reached: `fps[algorithm, people][name]`, and `failed[name]`, why one gave nothing."""

    path: Path
    fps: dict[tuple[str, int], dict[str, float]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def measure(make: Callable[..., list[Frame]], people: list[int], dims: list[int]) -> list[dict]:
    """Frames per second of every tracker on `make(people=, dim=)`, one row per crowd and embedding size.

    `cost` is the time per frame relative to the smallest crowd with the same embeddings. A tracker without appearance is timed
    once per crowd.
    """
    rows: list[dict] = []
    smallest: dict[tuple[str, int], float] = {}
    for dim in dims:
        for count in sorted(people):
            scene = make(people=count, dim=dim)
            for name in trackers.available():
                uses_appearance = trackers.build(name).uses_appearance
                if not uses_appearance and dim != dims[0]:
                    continue
                seconds = min(_seconds_a_frame(_build(name), scene) for _ in range(RUNS))
                cost = seconds / smallest.setdefault((name, dim), seconds)
                rows.append(
                    {
                        "tracker": name,
                        "people": count,
                        "dim": dim if uses_appearance else None,
                        "fps": round(1 / seconds, 1),
                        "ms": round(1000 * seconds, 3),
                        "cost": round(cost, 2),
                    }
                )
    return rows


def read_peers(path: Path) -> Peers:
    """The figures of other packages: one JSON object a line, with "name" (package and algorithm), "people" and "fps", or "error".

    The best of several lines about the same counts. Raises `InputError` for anything else, with its line.
    """
    peers = Peers(path)
    lines = read_text(path, "figures of other packages, a JSON object a line").splitlines()
    for number, line in enumerate(lines, 1):
        if line.strip():
            _read_line(peers, line, f"{path}, line {number}")
    if not peers.fps and not peers.failed:
        raise InputError(f'{path}: holds no figures; each line is {{"name": "package algorithm", "people": 40, "fps": 900.0}}')
    return peers


def _read_line(peers: Peers, line: str, place: str) -> None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise InputError(f'{place}: must be a JSON object with "name", the package and its algorithm')
    if "error" in entry:
        peers.failed[name] = str(entry["error"])
        return
    people, fps = entry.get("people"), entry.get("fps")
    if type(people) is not int or people < 1:
        raise InputError(f'{place}: "people" must be a positive whole number, not {people!r}')
    if type(fps) not in (int, float) or not 0 < fps < 1e9:
        raise InputError(f'{place}: "fps" must be a positive number, not {fps!r}')
    of_algorithm = peers.fps.setdefault((name.split()[-1], people), {})
    of_algorithm[name] = max(fps, of_algorithm.get(name, 0.0))


def compare(rows: list[dict], peers: Peers) -> list[str]:
    """Add to each of `rows` the fastest peer of the same algorithm, its fps, and the ratio of ours to it, or None without one.

    Returns sentences about what of `peers` is not in the table.
    """
    for row in rows:
        rivals = peers.fps.get((row["tracker"], row["people"]), {})
        best = max(rivals, key=rivals.__getitem__, default=None)
        row["peer"], row["peer fps"] = best, None if best is None else rivals[best]
        row["ratio"] = None if best is None else round(row["fps"] / rivals[best], 2)
    used = {(row["tracker"], row["people"]) for row in rows}
    left = [f"{name} ({key[1]} people)" for key in sorted(peers.fps.keys() - used) for name in peers.fps[key]]
    sentences = [f"{peers.path}: {len(left)} figures have no row in the table: {', '.join(left)}"] if left else []
    return sentences + [f"{peers.path}: {name} gave no figures: {error}" for name, error in peers.failed.items()]


def draw(rows: list[dict], path: Path, peers: Peers | None = None) -> None:
    """Plot the time per frame against the people as the PNG file `path`: ours as lines, and the peers' as dashed ones.

    Raises `InputError` if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise InputError("plots need matplotlib, which is not installed: pip install 'mtmc[plots]'") from None
    several = len({row["dim"] for row in rows if row["dim"]}) > 1
    curves: dict[str, dict[int, float]] = {}
    for row in rows:
        name = f"{row['tracker']} {row['dim']}" if several and row["dim"] else row["tracker"]
        curves.setdefault(name, {})[row["people"]] = 1000 / row["fps"]
    ours = len(curves)
    for (_, people), rivals in sorted(peers.fps.items() if peers else []):
        for name, fps in rivals.items():
            curves.setdefault(name, {})[people] = 1000 / fps
    figure = Figure((9, 6), layout="constrained")
    axis = figure.subplots()
    for number, (name, curve) in enumerate(curves.items()):
        style = "o-" if number < ours else "x--"
        axis.loglog(curve.keys(), curve.values(), style, markersize=4, color=f"C{number % 10}", label=name)
    axis.set(xlabel="people", ylabel="milliseconds a frame", title="Association, detections and embeddings given")
    ticks = sorted({people for curve in curves.values() for people in curve})
    axis.set_xticks(ticks, [str(people) for people in ticks])
    axis.minorticks_off()
    low, high = axis.get_ylim()
    marks = [mark * 10.0**power for power in range(-3, 5) for mark in (1, 2, 5) if low <= mark * 10.0**power <= high]
    axis.set_yticks(marks, [f"{mark:g}" for mark in marks])
    axis.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize="small")
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=150, format="png")


def _build(name: str) -> trackers.Tracker:
    """The tracker with its defaults, for a camera that stands: the scene has no pictures that could tell how it moves."""
    moves = "camera_motion" in trackers.thresholds(name)
    return trackers.build(name, camera_motion="none") if moves else trackers.build(name)


def _seconds_a_frame(tracker: trackers.Tracker, scene: list[Frame]) -> float:
    """Mean time of `update` after the warm-up, including the validation in `Detections`."""
    for frame in scene[:WARM_UP]:
        tracker.update(trackers.Detections(*frame))
    start = time.perf_counter()
    for frame in scene[WARM_UP:]:
        tracker.update(trackers.Detections(*frame))
    return (time.perf_counter() - start) / (len(scene) - WARM_UP)
