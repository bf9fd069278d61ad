"""Draw queries with their top ten matches: correct ones framed in green, wrong ones in red.

Images of the query's own person and camera are junk and left out. The queries are spread evenly over those of the data set that
have a correct match in the gallery.
"""

import argparse
from pathlib import Path

from reid.commands import arguments

TOP = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, the data, the picture and the engine."""
    arguments.add_model(parser)
    arguments.add_data(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.png", help="the picture to write")
    parser.add_argument("--queries", type=int, default=8, metavar="N", help="rows of the picture (default: %(default)s)")
    arguments.add_engine(parser)


def run(options: argparse.Namespace) -> None:
    """Choose queries, rank the gallery for them, and draw."""
    import numpy as np

    from reid import load
    from reid.common.errors import InputError
    from reid.common.files import replacing
    from reid.common.picture_file import read_image, require_whole, write_image
    from reid.data.folders import GALLERY, QUERY
    from reid.data.sources import read_source
    from reid.evaluation.extraction import embed_files
    from reid.evaluation.figures import best_matches, draw_rankings
    from reid.evaluation.ranking import check_positives, with_positives

    if options.output.suffix != ".png":
        raise InputError(f"{options.output}: the output name must end in .png")
    if options.queries < 1:
        raise InputError(f"--queries {options.queries}: must be at least 1")
    query, gallery = read_source(options.data, QUERY, GALLERY)
    labels = query.ids, gallery.ids, query.cameras, gallery.cameras
    check_positives(*labels, options.data)
    require_whole([*query.paths, *gallery.paths])
    found = np.flatnonzero(with_positives(*labels))
    chosen = found[np.unique(np.linspace(0, len(found) - 1, options.queries).round().astype(int))]
    model = load(options.model, engine=options.engine, device=options.device)
    paths = [query.paths[row] for row in chosen]
    distances = 1 - embed_files(model.embed, paths, "queries") @ embed_files(model.embed, gallery.paths, "gallery").T
    matches, right = [], []
    for row, of_query in zip(chosen, distances, strict=True):
        best = best_matches(of_query, query.ids[row], query.cameras[row], gallery.ids, gallery.cameras, TOP)
        matches.append([read_image(gallery.paths[image]) for image in best])
        right.append(gallery.ids[best] == query.ids[row])
    with replacing(options.output) as temporary:
        write_image(temporary, draw_rankings([read_image(path) for path in paths], matches, right))
    first = sum(bool(marks[:1].any()) for marks in right)
    print(f"{model}: {len(chosen)} queries, {first} with a correct first match: {options.output}")
    if len(found) < len(query):
        print(f"{len(query) - len(found)} of {len(query)} queries have no correct match in the gallery and are not drawn")
