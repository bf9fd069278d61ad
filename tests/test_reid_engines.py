"""Every engine gives the network's embeddings; exports are made once."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.onnx.utils import export as export_torch

from reid import engines, export
from reid.common.errors import InputError
from reid.engines import installed, open_engine, openvino
from reid.models import build
from reid.weights.network_file import read_network_file, write_description
from reid.weights.thresholds import Thresholds
from reid.weights.weights_file import weights_of


@pytest.mark.parametrize("name", ["robust", "hacnn"])
@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_an_exported_network_agrees_with_pytorch(name, engine, tmp_path, monkeypatch):
    pytest.importorskip(engine)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    torch.manual_seed(0)
    weights = weights_of(name, build(name))
    images = export.probe(weights.preprocessing, 5)
    reference = open_engine(weights, "pytorch", "cpu")(images)
    assert export.least_cosine(open_engine(weights, engine, "cpu")(images), reference) > 0.999


def test_the_precision_falls_back_where_the_fast_one_is_too_coarse(small_weights, monkeypatch):
    monkeypatch.setattr(openvino, "precisions", lambda device: ["bf16", "f32"])
    monkeypatch.setattr(engines, "LEAST_COSINE", 1.0)
    assert open_engine(small_weights, "openvino", "cpu").precision == "f32"
    monkeypatch.setattr(engines, "LEAST_COSINE", 0.9)
    assert open_engine(small_weights, "openvino", "cpu").precision == "bf16"


def test_an_export_is_made_once(small_weights, monkeypatch):
    images = export.probe(small_weights.preprocessing)
    first = open_engine(small_weights, "openvino", "cpu")(images)
    monkeypatch.setattr(openvino, "export_openvino", None)  # a second export would fail
    np.testing.assert_array_equal(open_engine(small_weights, "openvino", "cpu")(images), first)


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("share", [0, 0.5, 0.99])
def test_a_damaged_export_is_made_anew(small_weights, tmp_path, engine, share):
    pytest.importorskip(engine)
    images = export.probe(small_weights.preprocessing)
    first = open_engine(small_weights, engine, "cpu")(images)
    (folder,) = (tmp_path / "cache" / "mtmc" / "engines").iterdir()
    largest = max(folder.iterdir(), key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[: int(share * largest.stat().st_size)])
    np.testing.assert_array_equal(open_engine(small_weights, engine, "cpu")(images), first)


def test_exports_used_last_are_kept_within_the_bound(small_weights, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "MOST", 1)
    for kind in ("torch", "openvino"):
        kept = export.cached_export(small_weights, kind, lambda folder: (folder / "network").write_text("long"))
    assert list((tmp_path / "cache" / "mtmc" / "engines").iterdir()) == [kept]


def test_other_weights_are_exported_anew(small_weights):
    network = small_weights.network()
    network.head.weight.data.neg_()
    network.head.bias.data.neg_()
    images = export.probe(small_weights.preprocessing)
    first = open_engine(small_weights, "openvino", "cpu")(images)
    np.testing.assert_allclose(open_engine(weights_of("small", network), "openvino", "cpu")(images), -first, atol=1e-2)


def test_an_export_that_disagrees_is_not_kept(small_weights, monkeypatch, tmp_path):
    monkeypatch.setattr(openvino, "verify", lambda *_: (_ for _ in ()).throw(RuntimeError("does not agree")))
    with pytest.raises(RuntimeError, match="does not agree"):
        open_engine(small_weights, "openvino", "cpu")
    assert list((tmp_path / "cache" / "mtmc" / "engines").iterdir()) == []


def test_an_unwritable_cache_is_said_once_and_done_without(small_weights, monkeypatch, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    images = export.probe(small_weights.preprocessing)
    for _ in range(2):
        assert open_engine(small_weights, "openvino", "cpu")(images).shape == (8, 8)
    assert len([record for record in caplog.records if "is not writable" in record.message]) == 1


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("Can't write bin file")])
def test_a_full_cache_disk_is_said_and_done_without(small_weights, monkeypatch, caplog, error):
    real, called = openvino.export_openvino, []

    def failing(network, preprocessing, path):
        called.append(path)
        if len(called) == 1:
            raise error
        real(network, preprocessing, path)

    monkeypatch.setattr(openvino, "export_openvino", failing)
    with pytest.raises(type(error)):
        open_engine(small_weights, "openvino", "cpu")
    called.clear()
    monkeypatch.setattr(export.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 0}))
    assert open_engine(small_weights, "openvino", "cpu")(export.probe(small_weights.preprocessing)).shape == (8, 8)
    assert "(the disk is full)" in caplog.text
    assert called[1].parent.parent != called[0].parent.parent  # another folder; a processor with bf16 may open it again for f32


def test_verification_refuses_a_network_that_computes_something_else(small_weights):
    network = small_weights.network()
    with pytest.raises(RuntimeError, match="does not agree"):
        export.verify(lambda images: np.random.default_rng(0).normal(size=(len(images), 8)), network, network.preprocessing)


def test_an_onnx_file_of_ones_own_runs_on_every_engine_that_reads_it(small_weights, tmp_path):
    pytest.importorskip("onnx")
    network = small_weights.network()
    path = tmp_path / "own.onnx"
    export.export_onnx(network, network.preprocessing, path)
    write_description(path, network.preprocessing, Thresholds(0.3))
    source = read_network_file(path)
    assert (source.preprocessing, source.thresholds.image) == (network.preprocessing, 0.3)
    images = export.probe(network.preprocessing, 3)
    reference = open_engine(small_weights, "pytorch", "cpu")(images)
    for engine in set(installed()) - {"pytorch"}:
        assert export.least_cosine(open_engine(source, engine, "cpu")(images), reference) > 0.999
    with pytest.raises(InputError, match=r"the engine pytorch does not read \.onnx files; use openvino or onnxruntime"):
        open_engine(source, "pytorch", "cpu")


def write_own(network, path, count="batch", height=32, outputs=1, flat=True):
    """An ONNX file of the network for `count` images at a time, described as one for images `height` high."""

    class Own(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, images):
            rows = self.network(images)
            return [rows if flat else rows[:, :, None, None]] * outputs

    size = network.preprocessing
    axes = {"images": {0: "batch"}} if count == "batch" else {}
    images = torch.from_numpy(export.probe(size, 2 if count == "batch" else count))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export_torch(Own().eval(), (images,), str(path), input_names=["images"], dynamic_axes=axes, opset_version=17)
    write_description(path, replace(size, height=height), Thresholds(0.3))


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_a_network_that_takes_one_image_at_a_time_gets_them_one_by_one(engine, small_weights, tmp_path):
    for package in ("onnx", engine):
        pytest.importorskip(package)
    network = small_weights.network()
    write_own(network, tmp_path / "own.onnx", count=1)
    images = export.probe(network.preprocessing, 3)
    found = open_engine(read_network_file(tmp_path / "own.onnx"), engine, "cpu")(images)
    assert export.least_cosine(found, open_engine(small_weights, "pytorch", "cpu")(images)) > 0.999


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"count": 4}, r"own\.onnx: takes 4 images at a time", id="four at a time"),
        pytest.param({"height": 64}, r"own\.yaml: height 64, but own\.onnx takes images of 32x16", id="another height"),
        pytest.param({"flat": False}, r"to one output \(B, D\), not .* to \(\w+, 8, 1, 1\)", id="maps"),
        pytest.param({"outputs": 2}, r"to \(\w+, 8\), \(\w+, 8\)", id="two outputs"),
    ],
)
def test_a_network_that_is_no_embedding_network_is_told_by_its_shapes(engine, small_weights, tmp_path, changes, sentence):
    for package in ("onnx", engine):
        pytest.importorskip(package)
    write_own(small_weights.network(), tmp_path / "own.onnx", **changes)
    with pytest.raises(InputError, match=sentence):
        open_engine(read_network_file(tmp_path / "own.onnx"), engine, "cpu")


def test_an_interrupt_that_a_conversion_swallows_ends_it_all_the_same():
    for outcome in (lambda: None, lambda: divmod(1, 0)):
        with pytest.raises(KeyboardInterrupt), export.interrupts():
            with contextlib.suppress(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(5)
            outcome()
    with pytest.raises(ZeroDivisionError), export.interrupts():
        divmod(1, 0)


def test_openvino_does_not_report_its_uses():
    code = "import sys, reid, openvino; sys.exit(any(name.startswith('openvino_telemetry.') for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_a_file_that_is_no_network_is_one_sentence(engine, tmp_path):
    pytest.importorskip(engine)
    (tmp_path / "own.onnx").write_bytes(b"nothing of the kind")
    (tmp_path / "own.yaml").write_text("{height: 3, width: 2, mean: [0, 0, 0], std: [1, 1, 1]}")
    with pytest.raises(InputError, match="not a network that") as caught:
        open_engine(read_network_file(tmp_path / "own.onnx"), engine, "cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("engine", "device", "sentence"),
    [
        pytest.param("tensorrt", "cpu", "choose from auto, openvino", id="an unknown engine"),
        pytest.param("auto", "tpu", "unknown device tpu; choose from auto", id="an unknown device"),
        pytest.param("auto", "cpu:1", "unknown device cpu:1; choose from auto", id="a numbered CPU"),
        pytest.param("auto", "cuda:99", "device cuda:99 is missing", id="an absent device"),
    ],
)
def test_what_does_not_exist_is_one_sentence(small_weights, engine, device, sentence):
    with pytest.raises(InputError, match=sentence):
        open_engine(small_weights, engine, device)


def test_beside_a_gpu_each_engine_takes_a_device_that_it_can_use(small_weights, monkeypatch):
    pytest.importorskip("onnx")
    monkeypatch.setattr(engines, "devices", lambda name: {"auto": ["cuda", "cpu"]}.get(name, [name]))
    monkeypatch.setattr(engines.onnxruntime, "precisions", lambda device: ["f32"] if device == "cpu" else [])
    assert open_engine(small_weights, "openvino", "auto").device == "cpu"
    assert open_engine(small_weights, "onnxruntime", "auto").device == "cpu"
    with pytest.raises(InputError, match="openvino does not run small on cuda"):
        open_engine(small_weights, "openvino", "cuda")


def test_an_engine_that_is_not_installed_says_how_to_install_it(small_weights, monkeypatch):
    monkeypatch.setattr(engines, "installed", lambda: ["pytorch"])
    with pytest.raises(InputError, match="pip install onnxruntime"):
        open_engine(small_weights, "onnxruntime", "cpu")
    assert open_engine(small_weights, "auto", "cpu").name == "pytorch"


@pytest.mark.skipif(not shutil.which("nvidia-smi") or not torch.cuda.is_available(), reason="no CUDA device")
def test_cuda_agrees_with_the_cpu():
    weights = weights_of("robust", build("robust"))
    images = export.probe(weights.preprocessing, 5)
    on_cuda = open_engine(weights, "auto", "auto")
    assert (on_cuda.name, on_cuda.device) == ("pytorch", "cuda")
    assert export.least_cosine(on_cuda(images), open_engine(weights, "pytorch", "cpu")(images)) > 0.999


def test_the_speed_benchmark_times_every_installed_engine(small_weights, monkeypatch, tmp_path):
    from benchmarks.speed import __main__ as speed

    small_weights.write(tmp_path / "small.safetensors")
    monkeypatch.setattr(speed, "_crops_per_second", lambda model, crops: float(len(model.embed(crops))))
    words = ["engines", "--reid", str(tmp_path / "small.safetensors"), "--crops", "1", "3", "--device", "cpu"]
    rows = speed.engines(speed._parser().parse_args(words))
    assert {row["engine"].split()[0] for row in rows} == set(installed())
    assert all(row["crops/s"] == row["crops"] and row["cosine"] > 0.99 for row in rows)
