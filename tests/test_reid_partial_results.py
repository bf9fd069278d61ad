"""What the commands of `python -m reid` keep where they end early: by a signal, a picture, a full disk, a defect, a kill."""

import csv
import signal
import sys

import cv2
import numpy as np
import pytest
from full_disk import replacing_on_full_disk
from small_ir import write_ir
from small_table import run_tiny

import reid.common.files
from reid import AppearanceModel
from reid.__main__ import main
from reid.commands import extract
from reid.common import errors
from reid.common.errors import InputError
from reid.evaluation import extraction
from reid.training import trainer

PICTURES = 40  # three batches


@pytest.fixture
def network(tmp_path):
    return write_ir(tmp_path / "own.xml")


@pytest.fixture
def pictures(tmp_path):
    """A folder of pictures, each of one colour."""
    (tmp_path / "pictures").mkdir()
    for number in range(PICTURES):
        image = np.full((16, 8, 3), (number, 100, 250 - number), np.uint8)
        cv2.imwrite(str(tmp_path / "pictures" / f"{number:03d}.png"), image)
    return tmp_path / "pictures"


def call(monkeypatch, capsys, *words, code: int = 0) -> str:
    """Run a command that ends with `code`; what it says on stderr."""
    monkeypatch.setattr(sys, "argv", ["python -m reid", *map(str, words)])
    if code:
        with pytest.raises(SystemExit) as ended:
            errors.run(main)
        assert ended.value.code == code
    else:
        errors.run(main)
    return capsys.readouterr().err


def stopping(monkeypatch, act, after: int = 1) -> None:
    """Let `act` happen in the place of the batch that comes when `after` are embedded."""
    real, done = AppearanceModel.embed, []

    def embed(self, images):
        if len(done) == after:
            act()
        done.append(len(images))
        return real(self, images)

    monkeypatch.setattr(AppearanceModel, "embed", embed)


def fail(error: BaseException):
    raise error


ENDINGS = [
    pytest.param(lambda: fail(InputError("the picture is damaged")), 2, id="a damaged picture"),
    pytest.param(lambda: fail(OSError(28, "No space left on device", "x")), 2, id="a full disk"),
    pytest.param(lambda: signal.raise_signal(signal.SIGTERM), 143, id="SIGTERM"),
    pytest.param(lambda: signal.raise_signal(signal.SIGINT), 130, id="Ctrl-C"),
]


@pytest.mark.parametrize(("act", "code"), ENDINGS)
def test_extract_keeps_the_embeddings_that_it_has(monkeypatch, capsys, network, pictures, tmp_path, act, code):
    words = "extract", pictures, "--output", tmp_path / "out.npz", "--reid", network
    with monkeypatch.context() as patch:
        stopping(patch, act)
        told = call(patch, capsys, *words, code=code)
    partial = tmp_path / "out.partial.npz"
    assert f"the first {extraction.BATCH} of {PICTURES} embeddings are kept in {partial}" in told
    kept = np.load(partial)
    assert len(kept["paths"]) == len(kept["embeddings"]) == extraction.BATCH and not (tmp_path / "out.npz").exists()
    call(monkeypatch, capsys, *words)
    whole = np.load(tmp_path / "out.npz")
    np.testing.assert_allclose(whole["embeddings"][: extraction.BATCH], kept["embeddings"], atol=1e-6)
    assert len(whole["embeddings"]) == PICTURES and not partial.exists()


def test_a_defect_and_a_kill_of_extract_leave_embeddings_too(monkeypatch, capsys, network, pictures, tmp_path):
    monkeypatch.setattr(
        sys, "argv", ["reid", "extract", str(pictures), "--output", str(tmp_path / "a.npz"), "--reid", str(network)]
    )
    monkeypatch.setattr(extract, "KEPT_EVERY", 0)
    seen = []
    stopping(monkeypatch, lambda: fail(ZeroDivisionError(seen.append((tmp_path / "a.partial.npz").is_file()))), after=2)
    with pytest.raises(ZeroDivisionError):
        errors.run(main)
    assert seen == [True], "a kill at that moment would leave it"
    assert len(np.load(tmp_path / "a.partial.npz")["embeddings"]) == 2 * extraction.BATCH


def test_extract_says_so_where_a_full_disk_takes_not_even_what_there_is(monkeypatch, capsys, network, pictures, tmp_path):
    monkeypatch.setattr(reid.common.files, "replacing", replacing_on_full_disk)
    told = call(monkeypatch, capsys, "extract", pictures, "--output", tmp_path / "a.npz", "--reid", network, code=2)
    assert told.splitlines() == [
        f"error: {tmp_path / 'a.npz'}: No space left on device",
        f"{tmp_path / 'a.partial.npz'}: No space left on device",
    ]
    assert not list(tmp_path.glob("*.npz"))


def test_extract_asks_for_room_before_it_begins(monkeypatch, capsys, network, pictures, tmp_path):
    monkeypatch.setattr(extract.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 100}))
    stopping(monkeypatch, lambda: pytest.fail("it began"), after=0)
    told = call(monkeypatch, capsys, "extract", pictures, "--output", tmp_path / "a.npz", "--reid", network, code=2)
    assert "MB are not free on the disk" in told


@pytest.mark.parametrize(("act", "code"), ENDINGS)
def test_evaluate_prints_and_keeps_the_rows_that_it_has(monkeypatch, capsys, network, crops_folder, tmp_path, act, code):
    other = write_ir(tmp_path / "other.xml")
    stopping(monkeypatch, act, after=4 + 3)  # two batches of queries and of the gallery
    words = "evaluate", network, other, "--data", crops_folder, "--output", tmp_path / "table.csv"
    monkeypatch.setattr(sys, "argv", ["python -m reid", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        errors.run(main)
    told, partial = capsys.readouterr(), tmp_path / "table.partial.csv"
    assert ended.value.code == code and f"1 rows are kept in {partial}" in told.err and "own on openvino" in told.out
    assert [row["network"] for row in csv.DictReader(partial.open())] == [str(network)]
    assert not (tmp_path / "table.csv").exists()


def test_evaluate_leaves_no_partial_rows_behind_and_prints_none_where_there_are_none(
    monkeypatch, capsys, network, crops_folder, tmp_path
):
    words = "evaluate", network, "--data", crops_folder, "--output", tmp_path / "table.csv"
    call(monkeypatch, capsys, *words)
    assert [path.name for path in tmp_path.glob("*.csv")] == ["table.csv"]
    stopping(monkeypatch, lambda: signal.raise_signal(signal.SIGINT))
    assert call(monkeypatch, capsys, *words, code=130) == "interrupted: finished results, if any, are kept\n"
    assert [path.name for path in tmp_path.glob("*.csv")] == ["table.csv"]


def test_a_table_whose_second_row_fails_keeps_the_first_and_says_so(market, tiny, tmp_path, monkeypatch):
    real = trainer.train

    def train(recipe, *more, **options):
        if recipe.label_smoothing:
            raise InputError("the disk is full")
        return real(recipe, *more, **options)

    monkeypatch.setattr(trainer, "train", train)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)  # which takes seconds to import
    with pytest.raises(InputError) as caught:
        run_tiny(market, tmp_path / "out")
    folder = tmp_path / "out" / "tiny"
    assert caught.value.__notes__ == [f"1 rows are kept in {folder}; the same command goes on from there"]
    assert (folder / "summary.csv").read_text().count("\n") == 2
