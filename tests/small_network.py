"""A network small enough to export in a moment, under the contract of the real ones."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from reid.models import registry
from reid.preprocessing import Preprocessing
from reid.weights_file import Weights, weights_of


class Small(nn.Module):
    """Two convolutions and a linear layer, 32x16 to 8-d unit rows."""

    preprocessing = Preprocessing(32, 16)
    dimension = 8

    def __init__(self, classes: int):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 8, 3, 2, 1))
        self.head = nn.Linear(8 * 8 * 4, 8)
        self.classifiers = nn.ModuleList(nn.Linear(8, classes, bias=False) for _ in range(bool(classes)))

    def forward(self, images):
        return F.normalize(self.head(self.body(images).flatten(1)))


def small(classes: int = 0) -> Small:
    """A network for tests."""
    return Small(classes)


@pytest.fixture
def small_weights(monkeypatch, tmp_path) -> Weights:
    """Weights of the registered network `small`; exports go to a cache of the test's own."""
    monkeypatch.setitem(registry._builders, "small", small)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.manual_seed(0)
    return weights_of("small", small(classes=5), {"epochs": 3})
