"""Open the appearance model given by `--reid`: a name, a file, the user's own, or none."""

from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from reid.common.errors import InputError
from reid.common.plugin import is_plugin, open_plugin

if TYPE_CHECKING:
    from reid import AppearanceModel

# Attributes that several cameras need, what they must be, and whether a value is; one camera only needs a callable.
_OF_EMBEDDER = {
    "name": ("a text", lambda value: isinstance(value, str)),
    "dimension": ("a whole number from 1", lambda value: isinstance(value, Integral) and int(value) > 0),
    "thresholds": ("an object with image, set and link, each a distance in 0..2 or None", lambda value: _are_distances(value)),
    "weights_hash": ("a text", lambda value: isinstance(value, str)),
    "embed": ("a function of images", callable),
}


def open_appearance(name: str, engine: str = "auto", device: str = "auto") -> "AppearanceModel | None":
    """Open a model by name, or from a .safetensors, .onnx or .xml file; None for "none".

    `module:attribute` is the user's own callable `(frame, boxes (N, 4)) -> (N, D)`, or a class of such. Raises as `reid.load`
    does, and `InputError` for an attribute that is not callable, or with an engine or device, which only networks of `reid` have.
    """
    if name == "none":
        return None
    if is_plugin(name):
        if (engine, device) != ("auto", "auto"):
            raise InputError(f"{name}: --engine and --device apply to networks of `reid` only: leave them out")
        model: Any = open_plugin(name)
        if not callable(model):
            raise InputError(f"{name}: not callable; an appearance model must map (frame, boxes) to embeddings (N, D)")
        return model
    # The network's packages take seconds to import, and runs without ReID do not need them.
    import reid

    return reid.load(name, engine=engine, device=device)


def require_embedder(model: object) -> None:
    """Raise `InputError` for a model that several cameras cannot use, naming what it lacks of `reid.AppearanceModel`."""
    if missing := [each for each in _OF_EMBEDDER if not hasattr(model, each)]:
        raise InputError(
            f"{model}: several cameras need an appearance model with {', '.join(missing)}, like reid.AppearanceModel"
        )
    for name, (wanted, fits) in _OF_EMBEDDER.items():
        if not fits(value := getattr(model, name)):
            raise InputError(f"{model}: its {name} must be {wanted}, like that of reid.AppearanceModel, not {value!r}")


def _are_distances(thresholds: object) -> bool:
    values = [getattr(thresholds, name, "missing") for name in ("image", "set", "link")]
    return all(value is None or (isinstance(value, Real) and 0 <= float(value) <= 2) for value in values)
