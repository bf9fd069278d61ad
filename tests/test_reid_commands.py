"""The commands of `python -m reid`, on a few made-up crops and a small network."""

import csv
import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from full_disk import folder_on_full_disk
from small_ir import PLAIN, write_ir
from small_training import write_people

import configs
import reid
from reid.__main__ import main
from reid.common import errors
from reid.data.folders import GALLERY, QUERY
from reid.evaluation import figures
from reid.models import parsers
from reid.weights.thresholds import Thresholds


@pytest.fixture
def weights(small_weights, tmp_path):
    replace(small_weights, thresholds=Thresholds(0.3)).write(tmp_path / "small.safetensors")
    return tmp_path / "small.safetensors"


@pytest.fixture
def crops(tmp_path):
    """Six people, each with one picture of its own in two cameras; the first camera's are the queries."""
    random = np.random.default_rng(0)
    for person in range(1, 7):
        image = random.integers(0, 256, (32, 16, 3), np.uint8)
        for camera, split in ((1, "query"), (2, "bounding_box_test")):
            (tmp_path / "crops" / split).mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(tmp_path / "crops" / split / f"{person:04d}_c{camera}s1_000001_00.png"), image)
    return tmp_path / "crops"


def call(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["python -m reid", *map(str, words)])
    errors.run(main)


def test_evaluate_finds_everyone_whose_pictures_are_equal(monkeypatch, weights, crops, capsys):
    call(monkeypatch, "evaluate", weights, "--data", crops, "--device", "cpu")
    printed = capsys.readouterr().out
    assert "small on openvino" in printed
    assert printed.count("100.0") == 5


def test_evaluate_adds_a_row_for_reranking_and_knows_the_single_shot_rule(monkeypatch, weights, crops, capsys):
    call(monkeypatch, "evaluate", weights, "--data", crops, "--device", "cpu", "--rerank", "--single-shot")
    printed = capsys.readouterr().out
    assert "one image per identity" in printed
    assert "cosine" in printed and "re-ranked" in printed
    assert printed.count("100.0") == 10


def test_evaluate_prints_and_writes_a_row_for_each_set_network_and_centring(monkeypatch, weights, crops, tmp_path, capsys):
    shutil.copytree(crops, tmp_path / "others")
    shutil.copy(weights, tmp_path / "twin.safetensors")
    words = "evaluate", weights, tmp_path / "twin.safetensors", "--data", crops, tmp_path / "others", "--device", "cpu"
    call(monkeypatch, *words, "--centre", "camera", "--output", tmp_path / "new" / "table.csv")
    rows = list(csv.DictReader((tmp_path / "new" / "table.csv").open()))
    assert [(row["set"], Path(row["network"]).stem, row["centring"]) for row in rows] == [
        (name, network, centring)
        for name in ("crops", "others")
        for network in ("small", "twin")
        for centring in ("none", "camera")
    ]
    assert {(row["rank-1"], row["queries"], row["gallery"]) for row in rows} == {("1.0000", "6", "6")}
    assert capsys.readouterr().out.count("│ others") == 4


def test_evaluate_opens_every_network_before_the_first_one_computes(monkeypatch, weights, crops, tmp_path, capsys):
    other = write_ir(tmp_path / "other.xml", text=PLAIN.replace("8", "16"))
    monkeypatch.setattr("reid.evaluation.extraction.embed_files", lambda *_: pytest.fail("the first one computed"))
    with pytest.raises(SystemExit):
        call(monkeypatch, "evaluate", weights, other, "--data", crops, "--device", "cpu")
    assert "other.yaml: height 16" in capsys.readouterr().err


def test_evaluate_tells_data_sets_of_the_same_name_apart(monkeypatch, weights, crops, tmp_path):
    shutil.copytree(crops, tmp_path / "there" / "crops")
    words = "evaluate", weights, "--data", crops, tmp_path / "there" / "crops", "--device", "cpu"
    call(monkeypatch, *words, "--output", tmp_path / "table.csv")
    names = [row["set"] for row in csv.DictReader((tmp_path / "table.csv").open())]
    assert names == ["crops (1)", "crops (2)"]


def test_evaluate_ranks_a_feature_of_bnneck_by_either_distance_and_tells_how_it_clusters(monkeypatch, crops, tmp_path, capsys):
    from reid.models import build
    from reid.weights.weights_file import weights_of

    network = build("bnneck_resnet18")
    network.preprocessing = replace(network.preprocessing, height=32, width=16)
    weights_of("bnneck_resnet18", network).write(tmp_path / "neck.safetensors")
    arguments = "evaluate", tmp_path / "neck.safetensors", "--data", crops, "--device", "cpu"
    call(monkeypatch, *arguments, "--feature", "f_t", "--distance", "euclidean", "--clustering")
    printed = capsys.readouterr().out
    assert "f_t of bnneck_resnet18" in printed and "euclidean" in printed
    assert printed.count("100.0") == 5
    assert "R = Dp / Dn 0.000; norms" in printed


def test_a_network_without_bnneck_has_its_descriptor_alone(monkeypatch, weights, crops, capsys):
    with pytest.raises(SystemExit):
        call(monkeypatch, "evaluate", weights, "--data", crops, "--device", "cpu", "--feature", "f_t")
    assert "f_t is a feature of networks with BNNeck" in capsys.readouterr().err


def test_rank_draws_a_query_and_its_matches_in_each_row(monkeypatch, weights, crops, tmp_path, capsys):
    heights = []
    for queries in (2, 4):
        output = tmp_path / "new" / f"{queries}.png"
        call(monkeypatch, "rank", weights, "--data", crops, "--output", output, "--queries", queries, "--device", "cpu")
        assert f"{queries} queries, {queries} with a correct first match" in capsys.readouterr().out
        picture = cv2.imread(str(output))
        heights.append(len(picture))
        assert ((picture == figures.RIGHT).all(axis=2).sum(axis=1) > 60).sum() >= 2 * queries
    assert heights[1] - heights[0] == 2 * (figures.CELL[0] + 2 * (figures.FRAME + figures.GAP))


def test_rank_draws_and_counts_only_queries_that_can_be_right(monkeypatch, weights, crops, tmp_path, capsys):
    arguments = ["rank", weights, "--data", crops, "--output", tmp_path / "rank.png", "--queries", "6", "--device", "cpu"]
    gallery = sorted((crops / "bounding_box_test").iterdir())
    for path in gallery[:2]:
        path.unlink()
    call(monkeypatch, *arguments)
    printed = capsys.readouterr().out
    assert "4 queries, 4 with a correct first match" in printed
    assert "2 of 6 queries have no correct match in the gallery and are not drawn" in printed
    for number, path in enumerate(gallery[2:]):
        path.rename(path.with_name(f"{100 + number:04d}{path.name[4:]}"))
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, *arguments)
    assert stop.value.code == 2
    assert "no query has an image of the same person from another camera in the gallery" in capsys.readouterr().err


def test_extract_writes_the_embeddings_of_a_folder(monkeypatch, weights, crops, tmp_path):
    output = tmp_path / "new" / "crops.npz"
    call(monkeypatch, "extract", crops, "--output", output, "--reid", weights, "--device", "cpu")
    written = np.load(output)
    assert written["embeddings"].shape == (12, 8)
    path = written["paths"][3]
    image = cv2.imread(str(crops / path))
    np.testing.assert_allclose(reid.load(weights, device="cpu").embed([image])[0], written["embeddings"][3], atol=1e-3)


@pytest.mark.parametrize("suffix", [".onnx", ".xml", ".pt"])
def test_export_writes_a_network_that_agrees(monkeypatch, weights, tmp_path, capsys, suffix):
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    output = tmp_path / "new" / f"own{suffix}"
    call(monkeypatch, "export", weights, "--output", output)
    assert "minimum cosine with PyTorch 1.0" in capsys.readouterr().out
    beside = {".onnx": {"own.onnx", "own.yaml"}, ".xml": {"own.xml", "own.bin", "own.yaml"}, ".pt": {"own.pt", "own.yaml"}}
    assert {file.name for file in output.parent.iterdir()} == beside[suffix]


@pytest.mark.parametrize("suffix", [".onnx", ".xml", ".pt"])
def test_export_to_a_full_disk_is_one_sentence_and_leaves_nothing(monkeypatch, weights, tmp_path, capsys, suffix):
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    names = f"own{suffix}", "own.bin"
    monkeypatch.setattr("tempfile.TemporaryDirectory", lambda dir: folder_on_full_disk(dir, names))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("Usage", (), {"free": 0}))
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, "export", weights, "--output", tmp_path / "new" / f"own{suffix}")
    assert stop.value.code == 2
    assert f"own{suffix}: not written, since the disk is full" in capsys.readouterr().err
    assert not list((tmp_path / "new").iterdir())


@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_an_exported_file_is_loaded_like_the_weights_it_came_from(monkeypatch, weights, tmp_path, suffix):
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    call(monkeypatch, "export", weights, "--output", tmp_path / f"own{suffix}")
    images = [np.random.default_rng(0).integers(0, 256, (40, 20, 3), np.uint8)]
    original, exported = reid.load(weights, device="cpu"), reid.load(tmp_path / f"own{suffix}", device="cpu")
    np.testing.assert_allclose(exported.embed(images), original.embed(images), atol=1e-3)
    assert (exported.name, exported.thresholds.image) == ("own", 0.3)


def test_an_openvino_file_is_ranked_drawn_and_extracted_like_any_network(monkeypatch, crops, tmp_path, capsys):
    path = write_ir(tmp_path / "own.xml")
    call(monkeypatch, "evaluate", path, "--data", crops)
    printed = capsys.readouterr().out
    assert "own on openvino" in printed
    assert printed.count("100.0") == 5
    call(monkeypatch, "rank", path, "--data", crops, "--output", tmp_path / "rank.png", "--queries", "3")
    assert "3 queries, 3 with a correct first match" in capsys.readouterr().out
    call(monkeypatch, "extract", crops, "--output", tmp_path / "crops.npz", "--reid", path)
    assert np.load(tmp_path / "crops.npz")["embeddings"].shape == (12, 4)


def test_threshold_stores_the_distances_beside_an_openvino_file_and_keeps_the_rest(monkeypatch, crops, tmp_path, capsys):
    path = write_ir(tmp_path / "own.xml")
    for image in crops.rglob("*.png"):
        person = int(image.name[:4])
        cv2.imwrite(str(image), np.full((32, 16, 3), (40 * person, 250 - 40 * person, 10 * person), np.uint8))
    before = reid.load(path)
    call(monkeypatch, "threshold", path, "--data", crops)
    assert f"stored in {path.with_suffix('.yaml')}: " in capsys.readouterr().out
    after = reid.load(path)
    assert (after.preprocessing, after.weights_hash) == (before.preprocessing, before.weights_hash)
    assert before.thresholds.image is None
    assert 0 <= after.thresholds.image < 1


def test_datasets_lists_every_data_set_with_its_counts(monkeypatch, capsys):
    from reid.data.datasets import available

    monkeypatch.setenv("COLUMNS", "140")
    call(monkeypatch, "datasets")
    printed = capsys.readouterr().out
    assert all(name in printed for name in available())
    assert "12936 / 751" in printed
    assert "whole: 1264 / 632" in printed


def test_datasets_counts_a_source_and_tells_what_is_not_as_published(monkeypatch, crops, capsys, caplog):
    (crops / "bounding_box_train").mkdir()
    (crops / "bounding_box_train" / "0001_c1s1_000001_00.jpg").touch()
    call(monkeypatch, "datasets", f"market1501={crops}", crops)
    rows = [[word for word in line.split() if word != "│"] for line in capsys.readouterr().out.splitlines() if "query" in line]
    assert [row[-4:] for row in rows] == [["query", "6", "6", "1"]] * 2
    assert "query has 6 images of 6 identities, but 3368 of 750 are published" in caplog.text


def test_datasets_counts_the_pictures_that_are_there_and_not_those_that_a_list_names(monkeypatch, tmp_path, capsys, caplog):
    for part, name in ("train", "list_train"), ("train", "list_val"), ("test", "list_query"), ("test", "list_gallery"):
        lines = [f"0000/0000_{number:03d}_01_0303morning_0015_0.jpg 0" for number in range(3)]
        (tmp_path / f"{name}.txt").write_text("\n".join(lines))
        (tmp_path / part / "0000").mkdir(parents=True, exist_ok=True)
    (tmp_path / "test" / lines[1].split()[0]).touch()
    call(monkeypatch, "datasets", f"msmt17={tmp_path}")
    rows = [line.replace("│", " ").split()[-4:] for line in capsys.readouterr().out.splitlines() if "msmt17" in line]
    assert rows == [["bounding_box_train", "0", "0", "0"], ["query", "1", "1", "1"], ["bounding_box_test", "1", "1", "1"]]
    assert "6 pictures of bounding_box_train are not there" in caplog.text
    assert f"2 pictures of query are not there, as {tmp_path / 'test' / lines[0].split()[0]}" in caplog.text


def test_models_lists_every_network_with_its_size(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "120")
    call(monkeypatch, "models")
    printed = capsys.readouterr().out
    assert all(name in printed for name in reid.available())
    assert all(name in printed for name in parsers())
    assert "2.91M (2.9)" in printed
    assert re.search(r"bnneck_resnet50 +│ 256x128 +│ 2048 +│ 23.51M \(25\) +│ 4.05G \(4.1\)", printed)
    assert re.search(r"shared=True +│ 512x170 +│ 6144 +│ 62.47M +│ 21.43G", printed)
    assert "robust, robust_2x: blocks shuffle*|inception; pool gem*|average|max|average_max; head unit*|bnneck|none" in " ".join(
        printed.split()
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["evaluate", "{weights}", "--data", "{tmp}/none"], "no such folder", id="no data"),
        pytest.param(["evaluate", "{tmp}/none.safetensors", "--data", "{crops}"], "no such file", id="no weights"),
        pytest.param(["evaluate", "resnet9000", "--data", "{crops}"], "unknown network resnet9000", id="an unknown network"),
        pytest.param(["evaluate", "{weights}", "--data", "{crops}", "{crops}"], "is given twice", id="a data set given twice"),
        pytest.param(["evaluate", "{weights}", "--data", "{crops}", "--output", "{tmp}/a.md"], "must end in .csv", id="no CSV"),
        pytest.param(["evaluate", "{weights}", "--data", "{crops}", "--join"], "needs two different networks", id="one joined"),
        pytest.param(
            ["evaluate", "{weights}", "{ir}", "--data", "{crops}", "--join", "--feature", "f_t"],
            "joins descriptors, so leave out --feature f_t",
            id="features joined",
        ),
        pytest.param(["train", "robust", "--data", "{crops}", "--output", "{tmp}/o"], "robust: no such recipe", id="no recipe"),
        pytest.param(
            ["train", "{recipe}", "--data", "{crops}", "epochs=1", "--output", "{tmp}/o"],
            "epochs=1: not a data source; changes follow the recipe",
            id="a change in the place of data",
        ),
        pytest.param(["evaluate", "{weights}", "--data", "market={crops}"], "unknown data set market;", id="no data set"),
        pytest.param(["datasets", "viper={crops}"], "holds neither cam_a nor VIPeR/cam_a", id="another data set"),
        pytest.param(["extract", "{tmp}/none", "--output", "{tmp}/a.npz"], "no such folder", id="no folder"),
        pytest.param(["extract", "{crops}", "--output", "{tmp}/a.txt"], "must end in .npz", id="another suffix"),
        pytest.param(["extract", "{tmp}/empty", "--output", "{tmp}/a.npz"], "no images", id="an empty folder"),
        pytest.param(["rank", "{weights}", "--data", "{crops}", "--output", "{tmp}/a.txt"], "must end in .png", id="no picture"),
        pytest.param(
            ["rank", "{weights}", "--data", "{crops}", "--output", "{tmp}/a.png", "--queries", "0"],
            "must be at least 1",
            id="no query",
        ),
        pytest.param(["export", "{weights}", "--output", "{tmp}/a.zip"], "must end in .onnx, .xml, .pt", id="another format"),
        pytest.param(["export", "{ir}", "--output", "{tmp}/a.onnx"], "own.xml: already exported", id="an exported network"),
        pytest.param(["evaluate", "{tmp}/own.pt", "--data", "{crops}"], "own.pt: an export for other programs", id="TorchScript"),
        pytest.param(
            ["evaluate", "{ir}", "--data", "{crops}", "--feature", "f_t"], "exported network has only its descriptor", id="f_t"
        ),
        pytest.param(["threshold", "{tmp}/own.pt", "--data", "{crops}"], "own.pt: not a .safetensors", id="no threshold"),
        pytest.param(
            ["threshold", "{weights}", "--data", "{crops}", "--false-match-rate", "2"], "between 0 and 1", id="a rate of 2"
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(monkeypatch, weights, crops, tmp_path, capsys, words, sentence):
    (tmp_path / "empty").mkdir()
    places = {"weights": weights, "crops": crops, "tmp": tmp_path, "ir": write_ir(tmp_path / "own.xml")}
    words = [word.format(**places, recipe=configs.path("reid", "robust")) for word in words]
    with pytest.raises(SystemExit) as caught:
        call(monkeypatch, *words)
    printed = capsys.readouterr().err.strip().splitlines()
    assert caught.value.code == 2
    assert len(printed) == 1
    assert sentence in printed[0]


def test_changes_to_a_recipe_are_taken_before_and_behind_the_options_and_nothing_else_is(monkeypatch, crops, tmp_path, capsys):
    words = ["train", tmp_path / "mine.yaml", "--data", crops, "--output", tmp_path / "run"]
    (tmp_path / "mine.yaml").write_text("seed: 1\n")
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, *words, "epochz=3")
    assert stop.value.code == 2
    assert "unknown key epochz;" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stop:
        call(monkeypatch, *words, "--epochs", "3")
    assert stop.value.code == 2
    assert "usage: python -m reid train" in capsys.readouterr().err


def test_an_image_that_lies_in_query_and_gallery_is_fitted_on_once(monkeypatch, weights, tmp_path, capsys):
    people = write_people(tmp_path / "people", (QUERY, GALLERY))
    call(monkeypatch, "threshold", weights, "--data", people, "--false-match-rate", "0.2", "--device", "cpu")
    before = capsys.readouterr().out
    assert "set distance" in before
    for path in list((people / QUERY).iterdir()):
        shutil.copy(path, people / GALLERY / f"{path.stem}_copy.jpg")
    call(monkeypatch, "threshold", weights, "--data", people, "--false-match-rate", "0.2", "--device", "cpu")
    assert capsys.readouterr().out == before
