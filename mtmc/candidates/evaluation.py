"""How well a scorer tells people from background, on a sequence with ground truth."""

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from mtmc.candidates.examples import examples, pictures
from mtmc.sequences import Sequence

PICTURES = 50
_COUNT = 40  # boxes around people of a picture, and as many of background


def scored_examples(
    scoring: Callable[[np.ndarray, np.ndarray], np.ndarray], sequence: Sequence, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Scores `(N,)` of boxes of 50 pictures, and whether each shows a person `(N,)`."""
    rng = np.random.default_rng(seed)
    scores, labels = [], []
    for picture in pictures(sequence, PICTURES):
        boxes, shown = examples(picture.boxes, picture.people, picture.image.shape[1::-1], rng, _COUNT)
        scores.append(scoring(picture.image, boxes))
        labels.append(shown)
    return np.concatenate(scores), np.concatenate(labels)


def average_precision(scores: np.ndarray, labels: np.ndarray) -> float:
    """The mean, over the positives, of the precision among all that score at least as high; ties are one step. Both `(N,)`."""
    at_least = rankdata(-scores, "max")[labels]
    positives = rankdata(-scores[labels], "max")
    return float((positives / at_least).mean())


def area_under_curve(scores: np.ndarray, labels: np.ndarray) -> float:
    """The probability that a positive scores higher than a negative (area under the ROC curve); ties count half. Both `(N,)`."""
    positives, negatives = labels.sum(), (~labels).sum()
    return float((rankdata(scores)[labels].sum() - positives * (positives + 1) / 2) / (positives * negatives))
