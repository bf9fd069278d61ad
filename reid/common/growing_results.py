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
    results: ResultFolder, names: Sequence[str], files: Sequence[Closable], content: str, error: BaseException | None
) -> None:
    """Close `files`, which are the results `names` begun in `results`, and give these their names, unless there is an `error`.

    `error` is what ended the run early; without one, closing may raise it. The results then stay partial, and a note on the error
    says that their `content`, such as "12 frames", is kept in them.
    """
    failure = error
    for file in files:
        try:
            file.close()
        except (OSError, InputError) as refusal:
            if failure is None:
                failure = refusal
            else:
                note(failure, f"{refusal.filename}: {refusal.strerror}" if isinstance(refusal, OSError) else str(refusal))
    if failure is None:
        try:
            for name in names:
                results.finish(name)
        except OSError as refusal:
            failure = refusal
    if failure is None:
        return
    kept = [each for name in names for each in (partial_name(name), name) if each in results and (results.path / each).is_file()]
    if kept:
        note(failure, f"{content} are kept below {results.path}: {', '.join(kept)}")
    if error is None:
        raise failure
