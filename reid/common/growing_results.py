"""Results that grow with a run: written under `.partial` names, which they keep where the run ends before they are whole."""

from collections.abc import Sequence
from contextlib import suppress
from os import truncate
from typing import Protocol

from reid.common.errors import InputError, note
from reid.common.files import refusing
from reid.common.result_folder import ResultFolder, partial_name


class Closable(Protocol):
    """An open result: `close` makes the file one that opens, and raises `InputError` or `OSError` where it does not manage."""

    def close(self) -> None: ...


class GrowingTexts:
    """Text results, ASCII, that grow by an entry each at a time, and all hold the same entries.

    What a full disk or an interrupt cuts off within an entry is taken back when they are closed.
    """

    def __init__(self, results: ResultFolder, names: Sequence[str]):
        self._paths = [results.begin(name) for name in names]
        self._files = [path.open("wb") for path in self._paths]
        self._whole = [0] * len(names)

    def write(self, entries: Sequence[str]) -> None:
        """Append one of `entries` to each text, in the order of the names; raises `OSError` where the disk refuses."""
        for path, file, entry in zip(self._paths, self._files, entries, strict=True):
            with refusing(path):
                file.write(entry.encode("ascii"))
                file.flush()
        self._whole = [before + len(entry) for before, entry in zip(self._whole, entries, strict=True)]

    def close(self) -> None:
        """Close the texts, all with the same whole entries."""
        for path, file, whole in zip(self._paths, self._files, self._whole, strict=True):
            with suppress(OSError):  # of an entry that is not whole, which was told when it was written
                file.close()
            truncate(path, whole)


def end_results(
    results: ResultFolder, parts: Sequence[tuple[Closable, Sequence[str]]], content: str, error: BaseException | None
) -> None:
    """Close the files of `parts`, each with the names that it was begun as in `results`, and give them these names.

    After an `error`, which ended the run early, or where one cannot be closed they stay partial, and a note on the error says
    that their `content`, such as "12 frames", is kept in those that were closed. Without an `error` raises what closing raises.
    """
    failure = error
    closed: list[str] = []
    for file, names in parts:
        try:
            file.close()
            closed += names
        except (OSError, InputError) as refusal:
            if failure is None:
                failure = refusal
            else:
                note(failure, f"{refusal.filename}: {refusal.strerror}" if isinstance(refusal, OSError) else str(refusal))
    if failure is None:
        try:
            for name in closed:
                results.finish(name)
            return
        except OSError as refusal:
            failure = refusal
    kept = [each for name in closed for each in (partial_name(name), name) if each in results and (results.path / each).is_file()]
    if kept:
        note(failure, f"{content} are kept below {results.path}: {', '.join(kept)}")
    if error is None:
        raise failure
