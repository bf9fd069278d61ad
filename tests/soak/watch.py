"""A tracker watched in a soak: what it answers to each frame, and what it holds."""

import resource
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

import trackers
from soak.spells import CALM, PEOPLE, TOGETHER, Offer
from trackers import Detections, Tracks

SURE = 10  # the last frames of a calm spell, in which everybody must be followed
RATE = 10  # frames per second of the one that behaves
HELD = 4 * TOGETHER  # tracks, or people who departed: more would be a leak


class Watch:
    """One tracker, as its paper has it or with every behaviour switched on, and its `findings`: how often each was made."""

    def __init__(self, name: str, behaves: bool) -> None:
        options = trackers.thresholds(name)
        chosen: dict[str, object] = {"camera_motion": "none"} if "camera_motion" in options and not behaves else {}
        if behaves:
            chosen |= {"time": "seconds", "boxes": "detected", "max_shown_iou": 0.8}
            if trackers.build(name).uses_appearance:
                chosen["memory"] = 5
        self.tracker = trackers.build(name, **chosen)
        if behaves:
            self.tracker.run_at(RATE)
        self.name = f"{name}, behaving" if behaves else name
        self.findings: Counter[str] = Counter()
        self._pictures = _pictures() if self.tracker.needs_image else [None]

    def follow(self, spell: str, offers: Iterable[Offer]) -> Iterator[None]:
        """Offer a spell frame by frame, and judge each answer."""
        before: list[int] | None = None
        for number, offer in enumerate(offers):
            tracks = self._offer(spell, offer, 0 if spell == "calm" else number)
            if spell == "calm" and number >= CALM - SURE:
                ids = [] if tracks is None else _ids_of(tracks)
                # A track from before the garbage may take its person back from a younger one: that is no new id.
                if len(ids) < PEOPLE or any(now > then for then, now in zip(before or ids, ids, strict=False)):
                    self._find(spell, f"not everybody is followed: {before} are {ids}")
                before = ids
            yield

    def _offer(self, spell: str, offer: Offer, number: int) -> Tracks | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                detections = Detections(offer.boxes, offer.scores, offer.embeddings)
                tracks = self.tracker.update(detections, self._pictures[number % len(self._pictures)])
        except ValueError as error:
            if offer.fate == "tracked" or "\n" in str(error):
                self._find(spell, f"refused: {error}")
        except Exception as error:
            self._find(spell, repr(error))
            self.tracker.reset()
        else:
            if offer.fate == "refused":
                self._find(spell, "what cannot be is tracked")
            for told in faults(tracks, len(detections)):
                self._find(spell, told)
            if max(len(self.tracker.tracks), len(self.tracker._departed.ids)) > HELD:
                self._find(spell, f"{len(self.tracker.tracks)} tracks, {len(self.tracker._departed.ids)} departed")
            return tracks
        return None

    def _find(self, spell: str, told: str) -> None:
        self.findings[f"{self.name}: {spell}: {told:.200}"] += 1


def faults(tracks: Tracks, count: int) -> list[str]:
    """What cannot be true of `tracks`, the answer to a frame of `count` detections."""
    ids, rows = tracks.ids, tracks.detection_index[tracks.detection_index >= 0]
    with np.errstate(all="ignore"):
        sizes = tracks.boxes[:, 2:] - tracks.boxes[:, :2]
    checks = {
        "an id occurs twice": len(set(ids.tolist())) < len(ids),
        "an id is less than 1": (ids < 1).any(),
        "a box is not finite": not np.isfinite(tracks.boxes).all(),
        "a box has no area": (sizes <= 0).any(),
        "a score is not finite": not np.isfinite(tracks.scores).all(),
        "a detection is shown twice": len(set(rows.tolist())) < len(rows),
        "a detection does not exist": (tracks.detection_index < -1).any() or (rows >= count).any(),
    }
    return [told for told, wrong in checks.items() if wrong]


def megabytes() -> float:
    """The memory of this process that is in use now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def _ids_of(tracks: Tracks) -> list[int]:
    """The ids of the detections in their order; those of predictions are left out."""
    seen = tracks.detection_index >= 0
    return tracks.ids[seen][np.argsort(tracks.detection_index[seen])].tolist()


def _pictures() -> list[np.ndarray]:
    """A small picture that shifts, turns, goes black, and becomes another."""
    random = np.random.default_rng(0)
    pictures = [np.zeros((36, 64, 3), np.uint8)]
    for _ in range(2):
        scene = cv2.resize(random.integers(0, 256, (18, 32, 3), np.uint8), (64, 36))
        for turn, scale in zip(random.normal(0, 2, 8), random.normal(1, 0.03, 8), strict=True):
            pictures.append(cv2.warpAffine(scene, cv2.getRotationMatrix2D((32, 18), turn, scale), (64, 36)))
    return pictures
