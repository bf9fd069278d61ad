"""An appearance model: a network with its preprocessing and the engine that runs it, from images of people to embeddings."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from reid.common.errors import InputError
from reid.engines import Engine, open_engine
from reid.footage.crops import crop
from reid.preprocessing import check_images
from reid.weights.network_file import SUFFIXES, NetworkFile, read_network_file
from reid.weights.weights_file import SHIPPED, Weights, read_weights

BATCH = 16  # images per batch: larger batches are no faster on a CPU, and this bounds memory


class AppearanceModel:
    """Maps images to embeddings. `str(model)` names the network and its engine; `thresholds` are those fitted to the network."""

    def __init__(self, source: Weights | NetworkFile, engine: Engine):
        self.name = source.model
        self.preprocessing = source.preprocessing
        self.weights_hash = source.hash
        self.thresholds = source.thresholds
        self._engine = engine
        self.engine, self.precision, self.device = engine.name, engine.precision, engine.device
        black = np.zeros((self.preprocessing.height, self.preprocessing.width, 3), np.uint8)
        self.dimension = engine(self.preprocessing([black])).shape[1]  # also the first, slow call

    def __str__(self) -> str:
        return f"{self.name} on {self.engine} ({self.precision}, {self.device})"

    def embed(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Embed `(H, W, 3)` uint8 BGR images of any sizes as `(N, D)` float32 unit rows; an empty list gives `(0, D)`."""
        check_images(images)
        embeddings = np.empty((len(images), self.dimension), np.float32)
        parts = -(-len(images) // BATCH)
        for rows in np.array_split(np.arange(len(images)), parts) if parts else []:  # equal parts: a batch of one is slow
            embeddings[rows] = self._engine(self.preprocessing([images[row] for row in rows]))
        # Our networks return unit rows, up to an engine's rounding; external files may not. Squares can be beyond float32.
        wide = embeddings.astype(np.float64)
        return (wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), np.finfo(np.float32).tiny)).astype(np.float32)

    def __call__(self, frame: np.ndarray, boxes: np.ndarray) -> np.ndarray:
        """The embeddings `(N, D)` of the people in `boxes (N, 4)`, xyxy pixels of `frame (H, W, 3)`, uint8 BGR.

        A box is rounded outward to whole pixels and clipped to the frame. Raises ValueError, naming the box, if nothing is left.
        """
        return self.embed(crop(frame, boxes))


def load(name: str | Path, weights: str | Path = "auto", engine: str = "auto", device: str = "auto") -> AppearanceModel:
    """Open an appearance model: a network by name, or a .safetensors, .onnx or .xml (OpenVINO) file.

    `weights` are the shipped ones ("auto") or a .safetensors file of this network. For `engine` and `device`, see
    `reid.engines.open_engine`. Raises InputError for anything unknown, missing or incompatible.
    """
    source = find_source(name, weights)
    return AppearanceModel(source, open_engine(source, engine, device))


def find_source(name: str | Path, weights: str | Path = "auto") -> Weights | NetworkFile:
    """Read what `load` opens, without starting an engine."""
    suffix = Path(name).suffix.lower()
    if suffix in SUFFIXES:
        return read_network_file(name)
    if suffix == ".safetensors":
        return read_weights(name)
    if weights != "auto":
        found = read_weights(weights)
        if found.model != str(name):
            raise InputError(f"{weights}: holds weights of {found.model}, not of {name}")
        return found
    shipped = SHIPPED / f"{name}.safetensors"
    if shipped.is_file():
        return read_weights(shipped)
    from reid.models import available, parsers

    if str(name) in parsers():
        raise InputError(f"{name}: a parser, not an appearance model; use `python -m reid parse`")
    if str(name) not in available():
        if suffix == ".pt":
            raise InputError(f"{name}: an export for other programs; give an .onnx or .xml file, or the original .safetensors")
        files = "a .safetensors, .onnx or .xml file"
        raise InputError(f"unknown network {name}; choose from {', '.join(available())}, or give {files}")
    raise InputError(f"{name} ships without weights: train it with `python -m reid train`, or give a .safetensors file")
