"""A network in training as the weights file that it would be, measured on people it was not trained on."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from torch import nn

from reid.appearance import AppearanceModel
from reid.data.folders import Crops
from reid.engines import pytorch
from reid.evaluation import evaluate_embeddings
from reid.extraction import embed_files
from reid.preprocessing import Preprocessing
from reid.training.checkpoint import Position
from reid.training.recipe import Recipe
from reid.weights_file import Weights, weights_of


def snapshot(
    recipe: Recipe, network: nn.Module, position: Position, crops: Crops, data: Sequence[str], size: Preprocessing
) -> Weights:
    """The present weights, for images of the `size` that they were last trained at: at another they know people worse by far.

    With them goes the record of how they came about: recipe, seed included, data, epochs done and versions. Of files that the run
    started from it has the names alone: weights are handed on, and where they lay on one machine is nobody else's business.
    """
    named = int((crops.ids >= 0).sum())
    found = {"data": list(data), "images": named, "identities": int(crops.ids.max()) + 1, "unlabelled": len(crops) - named}
    files = {"start": Path(recipe.start).name, "backbone_weights": Path(position.backbone).name}
    files["teacher"] = [Path(file).name for file in recipe.teacher]
    done = {"epochs_done": position.epoch, "versions": _versions()}
    record = {**asdict(recipe), **files, **found, **done}
    return replace(weights_of(recipe.model, network, record, recipe.options), preprocessing=size)


def validate(weights: Weights, validation: tuple[Crops, Crops], device: str) -> dict[str, float]:
    """The `rank-1` and `mAP`, in 0..1, of queries and gallery ranked by cosine distance in float32."""
    query, gallery = validation
    model = AppearanceModel(weights, pytorch.open_engine(weights, device, "f32"))
    embeddings = [embed_files(model.embed, part.paths, label) for part, label in ((query, "queries"), (gallery, "gallery"))]
    ranking = evaluate_embeddings(*embeddings, query.ids, gallery.ids, query.cameras, gallery.cameras)
    return {"rank-1": float(ranking.cmc[0]), "mAP": float(ranking.mean_ap)}


def with_scores(weights: Weights, scores: Mapping[str, float]) -> Weights:
    """The same weights, with the `scores` of their validation in the record."""
    return replace(weights, training={**weights.training, "validation": dict(scores)})


def _versions() -> dict[str, str]:
    try:
        package = version("mtmc")
    except PackageNotFoundError:
        package = "not installed"
    return {"python": platform.python_version(), "torch": torch.__version__, "mtmc": package}
