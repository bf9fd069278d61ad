"""Preprocessing of images for a network; it ships with the weights, so nobody normalises twice."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import cv2
import numpy as np

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
TALLEST = 8192  # pixels of a side: no image of a person is as large
WIDEST = 10  # times the range: a deviation is at most half of it, or 1 where nothing is divided


def check_images(images: Sequence[np.ndarray]) -> None:
    """Raise ValueError, naming the first, for an image that is not a non-empty `(H, W, 3)` uint8 array."""
    for index, image in enumerate(images):
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise ValueError(f"image {index} must be a non-empty (H, W, 3) uint8 array, not {image.shape} {image.dtype}")


@dataclass(frozen=True)
class Preprocessing:
    """The image format of a network: size in pixels, mean and standard deviation, colour order, value range.

    `colours` is "rgb" or "bgr". Values are in 0..`range` before the mean is subtracted; `mean` and `std` use that range and that
    order. Raises ValueError, naming the field, for invalid values.
    """

    height: int
    width: int
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    colours: str = "rgb"
    range: int = 1

    def __post_init__(self):
        if self.colours not in ("rgb", "bgr"):
            raise ValueError(f"colours must be rgb or bgr, not {self.colours!r}")
        for name in ("height", "width", "range"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, not {getattr(self, name)}")
        if max(self.height, self.width) > TALLEST:
            raise ValueError(f"height and width must be at most {TALLEST}, not {self.height} and {self.width}")
        if len(self.mean) != 3 or not all(map(math.isfinite, self.mean)):
            raise ValueError("mean must be three numbers")
        if max(self.mean) > self.range:  # no value would be positive: a mean in 0..255 without its range
            raise ValueError(
                f"mean {max(self.mean):g} is over {self.range}, the range of the values; set 'range: 255' for others"
            )
        if len(self.std) != 3 or not all(0 < value < math.inf for value in self.std):
            raise ValueError("std must be three numbers above 0")
        if 0 < max(self.mean) < self.range / 255 or min(self.std) < self.range / 255:  # less than a step of a colour
            told = f"mean {max(self.mean):g} and std {min(self.std):g} are of values in 0..1, but the range is {self.range}"
            raise ValueError(f"{told}: give them in that range, or leave it out")
        if max(self.std) > WIDEST * self.range:
            raise ValueError(f"std {max(self.std):g} is too wide for values in 0..{self.range}; 'range: 255' sets another")

    def resize(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Resize `(H, W, 3)` uint8 BGR images of any sizes to one `(N, height, width, 3)` uint8 BGR array."""
        batch = np.empty((len(images), self.height, self.width, 3), np.uint8)
        for image, row in zip(images, batch, strict=True):
            cv2.resize(image, (self.width, self.height), dst=row, interpolation=cv2.INTER_LINEAR)
        return batch

    def normalise(self, batch: np.ndarray) -> np.ndarray:
        """Convert `(N, H, W, 3)` uint8 BGR to `(N, 3, H, W)` float32 in the order `colours`, minus the mean, divided by the
        deviation."""
        scale, shift = self.affine()
        ordered = batch[..., ::-1] if self.colours == "rgb" else batch
        return ordered.transpose(0, 3, 1, 2) * scale[:, None, None] - shift[:, None, None]

    def affine(self) -> tuple[np.ndarray, np.ndarray]:
        """Factor and offset of a colour in 0..255, value * factor - offset: `(3,)` float32 each, in the order `colours`."""
        std = np.asarray(self.std, np.float32)
        return self.range / (255 * std), np.asarray(self.mean, np.float32) / std

    def __call__(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """`(H, W, 3)` uint8 BGR images to the network's input, `(N, 3, height, width)` float32."""
        return self.normalise(self.resize(images))

    def fields(self) -> dict[str, object]:
        """Every field by name; RGB and the range 1 are implicit, as in files and hashes from before other values existed."""
        unsaid = {"colours": "rgb", "range": 1}
        return {name: value for name, value in asdict(self).items() if unsaid.get(name) != value}

    def to_metadata(self) -> str:
        """The JSON text stored in a weights file."""
        return json.dumps(self.fields())

    @classmethod
    def from_metadata(cls, text: str) -> "Preprocessing":
        """Read the text from `to_metadata`. Raises ValueError or TypeError for any other text."""
        fields = json.loads(text)
        numbers = tuple(fields["mean"]), tuple(fields["std"])
        colours, values = fields.get("colours", "rgb"), int(fields.get("range", 1))
        return cls(int(fields["height"]), int(fields["width"]), *numbers, colours, values)
