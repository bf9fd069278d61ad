"""The plug `scoring` of MOTDT: the probability that each box of a frame shows a person."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from mtmc.candidates.network import PREPROCESSING, SHORT_SIDE, network_of
from mtmc.candidates.pooling import pool, summed, vote
from reid.common.errors import InputError
from reid.common.plugin import is_plugin, open_plugin
from reid.engines import devices
from reid.weights.weights_file import Weights, read_weights

LARGE = 720  # pixels of the short side above which a picture is resized to SHORT_SIDE_OF_LARGE
SHORT_SIDE_OF_LARGE = 640
_FACTOR = 16  # the network halves the size four times


class CandidateScorer:
    """Scores boxes by the R-FCN person classifier of Long et al. (ICME 2018), section 3.2, eq. 1.

    The network sees each frame once, as a whole, however many boxes are asked for and however often. `device` is one of PyTorch.
    Raises `InputError` for weights of another network.
    """

    def __init__(self, weights: Weights, device: str = "cpu"):
        self.weights_hash = weights.hash
        self._device = device
        self._network = network_of(weights).to(device)
        self._frame: np.ndarray | None = None
        self._sums = torch.empty(0)
        self._scale = 1.0

    def __call__(self, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """The probability `(N,)`, 0..1, of a person in each of `boxes` `(N, 4)` xyxy of a `frame` `(H, W, 3)`, uint8 BGR.

        A box wholly outside the frame scores 0, since nothing speaks for a person there.
        """
        if not len(boxes):
            return np.zeros(0)
        with torch.inference_mode():
            # By content: a camera's reader may write the next frame into the same array.
            if self._frame is None or not np.array_equal(frame, self._frame):
                image, self._scale = prepare(frame)
                self._sums = summed(self._network(torch.from_numpy(image).to(self._device))[0])
                self._frame = frame.copy()
            scaled = torch.from_numpy(np.asarray(boxes, np.float64) * self._scale).to(self._device)
            scores = vote(pool(self._sums, scaled)).sigmoid().cpu().numpy()
        inside = (boxes[:, 2:] > 0).all(axis=1) & (boxes[:, :2] < frame.shape[1::-1]).all(axis=1)
        return np.where(inside, scores, 0.0)


def resized(frame: np.ndarray) -> tuple[np.ndarray, float]:
    """`frame` `(H, W, 3)` as large as the network sees it, and the scale, as in the authors' code: a short side of 368 pixels, or
    of 640 if it has more than 720."""
    short = min(frame.shape[:2])
    scale = (SHORT_SIDE_OF_LARGE if short > LARGE else SHORT_SIDE) / short
    return cv2.resize(frame, None, fx=scale, fy=scale), scale


def prepare(frame: np.ndarray) -> tuple[np.ndarray, float]:
    """The network's input `(1, 3, H, W)`, float32, and its scale: resized, and padded by black to multiples of 16 pixels."""
    image, scale = resized(frame)
    below, right = (-side % _FACTOR for side in image.shape[:2])
    padded = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    return PREPROCESSING.normalise(padded[None]), scale


def open_scoring(name: str | Path, device: str = "auto") -> Any:
    """The scorer in a .safetensors file, or the user's own `module:attribute`, a callable `(frame, boxes (N, 4)) -> (N,)`.

    `device` is auto, cpu, cuda or cuda:N. Raises `InputError` for another file, a missing device, and for an attribute that is
    missing or not callable.
    """
    if not is_plugin(str(name)):
        return CandidateScorer(read_weights(name), devices(device)[0])
    scoring = open_plugin(str(name))
    if not callable(scoring):
        raise InputError(f"{name}: not callable; a scorer must map (frame, boxes) to a probability for each box")
    return scoring
