"""The networks by name: a function that builds one registers itself under its own name, its keyword arguments as options."""

import inspect
from collections.abc import Callable
from typing import NamedTuple, get_args

import torch
from torch import nn

from reid.common.errors import InputError
from reid.preprocessing import Preprocessing


class Network(nn.Module):
    """What `build` makes: a network that says how images are prepared for it and how many numbers its embedding has."""

    preprocessing: Preprocessing
    dimension: int


_builders: dict[str, Callable[..., Network]] = {}


class Head(NamedTuple):
    """What a network in training gives to the losses: features for the metric ones, logits for the ID loss.

    `features` are `(B, d)` and `logits` `(B, classes)`; None stands for what this network does not train. `descriptor` is what
    the embedding is made of, `(B, d)`, where that is not `features`: the heads' descriptors, each at unit length, side by side.
    """

    features: torch.Tensor | None
    logits: torch.Tensor | None
    descriptor: torch.Tensor | None = None


def register(builder: Callable[..., Network]) -> Callable[..., Network]:
    """Add `builder(classes: int, *, option: Literal[values] = default) -> network` to the registry.

    Its name is the network's name, the first line of its docstring the description, its keyword-only arguments the options. What
    the network must do is told at `build`. A module of `reid.models` that registers one is imported in its `__init__`.
    """
    _builders[builder.__name__] = builder
    return builder


def available() -> list[str]:
    """The names that `build` knows, sorted."""
    return sorted(_builders)


def options(name: str) -> dict[str, object]:
    """The options of a network and their defaults, which are its paper's. Raises InputError for an unknown name."""
    return {option.name: option.default for option in _parameters(name)}


def choices(name: str) -> dict[str, tuple[object, ...]]:
    """The options of a network and the values that each can take, the default among them."""
    return {option.name: get_args(option.annotation) for option in _parameters(name)}


def build(name: str, classes: int = 0, **options: object) -> Network:
    """Make a network with fresh parameters and, for training, bias-free classifiers over `classes` identities.

    In evaluation mode it maps `(B, 3, H, W)` images, preprocessed by its `preprocessing`, to `(B, D)` unit rows, D being its
    `dimension`. In training mode it returns a list of `Head`. Raises InputError, listing what exists, for an unknown name, an
    unknown option and a value that an option does not take.
    """
    builder, known = _find(name), choices(name)
    for option, value in options.items():
        if option not in known:
            has = f"its options are: {', '.join(known)}" if known else "it has no options"
            raise InputError(f"{name} has no option {option!r}; {has}")
        # 1 equals True, so the kinds are compared too.
        if (type(value), value) not in [(type(each), each) for each in known[option]]:
            raise InputError(f"{name}: option {option} is {value!r}; it can be: {', '.join(map(str, known[option]))}")
    network = builder(classes=classes, **options)
    missing = [attribute for attribute in ("preprocessing", "dimension") if not hasattr(network, attribute)]
    if missing:
        raise InputError(f"{name}: its network lacks {' and '.join(missing)}; see the docstring of reid.models.build")
    return network


def _find(name: str) -> Callable[..., Network]:
    if name not in _builders:
        raise InputError(f"there is no network named {name!r}; there are: {', '.join(available())}")
    return _builders[name]


def _parameters(name: str) -> list[inspect.Parameter]:
    parameters = inspect.signature(_find(name)).parameters.values()
    return [parameter for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
