"""A parser whose answer is known: it finds in each cell of an image the label whose colour the cell has."""

import torch
from torch import nn
from torch.nn import functional as F

from reid.models import Head
from reid.parsing.colours import COLOURS
from reid.preprocessing import Preprocessing

SHARPNESS = 500.0  # the probability of the right label is then 1 up to a rounding


class SmallParser(nn.Module):
    """The logits of a label fall with the squared distance from its colour; 32x16 to maps of 8x4."""

    dimension = 20

    def __init__(self):
        super().__init__()
        self.preprocessing = Preprocessing(32, 16, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
        self.nearest = nn.Conv2d(3, 20, 1)
        colours = torch.from_numpy(COLOURS[:, ::-1] / 255.0).float()
        self.nearest.weight.data = 2 * SHARPNESS * colours[..., None, None]
        self.nearest.bias.data = -SHARPNESS * colours.square().sum(1)

    def forward(self, images):
        logits = self.nearest(F.avg_pool2d(images, 4))
        return [Head(None, None, None, maps=logits)] if self.training else logits.softmax(1)


def small_parser(classes: int = 0) -> SmallParser:
    """A parser for tests."""
    return SmallParser()
