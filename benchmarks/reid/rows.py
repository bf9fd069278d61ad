"""One row of a table: the evaluation of its network, trained or resumed first."""

import json
from dataclasses import asdict
from math import isfinite

import numpy as np

from benchmarks.reid.data import Data
from benchmarks.reid.parsing import measure_parser
from benchmarks.reid.recipes import Reduction, networks, row_recipe
from benchmarks.reid.runs import Runs, slug
from benchmarks.reid.table import Row, Table
from reid.common.errors import InputError
from reid.common.files import replacing
from reid.common.foreign_files import reading
from reid.evaluation import Ranking, evaluate_features, evaluate_ranking
from reid.evaluation.aligned import aligned_distances
from reid.evaluation.clustering import measure_clustering
from reid.evaluation.ranking import unit_rows
from reid.evaluation.reranking import rerank
from reid.training.checkpoint import is_checkpoint
from reid.training.learner import check_recipe
from reid.training.validation import ParsingSet, ValidationSet


def check_rows(table: Table, data: Data, reduction: Reduction, device: str) -> None:
    """Raise InputError for rows that cannot be trained, before training any: of a recipe that contradicts itself or cannot run on
    `device`, or whose teachers or other networks are missing."""
    recipes = [row_recipe(table, row, reduction) for row in table.trained]
    for row, recipe in zip(table.trained, recipes, strict=True):
        if (recipe.embedding_weight or recipe.relation_weight) and not recipe.teacher:
            raise InputError(f"teacher: {table.name} needs teachers; give teacher=[A.xml,B.xml] before the options")
        if is_checkpoint(recipe.start):
            raise InputError(f"start: {recipe.start}: the rows of a table start from weights, such as last.safetensors")
        if row.feature in ("sampled", "unaveraged") and recipe.average == "none":
            raise InputError(f"average: must not be none for {row.name}; leave changes of average and stages out")
        try:
            check_recipe(recipe, device)
        except InputError as error:
            raise InputError(f"{row.name}: {error}") from None
        networks(recipe)
    if len(data.together) > len(data.labelled) and not any(recipe.unlabelled_per_batch for recipe in recipes):
        raise InputError(f"--unlabelled: {table.name} does not use images without labels; leave it out")
    if bool(copied := len(data.copied) - len(data.labelled)) != any(recipe.styled_per_batch for recipe in recipes):
        what = "does not use styled copies; leave it out" if copied else "needs copies in other cameras' styles, as CamStyle's"
        raise InputError(f"--styled: {table.name} {what}")


def run_row(runs: Runs, row: Row) -> dict:
    """Train the network of `row`, or resume it, and evaluate it; finished results are only read.

    The result has `row`, what `Runs.settings` tells, `measured_by` (the row's `feature`, `distance` and `rerank`),
    `started_from` (the backbone's weights: "none" if ImageNet's could not be downloaded) and `scores` by evaluation data set:
    the table's measures and `mINP` (in 0..1), `mean_cosine` (of all pairs of images: near 1 if the features have collapsed)
    and, if the table shows them, `clustering_ratio`, `norm_mean`, `norm_deviation` and `norm_variation`; those of a parser are
    as from `measure_parser`. It is saved as `ROW/result.json`. Raises InputError if the folder holds results of another recipe,
    other networks or other data.
    """
    settings = json.loads(json.dumps(runs.settings(row)))  # as they will be read back
    measured_by = {"feature": row.feature, "distance": row.distance, "rerank": row.rerank}
    measured = runs.data.measured
    path = runs.folder / slug(row.name) / "result.json"
    if path.exists():
        with reading(path, "the result of a row", "remove it to evaluate the row again"):
            result = json.loads(path.read_text(encoding="utf-8"))
            if any(result.get(key) != value for key, value in settings.items()):
                raise InputError(f"{path}: comes from another recipe or other data; give another --output, or remove it")
            if list(result["scores"]) == [each.name for each in measured] and result.get("measured_by") == measured_by:
                return result
    runs.train(row)
    started_from = runs.weights(row).training["backbone_weights"]
    scores = {each.name: _measure(runs, row, each) for each in measured}
    result = {"row": row.name, **settings, "measured_by": measured_by, "started_from": started_from, "scores": scores}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(result, indent=2, allow_nan=False) + "\n")
    return result


def _measure(runs: Runs, row: Row, on: ValidationSet | ParsingSet) -> dict[str, float | None]:
    if isinstance(on, ParsingSet):
        return measure_parser(runs.weights(row), on, runs.device)
    query, gallery = on.query, on.gallery
    paths, ids = [*query.paths, *gallery.paths], np.r_[query.ids, gallery.ids]
    if row.distance == "aligned":
        features, stripes = runs.stripes(row, paths)
    else:
        features = runs.features(row, paths)
    asked, known = features[: len(query)], features[len(query) :]
    labels = query.ids, gallery.ids, query.cameras, gallery.cameras
    if row.rerank:
        ranking = evaluate_ranking(rerank(unit_rows(asked), unit_rows(known)), *labels)
    elif row.distance == "aligned":
        distances = aligned_distances(asked, known, stripes[: len(query)], stripes[len(query) :])
        ranking = evaluate_ranking(distances, *labels)
    else:
        ranking = evaluate_features(asked, known, *labels, row.distance)
    measures: dict[str, float | None] = {measure: _value(ranking, measure) for measure in runs.table.measures}
    measures["mINP"] = float(ranking.mean_inp)
    measures["mean_cosine"] = float(np.square(unit_rows(features).mean(axis=0, dtype=np.float64)).sum())
    if not runs.table.clustering:
        return measures
    if row.feature == "test":  # of unit length, so its norms are meaningless
        features = runs.features(row, paths, "f_t")
    people = ids > 0  # Market-1501's distractors share the identity 0 and are many people
    found = asdict(measure_clustering(features[people], ids[people]))
    found = {key: value if isfinite(value) else None for key, value in found.items()}  # JSON has no NaN
    return measures | {"clustering_ratio": found.pop("ratio")} | found


def _value(ranking: Ranking, measure: str) -> float:
    """A `measure` of a ranking, "mAP" or "rank-N"."""
    return float(ranking.mean_ap if measure == "mAP" else ranking.cmc[int(measure.removeprefix("rank-")) - 1])
