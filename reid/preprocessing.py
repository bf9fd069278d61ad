"""What happens to an image before a network sees it; it travels with the weights, so that nobody normalises twice."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import cv2
import numpy as np

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Preprocessing:
    """Size in pixels, and the RGB mean and deviation (in 0..1) that a network was trained with."""

    height: int
    width: int
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    def resize(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Stretch `(H, W, 3)` uint8 BGR images, of any sizes, to one `(N, height, width, 3)` uint8 BGR array."""
        batch = np.empty((len(images), self.height, self.width, 3), np.uint8)
        for image, row in zip(images, batch, strict=True):
            cv2.resize(image, (self.width, self.height), dst=row, interpolation=cv2.INTER_LINEAR)
        return batch

    def normalise(self, batch: np.ndarray) -> np.ndarray:
        """Turn `(N, H, W, 3)` uint8 BGR into `(N, 3, H, W)` float32 RGB, less the mean, over the deviation."""
        scale, shift = self.affine()
        rgb = batch[..., ::-1].transpose(0, 3, 1, 2)
        return rgb * scale[:, None, None] - shift[:, None, None]

    def affine(self) -> tuple[np.ndarray, np.ndarray]:
        """What a colour in 0..255 is multiplied with, and what is then taken off: `(3,)` float32 each, in RGB order."""
        std = np.asarray(self.std, np.float32)
        return 1 / (255 * std), np.asarray(self.mean, np.float32) / std

    def __call__(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """`(H, W, 3)` uint8 BGR images to the network's input, `(N, 3, height, width)` float32."""
        return self.normalise(self.resize(images))

    def to_metadata(self) -> str:
        """The JSON text that a weights file carries."""
        return json.dumps(asdict(self))

    @classmethod
    def from_metadata(cls, text: str) -> "Preprocessing":
        """Read `to_metadata`'s text. Raises ValueError or TypeError when it is not that."""
        fields = json.loads(text)
        return cls(int(fields["height"]), int(fields["width"]), tuple(fields["mean"]), tuple(fields["std"]))
