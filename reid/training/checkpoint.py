"""A checkpoint: all that a run needs to go on as if it had not been stopped."""

import hashlib
import json
import pickle
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import torch

from reid.common.errors import InputError
from reid.common.files import replacing
from reid.data.folders import Crops
from reid.training.recipe import Recipe


class Stateful(Protocol):
    """A part of a run that keeps a state: network, optimiser, averages."""

    def state_dict(self) -> dict: ...

    def load_state_dict(self, state: dict) -> object: ...


@dataclass
class Position:
    """How far a run is: the next step of an epoch, the sums `(5,)` of the epoch's losses so far, the best mAP of a validation,
    the mean over its sets.

    `backbone` is what the backbone really started from, which is "none" where ImageNet's weights could not be fetched. `seen` are
    the data sets, by name, that the weights of the recipe's `start` were trained on.
    """

    epoch: int
    step: int
    sums: torch.Tensor
    best: float = -1.0
    backbone: str = "none"
    seen: list[str] = field(default_factory=list)

    def state_dict(self) -> dict:
        """What a checkpoint keeps."""
        return dict(vars(self))

    def load_state_dict(self, state: dict) -> None:
        """Continue from `state_dict`."""
        vars(self).update(state)


def save(path: Path, run: dict[str, str], parts: dict[str, Stateful]) -> None:
    """Write the states of all `parts` of the `run` that `describe` told, whole or not at all."""
    states = {name: part.state_dict() for name, part in parts.items()}
    with replacing(path) as temporary:
        torch.save({"run": run, **states}, temporary)


def resume(path: Path, run: dict[str, str], parts: dict[str, Stateful], device: str) -> None:
    """Give the `parts` their states, if there is a checkpoint.

    Raises InputError for one of another recipe, of other data, also in another order, or of other teachers, and for a file that
    cannot be read.
    """
    if not path.exists():
        return
    state = _read(path, device)
    # An optimiser takes its moments to the device itself, but not the counts of steps that Adam keeps on the CPU.
    state["optimiser"] = _read(path, "cpu")["optimiser"]
    theirs, ours = state.get("run", {}), run
    if theirs.get("recipe") != ours["recipe"]:
        before, now = (json.loads(each["recipe"]) for each in (theirs, ours))
        keys = ", ".join(key for key in now if before.get(key) != now[key])
        way_out = "give another --output, there with start=LAST.safetensors to go on from its weights"
        raise InputError(f"{path}: this checkpoint comes from another recipe, by {keys}; {way_out}")
    if theirs.get("data") != ours["data"]:
        raise InputError(f"{path}: this checkpoint comes from other data; give another --output, or remove it to start anew")
    if theirs.get("teachers", "") != ours["teachers"]:
        raise InputError(f"{path}: the teachers' files have changed since; give another --output, or remove it to start anew")
    for name, part in parts.items():
        part.load_state_dict(state[name])


def _read(path: Path, device: str) -> dict:
    try:
        return torch.load(path, map_location=device, weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: a checkpoint that cannot be read ({reason}); remove it to start anew") from None


def describe(recipe: Recipe, crops: Crops, teachers: Sequence[str] = ()) -> dict[str, str]:
    """What makes a run: recipe, the hashes of its teachers, and the crops by identity and name in their order; they may move."""
    crops_told = "\n".join(f"{identity} {path.name}" for identity, path in zip(crops.ids.tolist(), crops.paths, strict=True))
    data = f"{len(crops)} images of {int(crops.ids.max()) + 1} identities, {hashlib.sha256(crops_told.encode()).hexdigest()}"
    return {"recipe": json.dumps(asdict(recipe), sort_keys=True), "data": data, "teachers": " ".join(teachers)}
