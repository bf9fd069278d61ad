"""What any network owes: a row of finite numbers for each picture, which depends on that picture and on no other."""

from typing import TYPE_CHECKING

import numpy as np

from reid.common.errors import InputError
from reid.weights.network_file import NetworkFile
from reid.weights.weights_file import Weights

if TYPE_CHECKING:
    from reid.engines import Engine

_ROUNDING = 0.01  # of a row's length: sums in another order, also in TF32 or float16, differ by less
_SAME = 1e-6  # of a row's length: rows closer than this are the same row


def check_rows(engine: "Engine", images: np.ndarray, source: Weights | NetworkFile) -> np.ndarray:
    """The rows `(B, D)` that `engine` gives for two or more different `images` `(B, 3, H, W)`, once they are what they should be.

    Each must be finite, and the last image's the same alone as in the batch, but not the same as the first one's. Raises
    `InputError` naming the file of `source` otherwise, and where the network fails.
    """
    name = source.path or source.model
    one_by_one = "export it with a free batch axis, in evaluation mode"
    try:
        together, alone = engine(images), engine(images[-1:])
    except Exception as error:  # the engines' own exceptions share no public base class
        if isinstance(error, InputError | MemoryError):
            raise
        reason = (str(error).strip() or type(error).__name__).splitlines()[-1]
        raise InputError(f"{name}: fails on {len(images)} images at once or on one ({reason}); {one_by_one}") from error
    if isinstance(source, Weights) and together.ndim == 4:
        raise InputError(f"{name}: a parser, not an appearance model; use `python -m reid parse`, or evaluate it on lip=DIR")
    if together.ndim != 2 or together.shape[:1] != images.shape[:1] or alone.shape != (1, together.shape[1]):
        told = f"{len(images)} images give {together.shape} and one gives {alone.shape}"
        raise InputError(f"{name}: must give a row for each image, but {told}; {one_by_one}")
    if not (np.isfinite(together).all() and np.isfinite(alone).all()):
        raise InputError(f"{name}: its embeddings are not finite numbers: its weights are damaged, or training diverged")
    first, last, alone = together[0].astype(np.float64), together[-1].astype(np.float64), alone[0].astype(np.float64)
    length = np.linalg.norm(alone)  # in float64: the squares of huge numbers are no float32
    if np.linalg.norm(last - alone) > _ROUNDING * length:
        raise InputError(f"{name}: gives an image another row in a batch than alone; {one_by_one}")
    if np.linalg.norm(last - first) <= _SAME * length:
        raise InputError(f"{name}: gives different images the same row: its preprocessing or its weights are wrong")
    return together
