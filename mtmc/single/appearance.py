"""The appearance model that a command is given by `--reid`: a name, a file, a user's own, or none."""

from typing import TYPE_CHECKING, Any

from reid.common.errors import InputError
from reid.common.plugin import is_plugin, open_plugin

if TYPE_CHECKING:
    from reid import AppearanceModel

# What several cameras ask of a model beside `embed`; one camera asks only that it can be called.
_OF_EMBEDDER = "name", "dimension", "thresholds", "weights_hash", "embed"


def open_appearance(name: str, engine: str = "auto", device: str = "auto") -> "AppearanceModel | None":
    """The model of that name, or of that .safetensors, .onnx or .xml file; None for "none".

    `module:attribute` is a callable `(frame, boxes (N, 4)) -> (N, D)` of a user's own, or a class of such. Raises as `reid.load`
    does, and `InputError` for an attribute that cannot be called and for an engine or device that only our networks have.
    """
    if name == "none":
        return None
    if is_plugin(name):
        if (engine, device) != ("auto", "auto"):
            raise InputError(f"{name}: --engine and --device are for networks of `reid`: leave them out")
        model: Any = open_plugin(name)
        if not callable(model):
            raise InputError(f"{name}: not callable; an appearance model maps (frame, boxes) to embeddings (N, D)")
        return model
    # The network's packages take seconds to import, and without ReID nobody needs them.
    import reid

    return reid.load(name, engine=engine, device=device)


def require_embedder(model: object) -> None:
    """Raise `InputError` for a model that several cameras cannot use, naming what it lacks of `reid.AppearanceModel`."""
    if missing := [each for each in _OF_EMBEDDER if not hasattr(model, each)]:
        raise InputError(
            f"{model}: several cameras need an appearance model with {', '.join(missing)}, as reid.AppearanceModel has"
        )
