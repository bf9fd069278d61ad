"""The appearance model that a command is given by `--reid`: a name, a file, or none."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reid import AppearanceModel


def open_appearance(name: str) -> "AppearanceModel | None":
    """The model of that name, or of that .safetensors, .onnx or .xml file; None for "none". Raises as `reid.load` does."""
    if name == "none":
        return None
    # The network's packages take seconds to import, and without ReID nobody needs them.
    import reid

    return reid.load(name)
