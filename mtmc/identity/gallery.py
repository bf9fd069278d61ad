"""The people known so far: a bounded set of diverse embeddings per person, to compare, merge, forget, save and load."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

import cv2
import numpy as np

from mtmc.identity.exemplars import Exemplars
from mtmc.identity.gallery_file import StoredGallery, read_gallery, write_gallery
from reid.common.errors import InputError
from reid.sets import relative_distances, set_distances

_CANDIDATES = 64  # exemplars looked up per embedding in a large gallery; their owners are compared in full


@dataclass
class Person:
    """A person's data besides the embeddings: a `name`, which may be empty, and when they were seen, in seconds."""

    name: str
    first_seen: float
    last_seen: float


class Gallery:
    """People by number, from 1; a number is never reused, even after its person is removed.

    A person has up to `exemplars` embeddings of length `dimension`. If more are offered, the most diverse are kept: a minute of
    standing still does not displace yesterday's view from the other side. `network` identifies the appearance model of the
    embeddings (its `weights_hash`). Methods that take a person's number raise `KeyError` for an unknown one.
    """

    def __init__(self, dimension: int, exemplars: int = 32, network: str = ""):
        if dimension < 1 or exemplars < 1:
            raise ValueError(f"dimension and exemplars must be at least 1, not {dimension} and {exemplars}")
        self.dimension, self.exemplars, self.network = dimension, exemplars, network
        self._people: dict[int, Person] = {}
        self._places: dict[int, np.ndarray] = {}
        self._pool = Exemplars(dimension)
        self._means: dict[int, np.ndarray] = {}  # mean of each person's exemplars, and the sum of these
        self._sum = np.zeros(dimension)
        self._crops: dict[int, bytes] = {}  # JPEG, by place in the pool
        self._next = 1

    def __len__(self) -> int:
        return len(self._people)

    def __contains__(self, person: int) -> bool:
        return person in self._people

    def __getitem__(self, person: int) -> Person:
        return self._people[person]

    @property
    def people(self) -> np.ndarray:
        """The numbers of the people `(P,)`, ascending."""
        return np.array(sorted(self._people), dtype=np.int64)

    def embeddings(self, person: int) -> np.ndarray:
        """The exemplars of a person, `(E, D)` unit rows."""
        return self._pool.rows[self._places[person]]

    def crops(self, person: int) -> list[np.ndarray]:
        """The crops of a person's exemplars, `(H, W, 3)` uint8 BGR, decoded from JPEG; exemplars may have none."""
        stored = (self._crops.get(place) for place in self._places[person].tolist())
        return [_decode(crop) for crop in stored if crop is not None]

    def open(self, embeddings: np.ndarray, time: float = 0.0, name: str = "", crops: Sequence[np.ndarray | None] = ()) -> int:
        """Add a person, seen at `time`, and return the new number; other arguments as for `add`. `embeddings` may be empty."""
        person, self._next = self._next, self._next + 1
        self._people[person] = Person(name, time, time)
        self._places[person] = np.zeros(0, np.int64)
        self.add(person, embeddings, time, crops)
        return person

    def add(self, person: int, embeddings: np.ndarray, time: float, crops: Sequence[np.ndarray | None] = ()) -> None:
        """Offer `embeddings` `(N, D)`, unit rows, of a person seen at `time`, in seconds, with one crop each, or no crops.

        Raises `ValueError` for embeddings of another dimension, and unless there is one crop per embedding, or none.
        """
        embeddings = np.asarray(embeddings, np.float32).reshape(-1, self.dimension)
        if len(crops) not in (0, len(embeddings)):
            raise ValueError(f"crops must have one entry per embedding: {len(embeddings)}, not {len(crops)}")
        self._offer(person, embeddings, [None if crop is None else _encode(crop) for crop in crops])
        known = self._people[person]
        known.first_seen, known.last_seen = min(known.first_seen, time), max(known.last_seen, time)

    def seen(self, person: int, time: float) -> None:
        """Note that a person was seen at `time`, which postpones their expiry."""
        known = self._people[person]
        known.last_seen = max(known.last_seen, time)

    def rename(self, person: int, name: str) -> None:
        """Set a person's name."""
        self._people[person].name = name

    def remove(self, person: int) -> None:
        """Remove a person."""
        del self._people[person]
        self._drop(self._places.pop(person))
        self._sum -= self._means.pop(person, 0.0)

    def merge(self, person: int, other: int) -> None:
        """Merge `other` into `person`, who keeps the number, and the name unless it is empty."""
        if person == other:
            raise ValueError(f"person {person} cannot be merged with itself")
        one, two = self._people[person], self._people[other]
        self._offer(person, self.embeddings(other), [self._crops.get(place) for place in self._places[other].tolist()])
        self.remove(other)
        self._people[person] = Person(
            one.name or two.name, min(one.first_seen, two.first_seen), max(one.last_seen, two.last_seen)
        )

    def expire(self, before: float) -> list[int]:
        """Remove the people last seen before that time, in seconds; return their numbers."""
        gone = [person for person, known in self._people.items() if known.last_seen < before]
        for person in gone:
            self.remove(person)
        return gone

    def distances(self, sets: Sequence[np.ndarray], excluded: Collection[int] = ()) -> tuple[np.ndarray, np.ndarray]:
        """Distances from T `sets` of embeddings, `(N, D)` unit rows each, N at least 1, to the people who are not `excluded`.

        Returns people `(P,)`, ascending, and distances `(T, P)` of at least 0, relative to the mean of everyone in the gallery;
        see `reid.sets`. People without exemplars are left out and, in a large gallery (`mtmc.identity.exemplars`), so are those
        not near any of them.
        """
        if not len(sets):
            return np.zeros(0, np.int64), np.empty((0, 0))
        queries = np.concatenate([np.asarray(rows, np.float32).reshape(-1, self.dimension) for rows in sets])
        excluded = set(excluded)
        if self._pool.is_large():
            near = self._pool.nearest(queries, _CANDIDATES, excluded)
            candidates = np.unique(self._pool.owners[near[near >= 0]]).tolist()
        else:
            candidates = [person for person in self.people.tolist() if person not in excluded and len(self._places[person])]
        places = [self._places[person] for person in candidates]
        starts = np.cumsum([0, *map(len, places)])[:-1]
        images = self._pool.rows[np.concatenate([np.zeros(0, np.int64), *places])]
        apart = relative_distances(queries, images, self._sum / max(len(self._means), 1), len(self._means))
        bounds = np.cumsum([len(rows) for rows in sets])[:-1]
        return np.array(candidates, np.int64), np.array([set_distances(rows, starts) for rows in np.split(apart, bounds)])

    def nearest(self, queries: np.ndarray, count: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """The owners of the `count` exemplars nearest to each of `queries` `(N, D)`, and their cosine distances, both `(N,
        count)`, nearest first; 0 and infinity where there are no more exemplars."""
        queries = np.asarray(queries, np.float32).reshape(-1, self.dimension)
        places = self._pool.nearest(queries, count)
        distances = 1 - np.einsum("nd,nkd->nk", queries, self._pool.rows[places])
        return np.where(places < 0, 0, self._pool.owners[places]), np.where(places < 0, np.inf, distances)

    def save(self, path: str | Path) -> None:
        """Write the gallery to one .npz file, atomically. Raises `InputError` as `require_place` does."""
        require_place(path)
        people = self.people.tolist()
        places = np.concatenate([np.zeros(0, np.int64), *(self._places[person] for person in people)])
        seen = [(self._people[person].first_seen, self._people[person].last_seen) for person in people]
        stored = StoredGallery(
            network=self.network,
            limit=self.exemplars,
            next=self._next,
            people=np.array(people, np.int64),
            names=[self._people[person].name for person in people],
            seen=np.array(seen, np.float64).reshape(-1, 2),
            owners=self._pool.owners[places],
            embeddings=self._pool.rows[places],
            crops=[self._crops.get(place, b"") for place in places.tolist()],
        )
        write_gallery(path, stored)

    @classmethod
    def load(cls, path: str | Path, network: str | None = None) -> "Gallery":
        """Read a file written by `save`. Raises `InputError` for any other file, and for a gallery of another network than
        `network`."""
        stored = read_gallery(Path(path))
        gallery = cls(stored.embeddings.shape[1], stored.limit, stored.network)
        bounds = np.searchsorted(stored.owners, [stored.people, stored.people + 1]).T
        for person, name, (first, last), rows in zip(stored.people.tolist(), stored.names, stored.seen, bounds, strict=True):
            gallery._people[person] = Person(name, float(first), float(last))
            gallery._places[person] = np.zeros(0, np.int64)
            gallery._offer(person, stored.embeddings[slice(*rows)], stored.crops[slice(*rows)])
        gallery._next = stored.next
        if network is not None and gallery.network != network:
            raise InputError(f"{path}: the gallery holds embeddings of another network; start a new one")
        return gallery

    def _offer(self, person: int, embeddings: np.ndarray, crops: Sequence[bytes | None]) -> None:
        """Keep the most diverse of a person's exemplars and `embeddings`, with one of `crops` each, or none."""
        if not len(embeddings):
            return
        old = self._places[person]
        kept = spread(np.concatenate([self._pool.rows[old], embeddings]), self.exemplars)
        stay, new = kept[kept < len(old)], kept[kept >= len(old)] - len(old)
        if len(stay) < len(old):
            self._drop(np.delete(old, stay))
        places = self._pool.add(person, embeddings[new])
        self._places[person] = np.concatenate([old[stay], places])
        self._sum -= self._means.get(person, 0.0)
        self._means[person] = self.embeddings(person).mean(axis=0, dtype=np.float64)
        self._sum += self._means[person]
        if len(crops):
            self._crops.update({place: crops[row] for place, row in zip(places.tolist(), new, strict=True) if crops[row]})

    def _drop(self, places: np.ndarray) -> None:
        self._pool.remove(places)
        for place in places.tolist():
            self._crops.pop(place, None)


def require_place(path: str | Path) -> None:
    """Raise `InputError` if no gallery can be saved at `path`: its name must end in .npz, and its folder must take files.

    A folder that is missing is not made here.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise InputError(f"{path}: the name of a gallery must end in .npz")
    try:
        TemporaryFile(dir=next(folder for folder in path.absolute().parents if folder.exists())).close()
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}); save the gallery elsewhere") from None


def spread(rows: np.ndarray, count: int) -> np.ndarray:
    """Indices, ascending, of the `count` unit rows of `rows` `(N, D)` that best represent all; all indices if N is at most
    `count`.

    Farthest-point selection (Gonzalez, Clustering to minimize the maximum intercluster distance, 1985), starting from the row
    nearest to the mean: the largest Euclidean distance from a row to its representative is at most twice the minimum.
    """
    if len(rows) <= count:
        return np.arange(len(rows))
    chosen = [int(np.argmax(rows @ rows.mean(axis=0)))]
    nearest = rows @ rows[chosen[0]]
    for _ in range(count - 1):
        nearest[chosen[-1]] = np.inf
        chosen.append(int(np.argmin(nearest)))
        np.maximum(nearest, rows @ rows[chosen[-1]], out=nearest)
    return np.sort(chosen)


def _encode(crop: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", crop)[1].tobytes()


def _decode(crop: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(crop, np.uint8), cv2.IMREAD_COLOR)  # type: ignore[return-value]  # `_encode` wrote it
