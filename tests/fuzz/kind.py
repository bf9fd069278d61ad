"""A kind of file: how to write a valid one, which part of it to damage, and the code that reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Kind:
    """Files that one command or function reads.

    `write(folder)` writes valid ones; one of those that match `damaged`, glob patterns, is damaged, as a text or as bytes;
    `read(folder)` reads them as a command does.
    """

    name: str
    write: Callable[[Path], object]
    damaged: tuple[str, ...]
    read: Callable[[Path], object]
    is_text: bool = True
