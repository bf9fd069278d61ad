"""Simulated embeddings that detections carry, as weak as FairMOT's: what a detector's own appearance head tells of people."""

import numpy as np

from mtmc.simulation.drift import drift
from trackers.boxes import area, intersection

DIMENSIONS = 128
COMMON = 0.73  # squared length of what all people's embeddings share, of 1
# Shares of what is left. A state is what a person shows for `MEMORY` seconds: a posture, a side, what is behind them.
PERSON, STATE, STATE_IN_CAMERA, NOISE = 0.2, 0.2, 0.46, 0.14
MEMORY = 1.0
# The variances along the principal axes of what is left; the other axes share the rest.
SPECTRUM = (0.43, 0.397, 0.028, 0.021, 0.018, 0.014, 0.012, 0.009, 0.008, 0.007, 0.007, 0.005)


class CarriedEmbeddings:
    """Embeddings of the detections of `people` in C `cameras` over `frames` at `frame_rate`, all drawn from `seed`.

    An embedding is the sum of what all people share, a vector of the person, a state of the person that all cameras see, another
    that one camera sees, and noise; where somebody nearer covers a share of the box, it is that share theirs. The sizes are
    fitted to FairMOT's embeddings of the three people of CMC1, matched to their true positions. Mean cosines and standard
    deviations
    there, and here (without covering):

    | pair | CMC1 | here |
    |---|---|---|
    | one person in one camera, a frame (1/4 s) apart | .926, .07 | .927, .06 |
    | one person in one camera, 1 s apart | .859, .12 | .860, .11 |
    | one person in one camera, over 10 s apart | .804, .15 | .800, .14 |
    | one person in two cameras, at one moment | .847, .12 | .847, .12 |
    | one person in two cameras, over 10 s apart | .795, .15 | .802, .14 |
    | two people | .755, .17 | .755, .17 |

    So a moment tells more than a minute, and four fifths of all differences lie along two axes, as in CMC1.
    """

    def __init__(self, seed: int, people: int, cameras: int, frames: int, frame_rate: float) -> None:
        rng = np.random.default_rng([seed, 13])
        rest = (1 - sum(SPECTRUM)) / (DIMENSIONS - len(SPECTRUM))
        axes, _ = np.linalg.qr(rng.normal(size=(DIMENSIONS, DIMENSIONS)))
        self._spread = np.sqrt((1 - COMMON) * np.append(SPECTRUM, np.full(DIMENSIONS - len(SPECTRUM), rest)))[:, None] * axes
        self._common = np.sqrt(COMMON) * axes[-1]
        person = np.sqrt(PERSON) * rng.normal(size=(people, 1, DIMENSIONS))
        state = drift(rng, frames, (people, 1, DIMENSIONS), 1 / frame_rate, MEMORY)
        in_camera = drift(rng, frames, (people, cameras, DIMENSIONS), 1 / frame_rate, MEMORY)
        self._shown = (person + np.sqrt(STATE) * state + np.sqrt(STATE_IN_CAMERA) * in_camera).astype(np.float32)

    def embed(
        self, frame: int, camera: int, people: np.ndarray, boxes: np.ndarray, found: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Embeddings `(N, D)` of detections of the rows `found` `(N,)` of `people` `(P,)`, from 0, who are in that image with
        the true `boxes` `(P, 4)`; -1 is a detection of nobody."""
        out = rng.normal(size=(len(found), DIMENSIONS))
        real = found >= 0
        if real.any():
            nearer = boxes[None, :, 3] > boxes[:, None, 3]
            covered = np.where(nearer, intersection(boxes[:, None], boxes[None]), 0) / area(boxes)[:, None]
            by = covered.argmax(axis=1)
            share = np.minimum(covered.max(axis=1), 1.0)[:, None]
            seen = self._shown[frame, people, camera]
            out[real] = ((1 - share) * seen + share * seen[by])[found[real]] + np.sqrt(NOISE) * out[real]
        out = self._common + out @ self._spread
        return (out / np.linalg.norm(out, axis=1, keepdims=True)).astype(np.float32)
