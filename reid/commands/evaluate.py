"""Rank a data set's gallery for its queries: CMC, mAP and mINP."""

import argparse

from reid.commands import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, the data, the rules and the engine."""
    arguments.add_model(parser)
    arguments.add_data(parser)
    parser.add_argument("--rerank", action="store_true", help="also rank by k-reciprocal neighbours (k1 20, k2 6, lambda 0.3)")
    parser.add_argument(
        "--single-shot", action="store_true", help="CUHK03's rule: a gallery of one random image an identity, mean of 10"
    )
    arguments.add_engine(parser)


def run(options: argparse.Namespace) -> None:
    """Embed queries and gallery, rank, print."""
    from rich.console import Console
    from rich.table import Table

    from reid import load
    from reid.data.folders import GALLERY, QUERY
    from reid.data.sources import read_source
    from reid.evaluation import evaluate_embeddings, evaluate_ranking, evaluate_single_shot
    from reid.evaluation.reranking import rerank
    from reid.extraction import embed_files

    query, gallery = read_source(options.data, QUERY, GALLERY)
    model = load(options.model, engine=options.engine, device=options.device)
    embeddings = [embed_files(model, part.paths, label) for part, label in ((query, "queries"), (gallery, "gallery"))]
    labels = query.ids, gallery.ids, query.cameras, gallery.cameras
    if options.single_shot:
        rankings = {"cosine": evaluate_single_shot(1 - embeddings[0] @ embeddings[1].T, *labels)}
    else:
        rankings = {"cosine": evaluate_embeddings(*embeddings, *labels)}
    if options.rerank:
        evaluate = evaluate_single_shot if options.single_shot else evaluate_ranking
        rankings["re-ranked"] = evaluate(rerank(*embeddings), *labels)
    title = f"{model}, one image an identity" if options.single_shot else str(model)
    table = Table("distance", "rank-1", "rank-5", "rank-10", "mAP", "mINP", "queries", "gallery", title=title)
    for distance, ranking in rankings.items():
        shares = [*ranking.cmc[[0, 4, 9]], ranking.mean_ap, ranking.mean_inp]
        table.add_row(distance, *(f"{100 * share:.1f}" for share in shares), str(ranking.queries), str(len(gallery)))
    Console().print(table)
