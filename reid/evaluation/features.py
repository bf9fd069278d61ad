"""Features other than a network's descriptor: before and after BNNeck, which are not unit rows; of several networks, joined."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import nn

from reid.common.errors import InputError
from reid.evaluation.extraction import embed_files
from reid.evaluation.ranking import unit_rows
from reid.preprocessing import Preprocessing

FEATURES = "test", "f_t", "f_i"


def feature_of(network: nn.Module, feature: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """A function from images `(B, 3, H, W)` to a `feature` `(B, D)`: "test", "f_t" or "f_i".

    Raises InputError for a network without BNNeck, which has only its descriptor.
    """
    if feature == "test":
        return network
    features = getattr(network, "features", None)
    if features is None:
        raise InputError(f"{feature} is a feature of networks with BNNeck; this one is a {type(network).__name__}")
    index = FEATURES.index(feature) - 1
    return lambda images: features(images)[index]


def embed_features(
    embed: Callable[[torch.Tensor], torch.Tensor], preprocessing: Preprocessing, paths: Sequence[Path], device: str
) -> np.ndarray:
    """The features of the images in `paths`, `(N, D)` float32. Raises InputError for an image that does not decode."""

    def run(images: list[np.ndarray]) -> np.ndarray:
        with torch.inference_mode():
            return embed(torch.from_numpy(preprocessing(images)).to(device)).float().cpu().numpy()

    return embed_files(run, paths)


def join_features(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The features of K networks, each `(N, D_k)`, as one `(N, sum of D_k)`: unit rows side by side, divided by the root of K.

    Their cosine distance is the mean of those of the networks (Kalayeh et al., CVPR 2018, Tables 4 and 6).
    """
    return np.concatenate([unit_rows(part) for part in parts], axis=1) / np.sqrt(np.float32(len(parts)))
