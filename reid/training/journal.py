"""The log of a training run: one line per epoch, CSV files and, if installed, TensorBoard."""

import csv
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from reid.common.files import replacing
from reid.common.foreign_files import reading
from reid.training.objective import NAMES

STEPS = 500  # shown by step: Luo et al., TMM 2019, Fig. 7


class Journal:
    """The log of one run in `folder`, resumed at the epoch `start` of `epochs`, and at the step `step` of all, counted from 0.

    Anything that a killed run wrote beyond its checkpoint is removed. With `silent`, nothing is written or printed.
    """

    def __init__(self, folder: Path, start: int, step: int, epochs: int, silent: bool = False):
        self.folder, self.epochs, self.silent = folder, epochs, silent
        self._console = Console(quiet=silent)
        self._begun, self._start = time.monotonic(), start
        self._scalars = None if silent else self._open_scalars(start)
        self._step, self._steps = step, deque[tuple[int, Any]]()

    def epoch(self, epoch: int, steps: int, done: int) -> Progress:
        """A context that shows the progress of an epoch on a terminal, starting at `done` steps; call `advance(0)` at each
        step."""
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
        disable = self.silent or not self._console.is_terminal
        progress = Progress(*columns, console=self._console, transient=True, disable=disable)
        progress.add_task(f"epoch {epoch + 1} of {self.epochs}", total=steps, completed=done)
        return progress

    def losses(self, epoch: int, losses: Mapping[str, float], learning_rate: float) -> None:
        """Log the mean losses of an epoch, and its final learning rate."""
        if self.silent:
            return
        self._add_rows("losses.csv", [{"epoch": epoch + 1, **_rounded(losses)}])
        self._add_scalars(epoch, {**losses, "learning_rate": learning_rate})
        spoken = ", ".join(f"{name.removesuffix('_loss')} loss {value:.3f}" for name, value in losses.items())
        per_epoch = (time.monotonic() - self._begun) / (epoch + 1 - self._start)
        left = f"{_duration(per_epoch)} each, about {_duration(per_epoch * (self.epochs - epoch - 1))} left"
        self.say(f"epoch {epoch + 1} of {self.epochs}: {spoken}; {left}")

    def step(self, losses: Any) -> None:
        """Note the `losses`, a tensor in the order of `objective.NAMES`, of the next step, if it is one of the first."""
        self._step += 1
        if self._step <= STEPS and not self.silent:
            self._steps.append((self._step, losses))  # as a tensor, since reading it waits for the device

    def keep_steps(self, names: Sequence[str]) -> None:
        """Write the steps noted so far, with the losses called `names`: with each checkpoint, to which a killed run goes back."""
        if self._steps:
            found = {step: dict(zip(NAMES, losses.tolist(), strict=True)) for step, losses in self._steps}
            rows = [{"step": step, **_rounded({name: losses[name] for name in names})} for step, losses in found.items()]
            self._add_rows("steps.csv", rows)
            self._steps.clear()

    def validation(self, epoch: int, scores: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
        """Log the validation scores after an epoch, ratios in 0..1, by the name of the weights and by set."""
        measured = [(what, name, of_set) for what, sets in scores.items() for name, of_set in sets.items()]
        rows = [{"epoch": epoch + 1, "set": name, **_rounded(of_set), "weights": what} for what, name, of_set in measured]
        self._add_rows("validation.csv", rows)
        for what, name, of_set in measured:
            self._add_scalars(epoch, {f"{name} {score} of {what} weights": value for score, value in of_set.items()})
            spoken = ", ".join(f"{score} {100 * value:.1f}" for score, value in of_set.items())
            self.say(f"validation on {name}: {spoken} ({what} weights)")

    def say(self, line: str) -> None:
        """Print a line."""
        self._console.print(line, soft_wrap=True, highlight=False, markup=False)

    def close(self) -> None:
        """Flush TensorBoard."""
        if self._scalars:
            self._scalars.close()

    def _add_rows(self, name: str, added: Sequence[Mapping[str, Any]]) -> None:
        """Append rows to a CSV file, replacing those from the number in the first column on. Columns missing in older rows stay
        empty."""
        path, rows, count = self.folder / name, [], next(iter(added[0]))
        if path.exists():
            with (
                reading(path, "a table of this run", "remove it to go on without the earlier rows"),
                path.open(newline="") as file,
            ):
                rows = [row for row in csv.DictReader(file) if int(row[count]) < added[0][count]]
        with replacing(path) as temporary, temporary.open("w", newline="") as file:
            table = csv.DictWriter(file, list(added[0]), restval="", extrasaction="ignore", lineterminator="\n")
            table.writeheader()
            table.writerows([*rows, *added])

    def _open_scalars(self, start: int):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            self.say("TensorBoard logging is off: pip install 'mtmc[tensorboard]'")
            return None
        return SummaryWriter(self.folder / "tensorboard", purge_step=start + 1)

    def _add_scalars(self, epoch: int, values: Mapping[str, float]) -> None:
        if self._scalars:
            for name, value in values.items():
                self._scalars.add_scalar(name, value, epoch + 1)


def _rounded(values: Mapping[str, float]) -> dict[str, str]:
    return {name: f"{value:.4f}" for name, value in values.items()}


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
