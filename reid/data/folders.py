"""Person crops in Market-1501's layout: `PPPP_cCsS_FFFFFF_DD.jpg`, P the identity, C the camera."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.common.pictures import is_picture

TRAIN, QUERY, GALLERY = "bounding_box_train", "query", "bounding_box_test"
_NAME = re.compile(r"(-?\d{1,9})_c(\d{1,9})(?!\d)")


@dataclass(frozen=True)
class Crops:
    """Images of people: `paths`, with identities `ids (N,)` and cameras `cameras (N,)`.

    `masks` are the files of their parsing masks, one per image, or None. `styled (N,)` marks copies of other crops in another
    camera's style (`reid.data.styled`), or is None.
    """

    paths: list[Path]
    ids: np.ndarray
    cameras: np.ndarray
    masks: list[Path] | None = None
    styled: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def named(self) -> np.ndarray:
        """The crops with an identity that are no copies in another style, as a mask `(N,)`."""
        return self.ids >= 0 if self.styled is None else (self.ids >= 0) & ~self.styled

    def take(self, rows: np.ndarray) -> "Crops":
        """The crops at `rows`, a mask `(N,)` or indices."""
        indices = np.arange(len(self))[rows]
        masks = None if self.masks is None else [self.masks[index] for index in indices]
        styled = None if self.styled is None else self.styled[indices]
        return Crops([self.paths[index] for index in indices], self.ids[indices], self.cameras[indices], masks, styled)


def read_market(folder: str | Path, split: str) -> Crops:
    """The crops of one split (`TRAIN`, `QUERY` or `GALLERY`) of a folder in Market-1501's layout, in order of file name.

    Identity -1 marks junk, which Market-1501 excludes; 0 marks distractors, which stay. Raises InputError if the folder is
    missing or empty, or a file name does not match.
    """
    folder = Path(folder) / split
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; a data set in Market-1501's layout has {TRAIN}/, {QUERY}/ and {GALLERY}/")
    paths, ids, cameras = [], [], []
    for path in sorted(folder.iterdir()):
        if not is_picture(path):
            continue
        match = _NAME.match(path.name)
        if match is None:
            raise InputError(f"{path}: the file name must start like 0002_c1, identity 2 in camera 1")
        if int(match[1]) != -1:
            paths.append(path)
            ids.append(int(match[1]))
            cameras.append(int(match[2]))
    if not paths:
        raise InputError(f"{folder}: no images")
    return Crops(paths, np.array(ids), np.array(cameras))


def join(parts: Sequence[Crops]) -> Crops:
    """Concatenate data sets; identities become 0..n-1, and cameras are renumbered, so no two sets share either.

    Masks are kept if all sets have them, and marks of styled copies if any has. Raises InputError if only some have masks.
    """
    masked = [part for part in parts if part.masks is not None]
    if masked and len(masked) < len(parts):
        raise InputError("data sets with parsing masks and without cannot be used together; leave one of the kinds out")
    paths: list[Path] = []
    ids, cameras, next_id, next_camera = [], [], 0, 0
    for part in parts:
        names, labels = np.unique(part.ids, return_inverse=True)
        paths += part.paths
        ids.append(labels + next_id)
        cameras.append(part.cameras + next_camera)
        next_id += len(names)
        next_camera += int(part.cameras.max()) + 1
    masks = [mask for part in masked for mask in part.masks or []]
    styled = None
    if any(part.styled is not None for part in parts):
        styled = np.concatenate([np.zeros(len(part), bool) if part.styled is None else part.styled for part in parts])
    return Crops(paths, np.concatenate(ids), np.concatenate(cameras), masks if masked else None, styled)


def with_unlabelled(crops: Crops, folders: Sequence[str | Path]) -> Crops:
    """Append every image below `folders` to `crops`, with the unknown identity -1.

    The images directly in each folder of the tree count as one camera. Raises InputError for a folder that is missing or has no
    images, and for crops with masks.
    """
    if not folders:
        return crops
    if crops.masks is not None:
        raise InputError("--unlabelled: images without masks do not train a parser; leave it out")
    paths, cameras = list(crops.paths), [crops.cameras]
    for folder in map(Path, folders):
        found = sorted(path for path in folder.rglob("*") if is_picture(path))
        if not found:
            raise InputError(f"{folder}: {'no images' if folder.is_dir() else 'no such folder'}")
        places = np.unique([str(path.parent) for path in found], return_inverse=True)[1]
        cameras.append(places + 1 + max(each.max() for each in cameras))
        paths += found
    added = len(paths) - len(crops)
    styled = None if crops.styled is None else np.append(crops.styled, np.zeros(added, bool))
    return Crops(paths, np.append(crops.ids, np.full(added, -1)), np.concatenate(cameras), None, styled)
