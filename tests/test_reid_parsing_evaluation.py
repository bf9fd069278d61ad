"""`python -m reid evaluate` on a parser: its rows, against masks with known answers, and what is refused."""

import csv
import signal
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from reid.__main__ import main
from reid.common import errors
from reid.models.regions import LABELS, REGIONS
from reid.parsing import evaluation
from reid.parsing.colours import COLOURS

COAT, PANTS, SHOE = (LABELS.index(label) for label in ("coat", "pants", "left-shoe"))


@pytest.fixture
def lip(tmp_path) -> Path:
    """A val split of two images in LIP's layout, which the small parser sees as a coat on the left, and background.

    By the first mask the coat begins one column of cells further to the right; by the second, its upper half is pants. The right
    half of the background of both does not count.
    """
    folder = tmp_path / "lip"
    image = np.zeros((32, 16, 3), np.uint8)
    image[:, :8] = COLOURS[COAT]
    masks = [np.zeros((32, 16), np.uint8) for _ in range(2)]
    masks[0][:, 4:8] = COAT
    masks[1][:, :8] = COAT
    masks[1][:16, :8] = PANTS
    for name in ("images", "segmentations"):
        (folder / f"val_{name}").mkdir(parents=True)
    for name, mask in zip(("one", "two"), masks, strict=True):
        mask[:, 12:] = 255
        cv2.imwrite(str(folder / "val_images" / f"{name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 100])
        cv2.imwrite(str(folder / "val_segmentations" / f"{name}.png"), mask)
    (folder / "val_id.txt").write_text("one\ntwo\n")
    return folder


def call(monkeypatch, capsys, *words, code: int = 0) -> tuple[str, str]:
    """Run `evaluate` so that it ends with `code`; what it prints, and what it says on stderr."""
    monkeypatch.setattr(sys, "argv", ["python -m reid", "evaluate", *map(str, words), "--device", "cpu"])
    if code:
        with pytest.raises(SystemExit) as ended:
            errors.run(main)
        assert ended.value.code == code
    else:
        errors.run(main)
    return capsys.readouterr()


def test_a_parser_has_a_row_of_accuracies_and_iou(monkeypatch, capsys, parser_file, lip, tmp_path):
    printed, _ = call(monkeypatch, capsys, parser_file, "--data", f"lip={lip}", "--output", tmp_path / "table.csv")
    (row,) = csv.DictReader((tmp_path / "table.csv").open())
    assert list(row)[2:] == ["overall acc.", "mean acc.", "mean IoU", *REGIONS, "regions", "images"]
    assert (row["network"], row["set"], row["images"]) == (str(parser_file), "lip", "2")
    # In columns of 4 pixels by 32, of which each image has three that count: background 1 + 1 of 2 + 1, coat 1 + 1/2 of the same,
    # pants 0 of 1; found are a coat in 4 and background in 2.
    expected = {
        "overall acc.": 4 / 6,
        "mean acc.": (2 / 3 + 1 + 0) / 3,
        "mean IoU": (2 / 3 + 2 / 4 + 0) / 3,
        "foreground": 3 / 4,
        "upper-body": 2 / 4,
        "lower-body": 0,
        "regions": (3 / 4 + 2 / 4 + 0) / 3,
    }
    assert {name: float(row[name]) for name in expected} == pytest.approx(expected, abs=1e-4)
    assert row["head"] == row["shoes"] == "nan"
    assert "small_parser on pytorch (cpu)" in printed and "│ 66.7 │" in " ".join(printed.split())


def test_each_parser_has_a_row_on_each_set(monkeypatch, capsys, parser_file, lip, tmp_path):
    (tmp_path / "twin.safetensors").write_bytes(parser_file.read_bytes())
    (tmp_path / "more").mkdir()
    lip.rename(tmp_path / "more" / "lip")
    (lip).symlink_to(tmp_path / "more" / "lip")
    sources = f"lip={lip}", f"lip={tmp_path / 'more' / 'lip'}"
    words = parser_file, tmp_path / "twin.safetensors", "--data", *sources, "--output", tmp_path / "table.csv"
    call(monkeypatch, capsys, *words)
    rows = list(csv.DictReader((tmp_path / "table.csv").open()))
    assert [(row["set"], Path(row["network"]).stem) for row in rows] == [
        ("lip (1)", "own"),
        ("lip (1)", "twin"),
        ("lip (2)", "own"),
        ("lip (2)", "twin"),
    ]


@pytest.mark.parametrize(
    "option",
    [
        "--centre camera",
        "--join",
        "--rerank",
        "--single-shot",
        "--feature f_t",
        "--distance euclidean",
        "--clustering",
        "--engine openvino",
    ],
)
def test_options_about_embeddings_are_refused(monkeypatch, capsys, parser_file, lip, option):
    _, told = call(monkeypatch, capsys, parser_file, "--data", f"lip={lip}", *option.split(), code=2)
    assert told == f"error: {option.split()[0]}: a parser has no embeddings, and runs on pytorch; leave it out\n"


def test_sets_with_and_without_masks_are_for_two_runs(monkeypatch, capsys, parser_file, lip, crops_folder):
    _, told = call(monkeypatch, capsys, parser_file, "--data", f"lip={lip}", crops_folder, code=2)
    assert told == f"error: {crops_folder}: has no masks for a parser; evaluate on it in another run than on lip=DIR\n"


def test_each_kind_of_network_is_refused_on_the_sets_of_the_other(
    monkeypatch, capsys, parser_file, lip, market, small_weights, tmp_path
):
    small_weights.write(tmp_path / "other.safetensors")
    _, told = call(monkeypatch, capsys, tmp_path / "other.safetensors", "--data", f"lip={lip}", code=2)
    assert "other.safetensors: holds weights of small, which is no parser" in told
    _, told = call(monkeypatch, capsys, parser_file, "--data", market, "--engine", "pytorch", code=2)
    assert (
        told
        == f"error: {parser_file}: a parser, not an appearance model; use `python -m reid parse`, or evaluate it on lip=DIR\n"
    )


def test_a_mask_of_another_image_is_refused(monkeypatch, capsys, parser_file, lip):
    cv2.imwrite(str(lip / "val_segmentations" / "two.png"), np.ones((16, 16), np.uint8))
    _, told = call(monkeypatch, capsys, parser_file, "--data", f"lip={lip}", code=2)
    assert "two.png: 16x16 pixels, but" in told and told.count("\n") == 1


def test_masks_of_nobody_are_refused(monkeypatch, capsys, parser_file, lip):
    for path in (lip / "val_segmentations").iterdir():
        cv2.imwrite(str(path), np.zeros((32, 16), np.uint8))
    _, told = call(monkeypatch, capsys, parser_file, "--data", f"lip={lip}", code=2)
    assert told == f"error: {lip / 'val_segmentations'}: no mask shows a person; labels 1 to 19 are the person\n"


def test_an_interrupted_run_keeps_its_rows(monkeypatch, capsys, parser_file, lip, tmp_path):
    (tmp_path / "twin.safetensors").write_bytes(parser_file.read_bytes())
    parse, calls = evaluation.evaluate_parser, []

    def second_is_interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            signal.raise_signal(signal.SIGINT)
        return parse(*arguments)

    monkeypatch.setattr(evaluation, "evaluate_parser", second_is_interrupted)
    words = parser_file, tmp_path / "twin.safetensors", "--data", f"lip={lip}", "--output", tmp_path / "table.csv"
    printed, told = call(monkeypatch, capsys, *words, code=130)
    assert "66.7" in printed
    assert told == f"interrupted: 1 rows are kept in {tmp_path / 'table.partial.csv'}\n"
