"""A user's mistake: one sentence, exit code 2, nothing lost."""

import io
import sys
from collections.abc import Callable


class InputError(Exception):
    """Something the user gave cannot be used. The message is one full sentence that names the file, the line, and the way out.

    It is no `ValueError`, so that code which waits for a number that does not parse never takes a finished sentence for one.
    """


def run(main: Callable[[], None]) -> None:
    """Run a command's `main`; report an `InputError` or an operating system's refusal in one line and exit with code 2.

    An interrupt may carry a sentence on what was kept; its code is 130. What is printed is seen at once also in a file or pipe.
    Any other exception is our own defect and keeps its traceback.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    try:
        main()
    except InputError as error:
        sys.exit(_report(str(error)))
    except OSError as error:
        if error.filename is None:
            raise
        sys.exit(_report(f"{error.filename}: {error.strerror}"))
    except KeyboardInterrupt as interrupt:
        print(f"interrupted: {str(interrupt) or 'what was finished so far, if anything, is kept'}", file=sys.stderr)
        sys.exit(130)


def _report(sentence: str) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return 2
