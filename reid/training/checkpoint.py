"""Checkpoints: everything a run needs to resume as if it had not been interrupted."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import torch

from reid.common.errors import InputError
from reid.data.folders import Crops
from reid.training.recipe import Recipe
from reid.training.state_file import read_state, write_state

_WAY_OUT = "remove it to start anew"


class Stateful(Protocol):
    """A stateful part of a run: network, optimiser, averages."""

    def state_dict(self) -> dict: ...

    def load_state_dict(self, state: dict) -> object: ...


@dataclass
class Position:
    """The position of a run: the next step of an epoch, the sums `(6,)` of the epoch's losses so far, and the best validation
    score (the mean over its sets).

    `done` is the number of steps in the epochs before.

    `backbone` is the actual initialisation of the backbone: "none" if the ImageNet weights could not be downloaded. `seen` are
    the names of the data sets on which the weights of the recipe's `start` were trained.
    """

    epoch: int
    step: int
    sums: torch.Tensor
    done: int = 0
    best: float = -1.0
    backbone: str = "none"
    seen: list[str] = field(default_factory=list)

    def state_dict(self) -> dict:
        """The state for a checkpoint."""
        return dict(vars(self))

    def load_state_dict(self, state: dict) -> None:
        """Restore from `state_dict`."""
        vars(self).update(state)


def save(path: Path, run: dict[str, str], parts: dict[str, Stateful]) -> None:
    """Write the states of all `parts` of the `run`, as from `describe`, atomically."""
    write_state(path, {"run": run, **{name: part.state_dict() for name, part in parts.items()}})


def resume(path: Path, run: dict[str, str], parts: dict[str, Stateful], device: str) -> None:
    """Restore the states of `parts`, if there is a checkpoint.

    Raises InputError for a checkpoint of another recipe, other data (or another order) or other networks to learn from, and for
    an unreadable file.
    """
    if not path.exists():
        return
    state = read_state(path, device, _WAY_OUT)
    theirs, ours = state.get("run"), run
    if not isinstance(theirs, dict) or not {"recipe", "data"} <= theirs.keys() or not parts.keys() <= state.keys():
        raise InputError(f"{path}: the state of something else than such a run; {_WAY_OUT}")
    # An optimiser moves its moments to the device itself, but Adam keeps its step counts on the CPU.
    state["optimiser"] = read_state(path, "cpu", _WAY_OUT)["optimiser"]
    if theirs["recipe"] != ours["recipe"]:
        before, now = (json.loads(each["recipe"]) for each in (theirs, ours))
        keys = ", ".join(key for key in now if before.get(key) != now[key])
        way_out = "give another --output, with start=LAST.safetensors to continue from its weights"
        raise InputError(f"{path}: this checkpoint comes from another recipe, by {keys}; {way_out}")
    if theirs["data"] != ours["data"]:
        raise InputError(f"{path}: this checkpoint comes from other data; give another --output, or {_WAY_OUT}")
    if theirs.get("teachers", "") != ours["teachers"]:
        raise InputError(
            f"{path}: the networks that teach or parse here have changed since; give another --output, or {_WAY_OUT}"
        )
    for name, part in parts.items():
        part.load_state_dict(state[name])


def describe(recipe: Recipe, crops: Crops, networks: Sequence[str] = ()) -> dict[str, str]:
    """What identifies a run: the recipe, the hashes of the networks that teach or parse, and the crops, by identity and file
    name in order; files may move."""
    crops_told = "\n".join(f"{identity} {path.name}" for identity, path in zip(crops.ids.tolist(), crops.paths, strict=True))
    data = f"{len(crops)} images of {int(crops.ids.max()) + 1} identities, {hashlib.sha256(crops_told.encode()).hexdigest()}"
    return {"recipe": json.dumps(asdict(recipe), sort_keys=True), "data": data, "teachers": " ".join(networks)}
