"""The kinds of files of networks, their training and its data."""

from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
import torch
from conftest import CHANGES, walking_image
from normed_parser import NormedParser
from small_ir import write_ir
from small_network import small
from small_training import write_people

import configs
import reid
from fuzz.kind import Kind
from reid.commands import COMMANDS
from reid.common.command_line import dispatch
from reid.data.folders import Crops
from reid.data.named_files import read_described
from reid.export import export_onnx
from reid.models import registry
from reid.parsing.lip import check_pairs, read_lip
from reid.parsing.parser import load_parser
from reid.training import checkpoint
from reid.training.learner import Learner
from reid.training.recipe import Recipe, read_recipe
from reid.weights.network_file import write_description
from reid.weights.thresholds import Thresholds
from reid.weights.weights_file import weights_of

knowing_small = patch.dict(registry._builders, {"small": small})
knowing_parser = patch.dict(registry._parsers, {"normed_parser": lambda classes=0: NormedParser()})
RUN = {"recipe": "{}", "data": "eight people", "teachers": ""}


@knowing_small
def write_weights(folder: Path) -> None:
    """Weights of the network `small`."""
    torch.manual_seed(0)
    weights_of("small", small(classes=5), {"epochs": 3, "data": ["people"]}).write(folder / "small.safetensors")


def write_onnx(folder: Path) -> None:
    """The network `small` as an ONNX file, with its description."""
    torch.manual_seed(0)
    network = small().eval()
    export_onnx(network, network.preprocessing, folder / "small.onnx")
    write_description(folder / "small.onnx", network.preprocessing, Thresholds())


def embed(name: str, engine: str = "auto"):
    """A function that opens that network and embeds a picture."""
    return knowing_small(lambda folder: reid.load(folder / name, engine=engine, device="cpu").embed([walking_image(0)]))


def write_recipe(folder: Path) -> None:
    """A recipe upon another one."""
    for name in ("robust", "robust_distilled"):
        (folder / f"{name}.yaml").write_text(configs.path("reid", name).read_text())


def _recipe() -> Recipe:
    return read_recipe(configs.path("reid", "robust"), CHANGES.split())


@knowing_small
def write_checkpoint(folder: Path) -> None:
    """The checkpoint of a run that has not taken a step."""
    checkpoint.save(folder / "checkpoint.pt", RUN, Learner(_recipe(), 8, "cpu").parts())


@knowing_small
def resume(folder: Path) -> None:
    """What a training does with a checkpoint."""
    checkpoint.resume(folder / "checkpoint.pt", RUN, Learner(_recipe(), 8, "cpu", fresh=False).parts(), "cpu")


def write_named(folder: Path) -> None:
    """A data set by its file names."""
    people = write_people(folder / "people", ("train",))
    pattern = r"'(?P<identity>\d+)_c(?P<camera>\d+)s.*'"
    (folder / "people.yaml").write_text(f"pattern: {pattern}\ntrain: {people.name}/train\nidentities: 0001 0002\n")


def write_photographs(folder: Path) -> None:
    """Two photographs with their masks."""
    for below in ("photographs", "masks"):
        (folder / below).mkdir()
    for number in range(2):
        cv2.imwrite(str(folder / f"photographs/{number}.jpg"), walking_image(number))
        mask = np.zeros(walking_image(0).shape[:2], np.uint8)
        mask[10:80, 20:60] = 5
        cv2.imwrite(str(folder / f"masks/{number}.png"), mask)


def cut(folder: Path) -> None:
    """`reid cut`."""
    words = ["cut", str(folder / "photographs"), "--masks", str(folder / "masks"), "--output", str(folder / "out")]
    dispatch("reid", COMMANDS, "", words)


def write_lip(folder: Path) -> None:
    """A photograph and its mask in LIP's layout."""
    for below in ("train_images", "train_segmentations"):
        (folder / below).mkdir()
    cv2.imwrite(str(folder / "train_images/7.jpg"), walking_image(0))
    mask = np.zeros(walking_image(0).shape[:2], np.uint8)
    mask[10:80, 20:60] = 5
    cv2.imwrite(str(folder / "train_segmentations/7.png"), mask)
    (folder / "train_id.txt").write_text("7\n")


def read_masks(folder: Path) -> None:
    """What a training does with photographs and masks before it begins."""
    check_pairs(read_lip(f"lip={folder}", "train"))


@knowing_parser
def write_parser(folder: Path) -> None:
    """Weights of the parser of the tests."""
    torch.manual_seed(0)
    weights_of("normed_parser", NormedParser()).write(folder / "parser.safetensors")


@knowing_parser
def parse(folder: Path) -> None:
    """Open a parser and parse a picture."""
    load_parser(folder / "parser.safetensors").parse([walking_image(0)])


def described(folder: Path) -> dict[str, Crops]:
    """Read a data set by its file names."""
    return read_described(folder / "people.yaml")


KINDS = [
    Kind("weights", write_weights, ("small.safetensors",), embed("small.safetensors", "pytorch"), False),
    Kind("onnx", write_onnx, ("small.onnx",), embed("small.onnx"), False),
    Kind("network description", write_onnx, ("small.yaml",), embed("small.onnx")),
    Kind("openvino", lambda folder: write_ir(folder / "own.xml"), ("own.xml",), embed("own.xml")),
    Kind("openvino weights", lambda folder: write_ir(folder / "own.xml"), ("own.bin",), embed("own.xml"), False),
    Kind("recipe", write_recipe, ("*.yaml",), lambda folder: read_recipe(folder / "robust_distilled.yaml")),
    Kind("checkpoint", write_checkpoint, ("checkpoint.pt",), resume, False),
    Kind("named files", write_named, ("people.yaml",), described),
    Kind("photographs", write_photographs, ("photographs/*",), cut, False),
    Kind("masks", write_photographs, ("masks/*",), cut, False),
    Kind("parsing masks", write_lip, ("train_segmentations/*", "train_images/*"), read_masks, False),
    Kind("parsing list", write_lip, ("train_id.txt",), read_masks),
    Kind("parser weights", write_parser, ("parser.safetensors",), parse, False),
]
