"""The progress of a run: a bar on a terminal, and elsewhere, such as in a log file, a line from time to time."""

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from rich.console import Console
from rich.progress import Progress

Item = TypeVar("Item")
EVERY = 30.0  # seconds between two lines


class Follow(Protocol):
    """Yields `items`, the frames of what `description` names, and shows how many of `total` (None: unknown) are done."""

    def __call__(self, items: Iterable[Item], total: int | None, description: str) -> Iterator[Item]: ...


@contextmanager
def shown_progress() -> Iterator[Follow]:
    """A context whose value shows the progress of a loop: `for frame in follow(frames, total, "walk")`.

    On a terminal it draws a bar, which disappears at the end; otherwise it prints a line to stderr every 30 seconds.
    """
    console = Console()
    if not console.is_terminal:
        yield _in_lines
        return
    with Progress(console=console, transient=True) as bars:
        yield lambda items, total, description: iter(bars.track(items, total=total, description=description))


def _in_lines(items: Iterable[Item], total: int | None, description: str) -> Iterator[Item]:
    told, of = time.monotonic(), "" if total is None else f" of {total}"
    for done, item in enumerate(items, 1):
        yield item
        if time.monotonic() - told >= EVERY:
            told = time.monotonic()
            print(f"{description}: {done}{of} frames", file=sys.stderr)
