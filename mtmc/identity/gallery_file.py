"""The file of a gallery: arrays of NumPy, and whether they fit together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reid.common.array_file import read_arrays
from reid.common.errors import InputError
from reid.common.files import replacing

_FORMAT = 1  # version of the file format
_SCALARS = "format", "network", "limit", "next"
_ARRAYS = "people", "names", "seen", "owners", "embeddings", "crop_sizes", "crop_bytes"


@dataclass(frozen=True, eq=False)
class StoredGallery:
    """What a gallery of P people with E exemplars keeps.

    The `network` of its embeddings, the `limit` of exemplars a person, the `next` number to give; `people` `(P,)` from 1,
    ascending, their `names`, and when they were `seen` first and last, `(P, 2)` seconds; `owners` `(E,)`, ascending, of
    `embeddings` `(E, D)`, unit rows, and of `crops`, JPEG or empty.
    """

    network: str
    limit: int
    next: int
    people: np.ndarray
    names: Sequence[str]
    seen: np.ndarray
    owners: np.ndarray
    embeddings: np.ndarray
    crops: Sequence[bytes]


def write_gallery(path: str | Path, stored: StoredGallery) -> None:
    """Write `stored` to the .npz file `path`, atomically."""
    with replacing(path) as temporary:
        np.savez(
            temporary,
            format=_FORMAT,
            network=stored.network,
            limit=stored.limit,
            next=stored.next,
            people=stored.people,
            names=np.array(stored.names, np.str_),
            seen=stored.seen,
            owners=stored.owners,
            embeddings=stored.embeddings,
            crop_sizes=np.array([len(crop) for crop in stored.crops], np.int64),
            crop_bytes=np.frombuffer(b"".join(stored.crops), np.uint8),
        )


def read_gallery(path: Path) -> StoredGallery:
    """Read a file of `write_gallery`. Raises `InputError` for any other file, and for arrays that do not fit together."""
    wanted = "a gallery saved by this program"
    arrays = read_arrays(path, [*_SCALARS, *_ARRAYS], wanted)
    try:
        network, limit, following = str(arrays["network"]), int(arrays["limit"]), int(arrays["next"])
        if int(arrays["format"]) != _FORMAT:
            raise InputError(f"{path}: gallery format {arrays['format']}; this version reads {_FORMAT}")
        people, names, seen, owners, embeddings, sizes, pixels = (arrays[name] for name in _ARRAYS)
        seen, embeddings = seen.astype(np.float64), embeddings.astype(np.float32)
        people, owners, sizes = (each.astype(np.int64, casting="safe") for each in (people, owners, sizes))
        ends = np.cumsum(sizes)
        fits = {
            "people": people.ndim == 1 and bool((np.diff(people, prepend=0) > 0).all()),
            "next": following > people.max(initial=0) and limit > 0,
            "names": names.shape == people.shape,
            "seen": seen.shape == (len(people), 2) and bool(np.isfinite(seen).all()),
            "owners": owners.ndim == 1 and bool((np.diff(owners) >= 0).all() and np.isin(owners, people).all()),
            "embeddings": embeddings.ndim == 2 and len(embeddings) == len(owners) and embeddings.shape[1] > 0,
            "unit rows": bool((np.abs(np.linalg.norm(embeddings, axis=1) - 1) < 1e-3).all()),
            "crops": sizes.shape == owners.shape and bool((sizes >= 0).all()) and int(sizes.sum()) == len(pixels),
        }
    except (TypeError, ValueError, IndexError) as error:
        raise InputError(f"{path}: not {wanted}: {error}") from None
    if wrong := [name for name, right in fits.items() if not right]:
        raise InputError(f"{path}: not {wanted}: its {wrong[0]} do not fit the rest; use a copy")
    crops = [pixels[end - size : end].tobytes() for size, end in zip(sizes.tolist(), ends.tolist(), strict=True)]
    return StoredGallery(network, limit, following, people, [str(name) for name in names], seen, owners, embeddings, crops)
