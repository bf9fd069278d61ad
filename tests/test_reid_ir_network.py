"""OpenVINO's networks run by PyTorch: each operation and whole networks give what OpenVINO gives."""

from pathlib import Path

import numpy as np
import pytest
import torch
from small_ir import PLAIN, write_ir

from reid.common.errors import InputError
from reid.engines import open_engine
from reid.engines.ir_network import IrNetwork
from reid.engines.openvino import OpenVINO
from reid.engines.pytorch import network_of
from reid.export import least_cosine, probe
from reid.weights.network_file import read_network_file

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.normal(size=(3, 4, 9, 7)).astype(np.float32)


def normal(*shape: int) -> np.ndarray:
    return RANDOM.normal(size=shape).astype(np.float32)


def numbers(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


def convolution(ops, images):
    return ops.convolution(images, normal(6, 4, 3, 3), [2, 1], [1, 0], [1, 0], [1, 2])


def convolution_of_one_side(ops, images):
    return ops.convolution(images, normal(6, 4, 3, 3), [2, 2], [0, 0], [1, 1], [1, 1])


def group_convolution(ops, images):
    return ops.group_convolution(images, normal(2, 3, 2, 3, 3), [1, 1], [1, 1], [1, 1], [1, 1])


def reshaped_group_convolution(ops, images):
    kernel = ops.reshape(normal(4, 3, 3), numbers(4, 1, 1, 3, 3), special_zero=False)
    return ops.group_convolution(images, kernel, [1, 1], [1, 1], [1, 1], [1, 1])


def max_pooling(ops, images):
    return ops.max_pool(images, [2, 2], [1, 2], [1, 0], [0, 1], [3, 2], "floor").output(0)


def average_pooling(exclude):
    return lambda ops, images: ops.avg_pool(images, [2, 2], [1, 1], [1, 1], [3, 2], exclude, "floor")


def normalisation(mode, axes, variance=True):
    return lambda ops, images: ops.mvn(images, numbers(*axes), variance, 0.1, mode)


def reshape_by_the_shape_of_another(ops, images):
    batch = ops.gather(ops.shape_of(images), numbers(0), numbers(0))
    return ops.reshape(images, ops.concat([batch, numbers(-1)], 0), special_zero=False)


def matrix_product(ops, images):
    return ops.matmul(normal(5, 9), images, False, False)


def transposed_matrix_product(ops, images):
    return ops.matmul(images, normal(5, 9), True, True)


OPERATIONS = [
    pytest.param(convolution, id="convolution, strided and dilated"),
    pytest.param(convolution_of_one_side, id="convolution padded on one side"),
    pytest.param(group_convolution, id="group convolution"),
    pytest.param(reshaped_group_convolution, id="group convolution with a reshaped kernel"),
    pytest.param(max_pooling, id="maximum, dilated"),
    pytest.param(average_pooling(True), id="average without the padding"),
    pytest.param(average_pooling(False), id="average with the padding"),
    pytest.param(normalisation("inside_sqrt", (2, 3)), id="MVN of each channel"),
    pytest.param(normalisation("outside_sqrt", (-3, -2, -1)), id="MVN of each image"),
    pytest.param(normalisation("inside_sqrt", (1,), False), id="MVN of the mean alone"),
    pytest.param(lambda ops, images: ops.reshape(images, numbers(0, -1, 7), special_zero=True), id="reshape, 0 keeps a side"),
    pytest.param(reshape_by_the_shape_of_another, id="reshape by a shape put together"),
    pytest.param(lambda ops, images: ops.gather(images, numbers(3, 1), numbers(1)), id="gather"),
    pytest.param(matrix_product, id="matrix product"),
    pytest.param(transposed_matrix_product, id="matrix product, transposed"),
    pytest.param(lambda ops, images: ops.prelu(images, normal(4)), id="PReLU"),
    pytest.param(lambda ops, images: ops.prelu(images, normal(1)), id="PReLU of one slope"),
    pytest.param(lambda ops, images: ops.relu(images), id="ReLU"),
    pytest.param(lambda ops, images: ops.sigmoid(images), id="sigmoid"),
    pytest.param(lambda ops, images: ops.reduce_mean(images, numbers(2, 3), True), id="mean that keeps its axes"),
    pytest.param(lambda ops, images: ops.reduce_mean(images, numbers(-1), False), id="mean"),
    pytest.param(lambda ops, images: ops.add(ops.multiply(images, normal(1, 4, 1, 1)), normal(7)), id="scale and shift"),
    pytest.param(lambda ops, images: ops.subtract(images, ops.relu(images)), id="subtraction"),
    pytest.param(lambda ops, images: ops.concat([images, ops.relu(images)], 1), id="concatenation"),
]


def write(path: Path, build, shape=(-1, 4, 9, 7), fp16: bool = False) -> Path:
    """Write what `build` makes of images as an OpenVINO network."""
    import openvino
    from openvino import opset13 as ops

    images = ops.parameter(shape, np.float32)
    openvino.save_model(openvino.Model([build(ops, images)], [images], "one"), path, compress_to_fp16=fp16)
    return path


@pytest.mark.parametrize("build", OPERATIONS)
def test_an_operation_gives_what_it_gives_in_openvino(build, tmp_path):
    path = write(tmp_path / "one.xml", build)
    found, expected = IrNetwork(path)(torch.from_numpy(IMAGES)).numpy(), OpenVINO(path, "f32")(IMAGES)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert np.ptp(expected) > 0.1


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        pytest.param(lambda ops, images: ops.elu(images, 1.0), "PyTorch cannot run the operation Elu", id="an unknown one"),
        pytest.param(
            lambda ops, images: ops.convolution(images, normal(6, 4, 3, 3), [2, 2], [0, 0], [0, 0], [1, 1], "same_upper"),
            r"PyTorch cannot run the operation Convolution \(ValueError: auto_pad is same_upper\)",
            id="padding as needed",
        ),
        pytest.param(
            lambda ops, images: ops.avg_pool(images, [2, 2], [0, 0], [1, 1], [2, 2], True),
            r"operation AvgPool \(ValueError: the two sides are padded differently\)",
            id="an average padded on one side",
        ),
        pytest.param(
            lambda ops, images: ops.max_pool(images, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2], "ceil").output(0),
            r"operation MaxPool \(ValueError: rounding_type is ceil\)",
            id="a window that is cut off",
        ),
        pytest.param(
            lambda ops, images: ops.gather(images, np.zeros((3, 1), np.int64), numbers(1), 1),
            r"operation Gather \(ValueError: batch_dims is 1\)",
            id="other indices for each image",
        ),
        pytest.param(
            lambda ops, images: ops.convert(ops.convert(images, "i32"), "f32"),
            r"operation Convert \(ValueError: from torch.float32 to i32\)",
            id="whole numbers",
        ),
        pytest.param(
            lambda ops, images: ops.convert(ops.max_pool(images, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(1), "f32"),
            "the second output of a MaxPool is used",
            id="a second output",
        ),
        pytest.param(
            lambda ops, images: ops.multiply(images, ops.convert(ops.constant(np.ones((1, 4, 1, 1), np.uint8)), "f32")),
            "KeyError: 'u8'",
            id="constants of another type",
        ),
    ],
)
def test_what_pytorch_does_not_run_is_one_sentence(build, sentence, tmp_path):
    path = write(tmp_path / "one.xml", build)
    with pytest.raises(InputError, match=rf"one\.xml: .*{sentence}.*; use the engine openvino") as caught:
        IrNetwork(path)(torch.from_numpy(IMAGES))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"kind": "fixed"}, "takes one image at a time, which PyTorch cannot change", id="fixed"),
        pytest.param({"kind": "mixing"}, "takes one image at a time, which PyTorch cannot change", id="mixing"),
        pytest.param({"shape": (4, 3, 8, 4)}, "takes 4 images at a time; export it with a free batch axis", id="four"),
        pytest.param({"number": np.uint8}, "takes inputs of type u8; export it with an input of type f32", id="u8"),
        pytest.param({"inputs": 2}, r"not \(1, 3, 8, 4\), \(1, 3, 8, 4\) to \(1, 4\)", id="two inputs"),
    ],
)
def test_a_network_that_takes_no_batches_is_told(tmp_path, changes, sentence):
    source = read_network_file(write_ir(tmp_path / "own.xml", **changes))
    with pytest.raises(InputError, match=rf"own\.xml: .*{sentence}"):
        network_of(source)


def test_a_network_of_another_size_than_its_description_is_told(tmp_path):
    source = read_network_file(write_ir(tmp_path / "own.xml", text=PLAIN.replace("8", "16")))
    with pytest.raises(InputError, match=r"own\.yaml: height 16, but own\.xml takes images of 8x4"):
        open_engine(source, "pytorch", "cpu")


def test_a_file_without_layers_is_told(tmp_path):
    (tmp_path / "own.xml").write_text("<net/>")
    (tmp_path / "own.bin").write_bytes(b"")
    with pytest.raises(InputError, match=r"own\.xml: not an OpenVINO IR that PyTorch can read"):
        IrNetwork(tmp_path / "own.xml")


def test_layers_may_be_listed_in_any_order(tmp_path):
    path = write(tmp_path / "one.xml", OPERATIONS[0].values[0])
    expected = IrNetwork(path)(torch.from_numpy(IMAGES))
    head, *layers, tail = path.read_text().replace("</layer>", "</layer>|").replace("<layer ", "|<layer ", 1).split("|")
    path.write_text(head + "".join(reversed(layers)) + tail)
    assert torch.equal(IrNetwork(path)(torch.from_numpy(IMAGES)), expected)


@pytest.mark.parametrize("fp16", [False, True], ids=["float32", "half precision in the file"])
def test_buffers_move_to_half_precision_and_shapes_stay(tmp_path, fp16):
    def build(ops, images):
        rows = ops.reshape(ops.convolution(images, normal(6, 4, 9, 7), [1, 1], [0, 0], [0, 0], [1, 1]), numbers(-1, 6), False)
        return ops.prelu(ops.add(rows, normal(6)), normal(6))

    network = IrNetwork(write(tmp_path / "one.xml", build, fp16=fp16))
    exact = network(torch.from_numpy(IMAGES))
    assert {buffer.dtype for buffer in network.buffers()} == {torch.float32}
    network.to(torch.float16)
    assert {buffer.dtype for buffer in network.buffers()} == {torch.float16}
    rows = network(torch.from_numpy(IMAGES).half())
    assert rows.dtype == torch.float16
    np.testing.assert_allclose(rows.float(), exact, atol=0.02 * float(exact.abs().max()))


@pytest.mark.parametrize("number", ["0277", "0286", "0287"])
def test_intels_networks_agree_with_openvino(number, real_data, tmp_path):
    for suffix in (".xml", ".bin"):
        file = real_data / "weights" / f"person-reidentification-retail-{number}{suffix}"
        if not file.is_file():
            pytest.skip(f"no {file.name}")
        (tmp_path / f"own{suffix}").symlink_to(file)
    (tmp_path / "own.yaml").write_text("{height: 256, width: 128, colours: bgr, range: 255}")
    source = read_network_file(tmp_path / "own.xml")
    images = probe(source.preprocessing, 2)
    with torch.inference_mode():
        found = network_of(source)(torch.from_numpy(images)).numpy()
    expected = OpenVINO(source.path, "f32", source)(images)
    assert np.abs(found - expected).max() <= 1e-4 * np.abs(expected).max()
    assert least_cosine(found, expected) > 1 - 1e-6
