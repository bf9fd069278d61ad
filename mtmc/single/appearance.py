"""Open the appearance model given by `--reid`: a name, a file, the user's own, or none."""

from typing import TYPE_CHECKING, Any

from reid.common.errors import InputError
from reid.common.plugin import is_plugin, open_plugin

if TYPE_CHECKING:
    from reid import AppearanceModel

# Attributes that several cameras need; one camera only needs a callable.
_OF_EMBEDDER = "name", "dimension", "thresholds", "weights_hash", "embed"


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
    """Raise `InputError` for a model that several cameras cannot use, listing what it lacks of `reid.AppearanceModel`."""
    if missing := [each for each in _OF_EMBEDDER if not hasattr(model, each)]:
        raise InputError(
            f"{model}: several cameras need an appearance model with {', '.join(missing)}, like reid.AppearanceModel"
        )
