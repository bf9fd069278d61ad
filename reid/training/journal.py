"""What a training run tells: a line an epoch, CSV files and, where it is installed, TensorBoard."""

import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from reid.files import replacing


class Journal:
    """The journal of one run in `folder`, which goes on at the epoch `start`, counted from 0.

    What a killed run may have written beyond its checkpoint is cut off. Where `silent`, nothing is written or printed at all.
    """

    def __init__(self, folder: Path, start: int, epochs: int, silent: bool = False):
        self.folder, self.epochs, self.silent = folder, epochs, silent
        self._console = Console(quiet=silent)
        self._begun, self._start = time.monotonic(), start
        self._scalars = None if silent else self._open_scalars(start)
        if start == epochs:
            self._say(f"all {epochs} epochs were trained before")

    def epoch(self, epoch: int, steps: int, done: int) -> Progress:
        """A context that shows the steps of an epoch, `done` of them already, on a terminal; `advance(0)` it at each."""
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn()
        disable = self.silent or not self._console.is_terminal
        progress = Progress(*columns, console=self._console, transient=True, disable=disable)
        progress.add_task(f"epoch {epoch + 1} of {self.epochs}", total=steps, completed=done)
        return progress

    def losses(self, epoch: int, losses: Mapping[str, float], learning_rate: float) -> None:
        """The mean losses of an epoch, and the rate that it ended with."""
        if self.silent:
            return
        self._add_row("losses.csv", epoch, {name: f"{value:.4f}" for name, value in losses.items()})
        self._add_scalars(epoch, {**losses, "learning_rate": learning_rate})
        spoken = ", ".join(f"{name.removesuffix('_loss')} loss {value:.3f}" for name, value in losses.items())
        per_epoch = (time.monotonic() - self._begun) / (epoch + 1 - self._start)
        left = f"{_duration(per_epoch)} each, about {_duration(per_epoch * (self.epochs - epoch - 1))} left"
        self._say(f"epoch {epoch + 1} of {self.epochs}: {spoken}; {left}")

    def validation(self, epoch: int, scores: Mapping[str, float], what: str) -> None:
        """The scores of a validation after an epoch, ratios in 0..1, of the weights that `what` names."""
        self._add_row("validation.csv", epoch, {**{name: f"{value:.4f}" for name, value in scores.items()}, "weights": what})
        self._add_scalars(epoch, {f"{name} of {what} weights": value for name, value in scores.items()})
        self._say(f"validation: {', '.join(f'{name} {100 * value:.1f}' for name, value in scores.items())} ({what} weights)")

    def close(self) -> None:
        """Flush what TensorBoard shows."""
        if self._scalars:
            self._scalars.close()

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, highlight=False, markup=False)

    def _add_row(self, name: str, epoch: int, values: Mapping[str, str]) -> None:
        """Add one epoch's row to a CSV file, over those from this epoch on."""
        path, header = self.folder / name, ",".join(["epoch", *values])
        rows = path.read_text().splitlines()[1:] if path.exists() else []
        rows = [row for row in rows if int(row.partition(",")[0]) <= epoch]
        with replacing(path) as temporary:
            temporary.write_text("\n".join([header, *rows, ",".join([str(epoch + 1), *values.values()])]) + "\n")

    def _open_scalars(self, start: int):
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            self._say("no scalars for TensorBoard: pip install 'mtmc[tensorboard]'")
            return None
        return SummaryWriter(self.folder / "tensorboard", purge_step=start + 1)

    def _add_scalars(self, epoch: int, values: Mapping[str, float]) -> None:
        if self._scalars:
            for name, value in values.items():
                self._scalars.add_scalar(name, value, epoch + 1)


def _duration(seconds: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"
