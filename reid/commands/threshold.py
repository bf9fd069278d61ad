"""Fit the distances under which two images, and several views and a known person, count as one; store them with the network.

Trackers use the first of the stored thresholds, identities across cameras the second, unless told otherwise. The identities in
--data must not have been trained on.
"""

import argparse
from pathlib import Path

from reid.commands import arguments
from reid.evaluation.verification import FALSE_MATCH_RATE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The weights, the data, the error allowed."""
    parser.add_argument(
        "weights", type=Path, help="the .safetensors file to fit and store them in, or an .onnx or .xml file with its YAML"
    )
    arguments.add_data(parser)
    parser.add_argument(
        "--false-match-rate",
        type=float,
        default=FALSE_MATCH_RATE,
        metavar="SHARE",
        help="share of pairs of two people in one camera that may count as one person (default: %(default)s)",
    )
    arguments.add_engine(parser)


def run(options: argparse.Namespace) -> None:
    """Embed the held-out people, fit, store, print."""
    import numpy as np

    from reid.appearance import AppearanceModel, find_source
    from reid.data.folders import GALLERY, QUERY
    from reid.data.sources import read_source
    from reid.engines import open_engine
    from reid.errors import InputError
    from reid.evaluation.open_set import fit_set_threshold
    from reid.evaluation.verification import fit_threshold
    from reid.extraction import embed_files
    from reid.network_file import SUFFIXES, NetworkFile, write_description

    if options.weights.suffix.lower() not in (".safetensors", *SUFFIXES):
        raise InputError(f"{options.weights}: not a .safetensors, .onnx or .xml file")
    source = find_source(options.weights)
    parts = read_source(options.data, QUERY, GALLERY)
    model = AppearanceModel(source, open_engine(source, options.engine, options.device))
    embeddings = embed_files(model.embed, [path for part in parts for path in part.paths])
    ids, cameras = (np.concatenate([getattr(part, name) for part in parts]) for name in ("ids", "cameras"))
    people = ids > 0  # Market-1501's distractors share the identity 0 and are many people
    fitted = fit_threshold(embeddings[people], ids[people], cameras[people], options.false_match_rate)
    sets, links, why = None, None, None
    try:
        sets = fit_set_threshold(embeddings[people], ids[people])
        links = fit_set_threshold(embeddings[people], ids[people], cameras[people])
    except InputError as error:
        why = error
    thresholds = fitted.threshold, sets and sets.threshold, links and links.threshold
    if isinstance(source, NetworkFile):
        write_description(source.path, source.preprocessing, *thresholds)
    else:
        source.with_thresholds(*thresholds).write(options.weights)
    print(f"{model}: cosine distance at most {fitted.threshold:.4f}, stored in {options.weights}")
    print(f"  two people of one camera taken for one: {fitted.false_match_rate:.2%}")
    print(f"  a person not recognised, in one camera: {fitted.false_non_match_rate:.2%}")
    print(f"  a person not recognised, across cameras: {fitted.false_non_match_rate_across:.2%}")
    for found, what in ((sets, "set distance"), (links, "link distance, from one camera to another,")):
        if found is not None:
            print(f"{model}: {what} at most {found.threshold:.4f}, stored too ({found.views} views, {found.people} people known)")
            print(f"  a known visitor recognised: {found.recognised:.2%}, taken for another: {found.mistaken:.2%}")
            print(f"  a stranger taken for somebody: {found.false_acceptances:.2%}")
    if fitted.false_non_match_rate > 0.8:
        print("at this distance hardly anybody is recognised: the network needs more training before a tracker can use it")
    if why is not None:
        print(f"no further distance for sets of views: {why}")
