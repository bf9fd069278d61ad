"""Networks by name: a builder function registers under its own name, with its keyword arguments as options."""

import inspect
from collections.abc import Callable, Mapping
from typing import NamedTuple, get_args

import torch
from torch import nn

from reid.common.errors import InputError
from reid.preprocessing import Preprocessing


class Network(nn.Module):
    """The result of `build`: a network with its preprocessing and the dimension of its embedding, or of a parser's maps."""

    preprocessing: Preprocessing
    dimension: int

    def load_parser(self, tensors: Mapping[str, torch.Tensor], model: str) -> None:
        """Give the parser inside the tensors of a weights file of the parser `model`. Raises InputError if they do not fit, or if
        this network has no parser inside."""
        inside = getattr(self, "parser", None)
        if inside is None:
            raise InputError(f"these weights of {model} are for a parser inside the network, and with these options it has none")
        inside.load(tensors, model)


_builders: dict[str, Callable[..., Network]] = {}
_parsers: dict[str, Callable[..., Network]] = {}


class Head(NamedTuple):
    """The output of a network in training: features for the metric losses, logits for the ID loss.

    `features` are `(B, d)` and `logits` `(B, classes)`; None means that the network does not train it. `descriptor`, `(B, d)`, is
    the head's part of the embedding if it differs from `features`; the embedding concatenates the heads' descriptors, each of
    unit length. A parser has only `maps`, logits `(B, labels, h, w)` of the labels of `reid.models.regions`. `stripes`, unit
    features `(B, S, d)` from the top of a person to the bottom, join the triplet loss by their aligned distances.
    """

    features: torch.Tensor | None
    logits: torch.Tensor | None
    descriptor: torch.Tensor | None = None
    maps: torch.Tensor | None = None
    stripes: torch.Tensor | None = None


def register(builder: Callable[..., Network]) -> Callable[..., Network]:
    """Add `builder(classes: int, *, option: Literal[values] = default) -> network` to the registry.

    Its name becomes the network's name, the first line of its docstring the description, and its keyword-only arguments the
    options. `build` documents the requirements on the network. `reid.models.__init__` must import the module that registers it.
    """
    _builders[builder.__name__] = builder
    return builder


def register_parser(builder: Callable[..., Network]) -> Callable[..., Network]:
    """Add a parser: as `register`, but its network has no embedding. In evaluation mode it maps `(B, 3, H, W)` to `(B, D, h, w)`,
    the probability of each label, of which its `dimension` D is the number."""
    _parsers[builder.__name__] = builder
    return builder


def available() -> list[str]:
    """The names of the networks that embed people, sorted."""
    return sorted(_builders)


def parsers() -> list[str]:
    """The names of the networks that parse people, which `build` accepts too, sorted."""
    return sorted(_parsers)


def options(name: str) -> dict[str, object]:
    """The options of a network and their defaults, which are its paper's. Raises InputError for an unknown name."""
    return {option.name: option.default for option in _parameters(name)}


def choices(name: str) -> dict[str, tuple[object, ...]]:
    """The options of a network and the allowed values of each, including the default."""
    return {option.name: get_args(option.annotation) for option in _parameters(name)}


def build(name: str, classes: int = 0, **options: object) -> Network:
    """Build a network with new parameters and, for training, bias-free classifiers over `classes` identities.

    In evaluation mode it maps `(B, 3, H, W)` images, preprocessed by its `preprocessing`, to `(B, D)` unit rows, where D is its
    `dimension`. In training mode it returns a list of `Head`. Raises InputError, listing the known choices, for an unknown name,
    option or option value.
    """
    builder, known = _find(name), choices(name)
    for option, value in options.items():
        if option not in known:
            has = f"choose from {', '.join(known)}" if known else "it has no options"
            raise InputError(f"{name}: unknown option {option}; {has}")
        # 1 equals True, so the kinds are compared too.
        if (type(value), value) not in [(type(each), each) for each in known[option]]:
            raise InputError(f"{name}: option {option} must be one of {', '.join(map(str, known[option]))}, not {value!r}")
    network = builder(classes=classes, **options)
    missing = [attribute for attribute in ("preprocessing", "dimension") if not hasattr(network, attribute)]
    if missing:
        raise InputError(f"{name}: the network lacks {' and '.join(missing)}; see the docstring of reid.models.build")
    return network


def _find(name: str) -> Callable[..., Network]:
    known = _builders | _parsers
    if name not in known:
        raise InputError(f"unknown network {name}; choose from {', '.join((*available(), *parsers()))}")
    return known[name]


def _parameters(name: str) -> list[inspect.Parameter]:
    parameters = inspect.signature(_find(name)).parameters.values()
    return [parameter for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
