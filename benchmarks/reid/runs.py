"""The training runs of a table: the network of each row, trained or resumed, and the features of a row."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.reid.data import Data
from benchmarks.reid.features import sampled_embeddings, unaveraged_network
from benchmarks.reid.recipes import Reduction, networks, row_recipe
from benchmarks.reid.table import Feature, Row, Table
from reid.evaluation.aligned import embed_stripes
from reid.evaluation.features import embed_features, feature_of, join_features
from reid.weights.weights_file import Weights, read_weights


@dataclass(frozen=True)
class Runs:
    """The runs of `table` on `data`, with the results of its rows in `folder`, one of a seed."""

    table: Table
    data: Data
    reduction: Reduction
    folder: Path
    device: str

    def settings(self, row: Row) -> dict:
        """What the network of `row` comes from: `recipe`, `networks` (hashes of its initial network and its teachers, by file),
        `data`, `unlabelled` (images without labels), `styled` (copies) and `identities`; also `start` or `after`, the same of the
        row it goes on from.

        Those of a row that joins others are of the first of them, with `joined`, the same of each by name.
        """
        if row.join:
            joined = {name: self.settings(self.table.find(name)) for name in row.join}
            return {**joined[row.join[0]], "joined": joined}
        recipe = row_recipe(self.table, row, self.reduction)
        crops = self.data.crops(recipe, first=bool(row.start))
        found = {
            "recipe": asdict(recipe),
            "networks": networks(recipe),
            "data": self._names(row),
            "unlabelled": int((crops.ids < 0).sum()),
            "styled": 0 if crops.styled is None else int(crops.styled.sum()),
            "identities": int(crops.ids.max()) + 1,
        }
        before = {"start": row.start, "after": row.after}
        return found | {key: self.settings(self.table.find(name)) for key, name in before.items() if name}

    def train(self, row: Row) -> None:
        """Train the network of `row`, or those that it joins, to the end if necessary, after the one that it goes on from.

        Raises InputError if the folder of a run holds one of another recipe or other data.
        """
        from reid.training.trainer import train

        for name in (row.start, row.after, *row.join):
            if name:
                self.train(self.table.find(name))
        if row.join:
            return
        recipe = row_recipe(self.table, row, self.reduction)
        if row.start:
            recipe = replace(recipe, start=str(self._folder(self.table.find(row.start)) / "last.safetensors"))
        if row.after:
            recipe = replace(recipe, start=str(self._folder(self.table.find(row.after)) / "checkpoint.pt"))
        train(recipe, self.data.crops(recipe, first=bool(row.start)), self._folder(row), self.device, data=self._names(row))

    def weights(self, row: Row) -> Weights:
        """The weights of the trained network of `row`, or of the first that it joins."""
        return self.weights(self.table.find(row.join[0])) if row.join else read_weights(self._folder(row) / "last.safetensors")

    def features(self, row: Row, paths: Sequence[Path], feature: Feature | None = None) -> np.ndarray:
        """The features `(N, D)` of the images in `paths` by the trained network of `row`, or `feature` in place of the row's own.

        Of a row that joins others: theirs, joined.
        """
        if row.join:
            return join_features([self.features(self.table.find(name), paths) for name in row.join])
        weights, feature = self.weights(row), feature or row.feature
        if feature == "sampled":
            recipe = row_recipe(self.table, row, self.reduction)
            gaussian = self._folder(row) / "gaussian.pt"
            return sampled_embeddings(weights, recipe, gaussian, self.data.crops(recipe), paths, self.device)
        if feature == "unaveraged":
            network, feature = unaveraged_network(weights, self._folder(row) / "checkpoint.pt", self.device), "test"
        else:
            network = weights.network().to(self.device)
        return embed_features(feature_of(network, feature), network.preprocessing, paths, self.device)

    def stripes(self, row: Row, paths: Sequence[Path]) -> tuple[np.ndarray, np.ndarray]:
        """The features `(N, D)`, unit rows, and the stripes `(N, S, d)` of the images in `paths` by the network of `row`."""
        return embed_stripes(self.weights(row).network().to(self.device), paths, self.device)

    def _folder(self, row: Row) -> Path:
        return run_folder(self.table, self.folder, row)

    def _names(self, row: Row) -> list[str]:
        return list(self.data.names[:1] if row.start else self.data.names)


def run_places(folder: Path, directions: Sequence[Data]) -> list[Path]:
    """The folders of the results of one seed, of each direction: the seed's own `folder`, or one in it of each of several."""
    return [folder / slug(data.direction) if len(directions) > 1 else folder for data in directions]


def run_folder(table: Table, folder: Path, row: Row) -> Path:
    """The folder of the training run of a row whose result is in `folder`, one of a seed in that of its table."""
    shared = folder.parents[1] / table.runs / folder.name if table.runs else folder
    return shared / (row.run or slug(row.name))


def slug(name: str) -> str:
    """A row's name as a folder name: letters, digits and underscores; a leading minus and a star are spelled out."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub("^- ", "minus ", name.lower()).replace("*", " star ")).strip("_")
