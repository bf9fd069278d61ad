"""Whether somebody is there: what cameras' detections, and their misses that nothing excuses, say for it."""

import numpy as np


class Presence:
    """The log-likelihood ratio that somebody is there, against that all his detections are clutter.

    This is the track score of Sittler (1964; Blackman and Popoli, "Design and analysis of modern tracking systems", 1999, section
    6.2): a camera that detects him adds log(detection / clutter), one that should see him and does not adds
    log((1 - detection) / (1 - clutter)), and one that he is hidden from, or out of view of, says nothing. `detection` and
    `clutter`, in 0..1, are how often a camera has a box where somebody stands in its view and where nobody does.
    """

    def __init__(self, detection: float, clutter: float) -> None:
        self.gain = float(np.log(detection / clutter))
        self.loss = float(np.log((1 - detection) / (1 - clutter)))

    def evidence(self, detected: np.ndarray, visible: np.ndarray, shadow: np.ndarray) -> np.ndarray:
        """What one moment adds for each person, `(T,)`, by where he is `detected` and should be `visible`, `(T, C)` bool.

        The detections of a `shadow` `(T,)` bool belong to somebody else: for it two cameras' misses count.
        """
        added = np.where(detected, self.gain, np.where(visible, self.loss, 0.0)).sum(axis=1)
        return np.where(shadow, 2 * self.loss, added)


def shadows(positions: np.ndarray, detected: np.ndarray, strength: np.ndarray, personal_space: float) -> np.ndarray:
    """Who is another's shadow, `(T,)` bool: closer to him than people stand, and never in one picture with him.

    Views that disagree, or boxes of parts, can make two tracks of one person, which share the cameras between them; two people
    show up as two boxes. `positions` are `(T, 2)`, `detected` `(T, C)` bool. Of two, the shadow is the one of less `strength`
    `(T,)`, in which no two are equal.
    """
    apart = positions[:, None] - positions
    close = np.hypot(apart[..., 0], apart[..., 1]) < personal_space
    together = detected.astype(np.float32) @ detected.T.astype(np.float32) > 0
    return (close & ~together & (strength[:, None] < strength)).any(axis=1)
