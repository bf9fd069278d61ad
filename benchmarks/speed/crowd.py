"""A reproducible synthetic crowd for timing association without a detector or a network."""

import numpy as np

WIDTH, HEIGHT, HORIZON = 1920, 1080, 240

Frame = tuple[np.ndarray, np.ndarray, np.ndarray]


def crowd(frames: int = 350, people: int = 40, dim: int = 128, seed: int = 0, low_share: float = 0) -> list[Frame]:
    """People walking in a street, seen by one camera: for each frame, boxes `(N, 4)`, scores `(N,)`, embeddings `(N, dim)`.

    Boxes are xyxy pixels in 1920x1080, larger towards the lower edge, with jitter; one person in eight is missed in a frame, and
    one box in twenty is clutter. Scores are .6 and more, but for a share of `low_share` (0..1) between .1 and .5, so that second
    stages have work. Embeddings are float32 unit rows, close for one person and unrelated between people. The image size is
    fixed, so a large crowd is also dense.
    """
    random, faint = np.random.default_rng(seed), np.random.default_rng([seed, 1])  # the same people, whatever the share
    feet = np.stack([random.uniform(0, WIDTH, people), random.uniform(HORIZON + 160, HEIGHT, people)], axis=1)
    # Steps are in units of the person's height per frame: distant people move fewer pixels.
    pace = random.normal(0, (0.012, 0.003), (people, 2))
    look = _unit(random.normal(size=(people, dim)))
    width = random.uniform(0.34, 0.46, people)
    out = []
    for _ in range(frames):
        feet += pace * _height(feet)[:, None]
        beyond = (feet < (0, HORIZON + 160)) | (feet > (WIDTH, HEIGHT))
        pace[beyond] *= -1
        feet = np.clip(feet, (0, HORIZON + 160), (WIDTH, HEIGHT))
        seen = np.flatnonzero(random.random(people) > 0.125)
        boxes = _boxes(feet[seen], width[seen])
        boxes += random.normal(0, 0.015, boxes.shape) * _height(feet[seen])[:, None]
        embeddings = look[seen] + random.normal(0, 0.25 / np.sqrt(dim), (len(seen), dim))
        extra = random.poisson(0.05 * people)
        strays = np.stack([random.uniform(0, WIDTH, extra), random.uniform(HORIZON + 160, HEIGHT, extra)], axis=1)
        boxes = np.concatenate([boxes, _boxes(strays, np.full(extra, 0.4))])
        embeddings = np.concatenate([embeddings, random.normal(size=(extra, dim))])
        scores = random.uniform(0.6, 1, len(boxes)) - 0.5 * (faint.random(len(boxes)) < low_share)
        out.append((boxes.astype(np.float32), scores.astype(np.float32), _unit(embeddings).astype(np.float32)))
    return out


def _height(feet: np.ndarray) -> np.ndarray:
    """Height in pixels `(N,)` of people whose feet are at `feet` `(N, 2)`, seen from about 2.2 times that height."""
    return 0.45 * (feet[:, 1] - HORIZON)


def _boxes(feet: np.ndarray, width: np.ndarray) -> np.ndarray:
    height = _height(feet)
    half = width * height / 2
    return np.stack([feet[:, 0] - half, feet[:, 1] - height, feet[:, 0] + half, feet[:, 1]], axis=1)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
