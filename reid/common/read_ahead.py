"""Iterate ahead of the consumer in a thread, so decoding and computing overlap."""

import queue
import threading
from collections.abc import Generator
from contextlib import closing
from typing import TypeVar

Item = TypeVar("Item")

_LONGEST = 2.0  # seconds to wait for the thread at the end; a live source may have stalled, and must not hold up an interrupt


def read_ahead(source: Generator[Item], depth: int) -> Generator[Item]:
    """Yield the items of the generator `source`, computed in a thread that keeps at most `depth` items ready.

    An exception from the source is raised in place of its item, after all earlier items. The thread ends and the source is closed
    with the iteration, even when `close` ends it early.
    """
    ready: queue.Queue = queue.Queue(depth)
    stop = threading.Event()

    def put(kind: str, value: object = None) -> None:
        while not stop.is_set():
            try:
                return ready.put((kind, value), timeout=0.1)
            except queue.Full:
                continue

    def produce() -> None:
        try:
            with closing(source):
                for item in source:
                    put("item", item)
                    if stop.is_set():
                        return
            put("end")
        except Exception as error:
            put("error", error)

    thread = threading.Thread(target=produce, daemon=True)
    thread.start()
    try:
        while True:
            kind, value = ready.get()
            if kind == "end":
                return
            if kind == "error":
                raise value
            yield value
    finally:
        stop.set()
        thread.join(_LONGEST)
