"""Ctrl-C, and SIGTERM treated as Ctrl-C: where they may interrupt, and where they are deferred."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def terminable() -> Iterator[list[int]]:
    """Make SIGTERM act like Ctrl-C, so whatever handles one cleanly handles both.

    Yields a list that gets an entry when SIGTERM arrives. Only the main thread receives signals; in other threads this does
    nothing.
    """
    came: list[int] = []

    def terminate(number: int, frame: FrameType | None) -> None:
        came.append(number)
        # A shell starts background jobs with Ctrl-C ignored; SIGTERM must still end them.
        handler = signal.getsignal(signal.SIGINT)
        (handler if callable(handler) else signal.default_int_handler)(signal.SIGINT, frame)

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield came
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Defer Ctrl-C until the block ends, so changes that belong together stay consistent.

    The block must be short. The interrupt is raised after it, unless the block itself raised.
    """
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if came:
        handler(signal.SIGINT, None)
