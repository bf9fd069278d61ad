"""torchvision beside a torch that it does not fit: its import succeeds all the same, or a sentence says what mends it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reid.common.errors import InputError
from reid.models.backbones import build_backbone
from reid.models.operators import import_torchvision

# What torchvision does when it is imported: it asks for operators that its library, which is built for another torch, lacks.
ASKING = """
import torch
for name in ("nms", "qnms"):
    torch.library.register_fake(f"torchvision::{name}")(lambda *_: None)
"""


def run(folder: Path, program: str) -> subprocess.CompletedProcess:
    """Run `program` where the package torchvision in `folder` hides the installed one."""
    (folder / "torchvision").mkdir()
    (folder / "torchvision/_C.so").write_bytes(b"built for another torch")
    (folder / "torchvision/__init__.py").write_text(ASKING)
    root = Path(__file__).parents[1]
    paths = os.pathsep.join(map(str, (folder, root)))
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=os.environ | {"PYTHONPATH": paths})


def test_a_network_module_may_import_a_torchvision_whose_library_does_not_load(tmp_path):
    program = "import reid.models, torchvision; print(torchvision.__file__)"
    assert run(tmp_path, program).stdout.strip() == str(tmp_path / "torchvision/__init__.py")


def test_without_the_declared_operators_that_import_fails(tmp_path):
    assert "operator torchvision::nms does not exist" in run(tmp_path, "import torchvision").stderr


@pytest.mark.parametrize("backbone", ["resnet18", "seresnet50", "resnet50_ibn_a"])
def test_a_pair_that_does_not_fit_is_told_with_the_command_that_mends_it(monkeypatch, backbone):
    monkeypatch.setitem(sys.modules, "torchvision", None)  # what makes its import fail
    with pytest.raises(InputError, match=r"^torch \d.* and torchvision \d.* do not fit .*: `pip install .* torch torchvision`"):
        build_backbone(backbone, 1)


def test_the_installed_pair_builds_a_backbone():
    assert import_torchvision().models.resnet18().fc.out_features == 1000
