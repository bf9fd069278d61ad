"""A small sequence in KITTI's layout: people who walk, sit, are hidden or cut off, a cyclist, and a region without labels."""

from pathlib import Path

import numpy as np

LENGTH = 20
# Type, truncated, occluded, left, top, width, height, and pixels per frame to the right.
CAST = [
    ("Pedestrian", 0, 0, 20, 50, 30, 80, 4),
    ("Pedestrian", 0, 2, 200, 60, 30, 80, -3),
    ("Pedestrian", 0, 3, 300, 60, 30, 80, 0),
    ("Pedestrian", 1, 0, 400, 60, 30, 80, 1),
    ("Person", 0, 0, 500, 90, 30, 50, 0),
    ("Cyclist", 0, 0, 600, 60, 60, 80, 5),
    ("Pedestrian", 0, 0, 700, 60, 10, 24, 1),
    ("DontCare", -1, -1, 800, 40, 120, 120, 0),
]


def label(frame: int, i: int, kind: str, truncated: int, occluded: int, box, score: float | None = None) -> str:
    """A line of labels, or of results with a `score`; the `box` is left, top, right, bottom."""
    edges = " ".join(f"{edge:.2f}" for edge in box)
    return f"{frame} {i} {kind} {truncated} {occluded} -10 {edges} -1 -1 -1 -1000 -1000 -1000 -10" + (
        "\n" if score is None else f" {score:.3f}\n"
    )


def true_rows() -> list[tuple[int, int, str, int, int, np.ndarray]]:
    """Frame, id, type, truncation, occlusion and box of every label."""
    rows = []
    for frame in range(LENGTH):
        for i, (kind, truncated, occluded, left, top, width, height, step) in enumerate(CAST):
            box = np.array([left + step * frame, top, left + step * frame + width, top + height], float)
            rows.append((frame, -1 if kind == "DontCare" else i, kind, truncated, occluded, box))
    return rows


def found_rows(seed: int = 0) -> list[tuple[int, int, np.ndarray]]:
    """Frame, id and box of what a mediocre tracker finds of everybody, of boxes in the region, and of small ones on nothing."""
    random = np.random.default_rng(seed)
    rows = []
    for frame, i, kind, _, _, box in true_rows():
        if kind == "DontCare":
            rows += [(frame, 50, box / [1, 1, 1.1, 1.5]), (frame, 51, np.array([900.0, 30, 960, 110]))]
        elif random.random() < 0.85:
            rows.append((frame, i + 1 + 20 * (frame > 12), box + np.tile(random.normal(0, 2.5, 2), 2)))
    rows += [(frame, 60, np.array([1000.0, 10, 1010, 35 + frame % 2])) for frame in range(LENGTH)]
    return sorted(rows, key=lambda row: row[:2])


def write_kitti(root: Path, name: str = "0003", detections: str = "mine") -> Path:
    """Write the labels of the sequence and, in `det_02/DETECTIONS`, what is found of it; returns `root`."""
    labels = "".join(label(*row) for row in true_rows())
    boxes = "".join(label(frame, -1, "Pedestrian", -1, -1, box, 0.8) for frame, _, box in found_rows())
    for path, text in (f"label_02/{name}.txt", labels), (f"det_02/{detections}/{name}.txt", boxes):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root
