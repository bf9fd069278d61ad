"""Selection of the boxes to embed: a few good crops of each track, spread over its cameras and over time."""

import numpy as np

from mtmc.ground.tracks import GroundTracks
from mtmc.ground.visibility import picture_boxes, visible_shares
from mtmc.identity.identities import crop_quality


class CropSelection:
    """Chooses the boxes of ground tracks to embed, at most `budget` per track.

    A crop of a track from one camera qualifies if at least `min_visible` of the person is visible, since a gallery of diverse
    exemplars would otherwise keep crops of whoever stands in front. It must also be at least `spacing` seconds after the previous
    one, or `later_spacing` seconds once the track has a name, since further crops only serve the gallery. The best come first, by
    `crop_quality`. The budget of a track resets after `memory` seconds out of sight.
    """

    def __init__(
        self,
        image_sizes: list[tuple[int, int] | None],
        budget: int = 16,
        spacing: float = 0.5,
        later_spacing: float = 2.0,
        min_visible: float = 0.6,
        memory: float = 10.0,
    ):
        self._pictures = picture_boxes(image_sizes)
        self.budget, self.spacing, self.later_spacing = budget, spacing, later_spacing
        self.min_visible, self.memory = min_visible, memory
        self._ids = np.zeros(0, dtype=np.int64)
        self._seen = np.zeros(0)
        self._used = np.zeros(0, dtype=np.int64)
        self._last = np.zeros((0, len(image_sizes)))

    def choose(self, time: float, tracks: GroundTracks, named: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The crops of `tracks` to embed at `time` seconds: their rows `(N,)`, cameras `(N,)`, ascending, and quality `(N,)`.

        `named` `(M,)` marks the tracks that have a name. Chosen crops count against the budget.
        """
        table = self._rows(time, tracks.ids)
        visible = visible_shares(tracks.boxes.transpose(1, 0, 2), self._pictures).T
        quality = crop_quality(tracks.boxes[..., 3] - tracks.boxes[..., 1], visible)
        spacing = np.where(named, self.later_spacing, self.spacing)[:, None]
        good = (tracks.members >= 0) & (visible >= self.min_visible) & (time - self._last[table] >= spacing)
        ranked = np.argsort(np.where(good, -quality, np.inf), axis=1, kind="stable")
        places = np.empty_like(ranked)
        np.put_along_axis(places, ranked, np.arange(ranked.shape[1])[None], axis=1)
        good &= places < (self.budget - self._used[table])[:, None]
        cameras, rows = np.nonzero(good.T)
        self._used[table] += good.sum(axis=1)
        self._last[table[rows], cameras] = time
        return rows, cameras, quality[rows, cameras]

    def _rows(self, time: float, ids: np.ndarray) -> np.ndarray:
        """Rows of the tracks `ids` `(M,)` in the table, which is sorted by id; adds new tracks and drops old ones."""
        kept = self._seen >= time - self.memory
        new = np.setdiff1d(ids, self._ids[kept])
        merged = np.concatenate([self._ids[kept], new])
        order = np.argsort(merged, kind="stable")
        self._ids = merged[order]
        self._seen = np.concatenate([self._seen[kept], np.full(len(new), time)])[order]
        self._used = np.concatenate([self._used[kept], np.zeros(len(new), dtype=np.int64)])[order]
        self._last = np.concatenate([self._last[kept], np.full((len(new), self._last.shape[1]), -np.inf)])[order]
        rows = np.searchsorted(self._ids, ids)
        self._seen[rows] = time
        return rows
