"""A network in training as the weights file that it would be, measured on people it was not trained on."""

import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from reid.appearance import AppearanceModel
from reid.common.errors import InputError
from reid.data.duplicates import find_same
from reid.data.folders import Crops
from reid.data.sources import site_names, source_name
from reid.engines import pytorch
from reid.evaluation import evaluate_embeddings
from reid.evaluation.extraction import embed_files
from reid.models import Network
from reid.preprocessing import Preprocessing
from reid.training.checkpoint import Position
from reid.training.recipe import Recipe
from reid.weights.weights_file import Weights, weights_of


def snapshot(
    recipe: Recipe, network: Network, position: Position, crops: Crops, data: Sequence[str], size: Preprocessing
) -> Weights:
    """The present weights, for images of the `size` that they were last trained at: at another they know people worse by far.

    With them goes the record of how they came about: recipe, seed included, data, epochs done and versions. Of files that the run
    started from it has the names alone: weights are handed on, and where they lay on one machine is nobody else's business.
    """
    named = int((crops.ids >= 0).sum())
    sources = {"data": [source_name(source) for source in data], "start_data": list(position.seen)}
    found = {**sources, "images": named, "identities": int(crops.ids.max()) + 1, "unlabelled": len(crops) - named}
    files: dict[str, object] = {"start": Path(recipe.start).name, "backbone_weights": Path(position.backbone).name}
    files["teacher"] = [Path(file).name for file in recipe.teacher]
    done = {"epochs_done": position.epoch, "versions": _versions()}
    record = {**asdict(recipe), **files, **found, **done}
    return replace(weights_of(recipe.model, network, record, recipe.options), preprocessing=size)


@dataclass(frozen=True)
class ValidationSet:
    """Queries and gallery of people who are not trained on, called `name`, and what their site may be known by (`site_names`)."""

    name: str
    query: Crops
    gallery: Crops
    site: frozenset[str] = frozenset()

    def shares_site(self, sources: Sequence[str]) -> bool:
        """Whether one of the `sources`, or of the names by which a weights' record calls them, is of this set's site."""
        return any(({self.name} | self.site) & site_names(source) for source in sources)


def check_apart(crops: Crops, sets: Sequence[ValidationSet]) -> None:
    """Raise InputError, naming both files, where an image that is trained on, labelled or not, is also in one of the `sets`."""
    for each in sets:
        if same := find_same(crops.paths, [*each.query.paths, *each.gallery.paths]):
            way_out = f"{each.name} would measure memory: take it out of one of the two"
            raise InputError(f"{same[0]}: trained on, and validated on as {same[1]}; {way_out}")


def validate(weights: Weights, sets: Sequence[ValidationSet], device: str) -> dict[str, dict[str, float]]:
    """By the name of each set the `rank-1` and `mAP`, in 0..1, of queries and gallery ranked by cosine distance in float32."""
    model, scores = AppearanceModel(weights, pytorch.open_engine(weights, device, "f32")), {}
    for each in sets:
        query, gallery = each.query, each.gallery
        labelled = (query, f"queries of {each.name}"), (gallery, f"gallery of {each.name}")
        asked, known = (embed_files(model.embed, part.paths, label) for part, label in labelled)
        ranking = evaluate_embeddings(asked, known, query.ids, gallery.ids, query.cameras, gallery.cameras)
        scores[each.name] = {"rank-1": float(ranking.cmc[0]), "mAP": float(ranking.mean_ap)}
    return scores


def mean_ap(scores: Mapping[str, Mapping[str, float]]) -> float:
    """The mean mAP over the sets of a validation, by which the best weights are chosen."""
    return sum(of_set["mAP"] for of_set in scores.values()) / len(scores)


def with_scores(weights: Weights, scores: Mapping[str, Mapping[str, float]], at_home: Collection[str]) -> Weights:
    """The same weights with the `scores` of each set of their validation in the record, and whether the set is of a site that
    the network was trained on, as those called `at_home` are."""
    told = {name: {**of_set, "trained_site": name in at_home} for name, of_set in scores.items()}
    return replace(weights, training={**weights.training, "validation": told})


def _versions() -> dict[str, str]:
    try:
        package = version("mtmc")
    except PackageNotFoundError:
        package = "not installed"
    return {"python": platform.python_version(), "torch": torch.__version__, "mtmc": package}
