"""Embed every image of a folder into an .npz file: `paths (N,)`, relative to the folder, and `embeddings (N, D)`.

A run that ends early, for whatever reason, leaves the embeddings of the first images in FILE.partial.npz.
"""

import argparse
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reid.commands import arguments

if TYPE_CHECKING:
    import numpy as np

KEPT_EVERY = 60  # seconds: the most that a killed run loses


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the folder, the model and the output file."""
    parser.add_argument("folder", type=Path, help="a folder with images of people, searched recursively")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE.npz", help="the file to write")
    parser.add_argument("--reid", default="robust", metavar="MODEL", help="a network name or file (default: robust)")
    arguments.add_engine(parser)


def run(options: argparse.Namespace) -> None:
    """Find the images, embed them, and write the file."""
    from reid import load
    from reid.common.errors import InputError
    from reid.common.partial_file import PartialFile
    from reid.common.picture_file import require_whole
    from reid.common.pictures import PICTURES, is_picture
    from reid.evaluation.extraction import embed_batches

    if not options.folder.is_dir():
        raise InputError(f"{options.folder}: no such folder")
    if options.output.suffix != ".npz":
        raise InputError(f"{options.output}: the output name must end in .npz")
    paths = sorted(path for path in options.folder.rglob("*") if is_picture(path))
    if not paths:
        raise InputError(f"{options.folder}: no images ({', '.join(sorted(PICTURES))})")
    require_whole(paths)
    model = load(options.reid, engine=options.engine, device=options.device)
    _require_room(options.output, len(paths) * (4 * model.dimension + len(str(paths[0])) * 4))
    names = [str(path.relative_to(options.folder)) for path in paths]
    rows: list[np.ndarray] = []
    output = PartialFile(options.output, lambda path: _write(path, names, rows))
    with output.growing(lambda: f"the first {sum(map(len, rows))} of {len(paths)} embeddings" if rows else ""):
        kept = time.monotonic()
        for batch in embed_batches(model.embed, paths):
            rows.append(batch)
            if time.monotonic() - kept >= KEPT_EVERY:
                output.keep()
                kept = time.monotonic()
    print(f"{len(paths)} embeddings of {model.dimension} numbers, {model}: {options.output}")


def _write(path: Path, names: Sequence[str], rows: Sequence["np.ndarray"]) -> None:
    """Write the batches of `rows`, which are those of the first `names`."""
    import numpy as np

    from reid.common.files import replacing

    embeddings = np.concatenate(rows)
    with replacing(path) as temporary:
        np.savez(temporary, paths=list(names[: len(embeddings)]), embeddings=embeddings)


def _require_room(path: Path, size: int) -> None:
    """Raise InputError if the disk has no room for the `size` in bytes."""
    from reid.common.errors import InputError

    path.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(path.parent).free < size:
        raise InputError(f"{path}: {size / 1e6:.1f} MB are not free on the disk; make room, or choose another --output")
