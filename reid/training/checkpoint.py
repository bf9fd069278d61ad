"""Checkpoints: everything a run needs to resume as if it had not been interrupted."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol, cast

import torch
from torch import nn

from reid.common.errors import InputError
from reid.data.folders import Crops
from reid.models import build
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
    the names of the data sets on which the network was trained before this run, `data` those of this run.
    """

    epoch: int
    step: int
    sums: torch.Tensor
    done: int = 0
    best: float = -1.0
    backbone: str = "none"
    seen: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)

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
    state = _read(path, parts, device, _WAY_OUT)
    theirs, ours = state["run"], run
    _refuse_another(path, theirs["recipe"], ours["recipe"])
    if theirs["data"] != ours["data"]:
        raise InputError(f"{path}: this checkpoint comes from other data; give another --output, or {_WAY_OUT}")
    if theirs.get("teachers", "") != ours["teachers"]:
        raise InputError(
            f"{path}: the networks that teach or parse here have changed since; give another --output, or {_WAY_OUT}"
        )
    for name, part in parts.items():
        part.load_state_dict(state[name])


def check(path: Path, recipe: Recipe) -> None:
    """Raise InputError if `path` is the checkpoint of another recipe, or unreadable; nothing if there is none."""
    if path.exists():
        _refuse_another(path, _read(path, {}, "cpu", _WAY_OUT)["run"]["recipe"], _told(recipe))


def is_checkpoint(start: str) -> bool:
    """Whether a recipe's `start` is the checkpoint of a run, not the weights of a network."""
    return Path(start).suffix == ".pt"


def go_on(path: Path, run: dict[str, str], parts: dict[str, Stateful], device: str) -> str:
    """Start the new `run` where the one of the checkpoint `path` is; returns a line that tells from where it goes on.

    The network goes on with its classifiers, the centers of the center loss and, if it is of the same kind with the same groups,
    the moments of the optimiser. With other identities, only the network without its classifiers does. Averages start anew.
    Raises InputError for the checkpoint of another network, and for an unreadable file.
    """
    if not path.is_file():
        raise InputError(f"start: {path}: no such file")
    state = _read(path, parts, device, "give another start")
    theirs, ours = (json.loads(each["recipe"]) for each in (state["run"], run))
    for key in ("model", "options"):
        if theirs[key] != ours[key]:
            raise InputError(f"start: {path} is of a run with {key} {theirs[key]}, not {ours[key]}")
    same = state["run"].get("identities", state["run"]["data"]) == run["identities"]
    network = cast(nn.Module, parts["network"])
    tensors, expected = state["network"], network.state_dict()
    if not same:
        inherited = build(ours["model"], **ours["options"]).state_dict().keys()
        tensors = {**expected, **{name: tensors[name] for name in inherited}}
    network.load_state_dict(tensors)
    if same and _alike(state["objective"], parts["objective"].state_dict()):
        parts["objective"].load_state_dict(state["objective"])
    optimiser, moments = parts["optimiser"].state_dict(), state["optimiser"]
    grouped = [[each["params"] for each in of["param_groups"]] for of in (optimiser, moments)]
    alike = same and theirs["optimiser"] == ours["optimiser"] and grouped[0] == grouped[1]
    if alike:
        parts["optimiser"].load_state_dict({**moments, "param_groups": optimiser["param_groups"]})
    position, before = cast(Position, parts["position"]), state["position"]
    position.backbone = before["backbone"]
    position.seen = list(dict.fromkeys([*before["seen"], *before.get("data", [])]))
    told = [f"goes on from {path}, after epoch {before['epoch']}"]
    told += [] if same else ["new classifiers, since the identities are not the same"]
    told += [] if alike else ["the optimiser starts anew"]
    return "; ".join(told)


def describe(recipe: Recipe, crops: Crops, networks: Sequence[str] = ()) -> dict[str, str]:
    """What identifies a run: the recipe, the hashes of the networks that teach or parse, and the crops, by identity and file
    name in order; files may move. `identities` are the crops that name people alone."""
    told = {"recipe": _told(recipe), "teachers": " ".join(networks)}
    return {**told, "data": _digest(crops), "identities": _digest(crops.take(crops.named))}


def _told(recipe: Recipe) -> str:
    return json.dumps(asdict(recipe), sort_keys=True)


def _refuse_another(path: Path, theirs: str, ours: str) -> None:
    if theirs != ours:
        before, now = json.loads(theirs), json.loads(ours)
        keys = ", ".join(key for key in now if before.get(key) != now[key])
        way_out = f"give another --output, with start={path} to go on from it"
        raise InputError(f"{path}: this checkpoint comes from another recipe, by {keys}; {way_out}")


def _digest(crops: Crops) -> str:
    told = "\n".join(f"{identity} {path.name}" for identity, path in zip(crops.ids.tolist(), crops.paths, strict=True))
    return f"{len(crops)} images of {crops.ids.max(initial=-1) + 1} identities, {hashlib.sha256(told.encode()).hexdigest()}"


def _read(path: Path, parts: dict[str, Stateful], device: str, way_out: str) -> dict:
    state = read_state(path, device, way_out)
    run = state.get("run")
    if not isinstance(run, dict) or not {"recipe", "data"} <= run.keys() or not parts.keys() <= state.keys():
        raise InputError(f"{path}: the state of something else than such a run; {way_out}")
    if "optimiser" in parts:  # it moves its moments to the device itself, but Adam keeps its step counts on the CPU
        state["optimiser"] = read_state(path, "cpu", way_out)["optimiser"]
    return state


def _alike(one: object, other: object) -> bool:
    """Whether two states have tensors of the same shapes in the same places."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return getattr(one, "shape", None) == getattr(other, "shape", None)
