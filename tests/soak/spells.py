"""What a tracker is offered in a soak: spells of a crowd and of garbage, each with a seed of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, repeat

import numpy as np

from benchmarks.speed.crowd import HEIGHT, WIDTH, crowd

PEOPLE, DIM, CALM, TOGETHER = 5, 16, 50, 2000


@dataclass(frozen=True)
class Offer:
    """The detections of a frame as they come, and what may become of them: "tracked", "refused", or "either"."""

    boxes: object
    scores: object
    embeddings: object = None
    fate: str = "tracked"


Offers = Iterator[Offer]
Random = np.random.Generator


def spells(seed: int, length: int) -> Iterator[tuple[str, Offers]]:
    """Spells of about `length` frames by name, without end: all kinds in a new order each time, and a calm one after each."""
    random = np.random.default_rng(seed)
    while True:
        for name in random.permutation(list(SPELLS)).tolist():
            yield name, SPELLS[name](random, length)
            yield "calm", calm(random, CALM)


def calm(random: Random, length: int) -> Offers:
    """People far from each other, each seen in every frame."""
    people = np.arange(PEOPLE)
    looks, pace = np.eye(DIM)[random.permutation(DIM)[:PEOPLE]], random.uniform(-2, 2, PEOPLE)
    for frame in range(length):
        yield Offer(_standing(200 + 350 * people + pace * frame, np.full(PEOPLE, 700.0), 200.0), np.full(PEOPLE, 0.9), looks)


def busy(random: Random, length: int) -> Offers:
    """The crowd of the timings, with faint people."""
    for boxes, scores, embeddings in crowd(length, PEOPLE, DIM, int(random.integers(1 << 31)), low_share=1 / 3):
        yield Offer(boxes, scores, embeddings)


def nobody(random: Random, length: int) -> Offers:
    """Ten times as many frames without detections, embeddings or not."""
    yield from repeat(Offer([], []), 9 * length)
    yield from repeat(Offer(np.zeros((0, 4)), np.zeros(0), np.zeros((0, DIM))), length)


def partly_embedded(random: Random, length: int) -> Offers:
    """Some frames, or many in a row, lack embeddings."""
    lacking = False
    for offer in busy(random, length):
        lacking ^= random.random() < 0.2
        yield Offer(offer.boxes, offer.scores) if lacking else offer


def other_embeddings(random: Random, length: int) -> Offers:
    """A frame now and then comes from another network."""
    for offer in busy(random, length):
        yield offer
        if random.random() < 0.2:
            yield Offer(offer.boxes, offer.scores, random.normal(size=(len(offer.boxes), 7)), "either")


def impossible(random: Random, length: int) -> Offers:
    """A crowd, before each frame of which something comes that is nobody's detection."""
    for offer in busy(random, length):
        yield _broken(random, offer)
        yield offer


def certain(random: Random, length: int) -> Offers:
    """Scores of exactly 0 and 1, and some from no scale we know."""
    for offer in busy(random, length):
        yield Offer(offer.boxes, random.choice([0.0, 1.0, 1.0, 1.0, -3.0, 250.0], len(offer.boxes)), offer.embeddings)


def outside(random: Random, length: int) -> Offers:
    """People half or far out of the picture."""
    for offer in busy(random, length):
        away = random.choice([-1e5, -WIDTH, 0, 0, WIDTH, 1e5], (len(offer.boxes), 1))
        yield Offer(offer.boxes + away, offer.scores, offer.embeddings)


def double(random: Random, length: int) -> Offers:
    """Each box several times, with one look or another."""
    for offer in busy(random, length):
        rows = np.repeat(np.arange(len(offer.boxes)), random.integers(1, 6, len(offer.boxes)))
        yield Offer(offer.boxes[rows], offer.scores[rows], offer.embeddings[random.permutation(rows)])


def sizes(random: Random, length: int) -> Offers:
    """People of a thousandth of a pixel to a million pixels who keep place and look, and change size or shape at any time."""
    looks, places = np.eye(DIM)[:PEOPLE], random.uniform(0, HEIGHT, (PEOPLE, 2))
    size = _any_size(random)
    for _ in range(length):
        changed = random.random(PEOPLE) < random.choice([0, 0, 0.2, 1])
        size[changed] = _any_size(random)[changed]
        yield Offer(np.hstack([places - size / 2, places + size / 2]), random.uniform(0.3, 1, PEOPLE), looks)


def pixels(random: Random, length: int) -> Offers:
    """Boxes of one pixel, side by side."""
    for _ in range(length):
        corner = random.integers(0, 8, (PEOPLE, 2)).astype(float)
        yield Offer(np.hstack([corner, corner + 1]), random.uniform(0.3, 1, PEOPLE), np.eye(DIM)[:PEOPLE])


def growing(random: Random, length: int) -> Offers:
    """People who grow or shrink by one factor in each frame, from a million pixels or to a thousandth, and back."""
    way = np.geomspace(1e6, 1e-3, max(length // 2, 2))
    looks, places = np.eye(DIM)[:PEOPLE], random.uniform(0, HEIGHT, PEOPLE)
    for height in chain(way, way[::-1]):
        yield Offer(_standing(places, places, height), np.full(PEOPLE, 0.9), looks)


def jumping(random: Random, length: int) -> Offers:
    """People who are somewhere else in each frame, whose looks may change too."""
    for _ in range(length):
        places = random.uniform(0, (WIDTH, HEIGHT), (PEOPLE, 2))
        looks = np.eye(DIM)[random.permutation(DIM)[:PEOPLE]] if random.random() < 0.5 else np.eye(DIM)[:PEOPLE]
        yield Offer(_standing(*places.T, random.uniform(20, 400, PEOPLE)), random.uniform(0.3, 1, PEOPLE), looks)


def multitude(random: Random, length: int) -> Offers:
    """2,000 boxes in one frame, or in a few one after another, which is enough to be confirmed."""
    places, looks = random.uniform(0, (WIDTH, HEIGHT), (TOGETHER, 2)), random.normal(size=(TOGETHER, DIM))
    for _ in range(random.choice([1, 4])):
        yield Offer(_standing(*places.T, 50.0), random.uniform(0.3, 1, TOGETHER), looks)


def _broken(random: Random, offer: Offer) -> Offer:
    boxes, scores, embeddings = (np.array(values, np.float64) for values in (offer.boxes, offer.scores, offer.embeddings))
    if len(boxes) == 0:
        return Offer([[0, 0, 0, 0]], [1], fate="refused")
    row, value = random.integers(len(boxes)), random.choice([np.nan, np.inf, -np.inf])
    match random.integers(7):
        case 0:
            boxes[row, random.integers(4)] = value
        case 1:
            scores[row] = value
        case 2:
            embeddings[row, random.integers(DIM)] = value
        case 3:
            embeddings[row] = 0
        case 4:
            boxes[row, 2:] = boxes[row, :2]
        case 5:
            boxes[row] = boxes[row, [2, 3, 0, 1]]
        case _:
            scores = scores[1:]
    return Offer(boxes, scores, embeddings, "refused")


def _any_size(random: Random) -> np.ndarray:
    """Widths and heights `(PEOPLE, 2)`, from 1e-3 to 1e6 pixels."""
    return 10 ** random.uniform(-3, 6, (PEOPLE, 2))


def _standing(x: np.ndarray, y: np.ndarray, height: np.ndarray | float) -> np.ndarray:
    """Boxes `(N, 4)` of people `height` pixels tall, whose centres are at `x`, `y`."""
    half_width, half_height = np.broadcast_arrays(0.2 * height * np.ones_like(x), 0.5 * height * np.ones_like(x))
    return np.stack([x - half_width, y - half_height, x + half_width, y + half_height], axis=1)


KINDS = (
    *(busy, nobody, partly_embedded, other_embeddings, impossible, certain, outside),
    *(double, sizes, pixels, growing, jumping, multitude),
)
SPELLS: dict[str, Callable[[Random, int], Offers]] = {kind.__name__: kind for kind in KINDS}
