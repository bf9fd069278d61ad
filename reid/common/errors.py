"""How a command ends: invalid input gives one message and exit code 2, an interrupt reports what is kept."""

import io
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from reid.common.interrupts import ignore_signals, terminable

LONGEST = 2000  # characters of a sentence; names of files count too


class InputError(Exception):
    """Invalid user input. The message names the file, the line and the remedy, without a final full stop.

    Not a `ValueError`, so code that catches parse errors never catches it.
    """


class EndedEarly(UserWarning):
    """Less was there than announced: what was read is processed and complete in itself. A command tells it and exits with code 3.

    The message names the source, both counts and the remedy.
    """


@contextmanager
def early_ends() -> Iterator[list[str]]:
    """Collect the sentences of all `EndedEarly` warnings of the block, each once, in the list that this yields."""
    sentences: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("always", EndedEarly)
        show = warnings.showwarning

        def collect(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if not issubclass(category, EndedEarly):
                show(message, category, *place, **more)
            elif str(message) not in sentences:
                sentences.append(str(message))

        warnings.showwarning = collect
        yield sentences


def note(error: BaseException, sentence: str) -> None:
    """Add a note on what `error` left behind; `run` prints notes after the error, and so do tracebacks from Python 3.11."""
    error.__notes__ = [*_notes(error), sentence]


def named(place: str, what: str, error: Exception) -> InputError:
    """The `error` of code that is not ours, as an `InputError` of one sentence: `PLACE: WHAT fails: ...`.

    An `InputError` keeps its words after the place; of any other, the traceback is a note, for whoever wrote the code.
    """
    told = InputError(f"{place}: {reason(what, error)}")
    if not isinstance(error, InputError):
        note(told, "".join(traceback.format_exception(error)).rstrip())
    return told


def reason(what: str, error: Exception) -> str:
    """Why `what` failed, in one line."""
    if isinstance(error, InputError):
        return str(error)
    return f"{what} fails: {' '.join(''.join(traceback.format_exception_only(error)).split())}"


def note_names(error: BaseException, opening: str, names: Sequence[str]) -> None:
    """Note `OPENING: NAME, NAME` on `error`; if a note begins with the same `opening`, add the `names` to that one."""
    notes = _notes(error)
    rows = [row for row, sentence in enumerate(notes) if sentence.startswith(f"{opening}: ")]
    if rows:
        error.__notes__[rows[0]] = ", ".join([notes[rows[0]], *names])
    else:
        note(error, f"{opening}: {', '.join(names)}")


def note_begun(begun: Callable[[], bool]) -> None:
    """Have an interrupt of the run in progress, if any, tell that nothing was written as long as `begun()` is False."""
    if _begun is not None:
        _begun.append(begun)


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`; report an `InputError` or `OSError` in one line and exit with code 2.

    SIGTERM ends it as Ctrl-C does, with code 143 instead of 130. `EndedEarly` warnings are told at the end, one per line; the
    exit code is then 3, unless an error has its own. Output is line-buffered, even to a file or pipe. Any other exception is a
    bug and keeps its traceback. The notes on an error follow it, one per line.
    """
    global _begun
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    _begun = []
    with terminable() as signals, early_ends() as early:
        try:
            try:
                main()
            finally:
                ignore_signals()
        except InputError as error:
            sys.exit(_report(str(error), error))
        except KeyboardInterrupt as interrupt:
            sys.exit(_interrupted(interrupt, signals))
        except Exception as error:
            if isinstance(error, OSError) and error.filename is not None:
                sys.exit(_report(f"{error.filename}: {error.strerror}", error))
            if signals and any(isinstance(each, KeyboardInterrupt) for each in _chain(error)):
                sys.exit(_interrupted(error, signals))  # a library made something else of it
            if sys.version_info < (3, 11):
                print(*_notes(error), sep="\n", file=sys.stderr)
            raise
        finally:
            print("".join(f"warning: {sentence}\n" for sentence in early), end="", file=sys.stderr)
            _begun = None
    if early:
        sys.exit(3)


def run_program(main: Callable[[], None]) -> None:
    """`run` as all that a process does: signals while it shuts down change nothing."""
    try:
        run(main)
    finally:
        ignore_signals()
        exec("")  # after an interrupt in the exec of a text, as that of a dataclass, `python -m` would have no exit code


_begun: list[Callable[[], bool]] | None = None  # of the folders of results of the run in progress


def _interrupted(error: BaseException, signals: Sequence[int]) -> int:
    """Tell an interrupt with all notes on it, and on those that it followed; return the exit code."""
    chain = list(_chain(error))
    told = [str(each) for each in chain if isinstance(each, KeyboardInterrupt) and str(each)]
    told = told or [sentence for each in reversed(chain) for sentence in _notes(each)]
    if not told and _begun:
        begun = any(each() for each in _begun)
        told = ["finished results are kept" if begun else "nothing was written; earlier results are unchanged"]
    left = "; ".join(told) or "finished results, if any, are kept"
    terminated = signal.SIGTERM in signals
    print(f"{'terminated' if terminated else 'interrupted'}: {left}", file=sys.stderr)
    return 143 if terminated else 130


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and those that were being handled when it came."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


def _report(sentence: str, error: BaseException) -> int:
    """Print an error and its notes. The sentence stays one line, however long a value that it quotes from a damaged file."""
    sentence = " ".join(sentence.splitlines())
    if len(sentence) > LONGEST:
        sentence = f"{sentence[: LONGEST // 2]} ... {sentence[-LONGEST // 2 :]}"
    print(f"error: {sentence}", *_notes(error), sep="\n", file=sys.stderr)
    return 2
