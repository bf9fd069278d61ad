"""What fails in a frame: an error that names the camera and the frame, or a frame that is skipped and told."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from itertools import count
from typing import Literal, NamedTuple, TypeVar

from reid.common.errors import InputError, named, reason
from reid.footage.frames import UnreadableImageError

OnError = Literal["stop", "skip"]
ON_ERROR = "stop", "skip"
# What a frame is for want of detections, of embeddings, or of its image alone.
SKIPPED, UNEMBEDDED, UNREAD = "skipped", "without embeddings", "without an image"

Result = TypeVar("Result")
Image = TypeVar("Image")


class Failure(NamedTuple):
    """The 0-based `frame` of `camera` is `lost`, one of `SKIPPED`, `UNEMBEDDED` and `UNREAD`, and the `reason`."""

    camera: str
    frame: int
    lost: str
    reason: str


@dataclass(frozen=True)
class Attempts:
    """Does what may fail in the frames of `camera`: reads its images, and runs the user's own code and networks.

    With `on_error` "stop" a failure is an `InputError` that names the camera and the frame (from 1), chained to the original
    exception and with its traceback as a note; with "skip" it is returned, for the run to go on. Raises `ValueError` for any
    other `on_error`.
    """

    camera: str
    on_error: OnError = "stop"

    def __post_init__(self) -> None:
        if self.on_error not in ON_ERROR:
            raise ValueError(f"on_error must be {' or '.join(ON_ERROR)}, not {self.on_error!r}")

    def run(self, what: str, frame: int, lost: str, work: Callable[[], Result]) -> "Result | Failure":
        """The result of `work`, which `what` does in the 0-based `frame`, or its failure, by which the frame is `lost`."""
        try:
            return work()
        except Exception as error:
            if self.on_error == "stop":
                raise self._named(what, frame, error) from error
            return Failure(self.camera, frame, lost, reason(what, error))

    def require(self, what: str, frame: int, work: Callable[[], Result]) -> Result:
        """The result of `work`, without which the run cannot go on: a failure is raised always."""
        try:
            return work()
        except Exception as error:
            raise self._named(what, frame, error) from error

    def images(self, source: Iterable[Image]) -> "Generator[Image | UnreadableImageError]":
        """The images of `source`; with "skip", the error in place of one that does not decode."""
        running = iter(source)
        for frame in count():
            try:
                image: Image | UnreadableImageError = next(running)
            except StopIteration:
                return
            except UnreadableImageError as error:
                if self.on_error == "stop":
                    raise
                image = error
            except InputError:  # names the file
                raise
            except Exception as error:
                raise self._named("reading its image", frame, error) from error
            yield image

    def _named(self, what: str, frame: int, error: Exception) -> InputError:
        return named(f"{self.camera}, frame {frame + 1}", what, error)


def readable(image: "Image | UnreadableImageError") -> Image:
    """The `image`; raises the error in its place, if there is one."""
    if isinstance(image, UnreadableImageError):
        raise image
    return image


class SkippedFrames:
    """Counts the failures of a run, by camera and by what the frames lost, and keeps the first of each."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], Failure] = {}
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, failure: Failure) -> None:
        """Count `failure`."""
        key = failure.camera, failure.lost
        self._first.setdefault(key, failure)
        self._counts[key] = self._counts.get(key, 0) + 1

    def without(self, result: "Result | Failure") -> Result | None:
        """The `result`; None for a failure, which is counted."""
        if isinstance(result, Failure):
            self.add(result)
            return None
        return result

    def lines(self) -> list[str]:
        """A line for each camera and loss: how many frames, and the first of them (from 1) with its reason."""
        return [
            f"{camera}: {_frames(self._counts[camera, lost])} {lost}; the first is frame {first.frame + 1}: {first.reason}"
            for (camera, lost), first in self._first.items()
        ]


def _frames(number: int) -> str:
    return "1 frame" if number == 1 else f"{number} frames"


def shown(images: Iterable[Image], camera: str, skipped: SkippedFrames, on_error: OnError = "stop") -> "Generator[Image | None]":
    """The `images` of `camera`; with "skip", None in place of those that do not decode, which are added to `skipped`."""
    for frame, image in enumerate(Attempts(camera, on_error).images(images)):
        if isinstance(image, UnreadableImageError):
            skipped.add(Failure(camera, frame, UNREAD, str(image)))
            yield None
        else:
            yield image
