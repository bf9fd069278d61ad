"""A picture of rankings: each query with its best matches, correct ones framed in green, wrong ones in red."""

from collections.abc import Sequence

import cv2
import numpy as np

CELL = (128, 64)  # height and width of an image in the picture, pixels
FRAME, GAP, HEADER = 4, 8, 24
RIGHT, WRONG, QUERY = (60, 160, 0), (40, 40, 220), (90, 90, 90)
WHITE = (255, 255, 255)


def best_matches(
    distances: np.ndarray, identity: int, camera: int, gallery_ids: np.ndarray, gallery_cameras: np.ndarray, count: int
) -> np.ndarray:
    """The indices of the `count` nearest gallery images (or all, if fewer), given a query's `distances (G,)`.

    Images of the query's own identity and camera are junk and left out, as in `evaluate_ranking`.
    """
    order = np.argsort(distances, kind="stable")
    junk = (gallery_ids[order] == identity) & (gallery_cameras[order] == camera)
    return order[~junk][:count]


def draw_rankings(
    queries: Sequence[np.ndarray], matches: Sequence[Sequence[np.ndarray]], right: Sequence[Sequence[bool]]
) -> np.ndarray:
    """A `(H, W, 3)` uint8 BGR picture: one row for each of `queries`, with its `matches`, best first, each `right` or not.

    All images are `(H, W, 3)` uint8 BGR, of any size; their aspect ratios are kept.
    """
    columns = max(map(len, matches))
    rows = []
    for query, found, marks in zip(queries, matches, right, strict=True):
        first = _cell(query, QUERY)
        cells = [_cell(image, RIGHT if mark else WRONG) for image, mark in zip(found, marks, strict=True)]
        cells += [_blank(first.shape)] * (columns - len(cells))
        rows.append(np.hstack([first, _blank((len(first), 2 * GAP, 3)), *cells]))
    body = np.vstack(rows)
    header = _blank((HEADER, body.shape[1], 3))
    step = CELL[1] + 2 * (FRAME + GAP)
    for column, text in enumerate(["query", *map(str, range(1, columns + 1))]):
        (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
        left = round((column + 0.5) * step - width / 2) + (2 * GAP if column else 0)
        cv2.putText(header, text, (left, HEADER - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.5, QUERY, 1, cv2.LINE_AA)
    return np.vstack([header, body])


def _cell(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    """`image`, as large as fits, centred in a white cell with a frame of `colour` and a margin."""
    height, width = CELL
    scale = min(height / image.shape[0], width / image.shape[1])
    size = max(1, round(scale * image.shape[1])), max(1, round(scale * image.shape[0]))
    shown = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    spare = height - size[1], width - size[0]
    margins = spare[0] // 2, spare[0] - spare[0] // 2, spare[1] // 2, spare[1] - spare[1] // 2
    for (top, bottom, left, right), shade in ((margins, WHITE), ((FRAME,) * 4, colour), ((GAP,) * 4, WHITE)):
        shown = cv2.copyMakeBorder(shown, top, bottom, left, right, cv2.BORDER_CONSTANT, value=shade)
    return shown


def _blank(shape: tuple[int, ...]) -> np.ndarray:
    return np.full(shape, 255, np.uint8)
