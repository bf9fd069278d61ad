"""Windows of pictures, in which people have all sizes, to train the person classifier on."""

import cv2
import numpy as np

from mtmc.candidates.examples import Picture, examples

SIZE = (176, 144)  # pixels, width and height
_TALL = (30.0, 130.0)  # pixels, the least and the greatest height of the person in the window
_COUNT = 24  # boxes around people, and as many of background
_VISIBLE = 0.5  # of a box that is in the window


def window(picture: Picture, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A window `(144, 176, 3)` uint8 BGR around a person of `picture`, enlarged or reduced but filled, mirrored half of the time,
    in other light; its boxes `(N, 4)`, and whether each shows a person `(N,)`."""
    number = rng.choice(np.flatnonzero(picture.people))
    size, whole, person = np.array(SIZE), np.array(picture.image.shape[1::-1]), picture.boxes[number]
    zoom = max(np.exp(rng.uniform(*np.log(_TALL))) / (person[3] - person[1]), *(size / whole))
    shift = size * rng.uniform(0.2, 0.8, 2) - zoom * (person[:2] + person[2:]) / 2
    shift = np.clip(shift, size - zoom * whole, 0)
    image = cv2.warpAffine(picture.image, np.column_stack([zoom * np.eye(2), shift]), SIZE, borderMode=cv2.BORDER_REPLICATE)
    boxes = picture.boxes * zoom + np.tile(shift, 2)
    if rng.random() < 0.5:
        image, boxes = image[:, ::-1], np.array([SIZE[0], 0, SIZE[0], 0]) + boxes[:, [2, 1, 0, 3]] * (-1, 1, -1, 1)
    light = rng.uniform(0.6, 1.4) * rng.uniform(0.9, 1.1, 3)
    image = np.clip(image * light + rng.uniform(-20, 20), 0, 255).astype(np.uint8)
    seen = np.clip(boxes, 0, np.tile(size, 2))
    share = np.prod((seen[:, 2:] - seen[:, :2]) / (boxes[:, 2:] - boxes[:, :2]), axis=1)
    shown = picture.people & (share >= _VISIBLE)
    shown[number] = True
    return image, *examples(boxes, shown, SIZE, rng, _COUNT)
