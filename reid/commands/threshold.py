"""Fit the distance thresholds of image pairs and of sets of views, and store them with the network.

Trackers use the image threshold by default, identities across cameras the others. The network must not have been trained on the
identities in --data. Several sets, preferably of different sites, are fitted separately; the stored image threshold is the
smallest, since a false match is a permanent error, and the others are means.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from reid.commands import arguments
from reid.evaluation.verification import FALSE_MATCH_RATE

if TYPE_CHECKING:
    from reid.appearance import AppearanceModel
    from reid.data.folders import Crops
    from reid.weights.thresholds import Thresholds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the weights, the data and the allowed error."""
    parser.add_argument(
        "weights", type=Path, help="the .safetensors file to fit and update, or an .onnx or .xml file with its YAML"
    )
    arguments.add_data(parser, several=True)
    parser.add_argument(
        "--false-match-rate",
        type=float,
        default=FALSE_MATCH_RATE,
        metavar="SHARE",
        help="allowed share of false matches between two people in one camera (default: %(default)s)",
    )
    arguments.add_engine(parser)


def run(options: argparse.Namespace) -> None:
    """Embed the held-out people of each set, fit, print, then store."""
    from reid.appearance import AppearanceModel, find_source
    from reid.common.errors import InputError
    from reid.common.picture_file import require_whole
    from reid.data.folders import GALLERY, QUERY
    from reid.data.sources import read_source, source_names
    from reid.engines import open_engine
    from reid.weights.network_file import SUFFIXES, NetworkFile, write_description
    from reid.weights.thresholds import Thresholds

    if options.weights.suffix.lower() not in (".safetensors", *SUFFIXES):
        raise InputError(f"{options.weights}: not a .safetensors, .onnx or .xml file")
    names = source_names(options.data)
    sets = {name: read_source(source, QUERY, GALLERY) for name, source in zip(names, options.data, strict=True)}
    require_whole(path for parts in sets.values() for part in parts for path in part.paths)
    source = find_source(options.weights)
    model = AppearanceModel(source, open_engine(source, options.engine, options.device))
    print(f"{model}:")
    fits = [_fit(model, name, parts, options.false_match_rate) for name, parts in sets.items()]
    columns = ([fit.image for fit in fits], [fit.set for fit in fits], [fit.link for fit in fits])
    images, views, links = ([each for each in column if each is not None] for column in columns)
    thresholds = Thresholds(min(images), fmean(views) if views else None, fmean(links) if links else None)
    if isinstance(source, NetworkFile):
        stored = write_description(source.path, source.preprocessing, thresholds)
    else:
        stored = options.weights
        replace(source, thresholds=thresholds).write(stored)
    told = zip(("cosine", "set", "link"), (thresholds.image, thresholds.set, thresholds.link), strict=True)
    print(f"stored in {stored}: {', '.join(f'{name} distance {each:.4f}' for name, each in told if each is not None)}")


def _fit(model: "AppearanceModel", name: str, parts: Sequence["Crops"], false_match_rate: float) -> "Thresholds":
    """Fit the thresholds of image pairs, of sets of views, and across cameras on one set, with their error rates.

    Files with the same content, such as queries that are also in the gallery, count once: a copy is not a second view.
    """
    import numpy as np

    from reid.common.errors import InputError
    from reid.data.duplicates import distinct
    from reid.evaluation.extraction import embed_files
    from reid.evaluation.open_set import fit_set_threshold
    from reid.evaluation.verification import fit_threshold
    from reid.weights.thresholds import Thresholds

    paths = [path for part in parts for path in part.paths]
    counted = distinct(paths)
    embeddings = embed_files(model.embed, [paths[place] for place in counted])
    ids, cameras = (np.concatenate([getattr(part, key) for part in parts])[counted] for key in ("ids", "cameras"))
    people = ids > 0  # Market-1501's distractors share the identity 0 and are many people
    fitted = fit_threshold(embeddings[people], ids[people], cameras[people], false_match_rate)
    print(f"{name}: cosine distance at most {fitted.threshold:.4f}")
    print(f"  false matches within one camera: {fitted.false_match_rate:.2%}")
    print(f"  false non-matches within one camera: {fitted.false_non_match_rate:.2%}")
    print(f"  false non-matches across cameras: {fitted.false_non_match_rate_across:.2%}")
    if fitted.false_non_match_rate > 0.8:
        print("  at this threshold almost all pairs are missed: train the network further before use in a tracker")
    sets, links = None, None
    try:
        sets = fit_set_threshold(embeddings[people], ids[people])
        links = fit_set_threshold(embeddings[people], ids[people], cameras[people])
    except InputError as error:
        print(f"  no threshold for sets of views: {error}")
    for found, what in ((sets, "set distance"), (links, "link distance, across cameras,")):
        if found is not None:
            print(f"{name}: {what} at most {found.threshold:.4f} ({found.views} views, {found.people} known people)")
            print(f"  known visitors identified: {found.recognised:.2%}, misidentified: {found.mistaken:.2%}")
            print(f"  strangers accepted: {found.false_acceptances:.2%}")
    return Thresholds(fitted.threshold, sets.threshold if sets else None, links.threshold if links else None)
