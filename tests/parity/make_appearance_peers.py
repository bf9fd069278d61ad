"""Save what public trackers with appearance answer, so that ours can be compared with them where they are not installed.

Run it in an environment with boxmot 25 and without this package, from a folder outside the repository:

    python .../tests/parity/make_appearance_peers.py [MOT_FOLDER]

MOT_FOLDER holds the real sequences of `SEQUENCES`; without it only those of the crowd are written. Each file has, for every box
shown, `frame` from 0, `id`, the row of its `detection`, and `boxes` xyxy in pixels, rounded to hundredths.
"""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent
GAPS = ((20, 50), (70, 101), (120, 152))  # 30, 31 and 32 frames: about as long as a lost track is remembered
SEQUENCES = {"pets": "PETS09-S2L1/det/det.txt", "adl": "ADL-Rundle-6a/det/yolo11x.txt"}

Frames = list[tuple[np.ndarray, np.ndarray, np.ndarray]]


def crowd_frames(gaps: tuple[tuple[int, int], ...] = ()) -> Frames:
    """Boxes, scores and embeddings of the crowd, a third of the scores low; nobody is detected in `gaps`, start to stop."""
    file = FOLDER.parents[1] / "benchmarks" / "speed" / "crowd.py"
    specification = importlib.util.spec_from_file_location("crowd", file)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    frames = module.crowd(200, 30, 16, low_share=1 / 3)
    for start, stop in gaps:
        frames[start:stop] = [tuple(each[:0] for each in frame) for frame in frames[start:stop]]
    return frames


def file_frames(path: Path) -> Frames:
    """Boxes, scores and looks of a file in MOTChallenge's format, for each frame up to the last that has any."""
    rows = np.loadtxt(path, delimiter=",", usecols=range(7))
    boxes = np.concatenate([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]], axis=1)
    found = [rows[:, 0] == frame for frame in range(1, int(rows[:, 0].max()) + 1)]
    return [(boxes[these], rows[these, 6], looks(boxes[these])) for these in found]


def looks(boxes: np.ndarray) -> np.ndarray:
    """Embeddings `(N, 16)` made of the boxes: the same for the same place, close within some pixels, unrelated further away."""
    random = np.random.default_rng(0)
    waves = np.cos(boxes @ random.normal(0, 1 / 60, (4, 16)) + random.uniform(0, 2 * np.pi, 16))
    return (waves / np.linalg.norm(waves, axis=1, keepdims=True)).astype(np.float32)


class Given:
    """An appearance model that answers with the embeddings it was given."""

    embeddings: np.ndarray

    def get_features(self, boxes: np.ndarray, image: np.ndarray) -> np.ndarray:
        return self.embeddings


def botsort(model: Given):
    """One rule of looks for both stages: boxmot halves their distance in the second one only, unless told otherwise."""
    import boxmot

    return boxmot.BotSort(
        track_high_thresh=0.6,
        track_low_thresh=0.1,
        new_track_thresh=0.7,
        track_buffer=30,
        match_thresh=0.8,
        proximity_thresh=0.5,
        appearance_thresh=0.25,
        use_cmc=False,
        frame_rate=30,
        fuse_first_associate=True,
        unconfirmed_emb_scale=1.0,
        reid_model=model,
    )


def strongsort(model: Given):
    """One averaged look a track, as in the authors' code, and a camera that stands, for which boxmot has no option."""
    import boxmot

    tracker = boxmot.StrongSort(min_conf=0.6, max_cos_dist=0.4, nn_budget=1, max_age=30, reid_model=model)
    tracker.apply_cmc = lambda *arguments, **options: None
    return tracker


def deepocsort(model: Given):
    """The constants of the authors' code."""
    import boxmot

    return boxmot.DeepOcSort(
        det_thresh=0.6,
        max_age=30,
        min_hits=3,
        iou_threshold=0.3,
        delta_t=3,
        inertia=0.2,
        w_association_emb=0.75,
        alpha_fixed_emb=0.95,
        aw_param=0.5,
        cmc_off=True,
        reid_model=model,
    )


def save(name: str, build: Callable, frames: Frames) -> None:
    """Track `frames` with the thresholds of the paper and the authors' code, and write the answers to `NAME.npz`."""
    model = Given()
    tracker = build(model)
    blank, shown = np.zeros((1080, 1920, 3), np.uint8), []
    for number, (boxes, scores, embeddings) in enumerate(frames):
        model.embeddings = embeddings
        rows = tracker.update(np.c_[boxes, scores, np.zeros(len(boxes))].reshape(-1, 6), blank)
        shown += [[number, row[4], row[7], *row[:4]] for row in np.asarray(rows).reshape(-1, 8)]
    table = np.array(shown)
    frame, identity, detection = table[:, :3].T.astype(np.uint16)
    answers = {"frame": frame, "id": identity, "detection": detection, "boxes": table[:, 3:].round(2).astype(np.float32)}
    np.savez_compressed(FOLDER / f"{name}.npz", **answers)


if __name__ == "__main__":
    scenes = {"crowd": crowd_frames(), "gaps": crowd_frames(GAPS)}
    if len(sys.argv) > 1:
        scenes |= {name: file_frames(Path(sys.argv[1]) / path) for name, path in SEQUENCES.items()}
    for build in (botsort, strongsort, deepocsort):
        for scene, frames in scenes.items():
            save(f"{build.__name__}_{scene}", build, frames)
