"""Descriptors of a run that averages its weights: of its last weights alone, and averaged over networks sampled from SWAG."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from reid.common.foreign_files import reading
from reid.data.folders import Crops
from reid.evaluation.features import embed_features
from reid.models import Network, build
from reid.training.batches import Batches
from reid.training.recipe import Recipe
from reid.training.state_file import read_state
from reid.training.swag import WeightGaussian, average_descriptors
from reid.weights.weights_file import Weights

SAMPLES = 30  # networks sampled from the Gaussian: Maddox et al. 2019, sec. 5


def sampled_embeddings(
    weights: Weights, recipe: Recipe, gaussian: Path, crops: Crops, paths: Sequence[Path], device: str
) -> np.ndarray:
    """Unit rows `(N, D)` of the images in `paths`, averaged over `SAMPLES` networks sampled from the SWAG state `gaussian`.

    `weights` are those of the run; `crops` are its training data, to recompute each sample's batch-norm statistics. The recipe's
    seed determines the samples. Raises InputError for a missing or malformed state.
    """
    distribution = WeightGaussian()
    state = read_state(gaussian, "cpu", "remove last.safetensors beside it to write both anew")
    with reading(gaussian, "the state of a SWAG run"):
        distribution.load_state_dict(state)
    network = build(weights.model, classes=int(crops.ids.max()) + 1, **weights.options).to(device)
    size = network.preprocessing = weights.preprocessing
    return average_descriptors(
        distribution,
        network,
        Batches(recipe, crops, size, device).statistics,
        lambda drawn: torch.from_numpy(embed_features(drawn, size, paths, device)),
        SAMPLES,
        torch.Generator().manual_seed(recipe.seed),
    ).numpy()


def unaveraged_network(weights: Weights, checkpoint: Path, device: str) -> Network:
    """The network of a finished run before it averaged its weights, in evaluation mode: that of its `checkpoint`.

    `weights` are those of the run. Raises InputError for a missing or malformed checkpoint.
    """
    network = weights.network()
    state = read_state(checkpoint, "cpu", "remove it to train the row anew")
    with reading(checkpoint, "the checkpoint of this run"):
        network.load_state_dict({name: state["network"][name] for name in network.state_dict()})
    return network.to(device)
