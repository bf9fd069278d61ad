"""PyTorch: the reference on a CPU, half precision and channels last on CUDA."""

from typing import TYPE_CHECKING

import numpy as np

from reid.network_file import NetworkFile
from reid.weights_file import Weights

if TYPE_CHECKING:
    from torch import nn

READS = (".xml",)  # of the files from elsewhere


def precisions(device: str) -> list[str]:
    """What this engine can compute in on `device`, fastest first, float32 last."""
    return ["f32"] if device == "cpu" else ["f16", "f32"]


def open_engine(source: Weights | NetworkFile, device: str, precision: str) -> "PyTorch":
    """Build the network on `device`."""
    return PyTorch(network_of(source), device, precision)


def network_of(source: Weights | NetworkFile) -> "nn.Module":
    """The network in evaluation mode, float32. Raises InputError for a file that PyTorch does not run."""
    if isinstance(source, Weights):
        return source.network()
    from reid.engines.ir_network import IrNetwork

    return IrNetwork(source.path).eval()


class PyTorch:
    """A network in evaluation mode, called with arrays."""

    name = "pytorch"

    def __init__(self, network: "nn.Module", device: str, precision: str):
        import torch

        self.device, self.precision = device, precision
        self._layout = torch.contiguous_format if device == "cpu" else torch.channels_last
        self._network = network.to(device, memory_format=self._layout)
        self._context = torch.autocast(torch.device(device).type, torch.float16, enabled=precision == "f16")

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """`(B, 3, H, W)` to `(B, D)`, float32."""
        import torch

        inputs = torch.from_numpy(images).to(self.device, memory_format=self._layout)
        with torch.inference_mode(), self._context:
            return self._network(inputs).float().cpu().numpy()
