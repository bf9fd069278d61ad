"""Features of crops beyond a network's own descriptors: before and after BNNeck, and averaged over networks drawn from SWAG."""

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from rich import get_console
from rich.progress import track
from torch import nn

from reid.data.folders import Crops, read_image
from reid.errors import InputError
from reid.models import build
from reid.preprocessing import Preprocessing
from reid.training.batches import Batches
from reid.training.recipe import Recipe
from reid.training.swag import WeightGaussian, average_descriptors
from reid.weights_file import Weights

BATCH = 64
SAMPLES = 30  # networks drawn from the Gaussian: Maddox et al. 2019, sec. 5


def feature_of(network: nn.Module, feature: str) -> Callable[[torch.Tensor], torch.Tensor]:
    """A function from images `(B, 3, H, W)` to the `feature` wanted, `(B, D)`: "test", "f_t" or "f_i".

    Raises InputError for a network without BNNeck, which has none but its descriptor.
    """
    if feature == "test":
        return network
    if not hasattr(network, "features"):
        raise InputError(f"{feature} is a feature of the networks with BNNeck; this one is a {type(network).__name__}")
    index = ("f_t", "f_i").index(feature)
    return lambda images: network.features(images)[index]


def embed_crops(
    embed: Callable[[torch.Tensor], torch.Tensor], preprocessing: Preprocessing, paths: Sequence[Path], device: str
) -> np.ndarray:
    """What `embed` makes of the images in `paths`, `(N, D)` float32. Raises InputError for one that does not decode."""
    parts = []
    watched = get_console().is_terminal
    with torch.inference_mode():
        for start in track(range(0, len(paths), BATCH), "embedding", transient=True, disable=not watched):
            images = preprocessing([read_image(path) for path in paths[start : start + BATCH]])
            parts.append(embed(torch.from_numpy(images).to(device)).float().cpu().numpy())
    return np.concatenate(parts)


def sampled_embeddings(
    weights: Weights, recipe: Recipe, gaussian: Path, crops: Crops, paths: Sequence[Path], device: str
) -> np.ndarray:
    """Unit rows `(N, D)` of the images in `paths`, averaged over `SAMPLES` networks drawn from the SWAG state `gaussian`.

    `weights` are those of the run, `crops` what it was trained on: the statistics of each draw's batch normalisation come from
    them. The recipe's seed decides the draws. Raises InputError where there is no such state.
    """
    distribution = WeightGaussian()
    try:
        distribution.load_state_dict(torch.load(gaussian, map_location="cpu", weights_only=True))
    except (pickle.UnpicklingError, RuntimeError, KeyError) as error:
        raise InputError(f"{gaussian}: not the state of a SWAG run ({error})") from None
    network = build(weights.model, classes=int(crops.ids.max()) + 1, **weights.options).to(device)
    size = network.preprocessing = weights.preprocessing
    return average_descriptors(
        distribution,
        network,
        Batches(recipe, crops, size, device).statistics,
        lambda drawn: torch.from_numpy(embed_crops(drawn, size, paths, device)),
        SAMPLES,
        torch.Generator().manual_seed(recipe.seed),
    ).numpy()
