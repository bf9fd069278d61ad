"""Ctrl-C, and SIGTERM treated as Ctrl-C: where they may interrupt, and where they are deferred."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from types import FrameType

AGAIN = 5.0  # seconds within which further signals count as the one that has interrupted


@contextmanager
def terminable() -> Iterator[list[int]]:
    """Make SIGTERM act like Ctrl-C, so whatever handles one cleanly handles both; more of them do not disturb the end.

    People press Ctrl-C twice. Signals within `AGAIN` seconds of one that interrupted change nothing; later ones interrupt what
    then still takes time. Yields a list of the signals that came. Only the main thread receives signals; in other threads this
    does nothing.
    """
    came: list[int] = []
    last = -AGAIN

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal last
        came.append(number)
        if monotonic() - last >= AGAIN:
            last = monotonic()
            handler(signal.SIGINT, frame)

    def terminate(number: int, frame: FrameType | None) -> None:
        now = signal.getsignal(signal.SIGINT)
        # A shell starts background jobs with Ctrl-C ignored; SIGTERM must still end them.
        if now is interrupt or not callable(now):
            interrupt(number, frame)
        else:
            came.append(number)
            now(signal.SIGINT, frame)

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    own, before = signal.getsignal(signal.SIGINT), signal.signal(signal.SIGTERM, terminate)
    handler = own if callable(own) else signal.default_int_handler
    if callable(own):
        signal.signal(signal.SIGINT, interrupt)
    try:
        yield came
    finally:
        signal.signal(signal.SIGINT, own)
        signal.signal(signal.SIGTERM, before)


def ignore_signals() -> None:
    """Ignore Ctrl-C and SIGTERM from now on, as what is left to do takes no time."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)


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
