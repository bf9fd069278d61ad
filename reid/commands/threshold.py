"""Fit the distance under which two images count as one person, and store it in a weights file.

Trackers use the stored threshold unless told otherwise. The identities in --data must not have been trained on.
"""

import argparse
from pathlib import Path

from reid.commands import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The weights, the data, the error allowed."""
    parser.add_argument("weights", type=Path, help="the .safetensors file to fit and store the threshold in")
    arguments.add_data(parser)
    parser.add_argument(
        "--false-match-rate",
        type=float,
        default=0.01,
        metavar="SHARE",
        help="share of pairs of two people in one camera that may count as one person (default: 0.01)",
    )
    arguments.add_engine(parser)


def run(options: argparse.Namespace) -> None:
    """Embed the held-out people, fit, store, print."""
    import numpy as np

    from reid.appearance import AppearanceModel
    from reid.data.folders import GALLERY, QUERY
    from reid.data.sources import read_source
    from reid.engines import open_engine
    from reid.evaluation.verification import fit_threshold
    from reid.extraction import embed_files
    from reid.weights_file import read_weights

    weights = read_weights(options.weights)
    parts = read_source(options.data, QUERY, GALLERY)
    model = AppearanceModel(weights, open_engine(weights, options.engine, options.device))
    embeddings = embed_files(model, [path for part in parts for path in part.paths])
    ids, cameras = (np.concatenate([getattr(part, name) for part in parts]) for name in ("ids", "cameras"))
    people = ids > 0  # Market-1501's distractors share the identity 0 and are many people
    fitted = fit_threshold(embeddings[people], ids[people], cameras[people], options.false_match_rate)
    weights.with_threshold(fitted.threshold).write(options.weights)
    print(f"{model}: cosine distance at most {fitted.threshold:.4f}, stored in {options.weights}")
    print(f"  two people of one camera taken for one: {fitted.false_match_rate:.2%}")
    print(f"  a person not recognised, in one camera: {fitted.false_non_match_rate:.2%}")
    print(f"  a person not recognised, across cameras: {fitted.false_non_match_rate_across:.2%}")
