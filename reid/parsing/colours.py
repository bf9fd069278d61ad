"""Pictures of parsed people: each label has a colour, and each region colours of its own."""

import cv2
import numpy as np

from reid.models.regions import LABELS

# Red to yellow is the head, blue and cyan the upper body, green the lower body, pink and purple the shoes.
_RGB = {
    "background": "000000",
    "hat": "ff9600",
    "hair": "8c1e00",
    "glove": "9696ff",
    "sunglasses": "ffdc00",
    "upper-clothes": "0050ff",
    "dress": "003c96",
    "coat": "0000c8",
    "socks": "aaff96",
    "pants": "00b400",
    "jumpsuits": "2878be",
    "scarf": "5a5aff",
    "skirt": "006400",
    "face": "ff503c",
    "right-arm": "00d2ff",
    "left-arm": "00aac8",
    "right-leg": "5aff5a",
    "left-leg": "5ac850",
    "right-shoe": "ff00dc",
    "left-shoe": "a000b4",
}
# `(20, 3)` uint8 BGR, by label.
COLOURS = np.array([tuple(bytes.fromhex(_RGB[label]))[::-1] for label in LABELS], np.uint8)
_OPACITY = 0.6


def coloured(labels: np.ndarray) -> np.ndarray:
    """The picture `(H, W, 3)` uint8 BGR of `labels (H, W)`, integers in 0..19."""
    return COLOURS[labels]


def blended(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """`image (H, W, 3)` uint8 BGR under the colours of `labels (H, W)`; the background stays as it is."""
    mixed = cv2.addWeighted(image, 1 - _OPACITY, coloured(labels), _OPACITY, 0)
    return np.where((labels > 0)[..., None], mixed, image)
