"""The networks by name: a function that builds one registers itself under its own name."""

from collections.abc import Callable

from torch import nn

from reid.errors import InputError

_builders: dict[str, Callable[..., nn.Module]] = {}


def register(builder: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """Add `builder(classes: int) -> network` to the registry. Its name is the network's name, its docstring the description."""
    _builders[builder.__name__] = builder
    return builder


def available() -> list[str]:
    """The names that `build` knows, sorted."""
    return sorted(_builders)


def describe(name: str) -> str:
    """The first line of what a network's builder says of itself."""
    return _builders[name].__doc__.strip().splitlines()[0]


def build(name: str, classes: int = 0) -> nn.Module:
    """Make a network with fresh parameters and, for training, bias-free classifiers over `classes` identities.

    In evaluation mode it maps `(B, 3, H, W)` images, preprocessed by its `preprocessing`, to `(B, D)` unit rows, D being its
    `dimension`. In training mode it returns a list of heads, each `(features (B, d), logits (B, classes))`.
    Raises InputError, listing what exists, for an unknown name.
    """
    if name not in _builders:
        raise InputError(f"there is no network named {name!r}; there are: {', '.join(available())}")
    return _builders[name](classes=classes)
