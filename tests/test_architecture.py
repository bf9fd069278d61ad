"""The rooms of the house, and which of them each may import: arrows point down, and there is no circle."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What mtmc and benchmarks take of reid: its public face, and what is neither about networks nor about tracking.
REID = {"reid", "reid.common", "reid.footage", "reid.sets", "reid.centring"}
# Each room with the rooms of its own package that it may import. A line names only rooms of lines above it.
ROOMS = {
    "reid.common": set(),
    "reid.footage": {"reid.common"},
    "reid.models": {"reid.common"},
    "reid.weights": {"reid.common", "reid.models"},
    "reid.engines": {"reid.common", "reid.weights"},
    "reid.data": {"reid.common"},
    "reid.evaluation": {"reid.common", "reid.data"},
    "reid.parsing": {"reid.common", "reid.models", "reid.weights", "reid.data"},
    "reid.training": {
        "reid.common",
        "reid.models",
        "reid.weights",
        "reid.engines",
        "reid.data",
        "reid.evaluation",
        "reid.parsing",
    },
    "mtmc.calibration": set(),
    "mtmc.detection": set(),
    "mtmc.sequences": {"mtmc.calibration"},
    "mtmc.drawing": {"mtmc.calibration"},
    "mtmc.ground": {"mtmc.calibration"},
    "mtmc.simulation": {"mtmc.calibration", "mtmc.sequences"},
    "mtmc.candidates": {"mtmc.sequences"},
    "mtmc.single": {"mtmc.sequences", "mtmc.detection", "mtmc.drawing"},
    "mtmc.identity": {"mtmc.ground"},
    "mtmc.multicamera": {"mtmc.calibration", "mtmc.sequences", "mtmc.drawing", "mtmc.ground", "mtmc.single", "mtmc.identity"},
    "mtmc.linking": {"mtmc.calibration", "mtmc.sequences", "mtmc.ground", "mtmc.single", "mtmc.identity", "mtmc.multicamera"},
}
BEYOND = {
    "mtmc.candidates": {"reid.preprocessing", "reid.weights", "reid.engines", "reid.training"},  # a network of its own
    "mtmc.simulation": {"reid.data"},  # people of a rendered room are images of a data set
    # Single files of reid, which is what the rooms are about: preprocessing < export < appearance.
    "reid.models": {"reid.preprocessing"},
    "reid.weights": {"reid.preprocessing"},
    "reid.engines": {"reid.export"},
    "reid.data": {"reid.preprocessing"},
    "reid.evaluation": {"reid.preprocessing", "reid.appearance"},
    "reid.parsing": {"reid.preprocessing"},
    "reid.training": {"reid.preprocessing", "reid.appearance", "reid.losses"},
}


def _imports(package: str) -> list[tuple[str, str]]:
    """Pairs of a module of `package` and one of ours that it imports, also where only a function or a type checker does."""
    pairs = []
    for path in sorted((ROOT / package).rglob("*.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            pairs += [(module, name) for name in names]
    assert pairs
    return pairs


def _room(module: str) -> str:
    return ".".join(module.split(".")[:2])


def _package(module: str) -> str:
    return module.partition(".")[0]


def test_each_room_names_only_rooms_above_its_own_line():
    known: set[str] = set()
    for room, below in ROOMS.items():
        assert below <= known, f"{room} may not import {below - known}"
        known.add(room)


def test_the_table_has_every_room_but_the_commands_which_stand_above_all():
    folders = {f"{package}.{path.parent.name}" for package in ("mtmc", "reid") for path in (ROOT / package).glob("*/__init__.py")}
    assert folders == {*ROOMS, "mtmc.commands", "reid.commands"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_its_line_names(room):
    allowed = {room} | ROOMS[room] | REID | BEYOND.get(room, set())
    wrong = [
        f"{module} imports {name}"
        for module, name in _imports(room.replace(".", "/"))
        if _package(name) in ("mtmc", "reid", "benchmarks") and _room(name) not in allowed
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("trackers", {"torch", "reid", "mtmc", "benchmarks"}),
        ("reid", {"trackers", "mtmc", "benchmarks"}),
        ("mtmc", {"benchmarks"}),
    ],
)
def test_a_package_imports_none_above_it(package, forbidden):
    assert not [pair for pair in _imports(package) if _package(pair[1]) in forbidden]


def test_of_mtmc_only_the_room_with_a_network_of_its_own_imports_torch():
    assert {_room(module) for module, name in _imports("mtmc") if _package(name) == "torch"} == {"mtmc.candidates"}


def test_rooms_share_no_file_name_but_where_their_folders_tell_them_apart():
    names: dict[str, list[str]] = {}
    for path in sorted((ROOT / "mtmc").rglob("*.py")):
        if not path.name.startswith("__") and path.parent.name not in ("commands", "readers"):
            names.setdefault(path.name, []).append(path.parent.name)
    assert {name: rooms for name, rooms in names.items() if len(rooms) > 1 and name not in ("result_writer.py",)} == {}
