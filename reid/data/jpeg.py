"""JPEG compression artefacts: 8x8 blocks lose high frequencies. For whole batches, on any device."""

import torch
from torch.nn import functional as F

# ITU-T T.81, table K.1: the quantisation of the luminance at quality 50.
_TABLE = [
    [16, 11, 10, 16, 24, 40, 51, 61],
    [12, 12, 14, 19, 26, 58, 60, 55],
    [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62],
    [18, 22, 37, 56, 68, 109, 103, 77],
    [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101],
    [72, 92, 95, 98, 112, 100, 103, 99],
]
# ITU-T T.871: luminance and the two colour differences of blue, green and red.
_COLOURS = [[0.114, 0.587, 0.299], [0.5, -0.3313, -0.1687], [-0.0813, -0.4187, 0.5]]

_BACK = torch.linalg.inv(torch.tensor(_COLOURS)).T.tolist()


def compress(images: torch.Tensor, qualities: torch.Tensor) -> torch.Tensor:
    """Compress `(B, H, W, 3)` BGR images in 0..255 with JPEG `qualities (B,)`, 1..100, and decode them; quality 0 leaves an image
    unchanged.

    The scale of the table is that of the Independent JPEG Group: 5000 / q below quality 50, 200 - 2 q from there on, per cent.
    The two chroma channels use the luminance table, too, and keep their resolution; files mostly use the coarser table K.2 at
    half the resolution. So brightness is as from a file, and colours are better.
    """
    height, width = images.shape[1:3]
    device = images.device
    waves, colours = _cosines(device), torch.tensor(_COLOURS, device=device)
    table = torch.tensor(_TABLE, dtype=torch.float32, device=device)
    quality = qualities.clamp(1, 100)
    percent = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    steps = (table * percent[:, None, None] / 100).clamp(min=1)[:, None, None, None]
    planes = ((images - 128) @ colours.T).permute(0, 3, 1, 2)
    planes = F.pad(planes, (0, -width % 8, 0, -height % 8), mode="replicate")
    blocks = planes.unflatten(2, (-1, 8)).unflatten(4, (-1, 8)).transpose(3, 4)  # (B, 3, rows, columns, 8, 8)
    kept = ((waves @ blocks @ waves.T) / steps).round() * steps
    planes = (waves.T @ kept @ waves).transpose(3, 4).flatten(4, 5).flatten(2, 3)[:, :, :height, :width]
    back = planes.permute(0, 2, 3, 1) @ torch.tensor(_BACK, device=device) + 128
    return torch.where(qualities[:, None, None, None] > 0, back.clamp(0, 255), images)


def _cosines(device: torch.device) -> torch.Tensor:
    """The matrix `(8, 8)` of the discrete cosine transform: ITU-T T.81, A.3.3. Its transpose is its inverse."""
    index = torch.arange(8, device=device)
    matrix = torch.cos((2 * index[None, :] + 1) * index[:, None] * torch.pi / 16) / 2
    matrix[0] /= 2**0.5
    return matrix
