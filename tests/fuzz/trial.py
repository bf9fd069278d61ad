"""One trial: a damaged file is read within bounds of time and memory, and how that ends is judged."""

import io
import random
import resource
import shutil
import signal
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from fuzz.damage import damaged
from fuzz.kind import Kind
from reid.common.errors import run

ROOT = Path(__file__).parents[2]
SECONDS, BYTES = 20, 2 << 30  # that a trial may take, and that it may add to the memory


@dataclass(frozen=True)
class Ending:
    """How a trial ended: "read", "refused" (in the sentence `told`), or "finding" (anything else)."""

    verdict: str
    told: str = ""


class TooLongError(BaseException):
    """The trial took more than `SECONDS`; no reader catches this."""


def prepare(kind: Kind, folder: Path) -> Path:
    """A folder with a valid instance of `kind`, made once below `folder`. Raises RuntimeError if it is not read."""
    valid, new = folder / kind.name / "valid", folder / kind.name / "new"
    if not valid.exists():
        new.mkdir(parents=True)
        kind.write(new)
        if (end := ending(kind, _copy(new, folder / kind.name / "undamaged"))).verdict != "read":
            raise RuntimeError(f"{kind.name}: the file is not read before it is damaged: {end.told}")
        new.rename(valid)
    return valid


def attempt(kind: Kind, seed: int, case: int, folder: Path) -> Ending:
    """Damage a copy of the valid instance, as `seed` and `case` say, and read it; the copy stays below `folder` for a finding."""
    rng = random.Random(f"{kind.name} {seed} {case}")
    copy = _copy(prepare(kind, folder), folder / kind.name / f"seed {seed} case {case}")
    file = rng.choice(sorted(path for pattern in kind.damaged for path in copy.glob(pattern)))
    file.write_bytes(damaged(file.read_bytes(), kind.is_text, rng))
    end = ending(kind, copy)
    if end.verdict != "finding":
        shutil.rmtree(copy)
    return end


def ending(kind: Kind, folder: Path) -> Ending:
    """Read the files in `folder` as a command would, and judge how that ends."""
    printed, told = io.StringIO(), io.StringIO()
    try:
        with bounded(), warnings.catch_warnings(), redirect_stdout(printed), redirect_stderr(told):
            warnings.simplefilter("error", RuntimeWarning)  # of numpy: what is damaged goes on as a NaN, an infinity or nonsense
            run(lambda: kind.read(folder))
    except SystemExit as end:
        errors, early = (
            [line for line in told.getvalue().splitlines() if line.startswith(opening)] for opening in ("error: ", "warning: ")
        )
        if end.code == 2 and len(errors) == 1:
            return Ending("refused", told.getvalue())
        return Ending("read" if end.code == 3 and early and not errors else "finding", told.getvalue())  # as far as it goes
    except BaseException as error:
        place = [frame for frame in traceback.extract_tb(error.__traceback__) if str(ROOT) in frame.filename][-1]
        return Ending("finding", f"{error!r:.300} in {Path(place.filename).relative_to(ROOT)}, line {place.lineno}")
    return Ending("read")


@contextmanager
def bounded() -> Iterator[None]:
    """Raise TooLongError after `SECONDS`, and MemoryError, or OpenCV's own, for `BYTES` more."""

    def too_long(*_: object) -> None:
        raise TooLongError(f"more than {SECONDS} s")

    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before, limits = signal.signal(signal.SIGALRM, too_long), resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, limits[1]))
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        resource.setrlimit(resource.RLIMIT_AS, limits)
        signal.signal(signal.SIGALRM, before)


def _copy(valid: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(valid, folder)
    return folder
