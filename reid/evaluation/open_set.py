"""The set distance threshold of a known person, fitted on identities held out from training.

Thresholds of image pairs (`reid.evaluation.verification`) suit a tracker, which links one box to the next. Identifying a person
who enters is another task: several views are compared with several images of many people, and the person may be none of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from reid.common.errors import InputError
from reid.sets import mean_person, relative_distances, set_distances

VIEWS = 4
PEOPLE = 30
_DRAWS = 50  # of views and known people; with few, the fitted threshold varies by a tenth between draws


@dataclass(frozen=True)
class OpenSet:
    """A set distance `threshold` (see `reid.sets`), fitted with `views` a visit and `people` known, and shares of visits, 0..1.

    Of known visitors, the share `recognised` is identified correctly and `mistaken` as another person; the rest count as new. Of
    strangers, the share `false_acceptances` is accepted as a known person.
    """

    threshold: float
    recognised: float
    mistaken: float
    false_acceptances: float
    views: int
    people: int


def fit_set_threshold(
    embeddings: np.ndarray, ids: np.ndarray, cameras: np.ndarray | None = None, views: int = VIEWS, people: int = PEOPLE
) -> OpenSet:
    """Fit the set distance that maximizes the share of known visitors recognised plus the share of strangers rejected.

    `embeddings (N, D)` are unit rows, `ids (N,)`. Each person visits in turn with `views` images drawn from all cameras, once as
    one of `people` known by their other images, and once as a stranger to that many. With `cameras (N,)`, the threshold is for
    non-overlapping cameras: the visitor's images, at most `views`, are all from one camera, and each person is known by those of
    one other. `people` is reduced if the data have fewer. Raises InputError unless two people have more than `views` images and,
    with `cameras`, are seen by two cameras.
    """
    if views < 1 or people < 1:
        raise InputError(f"sets need at least one view and one known person, not {views} and {people}")
    ids = np.asarray(ids)
    splits = _by_image(ids, views) if cameras is None else _by_camera(ids, np.asarray(cameras), views)
    if len(splits) < 2:
        what = f"have more than {views} images" if cameras is None else "are seen by two cameras"
        raise InputError(f"no two people {what} in this data: a set threshold cannot be fitted")
    random, known, strangers = np.random.default_rng(0), [], []
    people = min(people, len(splits) - 1)
    for _ in range(_DRAWS):
        drawn = [split(random) for split in splits]
        for visitor, (seen, _) in enumerate(drawn):
            others = random.choice(np.delete(np.arange(len(drawn)), visitor), people, replace=False)
            to_known = _to_people(embeddings, seen, [drawn[who][1] for who in (visitor, *others[1:])])
            known.append((to_known[0], to_known[1:].min(initial=np.inf)))
            strangers.append(_to_people(embeddings, seen, [drawn[who][1] for who in others]).min())
    own, nearest_other = np.array(known).T
    # The gain rises where a visitor is recognised and falls where a stranger is accepted; the midpoint is the safest.
    right, strange = np.sort(own[own < nearest_other]), np.sort(strangers)
    if not len(right):
        raise InputError("this network recognises nobody: no visitor is nearest to their own images")
    gain = np.arange(1, len(right) + 1) / len(own) - np.searchsorted(strange, right, side="right") / len(strange)
    best = int(np.argmax(gain))
    above = np.concatenate([right, strange])
    threshold = max(0.0, float((right[best] + above[above > right[best]].min(initial=2.0)) / 2))  # rounding goes below 0
    return OpenSet(
        threshold,
        recognised=float(np.mean((own <= threshold) & (own < nearest_other))),
        mistaken=float(np.mean((nearest_other <= threshold) & (nearest_other <= own))),
        false_acceptances=float(np.mean(strange <= threshold)),
        views=views,
        people=people,
    )


def _by_image(ids: np.ndarray, views: int) -> list[Callable]:
    """For each person with enough images, a function that draws the rows of a visit and the known rows."""

    def split(rows: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        rows = random.permutation(rows)
        return rows[:views], rows[views:]

    names, counts = np.unique(ids, return_counts=True)
    return [partial(split, np.flatnonzero(ids == name)) for name in names[counts > views]]


def _by_camera(ids: np.ndarray, cameras: np.ndarray, views: int) -> list[Callable]:
    """The same for people who visit one camera and are known from another."""

    def split(by_camera: list[np.ndarray], random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        one, other = random.permutation(len(by_camera))[:2]
        return random.permutation(by_camera[one])[:views], by_camera[other]

    rows = [
        [np.flatnonzero((ids == name) & (cameras == camera)) for camera in np.unique(cameras[ids == name])]
        for name in np.unique(ids)
    ]
    return [partial(split, of_person) for of_person in rows if len(of_person) > 1]


def _to_people(embeddings: np.ndarray, views: np.ndarray, people: list[np.ndarray]) -> np.ndarray:
    """The set distances `(P,)` from the rows `views` of `embeddings` to people, given as rows each."""
    images = embeddings[np.concatenate(people)]
    starts = np.cumsum([0, *map(len, people)])[:-1]
    distances = relative_distances(embeddings[views], images, mean_person(images, starts), len(people))
    return set_distances(distances, starts)
