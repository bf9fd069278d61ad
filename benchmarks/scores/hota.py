"""Higher order tracking accuracy (HOTA; Luiten et al., IJCV 2021) of one sequence, in arrays."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

THRESHOLDS = np.arange(0.05, 0.99, 0.05)  # of similarity, over which every score is averaged; written as in the kit, to the bit
ROUNDING = np.finfo(float).eps


@dataclass(frozen=True, eq=False)
class HotaCounts:
    """What the scores are computed from, by threshold, each `(19,)`; the sums of sequences add up.

    `tp` pairs matched with at least that similarity, `fn` true and `fp` result entries without a match; over the matched pairs,
    `association` sums the agreement of the two identities over the whole sequence, in 0..1, and `similarity` that of the pairs.
    """

    tp: np.ndarray = field(default_factory=lambda: np.zeros(len(THRESHOLDS)))
    fn: np.ndarray = field(default_factory=lambda: np.zeros(len(THRESHOLDS)))
    fp: np.ndarray = field(default_factory=lambda: np.zeros(len(THRESHOLDS)))
    association: np.ndarray = field(default_factory=lambda: np.zeros(len(THRESHOLDS)))
    similarity: np.ndarray = field(default_factory=lambda: np.zeros(len(THRESHOLDS)))

    def __add__(self, other: "HotaCounts") -> "HotaCounts":
        return HotaCounts(*(ours + theirs for ours, theirs in zip(vars(self).values(), vars(other).values(), strict=True)))

    def ratios(self) -> dict[str, float | None]:
        """`hota`, `deta` (detection), `assa` (association) and `loca` (localisation) in 0..1, the means over all thresholds.

        As in the kit, a threshold that no pair reaches counts as `loca` 1 and `assa` 0. None for 0 / 0: all four without any
        entry, `loca` without any match.
        """
        everyone = self.tp + self.fn + self.fp
        if not everyone[0]:
            return dict.fromkeys(("hota", "deta", "assa", "loca"))
        matched = np.maximum(self.tp, 1)
        detection, association = self.tp / everyone, self.association / matched
        location = np.where(self.tp > 0, self.similarity / matched, 1.0)
        return {
            "hota": float(np.sqrt(detection * association).mean()),
            "deta": float(detection.mean()),
            "assa": float(association.mean()),
            "loca": float(location.mean()) if self.tp.any() else None,
        }


def hota_counts(frames: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> HotaCounts:
    """Counts over `frames` of (true ids `(G,)`, track ids `(M,)`, similarities `(G, M)` in 0..1); no id twice in a frame.

    In each frame the matching maximizes the total similarity, weighted by how well the two identities agree over all frames. It
    is one matching for all thresholds: each then keeps the pairs that reach it.
    """
    listed = list(frames)
    people, person_frames = _numbered([ids for ids, _, _ in listed])
    tracks, track_frames = _numbered([ids for _, ids, _ in listed])
    alignment = np.zeros((len(people), len(tracks)))
    pairs = [(each, others, near) for each, others, (_, _, near) in zip(person_frames, track_frames, listed, strict=True)]
    pairs = [(each, others, near) for each, others, near in pairs if near.any()]
    for each, others, near in pairs:
        union = near.sum(axis=0) + near.sum(axis=1)[:, None] - near
        alignment[each[:, None], others] += np.divide(near, union, out=np.zeros_like(near), where=union > ROUNDING)
    alignment /= people[:, None] + tracks - alignment
    matched_people, matched_tracks, similarities = [], [], []
    for each, others, near in pairs:
        rows, columns = linear_sum_assignment(alignment[each[:, None], others] * near, maximize=True)
        matched_people.append(each[rows])
        matched_tracks.append(others[columns])
        similarities.append(near[rows, columns])
    if not pairs:
        return _counted(np.zeros((3, len(THRESHOLDS))), people.sum(), tracks.sum())
    person, track, similarity = map(np.concatenate, (matched_people, matched_tracks, similarities))
    kinds, kind = np.unique(person * len(tracks) + track, return_inverse=True)
    boxes = people[kinds // len(tracks)] + tracks[kinds % len(tracks)]
    sums = np.zeros((3, len(THRESHOLDS)))
    for number, threshold in enumerate(THRESHOLDS):
        kept = similarity >= threshold - ROUNDING
        together = np.bincount(kind[kept], minlength=len(kinds))
        sums[:, number] = kept.sum(), (together * (together / (boxes - together))).sum(), similarity[kept].sum()
    return _counted(sums, people.sum(), tracks.sum())


def _numbered(ids: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """How often each different id occurs, and the `ids` of each frame as numbers of that list."""
    if not ids:
        return np.zeros(0, int), []
    _, numbers, counts = np.unique(np.concatenate(ids), return_inverse=True, return_counts=True)
    return counts, np.split(numbers, np.cumsum([len(each) for each in ids[:-1]]))


def _counted(sums: np.ndarray, true: int, found: int) -> HotaCounts:
    """Counts of `sums` (pairs, association and similarity, `(3, 19)`) among `true` and `found` entries."""
    tp, association, similarity = sums
    return HotaCounts(tp, true - tp, found - tp, association, similarity)
