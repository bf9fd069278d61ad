"""`python -m reid parse`: the results of each image, what is kept of a run that ends early, and what is refused."""

import signal
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from reid.__main__ import main
from reid.common import errors
from reid.common.errors import InputError
from reid.common.result_folder import MANIFEST
from reid.models.regions import LABELS, REGIONS
from reid.parsing.colours import COLOURS
from reid.parsing.parser import BATCH, Parser

HAT, COAT, PANTS = (LABELS.index(label) for label in ("hat", "coat", "pants"))


@pytest.fixture
def crops(tmp_path) -> Path:
    """Crops of a person with a coat above pants on black, in two folders of a tree."""
    image = np.zeros((64, 32, 3), np.uint8)
    image[8:32, 8:24], image[32:56, 8:24] = COLOURS[COAT], COLOURS[PANTS]
    for name in ("a.png", "day/b.png", "day/c.d.bmp"):
        (tmp_path / "crops" / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / "crops" / name), image)
    return tmp_path / "crops"


def call(monkeypatch, capsys, *words, code: int = 0) -> str:
    """Run `parse` so that it ends with `code`; what it prints, or what it says on stderr."""
    monkeypatch.setattr(sys, "argv", ["python -m reid", "parse", *map(str, words), "--device", "cpu"])
    if not code:
        errors.run(main)
        return capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        errors.run(main)
    assert ended.value.code == code
    return capsys.readouterr().err


def written(folder: Path) -> list[str]:
    """The results in `folder`, without the list of them."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)


def test_each_image_of_a_tree_gets_its_mask_beside_it_and_its_maps(monkeypatch, capsys, parser_file, crops, tmp_path):
    told = call(monkeypatch, capsys, crops, "--output", tmp_path / "new" / "out", "--parser", parser_file)
    names = [f"{name}{suffix}" for name in ("a", "day/b", "day/c.d") for suffix in (".npz", ".png")]
    assert written(tmp_path / "new" / "out") == names
    for name in ("a", "day/b", "day/c.d"):
        picture = cv2.imread(str(tmp_path / "new" / "out" / f"{name}.png"))
        crop = picture[:, :32]
        assert picture.shape == (64, 64, 3)
        assert crop[20, 16].tolist() == COLOURS[COAT].tolist()
        # The small parser finds the labels whose colours the crop has; its cells are 8x8 pixels, mixed between their centres.
        np.testing.assert_array_equal(picture[12:52, 44:52], crop[12:52, 12:20])
        assert not picture[:4].any()
        with np.load(tmp_path / "new" / "out" / f"{name}.npz", allow_pickle=False) as file:
            assert file["regions"].tolist() == list(REGIONS)
            maps = file["maps"]
        assert (maps.shape, maps.dtype) == ((5, 8, 4), np.float32)
        assert [maps[row].sum().round() for row in range(5)] == [12, 0, 6, 6, 0]
    assert told.splitlines() == [
        "mean share of an image: foreground 37.5%, head 0.0%, upper-body 18.8%, lower-body 18.8%, shoes 0.0%",
        "in the pictures: red to yellow head, blue upper body, green lower body, pink and purple shoes",
        f"parsed 3 images, small_parser on pytorch (cpu): {tmp_path / 'new' / 'out'}",
    ]


def test_images_and_folders_may_be_named_together(monkeypatch, capsys, parser_file, crops, tmp_path):
    told = call(monkeypatch, capsys, crops / "a.png", crops / "day", "--output", tmp_path / "out", "--parser", parser_file)
    assert "parsed 3 images" in told
    assert written(tmp_path / "out") == ["a.npz", "a.png", "b.npz", "b.png", "c.d.npz", "c.d.png"]
    call(monkeypatch, capsys, crops, crops / "day" / "b.png", "--output", tmp_path / "out", "--parser", parser_file)
    assert {"b.png", "day/b.png"} < set(written(tmp_path / "out"))


def test_a_second_run_replaces_the_results_of_the_first_and_no_other_file(monkeypatch, capsys, parser_file, crops, tmp_path):
    words = "--output", tmp_path / "out", "--parser", parser_file
    for _ in range(2):
        call(monkeypatch, capsys, crops, *words)
    (tmp_path / "out" / "mine.png").write_bytes((crops / "a.png").read_bytes())
    call(monkeypatch, capsys, crops / "day" / "b.png", *words)
    assert written(tmp_path / "out") == ["b.npz", "b.png", "mine.png"]
    (crops / "a.png").rename(crops / "mine.png")
    told = call(monkeypatch, capsys, crops / "mine.png", *words, code=2)
    assert "mine.png: exists, and is no result of an earlier run" in told
    assert written(tmp_path / "out") == ["b.npz", "b.png", "mine.png"]


@pytest.mark.parametrize(
    ("act", "code"),
    [
        pytest.param(lambda: signal.raise_signal(signal.SIGINT), 130, id="Ctrl-C"),
        pytest.param(lambda: signal.raise_signal(signal.SIGTERM), 143, id="SIGTERM"),
        pytest.param(lambda: (_ for _ in ()).throw(OSError(28, "No space left on device", "x")), 2, id="a full disk"),
        pytest.param(lambda: (_ for _ in ()).throw(InputError("the picture is damaged")), 2, id="a damaged picture"),
    ],
)
def test_a_run_that_ends_early_keeps_what_is_parsed_and_says_so(monkeypatch, capsys, parser_file, crops, tmp_path, act, code):
    for number in range(BATCH):
        (crops / f"{number:02d}.png").write_bytes((crops / "a.png").read_bytes())
    parse, calls = Parser.parse, []

    def second_fails(self, images):
        calls.append(len(images))
        if len(calls) == 2:
            act()
        return parse(self, images)

    monkeypatch.setattr(Parser, "parse", second_fails)
    words = crops, "--output", tmp_path / "out", "--parser", parser_file
    told = call(monkeypatch, capsys, *words, code=code)
    assert f"{BATCH} of {BATCH + 3} images are parsed; their results are kept in {tmp_path / 'out'}" in told
    assert len(written(tmp_path / "out")) == 2 * BATCH


def test_an_interrupt_before_the_first_result_says_that_nothing_is_kept(monkeypatch, capsys, parser_file, crops, tmp_path):
    monkeypatch.setattr(Parser, "parse", lambda self, images: signal.raise_signal(signal.SIGINT))
    told = call(monkeypatch, capsys, crops, "--output", tmp_path / "out", "--parser", parser_file, code=130)
    assert told == "interrupted: nothing was written; earlier results are unchanged\n" and not (tmp_path / "out").exists()


def copied(crops: Path, name: str) -> None:
    (crops / name).parent.mkdir(parents=True, exist_ok=True)
    (crops / name).write_bytes((crops / "a.png").read_bytes())


@pytest.mark.parametrize(
    ("spoil", "sources", "output", "sentence"),
    [
        pytest.param(
            lambda crops: None,
            "crops",
            "crops",
            "{crops}: its results in {crops} would be mixed with images",
            id="into the folder itself",
        ),
        pytest.param(
            lambda crops: None,
            "crops",
            "crops/masks",
            "{crops}: its results in {crops}/masks would be mixed",
            id="into a folder in it",
        ),
        pytest.param(lambda crops: None, "crops/a.png", "crops", "{crops}/a.png: its results in {crops} would", id="onto itself"),
        pytest.param(
            lambda crops: copied(crops, "a.jpg"),
            "crops",
            "out",
            "{crops}/a.png: {crops}/a.jpg has the same result",
            id="one stem",
        ),
        pytest.param(
            lambda crops: copied(crops, "day/a.png"),
            "crops/a.png crops/day/a.png",
            "out",
            "{crops}/day/a.png: {crops}/a.png has the same result",
            id="one name in two folders",
        ),
        pytest.param(
            lambda crops: (crops / "a.png").write_bytes(b"text"), "crops", "out", "a.png: not a readable image", id="no image"
        ),
        pytest.param(
            lambda crops: (crops / "a.png").write_bytes((crops / "a.png").read_bytes()[:60]), "crops", "out", "a.png: ", id="cut"
        ),
        pytest.param(lambda crops: None, "crops/x.png", "out", "x.png: no such file", id="missing"),
        pytest.param(lambda crops: (crops / "e").mkdir(), "crops/e", "out", "e: no images (.bmp, ", id="an empty folder"),
    ],
)
def test_what_cannot_be_parsed_is_one_sentence(
    monkeypatch, capsys, parser_file, crops, tmp_path, spoil, sources, output, sentence
):
    spoil(crops)
    before = {path: path.read_bytes() for path in crops.rglob("*") if path.is_file()}
    words = [tmp_path / source for source in sources.split()]
    told = call(monkeypatch, capsys, *words, "--output", tmp_path / output, "--parser", parser_file, code=2)
    assert sentence.format(crops=crops) in told and told.count("\n") == 1
    assert {path: path.read_bytes() for path in crops.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "out").exists()


def test_an_appearance_model_is_refused(monkeypatch, capsys, crops, small_weights, tmp_path):
    small_weights.write(tmp_path / "other.safetensors")
    words = crops, "--output", tmp_path / "out", "--parser", tmp_path / "other.safetensors"
    assert "holds weights of small, which is no parser" in call(monkeypatch, capsys, *words, code=2)
