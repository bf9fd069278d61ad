"""Rank the galleries of data sets for their queries: CMC, mAP and mINP, one row per data set and network, or networks joined.

With --data lip=DIR, parsers are measured on the masks of the val split: accuracies, mean IoU, and the IoU of each region.

A run that ends early, for whatever reason, prints its rows so far and leaves them in FILE.partial.csv.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from reid.commands import arguments
from reid.commands.parser_rows import MASKED, evaluate_parsers
from reid.commands.rows import joined, print_rows, write_rows

if TYPE_CHECKING:
    from reid.data.folders import Crops
    from reid.evaluation import Ranking
    from reid.weights.network_file import NetworkFile
    from reid.weights.weights_file import Weights

SHARES = "rank-1", "rank-5", "rank-10", "mAP", "mINP"
Embedder: TypeAlias = tuple[str, Callable[[list[Path]], np.ndarray]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the models, the data, the rules and the engine."""
    arguments.add_models(parser)
    parser.add_argument("--join", action="store_true", help="the networks' unit rows side by side, as one network")
    arguments.add_data(parser, several=True)
    arguments.add_centre(parser)
    parser.add_argument("--rerank", action="store_true", help="also rank by k-reciprocal neighbours (k1 20, k2 6, lambda 0.3)")
    parser.add_argument(
        "--single-shot", action="store_true", help="CUHK03's rule: a gallery of one random image per identity, mean of 10"
    )
    parser.add_argument(
        "--feature",
        choices=("test", "f_t", "f_i"),
        default="test",
        help="test: the network's descriptor; f_t, f_i: before and after BNNeck, of any length, computed by PyTorch",
    )
    parser.add_argument("--distance", choices=("cosine", "euclidean"), default="cosine", help="default: %(default)s")
    parser.add_argument("--clustering", action="store_true", help="also R = Dp / Dn and the norms of the features (TMM, Fig. 10)")
    parser.add_argument("--output", type=Path, metavar="FILE.csv", help="also write the rows, shares in 0..1")
    arguments.add_engine(parser)


def run(options: argparse.Namespace) -> None:
    """Embed the queries and gallery of each set with each network, rank, print and write."""
    from reid.appearance import find_source
    from reid.common.errors import InputError
    from reid.common.partial_file import PartialFile
    from reid.common.picture_file import require_whole
    from reid.data.folders import GALLERY, QUERY
    from reid.data.sources import read_source, source_names
    from reid.evaluation import check_positives

    if options.output is not None and options.output.suffix != ".csv":
        raise InputError(f"{options.output}: the output's name must end in .csv")
    if any(source.startswith(MASKED) for source in options.data):
        evaluate_parsers(options)
        return
    if options.join and options.feature != "test":
        raise InputError(f"--join: joins descriptors, so leave out --feature {options.feature}")
    if options.join and len(set(options.models)) < 2:
        raise InputError("--join: needs two different networks or more")
    names = source_names(options.data)
    sets = {name: read_source(source, QUERY, GALLERY) for name, source in zip(names, options.data, strict=True)}
    for name, (query, gallery) in sets.items():
        check_positives(query.ids, gallery.ids, query.cameras, gallery.cameras, name)
    require_whole(path for parts in sets.values() for part in parts for path in part.paths)
    networks = {name: find_source(name) for name in options.models}
    embedders = {network: _embedder(options, source) for network, source in networks.items()}  # before any embeds
    if options.join:
        embedders = _as_one(embedders)
    rows: dict[str, list[dict]] = {name: [] for name in sets}
    notes: list[str] = []
    output = options.output and PartialFile(options.output, lambda path: write_rows(path, joined(rows)))
    try:
        with output.growing(lambda: f"{len(joined(rows))} rows" if joined(rows) else "") if output else nullcontext():
            for network, (title, embed) in embedders.items():
                notes.append(f"{network}: {title}")
                for name, parts in sets.items():
                    _measure(options, network, name, embed, parts, rows[name], notes)
                    if output:
                        output.keep()
    finally:
        if joined(rows):
            print_rows(rows, "a gallery of one image per identity" if options.single_shot else None)
            print("\n".join(notes))


def _measure(
    options: argparse.Namespace,
    network: str,
    name: str,
    embed: Callable[[list[Path]], np.ndarray],
    parts: Sequence["Crops"],
    rows: list[dict],
    notes: list[str],
) -> None:
    """Append the rows of a network on the set `name` to `rows`, and what else there is to say to `notes`."""
    features = [embed(part.paths) for part in parts]
    for columns, ranking in _rankings(options, features, *parts):
        told = {"network": network, "set": name, **columns}
        rows.append({**told, **_shares(ranking), "queries": ranking.queries, "gallery": len(parts[1])})
    if options.clustering:
        ids = np.concatenate([part.ids for part in parts])
        notes.append(f"{network}, {name}: {_clustering(np.concatenate(features), ids)}")


def _embedder(options: argparse.Namespace, source: "Weights | NetworkFile") -> Embedder:
    """The name of the features, and the function from image files to features."""
    from reid.appearance import AppearanceModel
    from reid.common.errors import InputError
    from reid.engines import devices, open_engine
    from reid.evaluation.extraction import embed_files
    from reid.evaluation.features import embed_features, feature_of
    from reid.weights.weights_file import Weights

    if options.feature == "test":
        model = AppearanceModel(source, open_engine(source, options.engine, options.device))
        return str(model), lambda paths: embed_files(model.embed, paths)
    if not isinstance(source, Weights):
        raise InputError(f"--feature {options.feature}: an exported network has only its descriptor; give a .safetensors file")
    device = devices(options.device)[0]
    network = source.network().to(device)
    embed = feature_of(network, options.feature)
    title = f"{options.feature} of {source.model} ({device})"
    return title, lambda paths: embed_features(embed, network.preprocessing, paths, device)


def _as_one(embedders: Mapping[str, Embedder]) -> dict[str, Embedder]:
    """The networks as one, whose features are those of all, joined."""
    from reid.evaluation.features import join_features

    titles, functions = zip(*embedders.values(), strict=True)
    return {" + ".join(embedders): (" + ".join(titles), lambda paths: join_features([embed(paths) for embed in functions]))}


def _rankings(
    options: argparse.Namespace, features: list[np.ndarray], query: "Crops", gallery: "Crops"
) -> Iterator[tuple[dict[str, str], "Ranking"]]:
    """The requested rankings of the features `(Q, D)` and `(G, D)`, by `distance` and `centring`."""
    from reid.centring import centre_cameras
    from reid.evaluation import evaluate_features, evaluate_ranking, evaluate_single_shot
    from reid.evaluation.ranking import feature_distances, unit_rows
    from reid.evaluation.reranking import rerank

    labels = query.ids, gallery.ids, query.cameras, gallery.cameras
    variants = {"none": features}
    if options.centre:
        cameras = np.concatenate([query.cameras, gallery.cameras])
        variants["camera"] = np.split(centre_cameras(unit_rows(np.concatenate(features)), cameras), [len(query)])
    for centring, (asked, known) in variants.items():
        if options.single_shot:
            ranking = evaluate_single_shot(feature_distances(asked, known, options.distance), *labels)
        else:
            ranking = evaluate_features(asked, known, *labels, distance=options.distance)
        yield {"distance": options.distance, "centring": centring}, ranking
        if options.rerank:
            evaluate = evaluate_single_shot if options.single_shot else evaluate_ranking
            yield {"distance": "re-ranked", "centring": centring}, evaluate(rerank(unit_rows(asked), unit_rows(known)), *labels)


def _shares(ranking: "Ranking") -> dict[str, float]:
    shares = *ranking.cmc[[0, 4, 9]], ranking.mean_ap, ranking.mean_inp
    return {name: float(share) for name, share in zip(SHARES, shares, strict=True)}


def _clustering(features: np.ndarray, ids: np.ndarray) -> str:
    from reid.evaluation.clustering import measure_clustering

    people = ids > 0  # Market-1501's distractors share the identity 0 and are many people
    found = measure_clustering(features[people], ids[people])
    norms = f"norms {found.norm_mean:.3f} on average, deviation {found.norm_deviation:.3f}, C.V. {found.norm_variation:.3f}"
    return f"clustering ratio R = Dp / Dn {found.ratio:.3f}; {norms}"
