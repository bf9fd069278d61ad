"""Two-dimensional features of digits under each combination of losses and necks: Luo et al., TMM 2019, Fig. 9."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.reid.digits import CLASSES, read_mnist, render_digits
from benchmarks.reid.figures.values import write_csv, write_json
from reid.common.errors import InputError
from reid.evaluation.clustering import measure_clustering
from reid.evaluation.panels import add_legend, panels, save
from reid.losses import identity_loss, triplet_loss
from reid.models import Head
from reid.models.layers import neck_classifier, neck_norm

EPOCHS = 10
RENDERED = 300  # images of each digit
IMAGES = 12  # of each digit in a batch
SHOWN = 2000  # largest number of images plotted
SEED = 1
COLUMNS = 4  # panels in a row

Wiring = tuple[str | None, str | None]  # the feature for the triplet loss and that for the ID loss; None omits the loss


@dataclass(frozen=True)
class Panel:
    """A panel: the network's `wiring`, the `feature` that it shows, "f_t" or "f_i", and what the paper's text says of it."""

    wiring: Wiring
    feature: str
    claim: str


_BNNECK: Wiring = ("f_t", "f_i")
_AFFINE, _TADPOLES, _GAUSSIAN = "affine", "tadpole-shaped", "more Gaussian than without BN"
PANELS = {
    "ID loss": Panel((None, "f_t"), "f_t", _AFFINE),
    "triplet loss": Panel(("f_t", None), "f_t", "clustered"),
    "ID + triplet loss": Panel(("f_t", "f_t"), "f_t", _TADPOLES),
    "ID loss + BN": Panel((None, "f_i"), "f_i", _GAUSSIAN),
    "triplet loss + BN": Panel(("f_i", None), "f_i", _GAUSSIAN),
    "ID + triplet loss + BN": Panel(("f_i", "f_i"), "f_i", _GAUSSIAN),
    "triplet loss of BNNeck, f_t": Panel(_BNNECK, "f_t", "still clustered"),
    "ID loss of BNNeck, f_i": Panel(_BNNECK, "f_i", _GAUSSIAN),
}


def draw(options: argparse.Namespace, title: str, folder: Path) -> None:
    """Train a small network of two features for each wiring of `PANELS`; write their features and clustering ratios to `folder`.

    The files are `features_2d.png`, `features_2d.csv` with the features, and `features_2d.json` with the clustering ratio of each
    panel and what the paper says of it.
    """
    if len(options.data) > 1:
        raise InputError("--data: the figure features_2d takes one folder, of MNIST's IDX files")
    if options.data:
        images, labels = read_mnist(Path(options.data[0]))
        source = f"MNIST, {len(images)} images"
    else:
        images, labels = render_digits(RENDERED, np.random.default_rng(SEED))
        source = f"a stand-in for MNIST, {len(images)} rendered digits"
    epochs = options.epochs or EPOCHS
    heading = f"{title}; ours of {source}, {epochs} epochs"
    print(heading)
    shown = np.random.default_rng(SEED).permutation(len(images))[:SHOWN]
    networks: dict[Wiring, dict[str, np.ndarray]] = {}  # the two features of each
    features: dict[str, np.ndarray] = {}
    found: dict[str, dict[str, object]] = {}
    for name, panel in PANELS.items():
        if panel.wiring not in networks:
            networks[panel.wiring] = train(images, labels, panel.wiring, epochs).of(images[shown])
        features[name] = networks[panel.wiring][panel.feature]
        ratio = measure_clustering(features[name], labels[shown]).ratio
        found[name] = {"clustering_ratio": ratio if np.isfinite(ratio) else None, "in_print": panel.claim}
        print(f"{name}: clustering ratio R {ratio:.3f}; in print {panel.claim}", flush=True)
        # After each panel, so that a run that ends early keeps them.
        write_json(folder / "features_2d.json", {"figure": "features_2d", "title": heading, "panels": found})
    write(features, labels[shown], folder / "features_2d.csv")
    plot(features, labels[shown], folder / "features_2d.png", heading)
    print(f"picture in {folder / 'features_2d.png'}, values in features_2d.csv and features_2d.json beside it")


def write(features: dict[str, np.ndarray], labels: np.ndarray, path: Path) -> None:
    """Write the features of each panel as a CSV file, with the columns panel, digit, x and y."""
    rows = [
        {"panel": name, "digit": int(label), "x": float(x), "y": float(y)}
        for name, points in features.items()
        for label, (x, y) in zip(labels, points, strict=True)
    ]
    write_csv(path, rows)


def plot(features: dict[str, np.ndarray], labels: np.ndarray, path: Path, title: str = "") -> None:
    """Plot 2-d features as the PNG file `path`: a panel for each of `features (N, 2)`, a colour for each of `labels (N,)`."""
    rows = -(-len(features) // COLUMNS)
    figure, drawn = panels(rows, min(COLUMNS, len(features)), title)
    for axes in drawn.flat[len(features) :]:
        axes.set_axis_off()
    for axes, (name, points) in zip(drawn.flat, features.items(), strict=False):
        for label in np.unique(labels):
            axes.scatter(*points[labels == label].T, s=3, color=f"C{label}", label=str(label))
        axes.set_title(name, fontsize="medium")
        axes.axhline(0, color="0.8", linewidth=0.5, zorder=0)
        axes.axvline(0, color="0.8", linewidth=0.5, zorder=0)
    for axes in drawn[-1]:
        axes.set_xlabel("first feature")
    for axes in drawn[:, 0]:
        axes.set_ylabel("second feature")
    add_legend(figure, drawn, markers=3)
    save(figure, path)


class PlanarNetwork(nn.Module):
    """`(B, 1, 28, 28)` to two features f_t, to f_i by batch normalisation, and to logits by a classifier as in `reid.models`."""

    def __init__(self, wiring: Wiring):
        super().__init__()
        self.wiring = wiring
        layers: list[nn.Module] = []
        for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 4 * 4, 2))
        self.norm = neck_norm(2)
        self.classifier = neck_classifier(2, CLASSES) if "f_i" in wiring else nn.Linear(2, CLASSES)

    def features(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """f_t and f_i, `(B, 2)` each."""
        planar = self.body(images)
        return planar, self.norm(planar)

    def forward(self, images: torch.Tensor) -> Head:
        """The features for the triplet loss and the logits of the ID loss; None for an omitted loss."""
        features = dict(zip(("f_t", "f_i"), self.features(images), strict=True))
        metric, identity = self.wiring
        return Head(features[metric] if metric else None, self.classifier(features[identity]) if identity else None)

    def of(self, images: np.ndarray) -> dict[str, np.ndarray]:
        """The features "f_t" and "f_i", `(N, 2)` each, of `(N, 28, 28)` uint8 images, in evaluation mode."""
        with torch.inference_mode():
            return dict(zip(("f_t", "f_i"), (each.numpy() for each in self.eval().features(_inputs(images))), strict=True))


def train(images: np.ndarray, labels: np.ndarray, wiring: Wiring, epochs: int) -> PlanarNetwork:
    """A network trained on `(N, 28, 28)` uint8 images of digits with `labels (N,)`."""
    torch.manual_seed(SEED)
    network, random = PlanarNetwork(wiring), np.random.default_rng(SEED)
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    steps = epochs * max(1, len(images) // (CLASSES * IMAGES))
    falling = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    for _, rows in zip(range(steps), _batches(labels, random), strict=False):
        features, logits, *_ = network(_inputs(images[rows]))
        target = torch.from_numpy(labels[rows])
        loss = torch.zeros(())
        if features is not None:
            # All triplets: from scratch in two dimensions, the hardest alone collapse everything to one point.
            loss = loss + triplet_loss(features, target)
        if logits is not None:
            loss = loss + identity_loss(logits, target, smoothing=0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        falling.step()
    return network


def _batches(labels: np.ndarray, random: np.random.Generator) -> Iterator[np.ndarray]:
    own = [np.flatnonzero(labels == digit) for digit in range(CLASSES)]
    while True:
        yield np.concatenate([random.choice(rows, IMAGES) for rows in own])


def _inputs(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images)[:, None].float() / 127.5 - 1
