"""Cut people out of photographs by their masks, for `train --unlabelled` or, with their masks, for a parser.

Photographs and masks are as in LIP and other human parsing data sets: a mask is a PNG with the name and size of its photograph,
in which every label above 0 is the person. Each becomes a crop of 176x80 pixels, like a detector's.
"""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the photographs, their masks and the output folder."""
    parser.add_argument("photographs", type=Path, help="a folder of photographs, one person each: ID.jpg")
    parser.add_argument("--masks", type=Path, required=True, metavar="DIR", help="a folder with one mask per photograph: ID.png")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="folder for the crops: ID.jpg")
    what = "also cut the masks, and write both as this split of a folder in LIP's layout, for a parser: lip=DIR"
    parser.add_argument("--keep-masks", choices=("train", "val"), help=what)


def run(options: argparse.Namespace) -> None:
    """Check that each photograph has a mask, then cut and write them one by one."""
    from rich import get_console
    from rich.progress import track

    from reid.common.errors import InputError, note
    from reid.common.files import replacing
    from reid.common.picture_file import read_image, require_whole, write_image
    from reid.common.pictures import PICTURES, is_picture
    from reid.data.cutouts import cut_out, read_mask
    from reid.data.masks import read_labels

    for folder in (options.photographs, options.masks):
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder")
    if options.output.resolve() == options.photographs.resolve():
        raise InputError(f"{options.output}: holds the photographs, which would be overwritten; give another --output")
    paths = sorted(path for path in options.photographs.iterdir() if is_picture(path))
    if not paths:
        raise InputError(f"{options.photographs}: no images ({', '.join(sorted(PICTURES))})")
    names = [path.stem for path in paths]
    for path in paths:
        if names.count(path.stem) > 1:
            raise InputError(f"{path}: another photograph has this name with another suffix; both would be written to one file")
    masks = [options.masks / f"{path.stem}.png" for path in paths]
    for path, mask in zip(paths, masks, strict=True):
        if not mask.is_file():
            raise InputError(f"{mask}: no such file; add a mask for {path}, or remove it from {options.photographs}")
    written, pairs = list[str](), list(zip(paths, masks, strict=True))
    split = options.keep_masks
    images = options.output / f"{split}_images" if split else options.output
    require_whole([*paths, *masks])
    try:
        for path, mask in track(pairs, "cutting", transient=True, disable=not get_console().is_terminal):
            photograph, person = read_image(path), read_mask(mask)
            if person.shape != photograph.shape[:2]:
                sizes = ["x".join(map(str, image.shape[1::-1])) for image in (person, photograph)]
                raise InputError(f"{mask}: {sizes[0]} pixels, but {path} has {sizes[1]}; it is the mask of another photograph")
            image = cut_out(photograph, person)
            if image is None:
                continue
            labels = cut_out(read_labels(mask), person) if split else None
            if labels is not None:
                with replacing(options.output / f"{split}_segmentations" / f"{path.stem}.png") as temporary:
                    write_image(temporary, labels)
            with replacing(images / f"{path.stem}.jpg") as temporary:
                write_image(temporary, image)
            written.append(path.stem)
    except BaseException as error:
        if written:
            note(error, f"{len(written)} crops are kept in {images}")
        raise
    if not written:
        raise InputError(f"{options.masks}: no mask shows a person; labels above 0 are the person")
    left = f"; the other {len(paths) - len(written)} show nobody" if len(written) < len(paths) else ""
    print(f"cut {len(written)} people from {len(paths)} photographs into {images}{left}")
    if split:
        with replacing(options.output / f"{split}_id.txt") as temporary:
            temporary.write_text("\n".join(written) + "\n")
        command = "train configs/reid/parser_light.yaml" if split == "train" else "evaluate parser_light"
        output = " --output DIR" if split == "train" else ""
        print(f"next: python -m reid {command} --data lip={options.output}{output}")
    else:
        print(f"next: python -m reid train RECIPE teacher=[FILE] --data SOURCE --unlabelled {options.output} --output DIR")
