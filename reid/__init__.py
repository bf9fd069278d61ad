"""Person re-identification: networks that map images of people to embeddings, near for one person, far for two.

`load` opens a network by name or file, and `available` lists the names. Importing this package loads no network library; its
functions do so when they are called.
"""

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reid.common.processor import limit_onednn

if TYPE_CHECKING:
    from reid.appearance import AppearanceModel

__all__ = ["AppearanceModel", "available", "evaluation", "load"]

limit_onednn()
# OpenVINO sends usage telemetry unless its telemetry package is missing; programs that watch people must not.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]


def available() -> list[str]:
    """The names of the networks that `load` knows, sorted. Only some of them ship with weights."""
    from reid.models import available

    return available()


def load(name: str | Path, weights: str | Path = "auto", engine: str = "auto", device: str = "auto") -> "AppearanceModel":
    """Open an appearance model; see `reid.appearance.load`."""
    from reid.appearance import load

    return load(name, weights, engine, device)


def __getattr__(name: str) -> object:
    if name == "AppearanceModel":
        from reid.appearance import AppearanceModel

        return AppearanceModel
    if name == "evaluation":
        return importlib.import_module("reid.evaluation")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
