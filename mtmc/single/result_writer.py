"""A tracked sequence on disk: the MOTChallenge text, the annotated video, and the totals of the run."""

import time
from dataclasses import dataclass, field
from types import TracebackType

from mtmc.drawing.annotator import Annotator
from mtmc.drawing.video import VideoWriter
from mtmc.sequences.mot_text import tracks_text
from mtmc.single.failures import SkippedFrames
from mtmc.single.pipeline import StageSeconds, TrackedFrame
from reid.common.growing_results import Closable, GrowingTexts, end_results, end_without_results
from reid.common.interrupts import uninterrupted
from reid.common.result_folder import ResultFolder


@dataclass
class RunTotals:
    """Totals of one sequence: frames, boxes, identities, detections dropped outside the image, seconds, and frames skipped.

    `passed` is the time in seconds from the first frame to the last, without writing and drawing; if the embeddings came from
    disk (`reid_cached`), it includes their original computing time, so speeds are comparable.
    """

    frames: int = 0
    boxes: int = 0
    identities: int = 0
    outside: int = 0
    seconds: StageSeconds = field(default_factory=lambda: StageSeconds(0.0, 0.0, 0.0))
    passed: float = 0.0
    reid_cached: bool = False
    skipped: SkippedFrames = field(default_factory=SkippedFrames)


class ResultWriter:
    """Writes the frames of the sequence `name` to `tracks/NAME.txt` (MOTChallenge result lines) and, with `video`, to
    `video/NAME.mp4` (the frames must then carry images), below `results`, or below its folder `under` if given.

    Use it as a context manager, `with ResultWriter(results, name) as writer`, and call `write` for each frame. The files are
    valid however the block ends; after an exception they are named `NAME.partial.txt` and so on, as a note on the exception says.
    `totals` summarises what was written; `text` is the path of the result lines.
    """

    def __init__(self, results: ResultFolder, name: str, frame_rate: float = 30.0, video: bool = False, under: str = ""):
        self._results, self._frame_rate = results, frame_rate
        names = [f"tracks/{name}.txt", *([f"video/{name}.mp4"] if video else [])]
        self._names = [f"{under}/{each}" if under else each for each in names]
        self._texts: GrowingTexts | None = None
        self._video: VideoWriter | None = None
        self._annotator = Annotator()
        self._ids: set[int] = set()
        self.text = results.path / self._names[0]
        self.totals = RunTotals()

    def __enter__(self) -> "ResultWriter":
        self._since = time.perf_counter()
        return self

    def write(self, frame: TrackedFrame) -> None:
        """Append a frame; the first one creates the files.

        Raises `InputError` or `OSError` if the disk is full, and `ValueError` if a frame lacks the image for the video.
        """
        passed = time.perf_counter() - self._since + (frame.seconds.reid if frame.reid_cached else 0.0)
        with uninterrupted():
            texts = self._open()
            self._results.require_room()
            if self._video is not None:
                if frame.image is None:
                    raise ValueError(f"frame {frame.index} carries no image for the video; track with images=True")
                self._video.write(self._annotator.draw(frame.image, frame.tracks))
            texts.write([tracks_text(frame.index, frame.tracks.ids, frame.tracks.boxes, frame.tracks.scores)])
            self._count(frame, passed)
        self._since = time.perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with uninterrupted():
            if error is None:
                self._open()
            if self._texts is not None:
                parts: list[tuple[Closable, list[str]]] = [(self._texts, self._names[:1])]
                if self._video is not None and self._video.frames:
                    parts.append((self._video, self._names[1:]))
                end_results(self._results, parts, f"{self.totals.frames} frames", error)
            else:
                end_without_results(self._results, error)

    def _open(self) -> GrowingTexts:
        if self._texts is None:
            self._texts = GrowingTexts(self._results, self._names[:1])
            if len(self._names) > 1:
                self._video = VideoWriter(self._results.begin(self._names[1]), self._frame_rate)
        return self._texts

    def _count(self, frame: TrackedFrame, passed: float) -> None:
        total = self.totals
        total.passed += passed
        total.frames += 1
        total.boxes += len(frame.tracks.ids)
        total.outside += frame.outside
        total.reid_cached = frame.reid_cached
        for failure in frame.failures:
            total.skipped.add(failure)
        total.seconds = StageSeconds(*map(sum, zip(total.seconds, frame.seconds, strict=True)))
        self._ids.update(frame.tracks.ids.tolist())
        total.identities = len(self._ids)
