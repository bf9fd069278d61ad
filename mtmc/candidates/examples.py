"""Boxes to learn from, and to measure on: around people, and of background."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mtmc.candidates.scorer import resized
from mtmc.sequences import Sequence
from reid.common.errors import InputError
from trackers.boxes import iou

PERSON = 1  # the class of pedestrians in MOT16's ground truth
MIN_IOU = 0.5  # with a person, of a box that shows them
MAX_IOU = 0.3  # with any person, of background; what lies between is neither
MOST = 300  # pictures of a sequence; neighbours are nearly the same, and they are kept in memory
_TRIES = 8  # boxes drawn for each that is wanted


@dataclass(frozen=True)
class Picture:
    """A picture, `(H, W, 3)` uint8 BGR, with boxes `(N, 4)` xyxy in it, and which of them are people `(N,)`; the others, such as
    distractors, are neither people nor background."""

    image: np.ndarray
    boxes: np.ndarray
    people: np.ndarray


def pictures(sequence: Sequence, most: int = MOST) -> Iterator[Picture]:
    """At most `most` pictures with people, at equal distances in time. Raises `InputError` without images or ground truth."""
    truth = sequence.ground_truth
    if truth is None:
        raise InputError(f"{sequence.name}: no gt/gt.txt: a person classifier needs the true boxes")
    people = truth.considered & (truth.classes == PERSON)
    frames = np.unique(truth.frames[people])
    if not len(frames):
        raise InputError(f"{sequence.name}: gt/gt.txt has no considered pedestrian to learn from")
    wanted = set(frames[np.linspace(0, len(frames) - 1, min(most, len(frames))).round().astype(int)].tolist())
    for index, frame in enumerate(sequence.frames()):
        if index in wanted:
            here = truth.frames == index
            yield Picture(frame, truth.boxes[here], people[here])


def as_seen(picture: Picture) -> Picture:
    """`picture` as large as the network sees it."""
    image, scale = resized(picture.image)
    return Picture(image, picture.boxes * scale, picture.people)


def examples(
    boxes: np.ndarray, people: np.ndarray, size: tuple[int, int], rng: np.random.Generator, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """At most `count` boxes around people and as many of background, in an image of `size` (width, height): `(N, 4)` and whether
    each shows a person `(N,)`, as section 3.2 of Long et al. trains the classifier.

    `boxes` `(M, 4)` are all that are known, of which `people` `(M,)`, at least one, are people. Background has the sizes of
    people; half of it is anywhere, and half beside a person, where predictions drift to.
    """
    models = boxes[people][rng.integers(people.sum(), size=2 * _TRIES * count)]
    near, far = np.split(models, 2)
    around = _shifted(near, rng.uniform(-0.2, 0.2, (len(near), 2)), rng)
    around = around[iou(around, boxes[people]).max(axis=1) >= MIN_IOU]
    angle, distance = rng.uniform(0, 2 * np.pi, len(far)), rng.uniform(0.6, 1.6, len(far))
    beside = _shifted(far, distance[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), rng)
    centre = (beside[::2, :2] + beside[::2, 2:]) / 2
    beside[::2] += np.tile(rng.uniform(0, size, centre.shape) - centre, 2)
    centre = (beside[:, :2] + beside[:, 2:]) / 2
    inside = ((centre > 0) & (centre < size)).all(axis=1)
    background = beside[inside & (iou(beside, boxes).max(axis=1) < MAX_IOU)]
    chosen = [around[:count], background[:count]]
    return np.concatenate(chosen), np.repeat([True, False], [len(each) for each in chosen])


def _shifted(boxes: np.ndarray, by: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """`boxes` `(N, 4)` moved `by` `(N, 2)` of their width and height, and a little larger or smaller."""
    size = boxes[:, 2:] - boxes[:, :2]
    centre = boxes[:, :2] + size * (0.5 + by)
    half = size / 2 * np.exp(rng.normal(0, 0.12, (len(boxes), 2)))
    return np.concatenate([centre - half, centre + half], axis=1)
