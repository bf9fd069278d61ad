"""The operations of embedding networks, as defined by OpenVINO's operation sets, in PyTorch.

Each takes the attributes in the XML file and its inputs, in order. It raises ValueError, KeyError or TypeError for attributes and
inputs without an equivalent in PyTorch.
"""

from collections.abc import Callable

import torch
from torch.nn import functional as F

REAL = {"f32", "f16", "bf16", "f64"}  # floating-point types
Attributes = dict[str, str]


def numbers(text: str) -> list[int]:
    """Parse an attribute such as `1, 2`."""
    return [int(part) for part in text.split(",") if part.strip()]


def _padding(told: Attributes) -> tuple[list[int], list[int]]:
    """Padding in pixels at the top and left, and at the bottom and right."""
    kind = told.get("auto_pad", "explicit")
    if kind == "valid":
        return [0, 0], [0, 0]
    if kind != "explicit":
        raise ValueError(f"auto_pad is {kind}")
    return numbers(told["pads_begin"]), numbers(told["pads_end"])


def _padded(told: Attributes, images: torch.Tensor, value: float) -> torch.Tensor:
    (top, left), (bottom, right) = _padding(told)
    return F.pad(images, (left, right, top, bottom), value=value) if top + left + bottom + right else images


def _convolution(told: Attributes, images: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    return _convolve(told, images, kernel, 1)


def _group_convolution(told: Attributes, images: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    kernel = kernel.flatten(0, 1) if kernel.ndim == 5 else kernel  # a reshape gave it five axes
    return _convolve(told, images, kernel, images.shape[1] // kernel.shape[1])


def _convolve(told: Attributes, images: torch.Tensor, kernel: torch.Tensor, groups: int) -> torch.Tensor:
    strides, dilations = numbers(told["strides"]), numbers(told["dilations"])
    begin, end = _padding(told)
    if begin == end:
        return F.conv2d(images, kernel, None, strides, begin, dilations, groups)
    return F.conv2d(_padded(told, images, 0.0), kernel, None, strides, 0, dilations, groups)


def _max_pool(told: Attributes, images: torch.Tensor) -> torch.Tensor:
    _check_rounding(told)
    images, kernel, strides = _padded(told, images, -torch.inf), numbers(told["kernel"]), numbers(told["strides"])
    return F.max_pool2d(images, kernel, strides, dilation=numbers(told.get("dilations", "1, 1")))


def _average_pool(told: Attributes, images: torch.Tensor) -> torch.Tensor:
    _check_rounding(told)
    begin, end = _padding(told)
    if begin != end:
        raise ValueError("the two sides are padded differently")
    counted = told["exclude-pad"] != "true"
    return F.avg_pool2d(images, numbers(told["kernel"]), numbers(told["strides"]), begin, count_include_pad=counted)


def _check_rounding(told: Attributes) -> None:
    if told.get("rounding_type", "floor") != "floor":  # the two differ on windows that start in the padding
        raise ValueError(f"rounding_type is {told['rounding_type']}")


def _normalise(told: Attributes, values: torch.Tensor, axes: torch.Tensor) -> torch.Tensor:
    over, exact = axes.tolist(), values.float()
    exact = exact - exact.mean(over, keepdim=True)
    if told["normalize_variance"] == "true":
        square, floor = exact.pow(2).mean(over, keepdim=True), float(told["eps"])
        exact = exact / ((square + floor).sqrt() if told["eps_mode"].lower() == "inside_sqrt" else square.sqrt() + floor)
    return exact.to(values.dtype)


def _convert(told: Attributes, values: torch.Tensor) -> torch.Tensor:
    """Return the values unchanged: all floating-point values have the network's precision, and all integers are shapes."""
    if (told["destination_type"] in REAL) != values.is_floating_point():
        raise ValueError(f"from {values.dtype} to {told['destination_type']}")
    return values


def _reshape(told: Attributes, values: torch.Tensor, shape: torch.Tensor) -> torch.Tensor:
    sides = shape.tolist()
    if told["special_zero"] == "true":
        sides = [values.shape[axis] if side == 0 else side for axis, side in enumerate(sides)]
    return values.reshape(sides)


def _gather(told: Attributes, values: torch.Tensor, indices: torch.Tensor, axis: torch.Tensor) -> torch.Tensor:
    if int(told.get("batch_dims", 0)):
        raise ValueError(f"batch_dims is {told['batch_dims']}")
    # One slice per index: CUDA graph capture allows no indices from the CPU.
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


OPERATIONS: dict[str, Callable[..., torch.Tensor]] = {
    "Add": lambda told, a, b: a + b,
    "AvgPool": _average_pool,
    "Concat": lambda told, *parts: torch.cat(parts, int(told["axis"])),
    "Convert": _convert,
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
