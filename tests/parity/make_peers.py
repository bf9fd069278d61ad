"""Save what public trackers answer, so that ours can be compared with them where they are not installed.

Run it in an environment with boxmot 25 and without this package, from a folder outside the repository:

    python .../tests/parity/make_peers.py [MOT_FOLDER]

MOT_FOLDER holds the real sequences of `SEQUENCES`; without it only those of the crowd are written. Each file has, for every box
shown, `frame` from 0, `id`, the row of its `detection`, and `boxes` xyxy in pixels, rounded to hundredths.
"""

import importlib.util
import sys
from pathlib import Path

import boxmot
import numpy as np

FOLDER = Path(__file__).parent
GAPS = ((20, 50), (70, 101), (120, 152))  # 30, 31 and 32 frames: about as long as a lost track is remembered
SEQUENCES = {"pets": "PETS09-S2L1/det/det.txt", "adl": "ADL-Rundle-6a/det/yolo11x.txt"}


def bytetrack() -> boxmot.ByteTrack:
    """The thresholds of the paper and the authors' code; boxmot starts tracks from `track_thresh` unless told otherwise."""
    tracker = boxmot.ByteTrack(track_thresh=0.6, min_conf=0.1, match_thresh=0.8, track_buffer=30, frame_rate=30)
    tracker.det_thresh = 0.7
    return tracker


def ocsort(use_byte: bool = False) -> boxmot.OcSort:
    """The thresholds of the paper and the authors' code."""
    return boxmot.OcSort(
        min_conf=0.1, det_thresh=0.6, delta_t=3, inertia=0.2, use_byte=use_byte, max_age=30, min_hits=3, iou_threshold=0.3
    )


PEERS = {"bytetrack": bytetrack, "ocsort": ocsort, "ocsort_byte": lambda: ocsort(use_byte=True)}


def crowd_frames(gaps: tuple[tuple[int, int], ...] = ()) -> list[tuple[np.ndarray, np.ndarray]]:
    """Boxes and scores of the crowd, a third of the scores low; nobody is detected from each start of `gaps` to its stop."""
    file = FOLDER.parents[1] / "benchmarks" / "speed" / "crowd.py"
    specification = importlib.util.spec_from_file_location("crowd", file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    frames = [(boxes, scores) for boxes, scores, _ in module.crowd(200, 30, 2, low_share=1 / 3)]
    for start, stop in gaps:
        frames[start:stop] = [(boxes[:0], scores[:0]) for boxes, scores in frames[start:stop]]
    return frames


def file_frames(path: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Boxes and scores of a file in MOTChallenge's format, a pair for each frame up to the last that has any."""
    rows = np.loadtxt(path, delimiter=",", usecols=range(7))
    boxes = np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1)
    return [(boxes[found], rows[found, 6]) for found in (rows[:, 0] == frame for frame in range(1, int(rows[:, 0].max()) + 1))]


def save(name: str, tracker: boxmot.ByteTrack | boxmot.OcSort, frames: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """Track `frames` and write the answers to `NAME.npz`."""
    blank, shown = np.zeros((1080, 1920, 3), np.uint8), []
    for number, (boxes, scores) in enumerate(frames):
        rows = tracker.update(np.c_[boxes, scores, np.zeros(len(boxes))].reshape(-1, 6), blank)
        shown += [[number, row[4], row[7], *row[:4]] for row in np.asarray(rows).reshape(-1, 8)]
    table = np.array(shown)
    frame, identity, detection = table[:, :3].T.astype(np.uint16)
    np.savez_compressed(
        FOLDER / f"{name}.npz", frame=frame, id=identity, detection=detection, boxes=table[:, 3:].round(2).astype(np.float32)
    )


if __name__ == "__main__":
    scenes = {"crowd": crowd_frames(), "gaps": crowd_frames(GAPS)}
    if len(sys.argv) > 1:
        scenes |= {name: file_frames(Path(sys.argv[1]) / path) for name, path in SEQUENCES.items()}
    for peer, build in PEERS.items():
        for scene, frames in scenes.items():
            save(f"{peer}_{scene}", build(), frames)
