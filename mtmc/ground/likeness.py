"""How much the likeness of two embeddings tells, learned from the people present: any network's distances become evidence."""

import numpy as np

DOUBT = 20.0  # pairs of each kind after which half of what they show counts
MEMORY = 1.0  # seconds within which a look loses its worth: people turn, and what is behind them changes
LIMIT = 20.0  # the most that likeness may cost or save


class Likeness:
    """The last look of each camera at each person, and what a cosine with it says about being the same person.

    Two people in one image are not one. So the cosines of detections with the looks of the person they were matched to, and with
    those of others nearby, show how far the two kinds lie apart: their means, and the variance of both. Minus twice the logarithm
    of the likelihood ratio of normal distributions of one variance is linear in the cosine; see Fisher's linear discriminant.
    Until people have been compared, it is 0.
    """

    def __init__(self, cameras: int) -> None:
        self._cameras = cameras
        self._sums = np.zeros((2, 3))  # of other and same people: the number of cosines, their sum, and the sum of squares
        self.looks: np.ndarray | None = None

    def cosines(self, person: np.ndarray, camera: np.ndarray, embeddings: np.ndarray | None) -> np.ndarray:
        """Cosines `(P,)` of `embeddings` `(P, D)` with the looks of people `person` `(P,)` in `camera` `(P,)`; NaN if unknown."""
        out = np.full(len(person), np.nan)
        if embeddings is not None and self.looks is not None:
            out = np.einsum("pd,pd->p", self.looks[person, camera], embeddings)
        return out

    def costs(self, cosines: np.ndarray, ages: np.ndarray) -> np.ndarray:
        """Costs `(P,)` of `cosines` `(P,)` with looks `ages` `(P,)` seconds old, negative for what rather is the same person."""
        count, total, squares = self._sums.T
        if not count.all():
            return np.zeros(len(cosines))
        other, same = means = total / count
        variance = float(np.mean(squares / count - means**2)) + 1e-4
        trust = count.min() / (count.min() + DOUBT)
        costs = 2 * trust * max(same - other, 0.0) / variance * ((same + other) / 2 - cosines)
        return np.nan_to_num(np.clip(costs, -LIMIT, LIMIT)) * np.exp(-np.minimum(ages, 1e3) / MEMORY)

    def learn(self, cosines: np.ndarray, same: np.ndarray, other: np.ndarray) -> None:
        """Count the `cosines` `(P,)` of pairs that turned out the `same` person, and of those of an `other`, `(P,)` bool."""
        for sums, which in zip(self._sums, (other, same), strict=True):
            values = cosines[which & np.isfinite(cosines)]
            sums += len(values), values.sum(), np.square(values).sum()

    def remember(self, people: int, person: np.ndarray, camera: np.ndarray, embeddings: np.ndarray | None) -> None:
        """Keep `embeddings` `(N, D)` as the looks of `camera` `(N,)` at `person` `(N,)`, -1 for nobody, among `people`."""
        known = self.looks
        if known is None:
            if embeddings is None:
                return
            known = np.zeros((0, self._cameras, embeddings.shape[1]), np.float32)
        new = np.full((people - len(known), *known.shape[1:]), np.nan, np.float32)
        self.looks = np.concatenate([known, new])
        if embeddings is not None:
            rows = np.flatnonzero(person >= 0)
            self.looks[person[rows], camera[rows]] = embeddings[rows]

    def keep(self, people: np.ndarray) -> None:
        """Forget all people but those marked in `people` `(T,)` bool."""
        if self.looks is not None:
            self.looks = self.looks[people]
