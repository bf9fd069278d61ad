"""PyTorch: the reference on a CPU, half precision and channels last on CUDA."""

from typing import TYPE_CHECKING

import numpy as np

from reid.common.errors import InputError
from reid.export import probe
from reid.weights.network_file import NetworkFile, check_shapes
from reid.weights.weights_file import Weights

if TYPE_CHECKING:
    from torch import nn

READS = (".xml",)  # external files
_ROUNDING = 1e-4  # of the largest component: tolerance of float32 for another order of summation


def precisions(device: str) -> list[str]:
    """The precisions of this engine on `device`, fastest first, float32 last."""
    return ["f32"] if device == "cpu" else ["f16", "f32"]


def open_engine(source: Weights | NetworkFile, device: str, precision: str) -> "PyTorch":
    """Build the network on `device`."""
    return PyTorch(network_of(source), device, precision)


def network_of(source: Weights | NetworkFile) -> "nn.Module":
    """The network in evaluation mode, float32, for batches of any size.

    Raises InputError for a file that PyTorch cannot run, for one whose input differs from its YAML, and for one that takes a
    single image and, in a batch of two, fails or gives other rows.
    """
    if isinstance(source, Weights):
        return source.network()
    from reid.engines.ir_network import IrNetwork

    network = IrNetwork(source.path).eval()
    if check_shapes(source, network.taken, network.given) and not _takes_batches(network, probe(source.preprocessing, 2)):
        way_out = "export it with a free batch axis, or use the engine openvino"
        raise InputError(f"{source.path}: takes one image at a time, which PyTorch cannot change; {way_out}")
    return network


def _takes_batches(network: "nn.Module", images: np.ndarray) -> bool:
    import torch

    with torch.inference_mode():
        alone = torch.cat([network(image[None]) for image in torch.from_numpy(images)])
        try:
            together = network(torch.from_numpy(images))
        except RuntimeError:  # a reshape to one image
            return False
    return together.shape == alone.shape and bool((together - alone).abs().max() <= _ROUNDING * alone.abs().max())


class PyTorch:
    """A network in evaluation mode, called with arrays."""

    name = "pytorch"

    def __init__(self, network: "nn.Module", device: str, precision: str):
        import torch

        self.device, self.precision = device, precision
        self._layout = torch.contiguous_format if device == "cpu" else torch.channels_last
        self._network = network.to(device).to(memory_format=self._layout)  # type: ignore[call-overload]
        self._context = torch.autocast(torch.device(device).type, torch.float16, enabled=precision == "f16")

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """`(B, 3, H, W)` to `(B, D)`, float32."""
        import torch

        inputs = torch.from_numpy(images).to(self.device, memory_format=self._layout)
        with torch.inference_mode(), self._context:
            return self._network(inputs).float().cpu().numpy()
