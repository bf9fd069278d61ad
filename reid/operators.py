"""torchvision, also where its compiled operators do not fit the torch build beside it.

A CPU-only torch next to a torchvision built for CUDA cannot load torchvision's library, and `import torchvision` then fails with
"operator torchvision::nms does not exist". Whoever needs torchvision writes `from reid.operators import torchvision`: where the
package is whole this is a plain import, else the two operators that its import asks for are declared first, with CPU kernels.
"""

import importlib
import sys
from types import ModuleType

import torch

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_declared: list[torch.library.Library] = []  # the dispatcher forgets a kernel when its Library object dies


def non_maximum_suppression(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    """Indices `(K,)` of the boxes kept greedily by falling score: one whose IoU with a kept box exceeds `iou_threshold` goes.

    `boxes` are `(N, 4)` xyxy, `scores` `(N,)`. Equal scores keep the order of the input. A box without area overlaps nothing.
    """
    left, top, right, bottom = boxes.float().unbind(1)
    areas = (right - left) * (bottom - top)
    remaining = torch.argsort(scores, descending=True, stable=True)
    kept = []
    while remaining.numel():
        best, remaining = remaining[0], remaining[1:]
        kept.append(best)
        width = torch.minimum(right[best], right[remaining]) - torch.maximum(left[best], left[remaining])
        height = torch.minimum(bottom[best], bottom[remaining]) - torch.maximum(top[best], top[remaining])
        overlap = width.clamp(min=0) * height.clamp(min=0)
        remaining = remaining[~(overlap > iou_threshold * (areas[best] + areas[remaining] - overlap))]
    return torch.stack(kept) if kept else torch.empty(0, dtype=torch.long)


def _quantised_suppression(boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float) -> torch.Tensor:
    return non_maximum_suppression(boxes.dequantize(), scores.dequantize(), iou_threshold)


def _declare_operators() -> None:
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name, kernel, key in (("nms", non_maximum_suppression, "CPU"), ("qnms", _quantised_suppression, "QuantizedCPU")):
        library.define(name + _SCHEMA)
        library.impl(name, kernel, key)
    _declared.append(library)


def _import_torchvision() -> ModuleType:
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    _declare_operators()
    package = importlib.import_module("torchvision")
    package.ops.boxes._assert_has_ops = lambda: None  # its check knows only the compiled library, not the kernels declared above
    return package


torchvision = _import_torchvision()
