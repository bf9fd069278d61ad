"""CLEAR MOT, identity and HOTA scores of one sequence, with motmetrics and the matching of MOTChallenge's official kit."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmarks.scores.hota import HotaCounts, hota_counts
from mtmc.sequences import GroundTruth
from mtmc.sequences.mot_text import TrackFile
from reid.footage.rows import rows_by_frame
from trackers.boxes import area, intersection, iou

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import motmetrics

MIN_IOU = 0.5
ROUNDING = np.finfo(float).eps  # a match in a frame may fall short of it by so much, as in the kit; an identity's may not
CONTINUED = 1000  # outweighs any sum of IoUs in a frame
MOSTLY = 0.8
PEDESTRIAN = 1
DISTRACTORS = (2, 7, 8, 12)  # MOT16, MOT17: person on vehicle, static person, distractor, reflection
MOT20_DISTRACTORS = (2, 6, 7, 8, 12)  # there vehicles without a motor, too
DISTRACTOR_RULES = ("official", "motdt")


@dataclass(frozen=True)
class Rules:
    """Which result boxes are neither right nor wrong: those on a true box of one of the classes `distractors` and, of those on no
    true box, the ones by more than half in a true box of one of the classes `regions`, or at most `lowest` pixels high.
    """

    distractors: tuple[int, ...] = DISTRACTORS
    regions: tuple[int, ...] = ()
    lowest: float = 0.0


@dataclass(frozen=True)
class Counts:
    """The counts of a sequence; every ratio is computed from summed counts, so rows and the overall line stay consistent.

    `objects` scored true boxes and `predictions` scored result boxes, `matches` of them matched, `fp` and `fn` unmatched,
    `id_switches` matches whose identity differs from the previous one; `identities` true people, of whom `mt` are tracked for
    more than 80% of their boxes and `ml` for less than 20%; `idtp`, `idfp`, `idfn` boxes under the best one-to-one assignment of
    identities; `hota` the counts of HOTA.
    """

    objects: int = 0
    predictions: int = 0
    matches: int = 0
    id_switches: int = 0
    fp: int = 0
    fn: int = 0
    identities: int = 0
    mt: int = 0
    ml: int = 0
    idtp: int = 0
    idfp: int = 0
    idfn: int = 0
    hota: HotaCounts = field(default_factory=HotaCounts)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def ratios(self) -> dict[str, float | None]:
        """`mota` (at most 1, negative if errors outnumber objects), `idf1`, `recall`, `precision`, and HOTA's; None for 0 / 0."""
        return {
            "mota": _divide(self.objects - self.fp - self.fn - self.id_switches, self.objects),
            "idf1": _divide(2 * self.idtp, 2 * self.idtp + self.idfp + self.idfn),
            "recall": _divide(self.matches, self.objects),
            "precision": _divide(self.matches, self.predictions),
        } | self.hota.ratios()


def scored_boxes(truth: GroundTruth) -> np.ndarray:
    """Which true boxes `(N,)` are scored: those of considered pedestrians."""
    return truth.considered & (truth.classes == PEDESTRIAN)


def score(
    truth: GroundTruth,
    results: TrackFile,
    length: int,
    distractors: str = "official",
    rules: Rules = Rules(),
) -> Counts:
    """Score `results` against `truth` over `length` frames; boxes may match with an IoU of at least 0.5.

    Every count equals that of the official kit (TrackEval), as does the matching: pairs matched in the previous frame stay
    matched, and the rest maximizes the total IoU. (motmetrics' own matching continues pairs of any age, with slightly different
    switches and, occasionally, FP and FN.) Only considered pedestrians are scored. The result boxes that `rules` name are
    dropped first. "official": match all true boxes of any class at once, and drop result boxes matched to a distractor. "motdt":
    match results to distractors only, as the code of Long et al. does, so a box that also fits a person may be dropped.
    """
    scored = scored_boxes(truth)
    distracting, regions = np.isin(truth.classes, rules.distractors), np.isin(truth.classes, rules.regions)
    matched_first = distracting if distractors == "motdt" else ~regions
    clear, identity = motmetrics.MOTAccumulator(), motmetrics.MOTAccumulator()
    before: dict[int, int] = {}
    alike = []
    rows = zip(rows_by_frame(truth.frames, length), rows_by_frame(results.frames, length), strict=True)
    for frame, (true, found) in enumerate(rows):
        similarity = iou(truth.boxes[true], results.boxes[found])
        overlap, same = np.where(similarity < MIN_IOU - ROUNDING, 0, similarity), similarity >= MIN_IOU
        matched, distracted = _matched_first(overlap, matched_first[true], distracting[true])
        around = truth.boxes[true][regions[true]]
        counted, keep = scored[true], ~(distracted | (~matched & _left_out(results.boxes[found], around, rules.lowest)))
        overlap, same = overlap[np.ix_(counted, keep)], same[np.ix_(counted, keep)]
        people, tracks = truth.ids[true][counted], results.ids[found][keep]
        alike.append((people, tracks, similarity[np.ix_(counted, keep)]))
        if len(people) and len(tracks):  # a frame without either keeps the previous pairs, as in the kit
            continued = np.array([before.get(person) for person in people.tolist()])[:, None] == tracks
            pairs = _match(np.where(overlap > 0, overlap + CONTINUED * continued, 0))
            before = dict(zip(people[pairs[0]].tolist(), tracks[pairs[1]].tolist(), strict=True))
            distances = np.full(overlap.shape, np.nan)
            distances[pairs] = 1 - overlap[pairs]
        else:
            distances = overlap
        clear.update(people, tracks, distances, frameid=frame)
        identity.update(people, tracks, np.where(same, 1 - overlap, np.nan), frameid=frame)
    return _count(clear, identity, hota_counts(alike))


def count_matches(frames: Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> Counts:
    """Counts over `frames` of (true ids `(G,)`, track ids `(M,)`, similarities `(G, M)` in 0..1); pairs may match from 0.5 on.

    The matching is motmetrics' own: matched pairs stay matched while allowed, and the rest maximizes the total similarity. That
    of HOTA is its own at every threshold.
    """
    listed = list(frames)
    accumulator = motmetrics.MOTAccumulator()
    for number, (people, tracks, similarity) in enumerate(listed):
        accumulator.update(people, tracks, np.where(similarity >= MIN_IOU, 1 - similarity, np.nan), frameid=number)
    return _count(accumulator, accumulator, hota_counts(listed))


def _matched_first(overlap: np.ndarray, rows: np.ndarray, distracting: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which result boxes (columns of `overlap`) match one of the true boxes `rows`, and which of them one that is
    `distracting`."""
    matched, distracted = np.zeros((2, overlap.shape[1]), dtype=bool)
    first = np.flatnonzero(rows)
    true, found = _match(overlap[first])
    matched[found] = True
    distracted[found[distracting[first[true]]]] = True
    return matched, distracted


def _left_out(boxes: np.ndarray, regions: np.ndarray, lowest: float) -> np.ndarray:
    """Which of `boxes` `(M, 4)` are at most `lowest` high, or by more than half in one of `regions` `(R, 4)`."""
    inside = intersection(boxes[:, None], regions) / area(boxes)[:, None]
    return (boxes[:, 3] - boxes[:, 1] <= lowest + ROUNDING) | (inside > 0.5 + ROUNDING).any(axis=1)


def _match(gain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (rows, columns) with the largest total gain, without pairs of gain 0."""
    rows, columns = linear_sum_assignment(gain, maximize=True)
    good = gain[rows, columns] > 0
    return rows[good], columns[good]


def _count(clear: "motmetrics.MOTAccumulator", identity: "motmetrics.MOTAccumulator", hota: HotaCounts) -> Counts:
    from_clear = {
        "objects": "num_objects",
        "predictions": "num_predictions",
        "matches": "num_detections",
        "id_switches": "num_switches",
        "fp": "num_false_positives",
        "fn": "num_misses",
        "identities": "num_unique_objects",
        "ml": "mostly_lost",
    }
    from_identity = {"idtp": "idtp", "idfp": "idfp", "idfn": "idfn"}
    counts: dict[str, int] = {}
    with warnings.catch_warnings():
        # motmetrics divides by zero without objects; ratios are computed here.
        warnings.simplefilter("ignore")
        for accumulator, names in (clear, from_clear), (identity, from_identity):
            values = motmetrics.metrics.create().compute(accumulator, metrics=list(names.values()), return_dataframe=False)
            counts |= {ours: int(values[theirs]) for ours, theirs in names.items()}
        # motmetrics counts who is tracked for exactly 80% as mostly tracked, the kit does not.
        followed = motmetrics.metrics.create().compute(clear, metrics=["track_ratios"], return_dataframe=False)
        counts["mt"] = int((followed["track_ratios"] > MOSTLY).sum())
    return Counts(**counts, hota=hota)


def _divide(a: float, b: float) -> float | None:
    return a / b if b else None
