"""What tests of several areas share: real data where it is, a small rendered sequence, and sequences made of plain numbers."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

FRAMES = 12
SIZE = (160, 120)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Ctrl-C interrupts, also where a shell has started the tests in the background and so told them to ignore it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of third-party research data: `MTMC_DATA`, else `../shared/data` beside the repository."""
    folder = Path(os.environ.get("MTMC_DATA") or Path(__file__).parents[2] / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("no real data: set MTMC_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def demo_data(tmp_path_factory) -> Path:
    """A folder with one short rendered sequence, `plaza`."""
    from mtmc.simulation import SimulatedDetector, write_sequence
    from mtmc.simulation.demo import plaza

    folder = tmp_path_factory.mktemp("demo")
    write_sequence(folder / "plaza", plaza(16), "plaza", 30, 10, SimulatedDetector())
    return folder


def walking_box(person: int, frame: int) -> list[float]:
    """Left, top, width, height of one of the people in `make_sequence`'s world; they walk on parallel lines and never touch."""
    return [10 + 4 * frame, 8 + 56 * person, 20, 48]


@pytest.fixture
def make_sequence(tmp_path) -> Callable[..., Path]:
    """A function that writes a MOTChallenge folder: two people walk to the right for twelve frames, perfectly detected."""

    def make(name: str = "walk", images: bool = False, truth: bool = True, info: bool = True) -> Path:
        folder = tmp_path / "data" / name
        rows = [(frame, person, walking_box(person, frame)) for frame in range(FRAMES) for person in range(2)]
        (folder / "det").mkdir(parents=True)
        det = (f"{frame + 1},-1,{','.join(map(str, box))},0.9,-1,-1,-1\n" for frame, _, box in rows)
        (folder / "det" / "det.txt").write_text("".join(det))
        if truth:
            (folder / "gt").mkdir()
            gt = (f"{frame + 1},{person + 1},{','.join(map(str, box))},1,1,1\n" for frame, person, box in rows)
            (folder / "gt" / "gt.txt").write_text("".join(gt))
        if info:
            (folder / "seqinfo.ini").write_text(
                f"[Sequence]\nname=other\nframeRate=10\nseqLength={FRAMES}\nimWidth={SIZE[0]}\nimHeight={SIZE[1]}\n"
            )
        if images:
            (folder / "img1").mkdir()
            for frame in range(FRAMES):
                cv2.imwrite(str(folder / "img1" / f"{frame + 1:06d}.png"), walking_image(frame))
        return folder

    return make


def walking_image(frame: int) -> np.ndarray:
    """The picture of a frame of `make_sequence`'s world: each person a rectangle of its own colour on grey."""
    image = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
    for person, colour in enumerate([(0, 0, 250), (250, 0, 0)]):
        left, top, width, height = walking_box(person, frame)
        cv2.rectangle(image, (left, top), (left + width, top + height), colour, -1)
    return image


@pytest.fixture
def small_weights(monkeypatch, tmp_path):
    """Weights of the network `small`, which is registered for the test; exports go to a cache of the test's own."""
    import torch
    from small_network import small

    from reid.models import registry
    from reid.weights.weights_file import weights_of

    monkeypatch.setitem(registry._builders, "small", small)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    torch.manual_seed(0)
    return weights_of("small", small(classes=5), {"epochs": 3})


@pytest.fixture
def normed_parser(monkeypatch) -> None:
    """The parser `normed_parser`, registered for the test, also in the place of the light one."""
    from normed_parser import NormedParser

    from reid.models import registry

    for name in ("normed_parser", "parser_light"):
        monkeypatch.setitem(registry._parsers, name, lambda classes=0: NormedParser())


CHANGES = (
    "model=small padding=1 epochs=2 early_epochs=1 early_height=32 early_width=16 identities_per_batch=4 images_per_identity=2 "
    "schedule=steps step_epochs=[1] average=weights average_epochs=1 checkpoint_steps=1 evaluate_every=1 precision=float32"
)


@pytest.fixture
def crops_folder(tmp_path) -> Path:
    """A data set of eight people in Market-1501's layout."""
    from small_training import write_people

    return write_people(tmp_path / "people")


@pytest.fixture
def photographs(tmp_path) -> Path:
    """Six images of people nobody has named, in two folders of a tree."""
    rng = np.random.default_rng(3)
    for index in range(6):
        file = tmp_path / "photographs" / f"day{index % 2}" / f"{index}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(file), rng.integers(0, 256, (40, 20, 3), np.uint8))
    return tmp_path / "photographs"


@pytest.fixture
def recipe(small_weights):
    """A recipe of two epochs that trains the network `small` on `crops_folder`."""
    from configs import path
    from reid.training.recipe import read_recipe

    return read_recipe(path("reid", "robust"), CHANGES.split())


@pytest.fixture
def parser_file(monkeypatch, tmp_path) -> Path:
    """Weights of the parser `small_parser`, which is registered for the test."""
    from small_parser import small_parser

    from reid.models import registry
    from reid.weights.weights_file import weights_of

    monkeypatch.setitem(registry._parsers, "small_parser", small_parser)
    weights_of("small_parser", small_parser()).write(tmp_path / "own.safetensors")
    return tmp_path / "own.safetensors"


@pytest.fixture
def market(tmp_path) -> Path:
    """A data set of four people in Market-1501's layout."""
    from small_table import write_market

    return write_market(tmp_path / "people")


@pytest.fixture
def tiny(monkeypatch, tmp_path) -> None:
    """The table `tiny` of `small_table` is one of those that there are."""
    from small_table import add_tiny

    add_tiny(monkeypatch, tmp_path)
