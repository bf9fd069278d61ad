"""Import torchvision with a torch that its compiled library does not match, such as a CPU-only torch and a torchvision for CUDA.

`import torchvision` then fails, since it needs operators that the library would have declared. The networks here use none of
them, so declaring their names beforehand makes the import succeed, in timm as well. Calling such an operator still raises
torchvision's own error about the missing library.
"""

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import torch

from reid.common.errors import InputError

_OPERATORS = "nms", "qnms"  # required by the import
_declared: list[torch.library.Library] = []  # the dispatcher drops a declaration with its Library object


def declare_operators() -> None:
    """Declare the operators that `import torchvision` needs, if its library cannot be loaded. Call this before any import of
    it."""
    package = find_spec("torchvision") if "torchvision" not in sys.modules else None
    if package is None or package.origin is None or _declared:
        return
    for path in Path(package.origin).parent.glob("_C.*"):
        try:
            torch.ops.load_library(path)
        except OSError:
            _declared.append(torch.library.Library("torchvision", "FRAGMENT"))
            for name in _OPERATORS:
                _declared[0].define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
            return


def import_torchvision() -> ModuleType:
    """Import torchvision, which timm needs too. Raises InputError, with the command that fixes it, if it does not match torch."""
    try:
        return importlib.import_module("torchvision")
    except (ImportError, AttributeError, RuntimeError) as error:
        pair = " and ".join(f"{name} {_version(name)}" for name in ("torch", "torchvision"))
        mend = "`pip install --force-reinstall torch torchvision`, both with the options that pytorch.org gives for this machine"
        raise InputError(f"{pair} do not fit each other ({' '.join(str(error).split())}): {mend}") from None


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
