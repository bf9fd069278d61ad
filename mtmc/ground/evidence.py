"""Evidence that a person is present: detections, and misses where the person should be visible."""

import numpy as np


class Presence:
    """The log-likelihood ratio of a person being present against all of their detections being clutter.

    This is the track score of Sittler (1964; Blackman and Popoli, "Design and analysis of modern tracking systems", 1999, section
    6.2): a camera that detects the person adds log(detection / clutter); one that should see the person but does not adds log((1
    - detection) / (1 - clutter)); one from which the person is hidden or out of view adds nothing. `detection` and `clutter`, in
    0..1, are the rates at which a camera has a box where a person stands in its view, and where nobody does.
    """

    def __init__(self, detection: float, clutter: float) -> None:
        self.gain = float(np.log(detection / clutter))
        self.loss = float(np.log((1 - detection) / (1 - clutter)))

    def evidence(self, detected: np.ndarray, visible: np.ndarray, shadow: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """What one moment adds for each person, `(T,)`, from where they are `detected` and should be `visible`, `(T, C)` bool.

        `weights` `(C,)` in 0..1 are how much a camera's look counts as independent of its previous one, 0 for one that did not
        look. The detections of a `shadow` `(T,)` bool belong to another person: for a shadow, two cameras' misses count.
        """
        added = np.where(detected, self.gain, np.where(visible, self.loss, 0.0)) @ weights
        return np.where(shadow, 2 * self.loss * weights.max(initial=0.0), added)


def shadows(positions: np.ndarray, apart: np.ndarray, strength: np.ndarray, personal_space: float) -> np.ndarray:
    """Which tracks are shadows of another, `(T,)` bool: closer than people stand, and `apart` `(T, T)` bool, not seen in the same
    image.

    Views that disagree, or boxes of body parts, can split one person into two tracks with disjoint cameras; two people would show
    as two boxes. `positions` are `(T, 2)`. Of two tracks, the shadow is the one with less `strength` `(T,)`, whose values are
    distinct.
    """
    x, y = positions.T
    close = np.square(x[:, None] - x) + np.square(y[:, None] - y) < personal_space**2
    return (close & apart & (strength[:, None] < strength)).any(axis=1)


class Company:
    """When each two of T tracks were last seen in the same image: those who were are two people, even where one hides the other
    for a while."""

    def __init__(self) -> None:
        self._alone = np.zeros((0, 0), np.float32)  # seconds since; infinite for those who never were

    def meet(self, detected: np.ndarray, seconds: float) -> None:
        """Count what each of C cameras has `detected` `(T, C)` bool, `seconds` after the moment before; new tracks are last."""
        known, tracks = len(self._alone), len(detected)
        alone = np.full((tracks, tracks), np.inf, np.float32)
        alone[:known, :known] = self._alone + seconds
        seen = detected.astype(np.float32)
        alone[seen @ seen.T > 0] = 0
        self._alone = alone

    def apart(self, memory: np.ndarray) -> np.ndarray:
        """Which pairs `(T, T)` bool were not seen in the same image within the shorter of their `memory` `(T,)` in seconds."""
        return self._alone > np.minimum(memory[:, None], memory)

    def keep(self, tracks: np.ndarray) -> None:
        """Forget all tracks but those marked in `tracks` `(T,)` bool."""
        self._alone = self._alone[tracks][:, tracks]
