"""An OpenVINO IR as a PyTorch network: for CUDA, where OpenVINO does not run.

An IR is an XML file of layers and edges and a .bin file of constants.
"""

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import torch
from torch import nn

from reid.common.errors import InputError
from reid.engines.ir_operations import OPERATIONS, REAL, Attributes, numbers

_TYPES = {"f32": np.float32, "f16": np.float16, "i64": np.int64, "i32": np.int32}


class IrNetwork(nn.Module):
    """The network in `path` (.xml): images `(B, 3, H, W)` float32 to rows `(B, D)`, with B free if its reshapes allow it.

    `taken` and `given` are the shapes of its inputs and outputs, with None for free dimensions. Floating-point constants are
    buffers; shape constants stay on the CPU, so a CUDA graph can capture the pass. Raises InputError for a file that is not an
    IR, takes integers, or contains an unsupported operation. The forward pass raises it for an unsupported variant of an
    operation.
    """

    def __init__(self, path: str | Path):
        super().__init__()
        self._path = Path(path)
        try:
            root = ElementTree.parse(self._path).getroot()
            constants = self._path.with_suffix(".bin").read_bytes()
            layers = [_Layer(layer) for layer in _part(root, "layers")]
            _connect(layers, _part(root, "edges"))
            self._order = _sorted(layers)
            for layer in layers:
                if layer.kind == "Const":
                    self._keep(layer, constants)
        except (ElementTree.ParseError, TypeError, ValueError, KeyError, AttributeError) as error:
            told = f"not an OpenVINO IR that PyTorch can read ({type(error).__name__}: {error})"
            raise InputError(f"{self._path}: {told}; use the engine openvino") from None
        unknown = {layer.kind for layer in layers} - OPERATIONS.keys() - {"Const", "Parameter", "Result"}
        if unknown:
            raise InputError(f"{self._path}: PyTorch cannot run the operation {min(unknown)}; use the engine openvino")
        inputs = [layer for layer in layers if layer.kind == "Parameter"]
        whole = [kind for kind in (layer.attributes["element_type"] for layer in inputs) if kind not in REAL]
        if whole:
            raise InputError(f"{self._path}: takes inputs of type {whole[0]}; export it with an input of type f32")
        self.taken = [layer.gives for layer in inputs]
        self.given = [layer.takes for layer in layers if layer.kind == "Result"]

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
                values[layer.number] = self._run(layer, [values[each] for each in layer.inputs])
            for number in layer.spent:
                del values[number]
        return result

    def _run(self, layer: "_Layer", values: list[torch.Tensor]) -> torch.Tensor:
        try:
            return OPERATIONS[layer.kind](layer.attributes, *values)
        except (KeyError, TypeError, ValueError) as error:  # an unsupported variant, or another operation set
            told = f"{layer.kind} ({type(error).__name__}: {error})"
            raise InputError(f"{self._path}: PyTorch cannot run the operation {told}; use the engine openvino") from None

    def _keep(self, layer: "_Layer", constants: bytes) -> None:
        told = layer.attributes
        kind, shape = _TYPES[told["element_type"]], numbers(told["shape"])
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
    """One operation: its kind, the sources of its inputs, and its constant, if any."""

    def __init__(self, element: ElementTree.Element):
        data, inputs, outputs = element.find("data"), element.find("input"), element.find("output")
        self.number, self.kind = int(element.attrib["id"]), element.attrib["type"]
        self.attributes: Attributes = {} if data is None else dict(data.attrib)
        self.ports = [] if inputs is None else [int(port.attrib["id"]) for port in inputs]
        self.takes, self.gives = _sides(inputs), _sides(outputs)  # of the first input and output
        self.first = None if outputs is None else int(_part(outputs, "port").attrib["id"])
        self.inputs: list[int] = []
        self.spent: list[int] = []  # layers whose output is last read by this one
        self.buffer, self.constant = "", torch.empty(0)


def _part(element: ElementTree.Element, name: str) -> ElementTree.Element:
    found = element.find(name)
    if found is None:
        raise ValueError(f"{element.tag} without {name}")
    return found


def _sides(ports: ElementTree.Element | None) -> list[int | None]:
    """The shape of a layer's first port, with None for free dimensions."""
    sides = [] if ports is None else [int(side.text or "") for side in ports.findall("port[1]/dim")]
    return [None if side < 0 else side for side in sides]


def _connect(layers: list[_Layer], edges: ElementTree.Element) -> None:
    """Connect each layer to its inputs. Raises ValueError if a second output is used, and KeyError for a missing edge."""
    by_number = {layer.number: layer for layer in layers}
    sources: dict[tuple[int, int], int] = {}
    for edge in edges:
        start, port, end, place = (int(edge.attrib[key]) for key in ("from-layer", "from-port", "to-layer", "to-port"))
        if port != by_number[start].first:
            raise ValueError(f"the second output of a {by_number[start].kind} is used")
        sources[end, place] = start
    for layer in layers:
        layer.inputs = [sources[layer.number, port] for port in layer.ports]


def _sorted(layers: list[_Layer]) -> list[_Layer]:
    """The layers in topological order; each knows which values are last read by it.

    A file may list them in any order. Raises ValueError for a cycle.
    """
    waiting, order = list(layers), list[_Layer]()
    done: set[int] = set()
    while waiting:
        ready = [layer for layer in waiting if done.issuperset(layer.inputs)]
        if not ready:
            raise ValueError("the layers form a cycle")
        order += ready
        done |= {layer.number for layer in ready}
        waiting = [layer for layer in waiting if layer.number not in done]
    last = {number: layer for layer in order for number in layer.inputs}
    for number, layer in last.items():
        layer.spent.append(number)
    return order
