"""Find head, upper body, lower body and shoes of the people in images: NAME.png and NAME.npz for each.

NAME.png shows the image beside its mask, in a colour for each label. NAME.npz holds `maps (5, h, w)`, float32 in 0..1, the
probability of each of the `regions (5,)` at the size of the network's maps. The next run into the same folder replaces them.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from reid.common.result_folder import ResultFolder
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
    from reid.common.result_folder import ResultFolder
    from reid.engines import devices
    from reid.models.regions import REGIONS
    from reid.parsing.parser import BATCH, load_parser

    named = _named(options.images, options.output)
    require_whole(path for path, _ in named)
    results = ResultFolder(options.output)
    parser = load_parser(options.parser, devices(options.device)[0])
    written, shares = 0, [0.0] * len(REGIONS)
    try:
        starts = range(0, len(named), BATCH)
        for start in track(starts, "parsing", transient=True, disable=not get_console().is_terminal):
            batch = named[start : start + BATCH]
            images = [read_image(path) for path, _ in batch]
            parsing = parser.parse(images)
            for row, ((_, name), image) in enumerate(zip(batch, images, strict=True)):
                with uninterrupted():
                    _write(results, name, image, parsing, row)
                    written += 1
                shares = [share + part for share, part in zip(shares, parsing.maps[row].mean(axis=(1, 2)), strict=True)]
    except BaseException as error:
        if written:
            note(error, f"{written} of {len(named)} images are parsed; their results are kept in {options.output}")
        raise
    told = ", ".join(f"{region} {share / len(named):.1%}" for region, share in zip(REGIONS, shares, strict=True))
    print(f"mean share of an image: {told}")
    print("in the pictures: red to yellow head, blue upper body, green lower body, pink and purple shoes")
    print(f"parsed {len(named)} images, {parser}: {options.output}")


def _named(sources: Sequence[Path], output: Path) -> list[tuple[Path, str]]:
    """The images of `sources`, sorted, each with the name of its results: its path below its source, without the suffix.

    Raises InputError if there are none, if two have one name, and if images and results would be in one folder.
    """
    from reid.common.errors import InputError
    from reid.common.pictures import PICTURES, is_picture

    images: dict[str, Path] = {}
    for source in sources:
        inner, outer = source.resolve(), output.resolve()
        if outer in (inner, *inner.parents) or (source.is_dir() and inner in outer.parents):
            raise InputError(f"{source}: its results in {output} would be mixed with images; give another --output")
        found = sorted(path for path in source.rglob("*") if is_picture(path)) if source.is_dir() else [source]
        if not found:
            raise InputError(f"{source}: no images ({', '.join(sorted(PICTURES))})")
        for path in found:
            place = path.relative_to(source).parent if source.is_dir() else Path()
            name = (place / path.stem).as_posix()
            if name in images:
                raise InputError(f"{path}: {images[name]} has the same result, {name}.png; parse them into two folders")
            images[name] = path
    return [(path, name) for name, path in images.items()]


def _write(results: "ResultFolder", name: str, image: "np.ndarray", parsing: "Parsing", row: int) -> None:
    """Write what `parsing` has of `image` in its `row`."""
    import numpy as np

    from reid.common.files import replacing
    from reid.common.picture_file import write_image
    from reid.models.regions import REGIONS
    from reid.parsing.colours import coloured
    from reid.parsing.parser import labels_at

    labels = labels_at(parsing.probabilities[row], *image.shape[:2])
    with replacing(results.add(f"{name}.png")) as temporary:
        write_image(temporary, np.hstack([image, coloured(labels)]))
    with replacing(results.add(f"{name}.npz")) as temporary:
        np.savez(temporary, maps=parsing.maps[row], regions=list(REGIONS))
