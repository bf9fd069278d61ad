"""torchvision beside a torch that its compiled library does not fit, as one for the CPU alone and a torchvision built for CUDA.

`import torchvision` then fails, since it asks for operators that the library would have declared. The networks here need none of
them, so their names are declared beforehand and the import succeeds, also the one in timm. Whoever does call such an operator is
told by torchvision itself that its library is missing.
"""

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import torch

from reid.common.errors import InputError

_OPERATORS = "nms", "qnms"  # that the import asks for
_declared: list[torch.library.Library] = []  # the dispatcher forgets a declaration when its Library object dies


def declare_operators() -> None:
    """Declare what `import torchvision` asks for, where its library cannot be loaded. Call this before anybody imports it."""
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
    """torchvision, which timm imports too. Raises InputError, with the command that mends it, where it does not fit torch."""
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
