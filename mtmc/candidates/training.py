"""Training of the person classifier, on the true boxes of sequences (Long et al., section 3.2)."""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from mtmc.candidates.conversion import start_from
from mtmc.candidates.examples import Picture
from mtmc.candidates.network import PREPROCESSING, PersonClassifier, weights_of
from mtmc.candidates.pooling import pool, summed, vote
from mtmc.candidates.training_windows import window
from reid.common.errors import InputError, note
from reid.common.interrupts import uninterrupted
from reid.training.state_file import read_state, write_state
from reid.weights.weights_file import Weights

EVERY = 25  # steps between two states on disk
_WINDOWS = 2  # of a step
_RATE = 1e-3
_WARM = 50  # steps over which the rate rises


@dataclass(frozen=True)
class Settings:
    """What determines the weights, beside the pictures: `data` names what they are of, `start` is a file to begin with (see
    `start_from`), or None for random numbers."""

    data: list[str]
    steps: int
    seed: int = 0
    start: Path | None = None

    def record(self) -> dict:
        """The settings in plain values, for files."""
        return asdict(self) | {"start": None if self.start is None else self.start.name}


def train(pictures: Sequence[Picture], settings: Settings, state: Path, device: str = "cpu") -> Weights:
    """Train a classifier for `settings.steps` steps by binary cross-entropy of the pooled votes, and return its weights.

    Every 25 steps it prints the loss and writes the file `state`, from which the same call goes on; it may be deleted once the
    weights are on disk. Each step draws from the seed and its own number, so an interrupted run gives the weights of
    one that was not. Raises `InputError` for a state of other settings.
    """
    torch.manual_seed(settings.seed)
    network = PersonClassifier()
    if settings.start is not None:
        start_from(network, settings.start)
    network.to(device).train()
    optimiser = torch.optim.Adam(network.parameters(), _RATE)
    first, losses, begun = _resumed(network, optimiser, settings, state, device), [], time.monotonic()
    try:
        for step in range(first, settings.steps):
            for group in optimiser.param_groups:
                group["lr"] = _rate(step, settings.steps)
            loss = _loss(network, pictures, settings.seed, step, device)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
            done = step + 1
            if done % EVERY == 0 or done == settings.steps:
                left = (time.monotonic() - begun) / (done - first) * (settings.steps - done)
                print(f"step {done} of {settings.steps}: loss {np.mean(losses):.3f}, {left:.0f} s left", flush=True)
                losses.clear()
                content = {"network": network.state_dict(), "optimiser": optimiser.state_dict()}
                with uninterrupted():
                    write_state(state, content | {"step": done, "settings": settings.record()})
    except KeyboardInterrupt as interrupt:
        note(interrupt, f"the same command goes on from {state}" if state.is_file() else "nothing was written")
        raise
    if not all(torch.isfinite(tensor).all() for tensor in network.state_dict().values()):
        raise InputError(f"training diverged: delete {state} and try another --seed")
    return weights_of(network.cpu().eval(), settings.record())


def _resumed(network: PersonClassifier, optimiser: torch.optim.Optimizer, settings: Settings, state: Path, device: str) -> int:
    """The number of steps that `state` holds, loaded; 0 without one."""
    if not state.is_file():
        return 0
    way_out = "delete it to begin anew"
    found = read_state(state, device, way_out)
    if found.get("settings") != settings.record():
        raise InputError(f"{state}: was begun with other options, {found.get('settings')}: give the same ones, or {way_out}")
    network.load_state_dict(found["network"])
    optimiser.load_state_dict(found["optimiser"])
    print(f"{state}: going on after step {found['step']}")
    return found["step"]


def _rate(step: int, steps: int) -> float:
    return _RATE * min(1.0, (step + 1) / _WARM) * 0.5 * (1 + math.cos(math.pi * step / steps))


def _loss(network: PersonClassifier, pictures: Sequence[Picture], seed: int, step: int, device: str) -> torch.Tensor:
    """The mean cross-entropy over the boxes of a few windows, drawn from `seed` and `step`."""
    rng = np.random.default_rng((seed, step))
    torch.manual_seed(int(rng.integers(2**31)))  # of dropout
    windows = [window(pictures[number], rng) for number in rng.integers(len(pictures), size=_WINDOWS)]
    inputs = torch.from_numpy(PREPROCESSING.normalise(np.stack([image for image, _, _ in windows])))
    maps = network(inputs.to(device))
    votes = [
        vote(pool(summed(each), torch.from_numpy(boxes).to(device))) for each, (_, boxes, _) in zip(maps, windows, strict=True)
    ]
    labels = torch.from_numpy(np.concatenate([shown for _, _, shown in windows])).double().to(device)
    return torch.nn.functional.binary_cross_entropy_with_logits(torch.cat(votes), labels)
