"""`python tests/soak`: run the trackers over frames without end, and print what they should not have done.

Each gets a crowd and garbage of every kind in turn: half of the frames as its paper has it, half with its behaviours switched on.
After each spell of garbage it must follow a calm scene. A seed always gives the same frames. Findings, and memory that grows,
give the exit code 1.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # as `python -m pytest` does
sys.path.insert(0, str(Path(__file__).parents[1]))

import trackers
from reid.common.progress import Follow, shown_progress
from soak.spells import SPELLS, spells
from soak.watch import Watch, megabytes

LENGTH = 100  # frames of a spell
GROWTH = 20  # megabytes: once every spell has come twice, more is a leak


def main() -> None:
    """Soak the trackers; print a line for each, and its findings."""
    parser = argparse.ArgumentParser(prog="python tests/soak", description=__doc__)
    names = trackers.available()
    parser.add_argument("--tracker", nargs="+", default=names, choices=names, metavar="NAME", help=f"one of {', '.join(names)}")
    parser.add_argument("--frames", type=int, default=100_000, metavar="N", help="of each tracker (default: 100000)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="draws the frames (default: 0)")
    options = parser.parse_args()
    findings = 0
    try:
        with shown_progress() as follow:
            for name in options.tracker:
                for behaves in (False, True):
                    findings += soak(Watch(name, behaves), options.frames // 2, options.seed, follow)
    except KeyboardInterrupt:
        sys.exit("stopped before the end")
    sys.exit(1 if findings else 0)


def soak(watch: Watch, frames: int, seed: int, follow: Follow) -> int:
    """Offer `frames` frames; print what was found, also where that is interrupted, and return how many findings there are."""
    start, done, used = time.monotonic(), 0, 0.0
    try:
        for warm in follow(_offered(watch, frames, seed), frames, watch.name):
            done += 1
            if not warm:
                used = megabytes()
        if used and megabytes() - used > GROWTH:
            watch.findings[f"{watch.name}: memory grows from {used:.0f} to {megabytes():.0f} MB"] += 1
    finally:
        rate = done / (time.monotonic() - start)
        print(
            f"{watch.name}: {done} frames at {rate:.0f} a second, {megabytes():.0f} MB, {len(watch.findings)} findings",
            flush=True,
        )
        for told, times in watch.findings.items():
            print(f"  {times} times: {told}", flush=True)
    return len(watch.findings)


def _offered(watch: Watch, frames: int, seed: int) -> Iterator[bool]:
    """Offer the frames one by one; tells for each whether the tracker is warm: has seen each spell twice."""
    offered = 0
    for count, (spell, offers) in enumerate(spells(seed, LENGTH)):
        for _ in watch.follow(spell, offers):
            yield count >= 4 * len(SPELLS)
            offered += 1
            if offered == frames:
                return


if __name__ == "__main__":
    main()
