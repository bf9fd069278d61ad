"""Validation: a snapshot of a network in training, evaluated on people it was not trained on."""

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
    """The current weights, for images of the `size` last used in training, since accuracy is far lower at another.

    They include a record of their origin: recipe with seed, data, epochs and versions. Initial files are recorded by name only,
    since weights are published and local paths are private.
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
    """A validation set called `name`: queries, gallery, and the possible names of its site (`site_names`)."""

    name: str
    query: Crops
    gallery: Crops
    site: frozenset[str] = frozenset()

    def shares_site(self, sources: Sequence[str]) -> bool:
        """Whether one of the `sources`, given as sources or as names in a weights record, is from this set's site."""
        return any(({self.name} | self.site) & site_names(source) for source in sources)


def check_apart(crops: Crops, sets: Sequence[ValidationSet]) -> None:
    """Raise InputError, naming both files, if a training image, labelled or not, is also in one of the `sets`."""
    for each in sets:
        if same := find_same(crops.paths, [*each.query.paths, *each.gallery.paths]):
            way_out = f"{each.name} would measure memory: remove it from one of the two"
            raise InputError(f"{same[0]}: in the training data and, as {same[1]}, in the validation data; {way_out}")


def validate(weights: Weights, sets: Sequence[ValidationSet], device: str) -> dict[str, dict[str, float]]:
    """The `rank-1` and `mAP` of each set, by name, in 0..1, ranked by cosine distance in float32."""
    model, scores = AppearanceModel(weights, pytorch.open_engine(weights, device, "f32")), {}
    for each in sets:
        query, gallery = each.query, each.gallery
        labelled = (query, f"queries of {each.name}"), (gallery, f"gallery of {each.name}")
        asked, known = (embed_files(model.embed, part.paths, label) for part, label in labelled)
        ranking = evaluate_embeddings(asked, known, query.ids, gallery.ids, query.cameras, gallery.cameras)
        scores[each.name] = {"rank-1": float(ranking.cmc[0]), "mAP": float(ranking.mean_ap)}
    return scores


def mean_ap(scores: Mapping[str, Mapping[str, float]]) -> float:
    """The mean mAP over the validation sets, which selects the best weights."""
    return sum(of_set["mAP"] for of_set in scores.values()) / len(scores)


def with_scores(weights: Weights, scores: Mapping[str, Mapping[str, float]], at_home: Collection[str]) -> Weights:
    """The same weights with the validation `scores` of each set in the record, and whether the set, as those in `at_home`, is
    from a site of the training data."""
    told = {name: {**of_set, "trained_site": name in at_home} for name, of_set in scores.items()}
    return replace(weights, training={**weights.training, "validation": told})


def _versions() -> dict[str, str]:
    try:
        package = version("mtmc")
    except PackageNotFoundError:
        package = "not installed"
    return {"python": platform.python_version(), "torch": torch.__version__, "mtmc": package}
