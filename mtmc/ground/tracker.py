"""One identity per person across overlapping cameras: ground tracks, matched to the detections of all views at once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mtmc.calibration import GroundCamera
from mtmc.ground.association import GATE, agree, near_pairs
from mtmc.ground.boxes import BoxPrediction
from mtmc.ground.camera_offsets import CameraOffsets
from mtmc.ground.evidence import Company, Presence, shadows
from mtmc.ground.grouping import group
from mtmc.ground.likeness import Likeness
from mtmc.ground.motion import GroundMotion, fuse, sideways_scale, squared_lengths, symmetric_inverse
from mtmc.ground.observations import Observations
from mtmc.ground.thresholds import GroundThresholds
from mtmc.ground.tracks import GroundTracks
from mtmc.ground.visibility import hidden, picture_boxes, within

HEIGHT_ERROR = 0.05  # standard deviation of one height measurement, as a share of the height
REACH = 36.0  # distance over which a camera's offset may change by its own size, in units of the measurement error
STATURE = 20.0  # initial height of a person, in units of the measurement error
MARGIN = 9.0  # around the area, in standard deviations across the line of sight; detections farther out are ignored
SMALLEST = 0.25  # of a person's height: a box below is no more exact than one of this height
HABIT = 0.4  # seconds for which a camera's error about one person lasts: hidden legs, a bag taken for part of the body
LEARNING = 0.1  # weight of a new value in a person's height
COMPANY = 1.0  # seconds for which two people seen in one image need not be seen so again; candidates must be at every moment
CANDIDATE = GATE  # the cost of giving a detection to a candidate: candidates get what confirmed people leave
UNMATCHED = 22.0  # the cost above which a detection rather shows somebody new

# One row per person or candidate. `id` is 0 until confirmed; `views` is a running mean of the number of cameras that detect them.
# For each camera, `member` is the row of the detection matched now or -1, `age` the seconds since the last match, `habit` its
# error on the ground, and `residual` its box minus the expected one, in units of the expected height.
COLUMNS: list[tuple] = [("id", np.int64), ("score", float), ("unseen", float), ("height", float), ("views", float)]
COLUMNS += [("mean", float, (4,)), ("covariance", float, (4, 4))]


class GroundTracker:
    """Tracks people on the ground from the detections of several calibrated cameras, moment by moment.

    At each moment every camera's detections are assigned to people, at most one per person and camera, such that the views agree
    (see `agree`): by the distance on the ground, heights, and what `Likeness` tells of embeddings. The unassigned detections are
    grouped across views, and each group becomes a candidate.

    `Presence` accumulates the evidence for each. A candidate becomes a person, with an id, when its evidence reaches `confirm`,
    and is reported while it stays there; both are dropped below zero. So three views that agree make a person, fewer must
    persist, and a box in one view that others should confirm makes none.

    Lengths are in units of the measurement error: the median standard deviation of the first detections across the line of
    sight. With a feet error of 5% of the box height that is about 8 cm, whatever the unit of the ground.

    `area` (least x, least y, greatest x, greatest y) is the area in which people are reported; None means everywhere.
    """

    def __init__(
        self,
        cameras: Sequence[GroundCamera],
        area: tuple[float, float, float, float] | None = None,
        thresholds: GroundThresholds | None = None,
    ) -> None:
        self.cameras = list(cameras)
        self.area = area
        self.thresholds = thresholds or GroundThresholds()
        self.presence = Presence(self.thresholds.detection, self.thresholds.clutter)
        self._pictures = picture_boxes([camera.image_size for camera in self.cameras])
        count = len(self.cameras)
        columns = [
            ("member", int, (count,)),
            ("residual", float, (count, 4)),
            ("age", float, (count,)),
            ("habit", float, (count, 2)),
        ]
        self._table = np.dtype([*COLUMNS, *columns])
        self.reset()

    def reset(self) -> None:
        """Forget all people and all learned camera parameters; ids restart at 1."""
        self.tracks = np.zeros(0, dtype=self._table)
        self._likeness = Likeness(len(self.cameras))
        self._company = Company()
        self._unit = 0.0
        self._time: float | None = None
        self._next_id = 1
        self._looked = np.full(len(self.cameras), -np.inf)  # when each camera last looked, in seconds
        self._interval = np.zeros(len(self.cameras))  # seconds between each camera's last two looks

    def update(self, observations: Observations, time: float) -> GroundTracks:
        """Process the detections of all cameras at `time` (seconds, increasing) and return the people present.

        The order of the detections and of the cameras does not matter. Raises `ValueError` if the time does not increase.
        """
        seconds = 1 / self.thresholds.rate if self._time is None else time - self._time
        if seconds <= 0:
            raise ValueError(f"time must increase: {time} s follows {self._time} s")
        self._time = time
        evidence = self._look(observations.looked, time)
        observations = self._of_people(observations)
        if self._unit == 0 and len(observations):
            self._begin(observations)
        if self._unit == 0:
            return self._show(np.zeros((len(self.cameras), 0, 4)))
        self._predict(seconds)
        observations = self._no_more_exact(observations)
        offsets, spread = self._camera_offsets.offsets(observations.camera, observations.ground)
        ground, errors = observations.ground - offsets, observations.covariances + spread
        person = self._associate(observations, ground, errors, evidence)
        person = self._start(observations, person, ground, errors)
        seen_at = self._move(observations, person, ground, errors)
        self._remember(observations, person)
        self._register(observations, person, seen_at, seconds)
        boxes = self._boxes.expect(self.tracks["mean"][:, :2], self._camera_offsets)
        self._weigh(boxes, evidence, seconds)
        boxes = self._settle(boxes, seconds)
        return self._show(self._boxes.fill(boxes, self.tracks, observations, self.thresholds.fill))

    def _look(self, looked: np.ndarray, time: float) -> np.ndarray:
        """How much each camera's look at this moment counts, `(C,)` in 0..1: neighbouring frames are correlated, so by the time
        since its previous look; 0 for cameras that did not look."""
        first = looked & np.isinf(self._looked)
        again = looked & ~first
        self._interval[again] = time - self._looked[again]
        self._looked[looked] = time
        evidence = np.where(looked, np.minimum(1.0, self._interval * self.thresholds.rate), 0.0)
        evidence[first] = 1.0
        return evidence

    def _of_people(self, observations: Observations) -> Observations:
        """The observations that can be people, in an order that is independent of the input order."""
        possible = observations.scores >= self.thresholds.min_score
        if self.area is not None:
            left, low, right, high = self.area
            margin = MARGIN * sideways_scale(observations.covariances)
            x, y = observations.ground.T
            possible &= (x >= left - margin) & (x <= right + margin) & (y >= low - margin) & (y <= high + margin)
        observations = observations.select(possible)
        return observations.select(np.lexsort((*observations.boxes.T, *observations.ground.T)))

    def _no_more_exact(self, observations: Observations) -> Observations:
        """`observations` with covariances of at least those of a box `SMALLEST` times as high as a person: what is smaller shows
        a part of one, or nobody, and tells their place no better."""
        least = SMALLEST * self._unit
        # Rounding may leave nothing of the scale of a covariance that is long and thin.
        widened = np.square(np.maximum(1.0, least / np.maximum(sideways_scale(observations.covariances), 0.01 * least)))
        return replace(observations, covariances=observations.covariances * widened[:, None, None])

    def _begin(self, observations: Observations) -> None:
        """Set the unit of length and the centre of the scene from the first detections."""
        self._unit = float(np.median(sideways_scale(observations.covariances)))
        self._boxes = BoxPrediction(self.cameras, STATURE * self._unit)
        self._motion = GroundMotion(self.thresholds.speed * self._unit, self.thresholds.speed_memory)
        origin = np.median(observations.ground, axis=0)
        error = self.thresholds.registration_error * self._unit
        self._camera_offsets = CameraOffsets(len(self.cameras), origin, error, REACH * self._unit)

    def _predict(self, seconds: float) -> None:
        tracks = self.tracks
        tracks["mean"], tracks["covariance"] = self._motion.predict(tracks["mean"], tracks["covariance"], seconds)
        tracks["member"] = -1
        tracks["age"] += seconds
        tracks["unseen"] += seconds

    def _associate(self, observations: Observations, ground: np.ndarray, errors: np.ndarray, evidence: np.ndarray) -> np.ndarray:
        """The row of the person that each observation continues, `(N,)`, or -1; `evidence` `(C,)` is that of `_look`."""
        person = np.full(len(observations), -1)
        tracks = self.tracks
        if len(tracks) == 0 or len(observations) == 0:
            return person
        camera, embeddings = observations.camera, observations.embeddings
        means, covariances = tracks["mean"][:, :2], tracks["covariance"][:, :2, :2]
        pairs = near_pairs(means, covariances, ground, errors)
        who, row = pairs
        heights = tracks["height"][who]
        costs = np.nan_to_num(np.square((observations.heights[row] - heights) / (HEIGHT_ERROR * heights)))
        cosines = self._likeness.cosines(who, camera[row], None if embeddings is None else embeddings[row])
        likeness = self._likeness.costs(cosines, tracks["age"][who, camera[row]])
        costs += self.thresholds.appearance_weight * likeness + np.where(tracks["id"][who] == 0, CANDIDATE, 0.0)
        habits = tracks["habit"] * np.exp(-tracks["age"] / HABIT)[..., None]
        person = agree(pairs, means, covariances, camera, ground, errors, habits, costs, evidence, UNMATCHED)
        sure = tracks["id"] > 0
        both = sure[who] & (person[row] >= 0) & sure[person[row]]
        self._likeness.learn(cosines, both & (person[row] == who), both & (person[row] != who))
        return person

    def _start(self, observations: Observations, person: np.ndarray, ground: np.ndarray, errors: np.ndarray) -> np.ndarray:
        """Start a candidate from each group of unassigned observations; return `person` with their rows."""
        left = np.flatnonzero(person < 0)
        if len(left) == 0:
            return person
        spread = errors[left, None] + errors[left]
        distances = squared_lengths(ground[left, None] - ground[left], symmetric_inverse(spread))
        heights = observations.heights[left]
        mean = (heights[:, None] + heights) / 2
        distances += np.nan_to_num(np.square((heights[:, None] - heights) / (np.sqrt(2) * HEIGHT_ERROR * mean)))
        groups = group(distances, observations.camera[left], GATE)
        new = np.zeros(groups.max() + 1, dtype=self._table)
        new["height"] = np.nan
        new["age"] = np.inf
        new["member"] = -1
        positions, covariances = fuse(ground[left], symmetric_inverse(errors[left]), groups, len(new))
        new["mean"], new["covariance"] = self._motion.start(positions, covariances)
        person = person.copy()
        person[left] = len(self.tracks) + groups
        self.tracks = np.concatenate([self.tracks, new])
        return person

    def _move(self, observations: Observations, person: np.ndarray, ground: np.ndarray, errors: np.ndarray) -> np.ndarray:
        """Update everyone's position; return the positions `(T, 2)` from this moment's detections alone."""
        tracks = self.tracks
        rows = np.flatnonzero(person >= 0)
        who = person[rows]
        tracks["member"][who, observations.camera[rows]] = observations.index[rows]
        positions, covariances = fuse(ground[rows], symmetric_inverse(errors[rows]), who, len(tracks))
        seen = np.flatnonzero((tracks["member"] >= 0).any(axis=1))
        old = seen[tracks["age"][seen].min(axis=1) < np.inf]
        tracks["mean"][old], tracks["covariance"][old] = self._motion.update(
            tracks["mean"][old], tracks["covariance"][old], positions[old], covariances[old]
        )
        tracks["unseen"][seen] = 0
        tracks["habit"][who, observations.camera[rows]] = ground[rows] - tracks["mean"][who, :2]
        return positions

    def _remember(self, observations: Observations, person: np.ndarray) -> None:
        """Update people's heights and appearance."""
        tracks = self.tracks
        tracks["height"] = _blend(tracks["height"][:, None], observations.heights[:, None], person)[:, 0]
        self._likeness.remember(len(tracks), person, observations.camera, observations.embeddings)

    def _register(self, observations: Observations, person: np.ndarray, seen_at: np.ndarray, seconds: float) -> None:
        """Update the camera offsets from people seen by several cameras."""
        tracks = self.tracks
        several = ((tracks["member"] >= 0).sum(axis=1) > 1) & (tracks["id"] > 0)
        rows = np.flatnonzero((person >= 0) & np.append(several, False)[person])
        camera, place = observations.camera[rows], seen_at[person[rows]]
        # A person who stands still shows the same error repeatedly, and what looks like a person in several views mostly stands
        # still.
        walked = np.hypot(*tracks["mean"][person[rows], 2:].T) * seconds / self._unit
        weights = np.minimum(walked, 1.0)
        self._camera_offsets.learn(camera, place, observations.ground[rows] - place, observations.covariances[rows], weights)

    def _weigh(self, boxes: np.ndarray, evidence: np.ndarray, seconds: float) -> None:
        """Add this moment's evidence for everyone's presence, given their expected `boxes` `(C, T, 4)`; a camera that did not
        look has an `evidence` `(C,)` of 0."""
        tracks = self.tracks
        detected = tracks["member"] >= 0
        sure = (tracks["id"] > 0) & detected.any(axis=1)
        visible = (within(boxes, self._pictures) & ~hidden(boxes, sure, self.thresholds.hidden_share)).T
        looking = evidence > 0
        views = detected.sum(axis=1) * (1 if looking.all() else len(looking) / max(1, looking.sum()))
        new = np.isinf(tracks["age"]).all(axis=1)
        learning = LEARNING * evidence.max(initial=0.0)
        tracks["views"] = np.where(new, views, tracks["views"] + learning * (views - tracks["views"]))
        order = np.lexsort((-np.arange(len(tracks)), tracks["views"], tracks["id"] > 0))
        self._company.meet(detected, seconds)
        space = self.thresholds.personal_space * self._unit
        apart = self._company.apart(np.where(tracks["id"] > 0, COMPANY, 0.0))
        shadow = shadows(tracks["mean"][:, :2], apart, np.argsort(order), space)
        added = self.presence.evidence(detected, visible, shadow, evidence)
        tracks["score"] = np.minimum(tracks["score"] + added, self.thresholds.certain)

    def _settle(self, boxes: np.ndarray, seconds: float) -> np.ndarray:
        """Drop people who are gone and number the confirmed ones; return the expected `boxes` `(C, T, 4)` of the rest."""
        # A candidate of a camera that looks at every other moment only is not gone before that camera looks again.
        slowest = self._interval.max(initial=0.0)
        waiting = max(1 / self.thresholds.rate, slowest if slowest > 1.5 * seconds else 0.0)
        limit = np.where(self.tracks["id"] > 0, self.thresholds.patience, waiting)
        alive = (self.tracks["score"] >= 0) & (self.tracks["unseen"] <= limit)
        self.tracks = self.tracks[alive]
        self._likeness.keep(alive)
        self._company.keep(alive)
        unnamed = np.flatnonzero((self.tracks["id"] == 0) & (self.tracks["score"] >= self.thresholds.confirm))
        self.tracks["id"][unnamed] = np.arange(self._next_id, self._next_id + len(unnamed))
        self._next_id += len(unnamed)
        return boxes[:, alive]

    def _show(self, boxes: np.ndarray) -> GroundTracks:
        """The confirmed people within the area."""
        tracks = self.tracks
        shown = (tracks["id"] > 0) & (tracks["score"] >= self.thresholds.confirm)
        if self.area is not None:
            left, low, right, high = self.area
            x, y = tracks["mean"][:, 0], tracks["mean"][:, 1]
            shown &= (x >= left) & (x <= right) & (y >= low) & (y <= high)
        rows = np.flatnonzero(shown)
        rows = rows[np.argsort(tracks["id"][rows])]
        mean = tracks["mean"][rows]
        return GroundTracks(
            tracks["id"][rows], mean[:, :2], mean[:, 2:], tracks["member"][rows], boxes[:, rows].transpose(1, 0, 2)
        )


def _blend(known: np.ndarray, values: np.ndarray, who: np.ndarray) -> np.ndarray:
    """`known` `(T, K)`, moved slightly towards the mean of the `values` `(N, K)` of each person; NaN counts as missing."""
    rows = np.flatnonzero((who >= 0) & np.isfinite(values).all(axis=1))
    counts = np.bincount(who[rows], minlength=len(known))[:, None]
    total = np.zeros(known.shape)
    np.add.at(total, who[rows], values[rows])
    mean = total / np.maximum(counts, 1)
    blended = np.where(np.isfinite(known), known + LEARNING * (mean - known), mean)
    return np.where(counts > 0, blended, known)
