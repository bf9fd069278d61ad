"""Errors that last: a detector's boxes, and what a network sees of a person, are wrong in the same way for about a second."""

import numpy as np


def drift(rng: np.random.Generator, frames: int, shape: tuple[int, ...], seconds: float, memory: float) -> np.ndarray:
    """Normal values `(frames, *shape)` of variance 1, frames being `seconds` apart, whose correlation falls by e in `memory`
    seconds."""
    kept = np.exp(-seconds / memory)
    values = rng.normal(size=(frames, *shape))
    values[1:] *= np.sqrt(1 - kept**2)
    for frame in range(1, frames):
        values[frame] += kept * values[frame - 1]
    return values
