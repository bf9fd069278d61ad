"""A tracked sequence on disk: the MOTChallenge text, the annotated video, and what the run took."""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from mtmc.drawing.annotator import Annotator
from mtmc.sequences.mot_text import tracks_text
from mtmc.single.pipeline import StageSeconds, TrackedFrame
from reid.common.errors import InputError
from reid.common.files import replacing


@dataclass
class RunTotals:
    """Totals of one sequence: frames, boxes, identities, detections dropped outside the image, and seconds.

    `passed` are seconds from the first frame to the last, without writing and drawing; where the embeddings came from disk
    (`reid_cached`), the seconds they once took are counted in, so that speeds can be compared.
    """

    frames: int = 0
    boxes: int = 0
    identities: int = 0
    outside: int = 0
    seconds: StageSeconds = field(default_factory=lambda: StageSeconds(0.0, 0.0, 0.0))
    passed: float = 0.0
    reid_cached: bool = False


def record(frames: Iterable[TrackedFrame], text: Path, video: Path | None = None, frame_rate: float = 30.0) -> RunTotals:
    """Run `frames` to the end, writing `text` (MOTChallenge result lines) and, if asked, `video` (MP4; the frames must carry
    images).

    Neither appears before it is whole. When the input fails or the user interrupts in the middle, the lines so far are kept as
    `NAME.partial.txt` beside `text`, and the exception goes on.
    """
    total, ids = RunTotals(), set()
    unfinished = text.with_name(f"{text.stem}.partial.txt")
    with ExitStack() as stack:
        path = stack.enter_context(replacing(text))
        lines = stack.enter_context(open(path, "w", encoding="ascii"))
        annotator = Annotator()
        write = stack.enter_context(writing_video(video, frame_rate)) if video else None
        start = time.perf_counter()
        try:
            for frame in frames:
                total.passed += time.perf_counter() - start + (frame.seconds.reid if frame.reid_cached else 0.0)
                total.frames += 1
                total.boxes += len(frame.tracks.ids)
                total.outside += frame.outside
                total.reid_cached = frame.reid_cached
                total.seconds = StageSeconds(*map(sum, zip(total.seconds, frame.seconds, strict=True)))
                ids.update(frame.tracks.ids.tolist())
                lines.write(tracks_text(frame.index, frame.tracks.ids, frame.tracks.boxes, frame.tracks.scores))
                if write:
                    write(annotator.draw(frame.image, frame.tracks))
                start = time.perf_counter()
        except (InputError, KeyboardInterrupt) as stop:
            lines.close()
            path.rename(unfinished)
            if isinstance(stop, KeyboardInterrupt):
                raise KeyboardInterrupt(f"the tracks of {total.frames} frames are kept in {unfinished}") from None
            raise
    unfinished.unlink(missing_ok=True)
    total.identities = len(ids)
    return total


@contextmanager
def writing_video(path: Path, frame_rate: float) -> Iterator:
    """Give a function that appends a BGR image to the MP4 at `path`; all must have the size of the first.

    MPEG-4 part 2 is the codec, since every OpenCV build writes it. Raises `InputError` where this one does not.
    """
    writer = None
    with replacing(path) as partial:

        def write(image: np.ndarray) -> None:
            nonlocal writer
            if writer is None:
                size = image.shape[1], image.shape[0]
                writer = cv2.VideoWriter(str(partial), cv2.VideoWriter_fourcc(*"mp4v"), frame_rate, size)
                if not writer.isOpened():
                    raise InputError(f"{path}: this OpenCV cannot write MP4; install opencv-python, or run without --video.")
            writer.write(image)

        try:
            yield write
        finally:
            if writer is not None:
                writer.release()
        if writer is None:
            partial.touch()


def check_folder(folder: Path) -> None:
    """Try that `folder` takes files, before hours of work end in a refusal, and leave it as it was, absent or not.

    Raises `InputError` where it does not.
    """
    made = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        with replacing(folder / "writable.txt") as probe:
            probe.touch()
        (folder / "writable.txt").unlink()
    except OSError as error:
        raise InputError(f"{folder} cannot be written to ({error.strerror}): choose another --output.") from None
    with suppress(OSError):  # another run may have put something there meanwhile
        for each in made:
            each.rmdir()
