"""Rank a data set's gallery for its queries: CMC, mAP and mINP."""

import argparse

from reid.commands import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The model, the data and the engine."""
    arguments.add_model(parser)
    arguments.add_data(parser)
    arguments.add_engine(parser)


def run(options: argparse.Namespace) -> None:
    """Embed queries and gallery, rank, print."""
    from rich.console import Console
    from rich.table import Table

    from reid import load
    from reid.data.folders import GALLERY, QUERY, read_market
    from reid.evaluation import evaluate_embeddings
    from reid.extraction import embed_files

    query, gallery = (read_market(options.data, split) for split in (QUERY, GALLERY))
    model = load(options.model, engine=options.engine, device=options.device)
    embeddings = (embed_files(model, part.paths, label) for part, label in ((query, "queries"), (gallery, "gallery")))
    ranking = evaluate_embeddings(*embeddings, query.ids, gallery.ids, query.cameras, gallery.cameras)
    table = Table("rank-1", "rank-5", "rank-10", "mAP", "mINP", "queries", "gallery", title=str(model))
    shares = [*ranking.cmc[[0, 4, 9]], ranking.mean_ap, ranking.mean_inp]
    table.add_row(*(f"{100 * share:.1f}" for share in shares), str(ranking.queries), str(len(gallery)))
    Console().print(table)
