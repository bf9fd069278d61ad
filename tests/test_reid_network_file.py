"""Networks from elsewhere: the YAML beside them, OpenVINO's pair of files, and batches of what takes one image at a time."""

import hashlib
import os

import numpy as np
import pytest
from small_ir import PLAIN, write_ir

import reid
from mtmc.single.appearance import open_appearance
from reid.common.errors import InputError
from reid.common.picture_file import read_image
from reid.data.folders import GALLERY
from reid.data.sources import read_source
from reid.engines import open_engine
from reid.preprocessing import Preprocessing
from reid.weights.network_file import read_network_file, write_description
from reid.weights.thresholds import Thresholds

RETAIL = "person-reidentification-retail-"


@pytest.fixture
def retail(real_data, tmp_path):
    """A function that gives one of Intel's networks, by its number, with a YAML beside it."""

    def find(number: str):
        for suffix in (".xml", ".bin"):
            file = real_data / "weights" / f"{RETAIL}{number}{suffix}"
            if not file.is_file():
                pytest.skip(f"no {file.name}")
            os.symlink(file, tmp_path / file.name)
        (tmp_path / f"{RETAIL}{number}.yaml").write_text("{height: 256, width: 128, colours: bgr, range: 255}")
        return tmp_path / f"{RETAIL}{number}.xml"

    return find


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(None, "own.yaml: no such file; it must describe the input of own.onnx", id="no YAML"),
        pytest.param("- 1", "must hold keys and values", id="not a mapping"),
        pytest.param("height: 3: 4", "not YAML", id="not YAML"),
        pytest.param("height: 3", "missing key width", id="incomplete"),
        pytest.param("{height: 3, width: 2, std: [1, 1, 1]}", "missing key mean", id="no mean"),
        pytest.param("{height: 3, width: wide, range: 1}", "width must be a whole number, not 'wide'", id="a word for a number"),
        pytest.param("{height: 2.5, width: 2, range: 1}", "height must be a whole number, not 2.5", id="half a pixel"),
        pytest.param("{height: 3, width: 2, range: }", "range must be a whole number, not None", id="an empty range"),
        pytest.param("{height: 3, width: 2, range: 0}", "range must be 1 or more, not 0", id="a range of 0"),
        pytest.param("{height: 3, width: 2, range: 255, mean: 5}", "mean must be three numbers, not 5", id="one mean"),
        pytest.param("{height: 3, width: 2, mean: [0, 0], std: [1, 1, 1]}", "mean must be three numbers", id="two means"),
        pytest.param("{height: 3, width: 2, mean: [0, 0, 0], std: [1, 1, 0]}", "std must be three .* above 0", id="no deviation"),
        pytest.param("{height: 3, width: 2, mean: [120, 110, 100], std: [1, 1, 1]}", "mean 120 is over 1", id="no range"),
        pytest.param("{height: 3, width: 2, mean: [0, 0, 0], std: [58, 57, 57]}", "std 58 is too wide", id="wide"),
        pytest.param("{height: 3, width: 2, range: 255, mean: [.5, .4, .4]}", "in 0..1, but the range is 255", id="mean"),
        pytest.param("{height: 3, width: 2, range: 255, std: [.2, .2, .2]}", "in 0..1, but the range is 255", id="std"),
        pytest.param("{height: 3, width: 2, range: 1, colours: yuv}", "colours must be rgb or bgr, not 'yuv'", id="colours"),
        pytest.param("{height: 3, width: 2, range: 1, max_set_distance: far}", "max_set_distance must be a number", id="far"),
        pytest.param("{heigth: 3}", "unknown key heigth; choose from colours, height", id="a misspelt key"),
    ],
)
def test_a_network_needs_a_whole_description_beside_it(tmp_path, text, sentence):
    (tmp_path / "own.onnx").write_bytes(b"")
    if text is not None:
        (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(InputError, match=f"own.yaml: .*{sentence.removeprefix('own.yaml: ')}") as caught:
        read_network_file(tmp_path / "own.onnx")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("{height: 8, width: 4, mean: [.5, .4, .3], std: [1, 1, 2]}", ((0.5, 0.4, 0.3), (1, 1, 2)), id="as before"),
        pytest.param(PLAIN, ((0, 0, 0), (1, 1, 1), "bgr", 255), id="a range without mean and deviation"),
        pytest.param("{height: 8, width: 4, range: 255, mean: [9, 8, 7]}", ((9, 8, 7), (1, 1, 1), "rgb", 255), id="a mean alone"),
    ],
)
def test_a_description_says_what_happens_to_an_image_and_is_written_as_it_is_read(tmp_path, text, expected):
    (tmp_path / "own.onnx").write_bytes(b"")
    (tmp_path / "own.yaml").write_text(text)
    source = read_network_file(tmp_path / "own.onnx")
    assert source.preprocessing == Preprocessing(8, 4, *expected)
    write_description(source.path, source.preprocessing, Thresholds(0.25))
    again = read_network_file(source.path)
    assert (again.preprocessing, again.hash, again.thresholds.image) == (source.preprocessing, source.hash, 0.25)


def test_the_hash_of_an_onnx_file_is_that_of_its_preprocessing_and_bytes(tmp_path):
    (tmp_path / "own.onnx").write_bytes(b"network")
    (tmp_path / "own.yaml").write_text("{height: 8, width: 4, mean: [0, 0, 0], std: [1, 1, 1]}")
    text = b'{"height": 8, "width": 4, "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}network'
    assert read_network_file(tmp_path / "own.onnx").hash == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize("file", ["own.xml", "own.bin", "own.yaml"])
def test_the_hash_of_an_openvino_file_follows_the_network_the_weights_and_the_preprocessing(tmp_path, file):
    before = read_network_file(write_ir(tmp_path / "own.xml")).hash
    text = (tmp_path / file).read_bytes()
    changed = {"own.xml": text + b"\n", "own.bin": text[:-1] + b"\x01", "own.yaml": text.replace(b"bgr", b"rgb")}
    (tmp_path / file).write_bytes(changed[file])
    assert read_network_file(tmp_path / "own.xml").hash != before


@pytest.mark.parametrize(
    ("text", "means"),
    [
        pytest.param(PLAIN, (10, 20, 200), id="BGR in 0..255"),
        pytest.param("{height: 8, width: 4, range: 255}", (200, 20, 10), id="RGB in 0..255"),
        pytest.param(
            "{height: 8, width: 4, colours: bgr, range: 255, mean: [10, 0, 100], std: [1, 2, 1]}", (0, 10, 100), id="mean and std"
        ),
    ],
)
def test_an_openvino_file_gets_the_colours_and_the_range_that_its_description_names(tmp_path, text, means):
    model = reid.load(write_ir(tmp_path / "own.xml", text=text))
    row = np.array([*means, sum(means)])
    found = model.embed([np.full((8, 4, 3), (10, 20, 200), np.uint8)])[0]
    np.testing.assert_allclose(found, row / np.linalg.norm(row), atol=5e-3)
    assert (model.name, model.engine, model.dimension) == ("own", "openvino", 4)


@pytest.mark.parametrize(
    ("kind", "batches"),
    [
        pytest.param("plain", True, id="one whose batch may grow"),
        pytest.param("fixed", False, id="one whose batch is a constant within"),
        pytest.param("mixing", False, id="one whose rows depend on each other"),
    ],
)
def test_a_network_of_one_image_takes_a_batch_where_the_rows_stay_the_same(tmp_path, kind, batches):
    engine = open_engine(read_network_file(write_ir(tmp_path / "own.xml", kind)), "openvino", "cpu")
    images = np.random.default_rng(0).uniform(0, 255, (5, 3, 8, 4)).astype(np.float32)
    means = images.mean((2, 3)) * (2 if kind == "mixing" else 1)
    np.testing.assert_allclose(engine(images), np.c_[means, means.sum(1)], rtol=0.02)  # bfloat16 where the processor has it
    assert engine._singly is not batches


def test_a_network_with_a_free_batch_is_left_as_it_is(tmp_path):
    engine = open_engine(read_network_file(write_ir(tmp_path / "own.xml", shape=(-1, 3, 8, 4))), "openvino", "cpu")
    assert engine(np.ones((3, 3, 8, 4), np.float32)).shape == (3, 4)


def test_an_engine_that_does_not_read_openvino_files_says_which_ones_do(tmp_path):
    pytest.importorskip("onnxruntime")
    path = write_ir(tmp_path / "own.xml")
    with pytest.raises(InputError, match=r"own\.xml: the engine onnxruntime does not read \.xml files; use openvino or pytorch"):
        reid.load(path, engine="onnxruntime", device="cpu")


def test_without_an_engine_that_reads_the_file_its_package_is_named(tmp_path, monkeypatch):
    path = write_ir(tmp_path / "own.xml")
    monkeypatch.setattr("reid.engines.installed", lambda: ["onnxruntime"])
    with pytest.raises(InputError, match=r"own\.xml: no installed engine reads \.xml files: pip install openvino"):
        reid.load(path, device="cpu")


def _cut(path, share=0.5):
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])


@pytest.mark.parametrize(
    ("changes", "spoil", "sentence"),
    [
        pytest.param({}, lambda path: path.unlink(), r"own\.xml: no such file", id="no .xml"),
        pytest.param({}, lambda path: path.with_suffix(".bin").unlink(), r"own\.bin: no such file; .* of own\.xml", id="no .bin"),
        pytest.param({}, lambda path: _cut(path.with_suffix(".bin")), r"own\.bin: holds \d+ of the \d+ bytes", id="half a .bin"),
        pytest.param({}, lambda path: _cut(path.with_suffix(".bin"), 0), r"own\.bin: holds 0 of the \d+", id="an empty .bin"),
        pytest.param({}, _cut, r"own\.xml: damaged, or not a network written by OpenVINO", id="half an .xml"),
        pytest.param({}, lambda path: path.write_text(""), r"own\.xml: damaged", id="an empty .xml"),
        pytest.param({}, lambda path: path.write_text("<page/>"), r"own\.xml: not a network that OpenVINO", id="other XML"),
        pytest.param(
            {"text": PLAIN.replace("8", "16")}, None, r"own\.yaml: height 16, but own\.xml takes .* 8x4", id="another height"
        ),
        pytest.param({"shape": (4, 3, 8, 4)}, None, r"own\.xml: takes 4 images at a time", id="four at a time"),
        pytest.param({"shape": (1, 8, 4, 3)}, None, r"not \(1, 8, 4, 3\) to", id="channels last"),
        pytest.param({"inputs": 2}, None, r"not \(1, 3, 8, 4\), \(1, 3, 8, 4\) to \(1, 4\)", id="two inputs"),
        pytest.param({"number": np.uint8}, None, r"own\.xml: takes inputs of type u8", id="whole numbers"),
    ],
)
def test_a_wrong_openvino_file_is_one_sentence(tmp_path, changes, spoil, sentence):
    path = write_ir(tmp_path / "own.xml", **changes)
    if spoil is not None:
        spoil(path)
    with pytest.raises(InputError, match=sentence) as caught:
        reid.load(path, device="cpu")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", ["openvino", "pytorch"])
@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        pytest.param("first", r"must give a row for each image, but 8 images give \(1, 4\)", id="one row for all"),
        pytest.param("fixed", "fails on 8 images at once", id="a batch within a free one"),
        pytest.param("mixing", "gives an image another row in a batch than alone", id="rows that mix"),
        pytest.param("constant", "gives different images the same row", id="a row of its own"),
        pytest.param("nan", "embeddings are not finite numbers", id="weights of NaN"),
    ],
)
def test_a_network_whose_rows_are_not_of_one_image_each_is_refused(tmp_path, kind, sentence, engine):
    path = write_ir(tmp_path / "own.xml", kind, shape=(-1, 3, 8, 4))
    with pytest.raises(InputError, match=rf"own\.xml: .*{sentence}"):
        reid.load(path, engine=engine, device="cpu")


def write_onnx(path, number: str, factor: float = 1.0):
    """A network of the means of the three channels, times `factor`, from images of the type `number`."""
    onnx = pytest.importorskip("onnx")
    kinds, make = onnx.TensorProto, onnx.helper
    nodes = [
        make.make_node("Cast", ["images"], ["numbers"], to=kinds.FLOAT),
        make.make_node("ReduceMean", ["numbers"], ["means"], axes=[2, 3], keepdims=0),
        make.make_node("Mul", ["means", "factor"], ["rows"]),
    ]
    taken = make.make_tensor_value_info("images", getattr(kinds, number), ["batch", 3, 8, 4])
    given = make.make_tensor_value_info("rows", kinds.FLOAT, ["batch", 3])
    constant = make.make_tensor("factor", kinds.FLOAT, [1], [factor])
    graph = make.make_graph(nodes, "tiny", [taken], [given], [constant])
    onnx.save(make.make_model(graph, opset_imports=[make.make_opsetid("", 13)], ir_version=8), path)
    path.with_suffix(".yaml").write_text(PLAIN)
    return path


@pytest.mark.parametrize(
    ("file", "engine"),
    [
        ("own.onnx", "openvino"),
        ("own.onnx", "onnxruntime"),
        *((file, engine) for file in ("own.xml", "own.bin") for engine in ("openvino", "pytorch")),
        ("own.yaml", "openvino"),
    ],
)
def test_a_damaged_network_is_one_sentence_or_gives_a_row(tmp_path, file, engine):
    pytest.importorskip(engine if engine != "pytorch" else "torch")
    if file == "own.onnx":
        path = write_onnx(tmp_path / "own.onnx", "FLOAT")
    else:
        path = write_ir(tmp_path / "own.xml", shape=(-1, 3, 8, 4))
    whole, random, refused = (tmp_path / file).read_bytes(), np.random.default_rng(0), 0
    image = random.integers(0, 256, (8, 4, 3), np.uint8)
    for turn, place in enumerate(random.integers(len(whole), size=12)):
        flipped = bytes([whole[place] ^ (1 << random.integers(8))])
        (tmp_path / file).write_bytes(whole[:place] + flipped + whole[place + 1 :] if turn % 3 else whole[:place])
        try:
            assert reid.load(path, engine=engine, device="cpu").embed([image]).shape[0] == 1
        except InputError as error:
            refused += 1
            assert "\n" not in str(error) and str(tmp_path / "own.") in str(error)
    assert refused >= 4


@pytest.mark.parametrize("key", ["max_cosine_distance", "max_set_distance", "max_link_distance"])
@pytest.mark.parametrize("value", [".nan", ".inf", "-0.1", "2.5", "1" + "0" * 400, "2020-01-01", "[0.3]", "much"])
def test_a_threshold_that_is_no_cosine_distance_is_refused(tmp_path, key, value):
    path = write_ir(tmp_path / "own.xml", text=f"{{height: 8, width: 4, range: 255, {key}: {value}}}")
    with pytest.raises(InputError, match=rf"own\.yaml: ({key} must be a|not YAML: holds a)"):
        read_network_file(path)


@pytest.mark.parametrize("key", ["height", "width", "range", "mean", "std", "colours"])
@pytest.mark.parametrize(
    "value", [".nan", ".inf", "-1", "0.5", "1" + "0" * 400, "100000", "2020-01-01", "[1, .nan, 1]", "[1, 2]", "{a: 1}", "null"]
)
def test_an_odd_value_of_a_description_is_one_sentence(tmp_path, key, value):
    text = "".join(f"{name}: {number}\n" for name, number in ({"height": 8, "width": 4, "range": 255} | {key: value}).items())
    path = write_ir(tmp_path / "own.xml", text=text)
    with pytest.raises(InputError, match=r"own\.yaml: ") as caught:
        read_network_file(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("number", ["FLOAT", "FLOAT16", "DOUBLE"])
def test_an_onnx_file_gets_numbers_of_its_own_precision(tmp_path, engine, number):
    pytest.importorskip(engine)
    model = reid.load(write_onnx(tmp_path / "own.onnx", number), engine=engine, device="cpu")
    found = model.embed([np.full((8, 4, 3), (10, 20, 200), np.uint8)])[0]
    np.testing.assert_allclose(found, np.array([10, 20, 200]) / np.linalg.norm([10, 20, 200]), atol=5e-3)


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize(
    ("number", "factor", "sentence"),
    [("UINT8", 1.0, "takes "), ("FLOAT", float("nan"), "not finite numbers"), ("FLOAT", 0.0, "the same row")],
)
def test_an_onnx_file_that_cannot_be_used_is_one_sentence(tmp_path, engine, number, factor, sentence):
    pytest.importorskip(engine)
    with pytest.raises(InputError, match=rf"own\.onnx: .*{sentence}"):
        reid.load(write_onnx(tmp_path / "own.onnx", number, factor), engine=engine, device="cpu")


def test_a_tracker_is_given_an_openvino_file_by_its_path(tmp_path):
    model = open_appearance(str(write_ir(tmp_path / "own.xml")))
    frame = np.full((20, 20, 3), (10, 20, 200), np.uint8)
    assert model(frame, np.array([[2, 2, 8, 14]])).shape == (1, 4)


@pytest.mark.parametrize("number", ["0277", "0286", "0287"])
def test_intels_networks_take_batches_and_know_most_people_of_another_site_again(retail, real_data, number):
    folder = real_data / "reid" / "campus"
    if not folder.is_dir():
        pytest.skip("no campus")
    (gallery,) = read_source(str(folder), GALLERY)
    people = np.unique(gallery.ids)
    model = reid.load(retail(number), device="cpu")
    rows = [[np.argmax((gallery.ids == person) & (gallery.cameras == camera)) for person in people] for camera in (1, 2)]
    first, second = (model.embed([read_image(gallery.paths[row]) for row in camera]) for camera in rows)
    assert (model.dimension, model._engine._singly) == (256, False)
    assert ((first @ second.T).argmax(1) == np.arange(len(people))).sum() >= 25  # 26 of 30; with red and blue exchanged 23 or 24
