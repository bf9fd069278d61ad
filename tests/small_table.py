"""A table of ReID whose network trains in a moment, and people to train it on."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from small_network import Small

import configs
from benchmarks.reid import __main__ as reid
from benchmarks.reid import tables as reid_tables
from benchmarks.reid.table import DUKE, MARKET, Row, Table
from reid.data.folders import GALLERY, QUERY, TRAIN
from reid.models import registry


def published(*figures: float) -> dict[str, dict[str, float]]:
    """Rank-1 and mAP of Market-1501, and those of DukeMTMC-reID, as figures of a row."""
    return {name: dict(zip(("rank-1", "mAP"), figures[at : at + 2], strict=True)) for name, at in ((MARKET, 0), (DUKE, 2))}


TINY = Table(
    "tiny",
    "Somebody, Table 0: two rows",
    recipe="standard_baseline",
    size=(32, 16),
    rows=(
        Row("start", paper=published(50.0, 40.0, 30.0, 20.0)),
        Row("+ smoothing", ("label_smoothing=0.1",), paper=published(51.0, 39.0, 31.0, 22.0)),
    ),
    clustering=True,
)


def write_market(folder: Path) -> Path:
    """A folder in Market-1501's layout: four people in both splits, each of one colour, from two cameras."""
    random = np.random.default_rng(0)
    for part in (TRAIN, QUERY, GALLERY):
        (folder / part).mkdir(parents=True)
        for identity in range(1, 5):
            colour = np.random.default_rng(identity).integers(0, 256, 3)
            for camera in (1, 2):
                image = np.clip(colour + random.normal(0, 20, (32, 16, 3)), 0, 255).astype(np.uint8)
                cv2.imwrite(str(folder / part / f"{identity:04d}_c{camera}s1_00000{camera}_00.png"), image)
    return folder


class SmallNeck(Small):
    """The small network with the two features of one with BNNeck."""

    def features(self, images):
        planar = self.head(self.body(images).flatten(1))
        return planar, planar


def small_neck(classes: int = 0) -> SmallNeck:
    """A network for tests."""
    return SmallNeck(classes)


RECIPE = """base: standard_baseline.yaml
model: small_neck
backbone_weights: none
identities_per_batch: 2
images_per_identity: 2
"""


def add_tiny(monkeypatch, tmp_path: Path) -> None:
    """Add the table `tiny`, whose network trains in a moment."""
    (tmp_path / "configs/reid").mkdir(parents=True)
    baseline = configs.path("reid", "standard_baseline").read_text()
    options = next(line for line in baseline.splitlines() if line.startswith("options:"))
    (tmp_path / "configs/reid/standard_baseline.yaml").write_text(baseline.replace(options, "options: {}"))
    (tmp_path / "configs/reid/tiny.yaml").write_text(RECIPE)
    monkeypatch.setattr(configs, "FOLDER", tmp_path / "configs")
    monkeypatch.setitem(registry._builders, "small_neck", small_neck)
    monkeypatch.setitem(reid_tables.TABLES, "tiny", replace(TINY, recipe="tiny"))


def run_tiny(market: Path, output: Path, *more: str) -> None:
    """Train and print the table `tiny` on `market`."""
    reid.main(["--table", "tiny", "--data", str(market), "--epochs", "1", "--output", str(output), *more])
