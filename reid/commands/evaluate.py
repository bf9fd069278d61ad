"""Rank a data set's gallery for its queries: CMC, mAP and mINP."""

import argparse
from pathlib import Path

import numpy as np

from reid.commands import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, the data, the rules and the engine."""
    arguments.add_model(parser)
    arguments.add_data(parser)
    parser.add_argument("--rerank", action="store_true", help="also rank by k-reciprocal neighbours (k1 20, k2 6, lambda 0.3)")
    parser.add_argument(
        "--single-shot", action="store_true", help="CUHK03's rule: a gallery of one random image an identity, mean of 10"
    )
    parser.add_argument(
        "--feature",
        choices=("test", "f_t", "f_i"),
        default="test",
        help="test: the network's descriptor; f_t, f_i: before and after BNNeck, of any length, computed by PyTorch",
    )
    parser.add_argument("--distance", choices=("cosine", "euclidean"), default="cosine", help="default: %(default)s")
    parser.add_argument("--clustering", action="store_true", help="also R = Dp / Dn and the norms of the features (TMM, Fig. 10)")
    arguments.add_engine(parser)


def run(options: argparse.Namespace) -> None:
    """Embed queries and gallery, rank, print."""
    from rich.console import Console
    from rich.table import Table

    from reid.data.folders import GALLERY, QUERY
    from reid.data.sources import read_source
    from reid.evaluation import evaluate_features, evaluate_ranking, evaluate_single_shot
    from reid.evaluation.ranking import feature_distances, unit_rows
    from reid.evaluation.reranking import rerank

    parts = query, gallery = read_source(options.data, QUERY, GALLERY)
    title, features = _embed(options, [part.paths for part in parts])
    labels = query.ids, gallery.ids, query.cameras, gallery.cameras
    if options.single_shot:
        title = f"{title}, one image an identity"
        rankings = {options.distance: evaluate_single_shot(feature_distances(*features, options.distance), *labels)}
    else:
        rankings = {options.distance: evaluate_features(*features, *labels, options.distance)}
    if options.rerank:
        evaluate = evaluate_single_shot if options.single_shot else evaluate_ranking
        rankings["re-ranked"] = evaluate(rerank(*map(unit_rows, features)), *labels)
    table = Table("distance", "rank-1", "rank-5", "rank-10", "mAP", "mINP", "queries", "gallery", title=title)
    for distance, ranking in rankings.items():
        shares = [*ranking.cmc[[0, 4, 9]], ranking.mean_ap, ranking.mean_inp]
        table.add_row(distance, *(f"{100 * share:.1f}" for share in shares), str(ranking.queries), str(len(gallery)))
    Console().print(table)
    if options.clustering:
        _print_clustering(np.concatenate(features), np.concatenate([query.ids, gallery.ids]))


def _embed(options: argparse.Namespace, parts: list[list[Path]]) -> tuple[str, list[np.ndarray]]:
    """What the features are called, and those of the images of each part."""
    from reid import load
    from reid.appearance import find_source
    from reid.engines import devices
    from reid.errors import InputError
    from reid.evaluation.features import embed_features, feature_of
    from reid.extraction import embed_files
    from reid.weights_file import Weights

    if options.feature == "test":
        model = load(options.model, engine=options.engine, device=options.device)
        return str(model), [embed_files(model.embed, paths) for paths in parts]
    weights, device = find_source(options.model), devices(options.device)[0]
    if not isinstance(weights, Weights):
        raise InputError(f"--feature {options.feature}: an exported network has its descriptor alone; give a .safetensors file")
    network = weights.network().to(device)
    embed, size = feature_of(network, options.feature), network.preprocessing
    return f"{options.feature} of {weights.model} ({device})", [embed_features(embed, size, paths, device) for paths in parts]


def _print_clustering(features: np.ndarray, ids: np.ndarray) -> None:
    from reid.evaluation.clustering import measure_clustering

    people = ids > 0  # Market-1501's distractors share the identity 0 and are many people
    found = measure_clustering(features[people], ids[people])
    norms = f"norms {found.norm_mean:.3f} on average, deviation {found.norm_deviation:.3f}, C.V. {found.norm_variation:.3f}"
    print(f"clustering ratio R = Dp / Dn {found.ratio:.3f}; {norms}")
