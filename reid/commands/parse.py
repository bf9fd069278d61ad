"""Find head, upper body, lower body and shoes of the people in images: NAME.png and NAME.npz for each.

NAME.png shows the image beside its mask, in a colour for each label. NAME.npz holds `maps (5, h, w)`, float32 in 0..1, the
probability of each of the `regions (5,)` at the size of the network's maps.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from reid.parsing.parser import Parsing


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the images, the network and the output folder."""
    parser.add_argument(
        "images", type=Path, nargs="+", metavar="IMAGE|FOLDER", help="crops of people; folders are searched recursively"
    )
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="folder for the results, in which folders keep their structure"
    )
    parser.add_argument(
        "--parser", default="parser_light", metavar="MODEL", help="a parser's name or .safetensors file (default: parser_light)"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")


def run(options: argparse.Namespace) -> None:
    """Find the images, parse them batch by batch, and write the results of each."""
    from rich import get_console
    from rich.progress import track

    from reid.common.errors import note
    from reid.common.interrupts import uninterrupted
    from reid.common.picture_file import read_image, require_whole
    from reid.engines import devices
    from reid.models.regions import REGIONS
    from reid.parsing.parser import BATCH, load_parser

    results = _results(options.images, options.output)
    paths = list(results)
    require_whole(paths)
    parser = load_parser(options.parser, devices(options.device)[0])
    written, shares = 0, [0.0] * len(REGIONS)
    try:
        starts = range(0, len(paths), BATCH)
        for start in track(starts, "parsing", transient=True, disable=not get_console().is_terminal):
            batch = paths[start : start + BATCH]
            images = [read_image(path) for path in batch]
            parsing = parser.parse(images)
            for row, (path, image) in enumerate(zip(batch, images, strict=True)):
                with uninterrupted():
                    _write(results[path], image, parsing, row)
                    written += 1
                shares = [share + part for share, part in zip(shares, parsing.maps[row].mean(axis=(1, 2)), strict=True)]
    except BaseException as error:
        if written:
            note(error, f"{written} of {len(paths)} images are parsed; their results are kept in {options.output}")
        raise
    told = ", ".join(f"{region} {share / len(paths):.1%}" for region, share in zip(REGIONS, shares, strict=True))
    print(f"mean share of an image: {told}")
    print(f"parsed {len(paths)} images, {parser}: {options.output}")


def _results(sources: Sequence[Path], output: Path) -> dict[Path, Path]:
    """The images of `sources`, sorted, each with the path of its results without their suffixes.

    Raises InputError if there are none, if two would have one result, and if a result would replace an image or be found as one.
    """
    from reid.common.errors import InputError
    from reid.common.pictures import PICTURES, is_picture

    found: list[tuple[Path, Path]] = []
    for source in sources:
        if not source.is_dir():
            found.append((source, output / source.stem))
            continue
        if source.resolve() in (output.resolve(), *output.resolve().parents):
            raise InputError(f"{output}: lies in {source}, whose images would be mixed with the results; give another --output")
        paths = sorted(path for path in source.rglob("*") if is_picture(path))
        if not paths:
            raise InputError(f"{source}: no images ({', '.join(sorted(PICTURES))})")
        found += [(path, output / path.relative_to(source).with_name(path.stem)) for path in paths]
    images = {path.resolve() for path, _ in found}
    taken: dict[Path, Path] = {}
    for path, result in found:
        picture = _named(result, ".png")
        if result in taken:
            raise InputError(f"{path}: {taken[result]} has the same result, {picture}; parse them into two folders")
        if picture.resolve() in images:
            raise InputError(f"{path}: its result {picture} would replace an image; give another --output")
        taken[result] = path
    return dict(found)


def _write(result: Path, image: "np.ndarray", parsing: "Parsing", row: int) -> None:
    """Write what `parsing` has of `image` in its `row`."""
    import numpy as np

    from reid.common.files import replacing
    from reid.common.picture_file import write_image
    from reid.models.regions import REGIONS
    from reid.parsing.colours import coloured
    from reid.parsing.parser import labels_at

    labels = labels_at(parsing.probabilities[row], *image.shape[:2])
    with replacing(_named(result, ".png")) as temporary:
        write_image(temporary, np.hstack([image, coloured(labels)]))
    with replacing(_named(result, ".npz")) as temporary:
        np.savez(temporary, maps=parsing.maps[row], regions=list(REGIONS))


def _named(result: Path, suffix: str) -> Path:
    """`a.b.png` for `a.b`, whose `with_suffix` would give `a.png`."""
    return result.with_name(result.name + suffix)
