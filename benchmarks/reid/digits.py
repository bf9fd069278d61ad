"""2-d features of handwritten digits under each combination of losses and necks: Luo et al., TMM 2019, Fig. 9.

`python -m benchmarks.reid --table features_2d`. MNIST is read from its IDX files; without them, digits are rendered.
"""

import gzip
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from reid.common.errors import InputError
from reid.common.files import replacing
from reid.common.foreign_files import reading
from reid.evaluation.clustering import measure_clustering
from reid.evaluation.curves import draw_features as draw
from reid.losses import identity_loss, triplet_loss
from reid.models import Head
from reid.models.layers import neck_classifier, neck_norm

SIZE = 28  # pixels
EPOCHS = 10
CLASSES, IMAGES = 10, 12  # of a batch: all digits, and the number of images of each
RENDERED = 300  # images of each digit
SHOWN = 2000  # largest number of images plotted
SEED = 1
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)
# The feature for the triplet loss and the ID loss; None omits a loss.
WIRINGS = {
    "ID loss": (None, "f_t"),
    "triplet loss": ("f_t", None),
    "ID and triplet loss": ("f_t", "f_t"),
    "BNNeck, f_t": ("f_t", "f_i"),
}


def draw_features(data: list[str], folder: Path, epochs: int | None = None) -> None:
    """Train a small network with two features for each of `WIRINGS`; plot them as `features_2d.png` in `folder`.

    `data` holds the folder of MNIST's IDX files, or nothing. Also writes `summary.json` with the clustering ratio of each panel.
    """
    if len(data) > 1:
        raise InputError("--data: features_2d takes one folder, of MNIST's IDX files")
    images, labels = read_mnist(Path(data[0])) if data else render_digits(RENDERED, np.random.default_rng(SEED))
    epochs = epochs or EPOCHS
    source = f"MNIST, {len(images)} images" if data else f"a stand-in for MNIST: {len(images)} rendered digits"
    heading = f"Luo et al., TMM 2019, Fig. 9: features of {source}; {epochs} epochs"
    print(heading)
    shown = np.random.default_rng(SEED).permutation(len(images))[:SHOWN]
    panels: dict[str, np.ndarray] = {}
    ratios: dict[str, float] = {}
    for name, wiring in WIRINGS.items():
        network = _train(images, labels, wiring, epochs)
        with torch.no_grad():
            f_t, f_i = (each.numpy() for each in network.features(_inputs(images[shown])))
        found = {name: f_t, "BNNeck, f_i": f_i} if wiring == WIRINGS["BNNeck, f_t"] else {name: f_t}
        for panel, features in found.items():
            panels[panel], ratios[panel] = features, measure_clustering(features, labels[shown]).ratio
            print(f"{panel}: clustering ratio {ratios[panel]:.3f}")
        with replacing(folder / "summary.json") as temporary:  # after each network, so that a run that ends early keeps it
            summary = {"table": "features_2d", "title": heading, "clustering_ratio": ratios}
            temporary.write_text(json.dumps(summary, indent=2) + "\n")
    draw(panels, labels[shown], folder / "features_2d.png", heading)
    print(f"picture in {folder / 'features_2d.png'}")


def read_mnist(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The training images `(N, 28, 28)` uint8 and labels `(N,)` of MNIST, from `train-images-idx3-ubyte[.gz]` and its labels."""
    images = _read_idx(folder, "train-images", 3)
    labels = _read_idx(folder, "train-labels", 1)
    if images.shape[1:] != (SIZE, SIZE) or len(images) != len(labels):
        raise InputError(f"{folder}: not MNIST: {len(images)} images of {images.shape[1:]} pixels and {len(labels)} labels")
    return images, labels.astype(np.int64)


def render_digits(count: int, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """`count` drawings of each digit, `(10 * count, 28, 28)` uint8 white on black, shifted and blurred, and their labels."""
    labels = np.repeat(np.arange(CLASSES), count)
    images = np.zeros((len(labels), SIZE, SIZE), np.uint8)
    for image, label in zip(images, labels, strict=True):
        font, thickness = _FONTS[random.integers(len(_FONTS))], int(random.integers(1, 4))
        (width, height), _ = cv2.getTextSize(str(label), font, 0.8, thickness)
        cv2.putText(image, str(label), ((SIZE - width) // 2, (SIZE + height) // 2), font, 0.8, 255, thickness, cv2.LINE_AA)
        turn: np.ndarray = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), random.uniform(-20, 20), random.uniform(0.8, 1.15))
        turn[:, 2] += random.uniform(-2, 2, 2)
        image[:] = cv2.GaussianBlur(cv2.warpAffine(image, turn, (SIZE, SIZE)), (3, 3), random.uniform(0.3, 1))
    return images, labels


class PlanarNetwork(nn.Module):
    """`(B, 1, 28, 28)` to two features f_t, to f_i by batch normalisation, and to logits; `wiring` as in `WIRINGS`."""

    def __init__(self, wiring: tuple[str | None, str | None]):
        super().__init__()
        self.wiring = wiring
        layers: list[nn.Module] = []
        for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        self.body = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 4 * 4, 2))
        self.norm = neck_norm(2)
        self.classifier = neck_classifier(2, CLASSES)

    def features(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """f_t and f_i, `(B, 2)` each."""
        planar = self.body(images)
        return planar, self.norm(planar)

    def forward(self, images: torch.Tensor) -> Head:
        """The features for the triplet loss and the logits of the ID loss; None for an omitted loss."""
        features = dict(zip(("f_t", "f_i"), self.features(images), strict=True))
        metric, identity = self.wiring
        return Head(features[metric] if metric else None, self.classifier(features[identity]) if identity else None)


def _train(images: np.ndarray, labels: np.ndarray, wiring: tuple[str | None, str | None], epochs: int) -> PlanarNetwork:
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
    return network.eval()


def _batches(labels: np.ndarray, random: np.random.Generator) -> Iterator[np.ndarray]:
    own = [np.flatnonzero(labels == digit) for digit in range(CLASSES)]
    while True:
        yield np.concatenate([random.choice(rows, IMAGES) for rows in own])


def _inputs(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images)[:, None].float() / 127.5 - 1


def _read_idx(folder: Path, name: str, axes: int) -> np.ndarray:
    """Read an IDX file of unsigned bytes, gzipped or not, under either common name."""
    for path in (folder / f"{name}{dot}idx{axes}-ubyte{end}" for dot in "-." for end in ("", ".gz")):
        if path.is_file():
            with reading(path, "a gzip file", "download it again"):
                data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            break
    else:
        raise InputError(f"{folder}: no {name}-idx{axes}-ubyte of MNIST, gzipped or not")
    start = 4 + 4 * axes
    if len(data) < start or data[:4] != bytes([0, 0, 8, axes]):
        raise InputError(f"{path}: not an IDX file of bytes with {axes} axes")
    shape = struct.unpack(f">{axes}I", data[4:start])
    if len(data) - start != np.prod(shape, dtype=np.int64):
        raise InputError(f"{path}: {len(data) - start} bytes do not fill {' x '.join(map(str, shape))}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)
