"""An OpenVINO IR as a PyTorch network: for CUDA, where OpenVINO does not run.

An IR is an XML file of layers and edges and a .bin file of constants. The operations are those that embedding networks are made
of, in the meaning of OpenVINO's operation sets; another one is told by its name.
"""

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from reid.errors import InputError

_TYPES = {"f32": np.float32, "f16": np.float16, "i64": np.int64, "i32": np.int32}
Attributes = dict[str, str]


class IrNetwork(nn.Module):
    """The network in `path` (.xml): images `(B, 3, H, W)` float32 to rows `(B, D)`, B free where its reshapes leave it free.

    Constants of floating point are buffers; those that are shapes stay on the CPU, so a CUDA graph can capture the pass. Raises
    InputError for a file that is no IR, or that holds an operation which is not known here.
    """

    def __init__(self, path: str | Path):
        super().__init__()
        path = Path(path)
        try:
            root = ElementTree.parse(path).getroot()
            constants = path.with_suffix(".bin").read_bytes()
            self._layers = [_Layer(layer) for layer in root.find("layers")]
            edges = [{key: int(value) for key, value in edge.attrib.items()} for edge in root.find("edges")]
            for layer in self._layers:
                if layer.kind == "Const":
                    self._keep(layer, constants)
        except (ElementTree.ParseError, TypeError, ValueError, KeyError, AttributeError) as error:
            raise InputError(f"{path}: not an OpenVINO IR that can be read ({type(error).__name__}: {error})") from None
        unknown = {layer.kind for layer in self._layers} - _OPERATIONS.keys() - {"Const", "Parameter", "Result"}
        if unknown:
            raise InputError(f"{path}: PyTorch cannot run its operation {min(unknown)}; use the engine openvino")
        sources = {(edge["to-layer"], edge["to-port"]): edge["from-layer"] for edge in edges}
        for layer in self._layers:
            layer.inputs = [sources[layer.number, port] for port in layer.ports]
        self._order = _sorted(self._layers)
        last = {number: layer for layer in self._order for number in layer.inputs}
        for number, layer in last.items():
            layer.spent.append(number)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        values: dict[int, torch.Tensor] = {}
        result = images
        for layer in self._order:
            if layer.kind == "Parameter":
                values[layer.number] = images
            elif layer.kind == "Const":
                values[layer.number] = getattr(self, layer.buffer) if layer.buffer else layer.constant
            elif layer.kind == "Result":
                result = values[layer.inputs[0]]
            else:
                values[layer.number] = _OPERATIONS[layer.kind](layer.attributes, *(values[each] for each in layer.inputs))
            for number in layer.spent:
                del values[number]
        return result

    def _keep(self, layer: "_Layer", constants: bytes) -> None:
        told = layer.attributes
        kind, shape = _TYPES[told["element_type"]], _numbers(told["shape"])
        start, size = int(told["offset"]), int(told["size"])
        array = torch.from_numpy(np.frombuffer(constants[start : start + size], kind).reshape(shape).copy())
        if array.ndim == 5:  # kernels of a grouped convolution, (groups, O / groups, I / groups, height, width)
            array = array.flatten(0, 1)
        if array.is_floating_point():
            layer.buffer = f"constant_{layer.number}"
            self.register_buffer(layer.buffer, array.float(), persistent=False)
        else:
            layer.constant = array


class _Layer:
    """One operation: what it is, where its inputs come from, and its constant, if it is one."""

    def __init__(self, element: ElementTree.Element):
        data, inputs = element.find("data"), element.find("input")
        self.number, self.kind = int(element.get("id")), element.get("type")
        self.attributes: Attributes = {} if data is None else dict(data.attrib)
        self.ports = [] if inputs is None else [int(port.get("id")) for port in inputs]
        self.inputs: list[int] = []
        self.spent: list[int] = []  # layers whose output nothing reads after this one
        self.buffer, self.constant = "", None


def _sorted(layers: list[_Layer]) -> list[_Layer]:
    """The layers so that each comes after those that it reads; a file may list them in another order."""
    waiting, done, order = list(layers), set(), []
    while waiting:
        ready = [layer for layer in waiting if done.issuperset(layer.inputs)]
        if not ready:
            raise InputError("an OpenVINO IR whose layers wait for each other in a circle")
        order += ready
        done |= {layer.number for layer in ready}
        waiting = [layer for layer in waiting if layer.number not in done]
    return order


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part.strip()]


def _padded(told: Attributes, images: torch.Tensor, value: float) -> torch.Tensor:
    if told.get("auto_pad", "explicit") not in ("explicit", "valid"):
        raise InputError(f"an OpenVINO IR with auto_pad {told['auto_pad']}; use the engine openvino")
    (top, left), (bottom, right) = _numbers(told["pads_begin"]), _numbers(told["pads_end"])
    return F.pad(images, (left, right, top, bottom), value=value) if top + left + bottom + right else images


def _convolution(told: Attributes, images: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    return _convolve(told, images, kernel, 1)


def _group_convolution(told: Attributes, images: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    return _convolve(told, images, kernel, images.shape[1] // kernel.shape[1])


def _convolve(told: Attributes, images: torch.Tensor, kernel: torch.Tensor, groups: int) -> torch.Tensor:
    strides, dilations = _numbers(told["strides"]), _numbers(told["dilations"])
    begin, end = _numbers(told["pads_begin"]), _numbers(told["pads_end"])
    if begin == end and told.get("auto_pad", "explicit") == "explicit":
        return F.conv2d(images, kernel, None, strides, begin, dilations, groups)
    return F.conv2d(_padded(told, images, 0.0), kernel, None, strides, 0, dilations, groups)


def _max_pool(told: Attributes, images: torch.Tensor) -> torch.Tensor:
    ceil = told.get("rounding_type", "floor") == "ceil"
    images = _padded(told, images, -torch.inf)
    return F.max_pool2d(images, _numbers(told["kernel"]), _numbers(told["strides"]), ceil_mode=ceil)


def _average_pool(told: Attributes, images: torch.Tensor) -> torch.Tensor:
    begin, end = _numbers(told["pads_begin"]), _numbers(told["pads_end"])
    if begin != end:
        raise InputError("an OpenVINO IR whose average pooling pads its sides differently; use the engine openvino")
    ceil, counted = told.get("rounding_type", "floor") == "ceil", told["exclude-pad"] != "true"
    return F.avg_pool2d(images, _numbers(told["kernel"]), _numbers(told["strides"]), begin, ceil, counted)


def _normalise(told: Attributes, values: torch.Tensor, axes: torch.Tensor) -> torch.Tensor:
    axes, exact = axes.tolist(), values.float()
    exact = exact - exact.mean(axes, keepdim=True)
    if told["normalize_variance"] == "true":
        square, floor = exact.pow(2).mean(axes, keepdim=True), float(told["eps"])
        exact = exact / ((square + floor).sqrt() if told["eps_mode"].lower() == "inside_sqrt" else square.sqrt() + floor)
    return exact.to(values.dtype)


def _reshape(told: Attributes, values: torch.Tensor, shape: torch.Tensor) -> torch.Tensor:
    sides = shape.tolist()
    if told["special_zero"] == "true":
        sides = [values.shape[axis] if side == 0 else side for axis, side in enumerate(sides)]
    return values.reshape(sides)


def _gather(told: Attributes, values: torch.Tensor, indices: torch.Tensor, axis: torch.Tensor) -> torch.Tensor:
    # One slice an index: a CUDA graph that is being captured takes no indices from the CPU.
    picked = torch.cat([values.narrow(int(axis), index, 1) for index in indices.flatten().tolist()], int(axis))
    return picked.unflatten(int(axis), indices.shape) if indices.ndim else picked.squeeze(int(axis))


def _matrix_product(told: Attributes, first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    first, second = (
        each.transpose(-1, -2) if told[name] == "true" else each
        for name, each in (("transpose_a", first), ("transpose_b", second))
    )
    return first @ second


def _mean(told: Attributes, values: torch.Tensor, axes: torch.Tensor) -> torch.Tensor:
    return values.mean(axes.tolist(), keepdim=told["keep_dims"] == "true")


_OPERATIONS: dict[str, Callable[..., torch.Tensor]] = {
    "Add": lambda told, a, b: a + b,
    "AvgPool": _average_pool,
    "Concat": lambda told, *parts: torch.cat(parts, int(told["axis"])),
    "Convert": lambda told, values: values,  # constants are float32 already
    "Convolution": _convolution,
    "Gather": _gather,
    "GroupConvolution": _group_convolution,
    "MVN": _normalise,
    "MatMul": _matrix_product,
    "MaxPool": _max_pool,
    "Multiply": lambda told, a, b: a * b,
    "PReLU": lambda told, values, slope: F.prelu(values, slope.flatten().to(values.dtype)),
    "ReLU": lambda told, values: values.relu(),
    "ReduceMean": _mean,
    "Reshape": _reshape,
    "ShapeOf": lambda told, values: torch.tensor(values.shape),
    "Sigmoid": lambda told, values: values.sigmoid(),
    "Subtract": lambda told, a, b: a - b,
}
