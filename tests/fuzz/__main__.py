"""`python tests/fuzz`: damage files of every kind, and print each that is neither read nor refused in one sentence.

A seed always gives the same files. They are read in a child process, which is replaced when it dies or hangs. The files of
findings are kept; the exit code is then 1.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # as `python -m pytest` does
sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.kinds import KINDS
from fuzz.trial import SECONDS, Ending, attempt

PATIENCE = SECONDS + 20  # seconds: the parent waits longer, since only native code outlasts a trial's own bound


def main() -> None:
    """Run all trials; print the findings, and a line for each kind."""
    parser = argparse.ArgumentParser(prog="python tests/fuzz", description=__doc__)
    parser.add_argument("--kinds", nargs="+", metavar="KIND", choices=KINDS, help=f"choose from {', '.join(KINDS)}")
    parser.add_argument("--cases", type=int, default=300, metavar="N", help="damaged files of each kind (default: 300)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="draws the damage (default: 0)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    findings = 0
    for kind in options.kinds or KINDS:
        verdicts: Counter[str] = Counter()
        for case, end in trials(kind, options.seed, options.cases, folder):
            verdicts[end.verdict] += 1
            if end.verdict == "finding":
                print(f"{folder / kind / f'seed {options.seed} case {case}'}: {end.told}")
        findings += verdicts["finding"]
        print(f"{kind}: {verdicts['read']} read, {verdicts['refused']} refused, {verdicts['finding']} findings", flush=True)
    sys.exit(1 if findings else 0)


def trials(kind: str, seed: int, cases: int, folder: Path) -> Iterator[tuple[int, Ending]]:
    """How each case ended; one that kills its process, or does not end, is a finding."""
    fork = multiprocessing.get_context("fork")  # what is imported stays so; no thread has been started yet
    case = 0
    while case < cases:
        ours, theirs = fork.Pipe(duplex=False)
        child = fork.Process(target=_run, args=(kind, seed, range(case, cases), folder, theirs), daemon=True)
        child.start()
        theirs.close()
        try:
            while case < cases:
                end = ours.recv() if ours.poll(PATIENCE) else Ending("finding", f"hangs for {PATIENCE} s")
                yield case, end
                case += 1
                if end.told.startswith("hangs"):
                    break
        except EOFError:
            child.join()
            yield case, Ending("finding", f"the process died with exit code {child.exitcode}")
            case += 1
        finally:
            child.kill()
            child.join()


def _run(kind: str, seed: int, cases: range, folder: Path, parent: Connection) -> None:
    for case in cases:
        parent.send(attempt(KINDS[kind], seed, case, folder))


if __name__ == "__main__":
    main()
