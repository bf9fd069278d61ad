"""How a command ends: invalid input gives one message and exit code 2, an interrupt reports what is kept."""

import io
import sys
from collections.abc import Callable, Sequence

from reid.common.interrupts import terminable

LONGEST = 2000  # characters of a sentence; names of files count too


class InputError(Exception):
    """Invalid user input. The message names the file, the line and the remedy, without a final full stop.

    Not a `ValueError`, so code that catches parse errors never catches it.
    """


def note(error: BaseException, sentence: str) -> None:
    """Add a note on what `error` left behind; `run` prints notes after the error, and so do tracebacks from Python 3.11."""
    error.__notes__ = [*_notes(error), sentence]


def note_names(error: BaseException, opening: str, names: Sequence[str]) -> None:
    """Note `OPENING: NAME, NAME` on `error`; if a note begins with the same `opening`, add the `names` to that one."""
    notes = _notes(error)
    rows = [row for row, sentence in enumerate(notes) if sentence.startswith(f"{opening}: ")]
    if rows:
        error.__notes__[rows[0]] = ", ".join([notes[rows[0]], *names])
    else:
        note(error, f"{opening}: {', '.join(names)}")


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`; report an `InputError` or `OSError` in one line and exit with code 2.

    SIGTERM ends it as Ctrl-C does, with code 143 instead of 130. Output is line-buffered, even to a file or pipe. Any other
    exception is a bug and keeps its traceback. The notes on an error follow it, one per line.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    with terminable() as terminated:
        try:
            main()
        except InputError as error:
            sys.exit(_report(str(error), error))
        except KeyboardInterrupt as interrupt:
            told = [str(interrupt)] if str(interrupt) else _notes(interrupt)
            left = "; ".join(told) or "finished results, if any, are kept"
            print(f"{'terminated' if terminated else 'interrupted'}: {left}", file=sys.stderr)
            sys.exit(143 if terminated else 130)
        except Exception as error:
            if isinstance(error, OSError) and error.filename is not None:
                sys.exit(_report(f"{error.filename}: {error.strerror}", error))
            if sys.version_info < (3, 11):
                print(*_notes(error), sep="\n", file=sys.stderr)
            raise


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])


def _report(sentence: str, error: BaseException) -> int:
    """Print an error and its notes. The sentence stays one line, however long a value that it quotes from a damaged file."""
    sentence = " ".join(sentence.splitlines())
    if len(sentence) > LONGEST:
        sentence = f"{sentence[: LONGEST // 2]} ... {sentence[-LONGEST // 2 :]}"
    print(f"error: {sentence}", *_notes(error), sep="\n", file=sys.stderr)
    return 2
