"""Results that grow with a run: written under `.partial` names, which they keep if the run ends early."""

from collections.abc import Sequence
from contextlib import suppress
from os import truncate
from typing import Protocol

from reid.common.errors import InputError, note, note_names
from reid.common.files import refusing
from reid.common.result_folder import ResultFolder, partial_name


class Closable(Protocol):
    """An open result: `close` finishes the file so that it can be read, and raises `InputError` or `OSError` on failure."""

    def close(self) -> None: ...


class GrowingTexts:
    """ASCII text results that grow by one entry each at a time, so all hold the same entries.

    Closing removes an entry that a full disk or an interrupt cut short.
    """

    def __init__(self, results: ResultFolder, names: Sequence[str]):
        self._paths = [results.begin(name) for name in names]
        self._files = [path.open("wb") for path in self._paths]
        self._whole = [0] * len(names)

    def write(self, entries: Sequence[str]) -> None:
        """Append one of `entries` to each text, in the order of the names; raises `OSError` on a write error."""
        for path, file, entry in zip(self._paths, self._files, entries, strict=True):
            with refusing(path):
                file.write(entry.encode("ascii"))
                file.flush()
        self._whole = [before + len(entry) for before, entry in zip(self._whole, entries, strict=True)]

    def close(self) -> None:
        """Close the texts, all with the same complete entries."""
        for path, file, whole in zip(self._paths, self._files, self._whole, strict=True):
            with suppress(OSError):  # of an incomplete entry, reported when it was written
                file.close()
            truncate(path, whole)


def end_without_results(results: ResultFolder, error: BaseException | None) -> None:
    """Note on an interrupt that came before the run's first result that nothing changed in `results`."""
    if isinstance(error, KeyboardInterrupt) and not results.begun:
        note(error, "nothing was written; earlier results are unchanged")


def end_results(
    results: ResultFolder, parts: Sequence[tuple[Closable, Sequence[str]]], content: str, error: BaseException | None
) -> None:
    """Close the files of `parts`, each with the names under which it was begun in `results`, and rename them to these.

    After an `error` that ended the run early, or if one cannot be closed, they stay partial, and a note on the error says that
    the closed ones keep their `content`, such as "12 frames". Without an `error`, exceptions from closing propagate.
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
        note_names(failure, f"{content} are kept below {results.path}", kept)
    if error is None:
        raise failure
