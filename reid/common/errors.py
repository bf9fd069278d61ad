"""How a command ends: a user's mistake is one sentence and exit code 2, an interrupt says what it left."""

import io
import sys
from collections.abc import Callable

from reid.common.interrupts import terminable


class InputError(Exception):
    """Something the user gave cannot be used. The message is one full sentence that names the file, the line, and the way out.

    It is no `ValueError`, so that code which waits for a number that does not parse never takes a finished sentence for one.
    """


def note(error: BaseException, sentence: str) -> None:
    """Add a sentence on what `error` left; `run` prints these behind the error, and from Python 3.11 on tracebacks do as well."""
    error.__notes__ = [*_notes(error), sentence]


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`; report an `InputError` or an operating system's refusal in one line and exit with code 2.

    SIGTERM ends it as Ctrl-C does, with code 143 instead of 130. What is printed is seen at once also in a file or pipe. Any
    other exception is our own defect and keeps its traceback. Behind an error the notes on it follow, a line each.
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
            left = "; ".join(told) or "what was finished so far, if anything, is kept"
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
    print(f"error: {sentence}", *_notes(error), sep="\n", file=sys.stderr)
    return 2
