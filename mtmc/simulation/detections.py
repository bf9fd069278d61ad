"""A simulated person detector: the ground truth with seeded misses, jitter, scores and clutter."""

from dataclasses import dataclass, replace

import numpy as np

from mtmc.simulation.drift import drift
from mtmc.simulation.rendering import Truth

LASTING = 1.0  # seconds in which an error that lasts falls by e


@dataclass(frozen=True)
class SimulatedDetector:
    """The error model of a detector.

    `miss` is the share of fully visible people it misses; below `half_seen` visibility it misses more than half of them, and
    below half of that, all. `jitter` is the standard deviation of a box's centre and size as a share of its width and height,
    larger for hidden people. `clutter` is the mean number of false positives per frame, half of them at fixed places. `drift` is
    the standard deviation, across and down as shares of the height, of an error that lasts about a second.
    """

    miss: float = 0.05
    half_seen: float = 0.35
    jitter: float = 0.03
    clutter: float = 0.35
    drift: tuple[float, float] = (0.0, 0.0)

    def drifted(self, moments: np.ndarray, truth: Truth, seconds: float, rng: np.random.Generator) -> Truth:
        """`truth` at the `moments` `(N,)`, ascending and `seconds` apart, with its boxes off by the error that lasts."""
        if not any(self.drift) or not len(moments):
            return truth
        errors = drift(rng, moments[-1] + 1, (truth.ids.max() + 1, 2), seconds, LASTING)[moments, truth.ids] * self.drift
        return replace(truth, boxes=truth.boxes + np.tile(errors, 2) * (truth.boxes[:, 3] - truth.boxes[:, 1])[:, None])

    def detect(
        self, truth: Truth, image_size: tuple[int, int], rng: np.random.Generator, haunts: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Boxes `(N, 4)` xyxy pixels, best score first, their scores `(N,)` in 0..1, and the rows `(N,)` of the people of `truth`
        whom they show, -1 for a false positive, in one frame.

        `haunts` `(H, 4)` are places that this detector mistakes for people; `haunted_places` draws some.
        """
        seen = truth.visibility
        chance = (1 - self.miss) / (1 + np.exp(-(seen - self.half_seen) / 0.08)) * (seen >= self.half_seen / 2)
        found = rng.random(len(seen)) < chance
        boxes, seen = truth.boxes[found], seen[found]
        boxes = _shaken(boxes, self.jitter * (1 + 2 * (1 - seen)), rng)
        scores = 0.93 - 0.45 * (1 - seen) + rng.normal(0, 0.06, len(seen))

        fixed = haunts[rng.random(len(haunts)) < self.clutter / 2 / max(len(haunts), 1)]
        wild = _anywhere(rng, rng.poisson(self.clutter / 2), image_size)
        false = np.vstack([_shaken(fixed, np.full(len(fixed), self.jitter), rng), wild])
        boxes = np.vstack([boxes, false])
        shown = np.append(np.flatnonzero(found), np.full(len(false), -1))
        scores = np.concatenate([scores, rng.beta(4, 4, len(false))]).clip(0.05, 0.999)
        order = np.argsort(-scores, kind="stable")
        return boxes[order], scores[order], shown[order]


def haunted_places(rng: np.random.Generator, image_size: tuple[int, int]) -> np.ndarray:
    """Four boxes `(4, 4)` where a detector repeatedly reports a person."""
    return _anywhere(rng, 4, image_size)


def _anywhere(rng: np.random.Generator, count: int, image_size: tuple[int, int]) -> np.ndarray:
    """Boxes `(count, 4)` of a person's shape, larger towards the bottom of the image."""
    width, height = image_size
    foot = rng.uniform(0.45, 1.0, count) * height
    tall = height * 0.55 * (foot / height) ** 2 * rng.uniform(0.8, 1.25, count)
    wide = tall * rng.uniform(0.33, 0.5, count)
    middle = rng.uniform(0, width, count)
    return np.stack([middle - wide / 2, foot - tall, middle + wide / 2, foot], axis=1)


def _shaken(boxes: np.ndarray, spread: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`boxes` `(N, 4)` with centre and size off by normal errors of `spread` `(N,)` times their size."""
    size = boxes[:, 2:] - boxes[:, :2]
    centre = (boxes[:, 2:] + boxes[:, :2]) / 2 + rng.normal(0, 1, (len(boxes), 2)) * size * spread[:, None]
    size = size * np.exp(rng.normal(0, 1, (len(boxes), 2)) * spread[:, None])
    return np.hstack([centre - size / 2, centre + size / 2])
