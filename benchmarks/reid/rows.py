"""One row of a table: its recipe, its resumable training run, and the evaluation of the network."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from pathlib import Path

import numpy as np

import configs
from benchmarks.reid.data import Data
from benchmarks.reid.features import sampled_embeddings
from benchmarks.reid.table import Row, Table
from reid.appearance import find_source
from reid.common.errors import InputError
from reid.common.files import replacing
from reid.common.foreign_files import reading
from reid.data.folders import Crops
from reid.evaluation import Ranking, evaluate_features
from reid.evaluation.clustering import measure_clustering
from reid.evaluation.features import embed_features, feature_of
from reid.evaluation.ranking import unit_rows
from reid.training.recipe import Recipe, read_recipe
from reid.training.validation import ValidationSet
from reid.weights.weights_file import Weights, read_weights


@dataclass(frozen=True)
class Reduction:
    """How a run is reduced from the paper's: `epochs` in place of the recipe's, `small` for the table's small scale.

    changes: to the recipe of every row, each `key=value`; they override those of `small`, and the row's own override them.
    """

    epochs: int | None = None
    small: bool = False
    changes: tuple[str, ...] = ()


def row_recipe(table: Table, row: Row, reduction: Reduction) -> Recipe:
    """The recipe of a row. With fewer epochs, all settings in epochs shrink proportionally."""
    small = table.small if reduction.small else ()
    changes = [*table.changes, *small, *reduction.changes, *row.changes]
    recipe = read_recipe(configs.path("reid", table.recipe), changes)
    sides = table.small_sides if reduction.small else 1.0
    height, width = (max(8, round(side * sides / 8) * 8) for side in row.size or table.size)
    recipe = replace(recipe, height=height, width=width, teacher=recipe.teacher[: row.teachers])
    if reduction.epochs is None:
        return recipe
    share = reduction.epochs / recipe.epochs
    return replace(
        recipe,
        epochs=reduction.epochs,
        warmup_epochs=recipe.warmup_epochs * share,
        step_epochs=tuple(epoch * share for epoch in recipe.step_epochs),
        cycle_epochs=max(1, round(recipe.cycle_epochs * share)),
        early_epochs=round(recipe.early_epochs * share),
        average_epochs=recipe.average_epochs * share,
    )


def check_rows(table: Table, data: Data, reduction: Reduction) -> None:
    """Raise InputError for rows that cannot be trained, before training any: teachers or other networks are missing."""
    recipes = [row_recipe(table, row, reduction) for row in table.rows]
    for recipe in recipes:
        if (recipe.embedding_weight or recipe.relation_weight) and not recipe.teacher:
            raise InputError(f"teacher: {table.name} needs teachers; give teacher=[A.xml,B.xml] before the options")
        networks(recipe)
    if len(data.together) > len(data.labelled) and not any(recipe.unlabelled_per_batch for recipe in recipes):
        raise InputError(f"--unlabelled: {table.name} does not use images without labels; leave it out")


def run_row(table: Table, row: Row, data: Data, reduction: Reduction, folder: Path, device: str) -> dict:
    """Train the network of `row` in `folder`, or resume it, and evaluate it; finished results are only read.

    The result has `row`, `recipe`, `networks` (hashes of its initial network and its teachers, by file), `data`, `unlabelled`
    (images without labels), `identities`, `started_from` (the backbone's weights: "none" if ImageNet's could not be downloaded)
    and `scores` by evaluation data set: the table's measures and `mINP` (in 0..1), `mean_cosine` (of all pairs of images: near 1
    if the features have collapsed) and, if the table shows them, `clustering_ratio`, `norm_mean`, `norm_deviation` and
    `norm_variation`. It is saved as `ROW/result.json`. Raises InputError if the folder holds results of another recipe, other
    networks or other data.
    """
    recipe = row_recipe(table, row, reduction)
    crops = data.crops(recipe)
    settings = {
        "recipe": asdict(recipe),
        "networks": networks(recipe),
        "data": list(data.names),
        "unlabelled": int((crops.ids < 0).sum()),
        "identities": int(crops.ids.max()) + 1,
    }
    settings = json.loads(json.dumps(settings))  # as they will be read back
    path = folder / slug(row.name) / "result.json"
    if path.exists():
        with reading(path, "the result of a row", "remove it to evaluate the row again"):
            result = json.loads(path.read_text(encoding="utf-8"))
            if any(result.get(key) != value for key, value in settings.items()):
                raise InputError(f"{path}: comes from another recipe or other data; give another --output, or remove it")
            if list(result["scores"]) == [each.name for each in data.measured]:
                return result
    run = run_folder(folder, row)
    weights = _trained(recipe, crops, data.names, run, device)
    scores = {each.name: _measure(table, row, recipe, weights, crops, each, run, device) for each in data.measured}
    result = {"row": row.name, **settings, "started_from": weights.training["backbone_weights"], "scores": scores}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(result, indent=2, allow_nan=False) + "\n")
    return result


def networks(recipe: Recipe) -> dict[str, str]:
    """The hash of each network that `recipe` starts from or learns from, by file.

    Raises InputError, naming the recipe's key, for a file that is missing or not a network.
    """
    found: dict[str, str] = {}
    for key, files in (("start", [] if recipe.start == "none" else [recipe.start]), ("teacher", recipe.teacher)):
        try:
            found |= {file: find_source(file).hash for file in files}
        except InputError as error:
            raise InputError(f"{key}: {error}") from None
    return found


def run_folder(folder: Path, row: Row) -> Path:
    """The folder of a row's training run in its table's `folder`."""
    return folder / (row.run or slug(row.name))


def slug(name: str) -> str:
    """A row's name as a folder name: letters, digits and underscores; a leading minus is spelled out."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub("^- ", "minus ", name.lower())).strip("_")


def _trained(recipe: Recipe, crops: Crops, names: Sequence[str], folder: Path, device: str) -> Weights:
    """The weights of the run in `folder`, trained to the end if necessary.

    Raises InputError if the folder holds a run of another recipe or other data.
    """
    from reid.training.trainer import train

    train(recipe, crops, folder, device, data=names)
    return read_weights(folder / "last.safetensors")


def _measure(
    table: Table, row: Row, recipe: Recipe, weights: Weights, crops: Crops, on: ValidationSet, run: Path, device: str
) -> dict[str, float | None]:
    query, gallery = on.query, on.gallery
    paths, ids = [*query.paths, *gallery.paths], np.r_[query.ids, gallery.ids]
    network = weights.network().to(device)
    if row.feature == "sampled":
        features = sampled_embeddings(weights, recipe, run / "gaussian.pt", crops, paths, device)
    else:
        features = embed_features(feature_of(network, row.feature), network.preprocessing, paths, device)
    labels = query.ids, gallery.ids, query.cameras, gallery.cameras
    ranking = evaluate_features(features[: len(query)], features[len(query) :], *labels, row.distance)
    measures: dict[str, float | None] = {measure: _value(ranking, measure) for measure in table.measures}
    measures["mINP"] = float(ranking.mean_inp)
    measures["mean_cosine"] = float(np.square(unit_rows(features).mean(axis=0, dtype=np.float64)).sum())
    if not table.clustering:
        return measures
    if row.feature == "test":  # of unit length, so its norms are meaningless
        features = embed_features(feature_of(network, "f_t"), network.preprocessing, paths, device)
    people = ids > 0  # Market-1501's distractors share the identity 0 and are many people
    found = asdict(measure_clustering(features[people], ids[people]))
    found = {key: value if isfinite(value) else None for key, value in found.items()}  # JSON has no NaN
    return measures | {"clustering_ratio": found.pop("ratio")} | found


def _value(ranking: Ranking, measure: str) -> float:
    """A `measure` of a ranking, "mAP" or "rank-N"."""
    return float(ranking.mean_ap if measure == "mAP" else ranking.cmc[int(measure.removeprefix("rank-")) - 1])
