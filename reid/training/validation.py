"""Validation: a snapshot of a network in training, evaluated on people it was not trained on."""

import platform
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

import torch

from reid.appearance import AppearanceModel
from reid.common.errors import InputError
from reid.data.duplicates import find_same
from reid.data.folders import Crops
from reid.data.sources import site_names, source_name
from reid.engines import pytorch
from reid.evaluation import check_positives, evaluate_embeddings
from reid.evaluation.extraction import embed_files
from reid.models import Network
from reid.parsing.evaluation import evaluate_parser
from reid.parsing.lip import check_pairs
from reid.parsing.parser import Parser
from reid.preprocessing import Preprocessing
from reid.training.checkpoint import Position
from reid.training.recipe import Recipe
from reid.weights.weights_file import Weights, weights_of

LEADING = "mAP", "region IoU"  # the score of a set that counts, of an appearance model and of a parser


def snapshot(
    recipe: Recipe, network: Network, position: Position, crops: Crops, data: Sequence[str], size: Preprocessing
) -> Weights:
    """The current weights, for images of the `size` last used in training, since accuracy is far lower at another.

    They include a record of their origin: recipe with seed, data, epochs and versions. Initial files are recorded by name only,
    since weights are published and local paths are private.
    """
    named, unlabelled = int(crops.named.sum()), int((crops.ids < 0).sum())
    sources = {"data": [source_name(source) for source in data], "start_data": list(position.seen)}
    identities = 0 if crops.masks else int(crops.ids.max()) + 1  # nobody in photographs with masks is named
    found = {**sources, "images": named, "identities": identities, "unlabelled": unlabelled}
    found["styled"] = len(crops) - named - unlabelled
    files: dict[str, object] = {"start": Path(recipe.start).name, "backbone_weights": Path(position.backbone).name}
    files |= {key: Path(getattr(recipe, key)).name for key in ("parser_weights", "outlines")}
    files["teacher"] = [Path(file).name for file in recipe.teacher]
    done = {"epochs_done": position.epoch, "iterations_done": position.done, "versions": _versions()}
    record = {**asdict(recipe), **files, **found, **done}
    return replace(weights_of(recipe.model, network, record, recipe.options), preprocessing=size)


class Measured(Protocol):
    """A set called `name` on which a network in training is measured. Its `paths` are all its files."""

    @property
    def name(self) -> str: ...

    @property
    def paths(self) -> list[Path]: ...

    def check(self) -> None:
        """Raise InputError if nothing can be measured."""
        ...

    def scores(self, weights: Weights, device: str) -> dict[str, float]:
        """Shares in 0..1 by name; one of them is of `LEADING`."""
        ...

    def shares_site(self, sources: Sequence[str]) -> bool:
        """Whether one of the `sources`, given as sources or as names in a weights record, is from this set's site."""
        ...


@dataclass(frozen=True)
class ValidationSet:
    """A validation set called `name`: queries, gallery, and the possible names of its site (`site_names`)."""

    name: str
    query: Crops
    gallery: Crops
    site: frozenset[str] = frozenset()

    @property
    def paths(self) -> list[Path]:
        """The files of the queries, then those of the gallery."""
        return [*self.query.paths, *self.gallery.paths]

    def check(self) -> None:
        """Raise InputError if no query has a positive."""
        query, gallery = self.query, self.gallery
        check_positives(query.ids, gallery.ids, query.cameras, gallery.cameras, self.name)

    def scores(self, weights: Weights, device: str) -> dict[str, float]:
        """`rank-1` and `mAP`, ranked by cosine distance in float32."""
        model, query, gallery = AppearanceModel(weights, pytorch.open_engine(weights, device, "f32")), self.query, self.gallery
        labelled = (query, f"queries of {self.name}"), (gallery, f"gallery of {self.name}")
        asked, known = (embed_files(model.embed, part.paths, label) for part, label in labelled)
        ranking = evaluate_embeddings(asked, known, query.ids, gallery.ids, query.cameras, gallery.cameras)
        return {"rank-1": float(ranking.cmc[0]), "mAP": float(ranking.mean_ap)}

    def shares_site(self, sources: Sequence[str]) -> bool:
        """Whether one of the `sources`, given as sources or as names in a weights record, is from this set's site."""
        return any(({self.name} | self.site) & site_names(source) for source in sources)


@dataclass(frozen=True)
class ParsingSet:
    """Photographs with parsing masks, on which a parser is measured; no photograph says little about another site."""

    name: str
    photographs: Crops

    @property
    def paths(self) -> list[Path]:
        """The files of the photographs, then those of the masks."""
        return [*self.photographs.paths, *(self.photographs.masks or [])]

    def check(self) -> None:
        """Raise InputError if an image and its mask do not fit, or no mask shows a person."""
        check_pairs(self.photographs)

    def scores(self, weights: Weights, device: str) -> dict[str, float]:
        """`accuracy` over all pixels, `mean IoU` over the labels, and `region IoU`, the mean over the five regions."""
        found = evaluate_parser(Parser(weights, device), self.photographs.paths, self.photographs.masks or [])
        return {"accuracy": found["overall acc."], "mean IoU": found["mean IoU"], LEADING[1]: found["regions"]}

    def shares_site(self, sources: Sequence[str]) -> bool:
        """False: a parser knows no people."""
        return False


def check_apart(crops: Crops, sets: Sequence[Measured]) -> None:
    """Raise InputError, naming both files, if a training image, labelled or not, is also in one of the `sets`."""
    for each in sets:
        if same := find_same(crops.paths, each.paths):
            way_out = f"{each.name} would measure memory: remove it from one of the two"
            raise InputError(f"{same[0]}: in the training data and, as {same[1]}, in the validation data; {way_out}")


def validate(weights: Weights, sets: Sequence[Measured], device: str) -> dict[str, dict[str, float]]:
    """The scores of each set, by name, in 0..1."""
    return {each.name: each.scores(weights, device) for each in sets}


def mean_score(scores: Mapping[str, Mapping[str, float]]) -> float:
    """The mean leading score over the validation sets, which selects the best weights."""
    return sum(next(of_set[name] for name in LEADING if name in of_set) for of_set in scores.values()) / len(scores)


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
