"""Embed every image of a folder into an .npz file: `paths (N,)`, relative to the folder, and `embeddings (N, D)`."""

import argparse
from pathlib import Path

from reid.commands import arguments


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder, the model and the output file."""
    parser.add_argument("folder", type=Path, help="a folder with images of people, searched recursively")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.npz", help="the file to write")
    parser.add_argument("--reid", default="robust", metavar="MODEL", help="a network name or file (default: robust)")
    arguments.add_engine(parser)


def run(options: argparse.Namespace) -> None:
    """Find the images, embed them, and write the file."""
    import numpy as np

    from reid import load
    from reid.common.errors import InputError
    from reid.common.files import replacing
    from reid.data.folders import SUFFIXES
    from reid.evaluation.extraction import embed_files

    if not options.folder.is_dir():
        raise InputError(f"{options.folder}: no such folder")
    if options.output.suffix != ".npz":
        raise InputError(f"{options.output}: the output name must end in .npz")
    paths = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise InputError(f"{options.folder}: no images ({', '.join(sorted(SUFFIXES))})")
    model = load(options.reid, engine=options.engine, device=options.device)
    embeddings = embed_files(model.embed, paths)
    with replacing(options.output) as temporary:
        np.savez(temporary, paths=[str(path.relative_to(options.folder)) for path in paths], embeddings=embeddings)
    print(f"{len(paths)} embeddings of {model.dimension} numbers, {model}: {options.output}")
