"""The one folder where exports, embeddings and teachers' answers are kept."""

import os
import sys
from pathlib import Path

import pytest

from reid.common import cache_folder as module
from reid.common.cache_folder import cache_folder, embedding_code, is_whole, seal, touch, trim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have other places")


def test_the_users_variable_names_the_place(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder("engines") == tmp_path / "mtmc" / "engines"
    assert not (tmp_path / "mtmc").exists()


@pytest.mark.parametrize("value", [None, ""])
def test_without_it_the_place_is_below_home(monkeypatch, value):
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if value is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert cache_folder("teachers") == Path("/home/somebody/.cache/mtmc/teachers")


def fill(folder, sizes):
    """Entries `a`, `b`, ... of these sizes, the first used least recently: folders, and pairs of files, in turn."""
    folder.mkdir()
    for number, (name, size) in enumerate(sizes.items()):
        paths = [folder / name / "network.bin"] if number % 2 else [folder / f"{name}.f32", folder / f"{name}.json"]
        for path in paths:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(bytes(size // len(paths)))
        for path in [*paths, folder / name] if number % 2 else paths:
            os.utime(path, (1000 + number, 1000 + number))


def names(folder):
    return {path.stem for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("limit", "used", "left"),
    [
        pytest.param(1000, None, "abcd", id="room enough"),
        pytest.param(700, None, "cd", id="the oldest go first"),
        pytest.param(700, "a.json", "ad", id="what was used again stays"),
        pytest.param(400, "b", "b", id="a folder that was used again"),
        pytest.param(0, None, "d", id="the last one always stays"),
    ],
)
def test_the_least_recently_used_entries_go_until_the_rest_fits(tmp_path, limit, used, left):
    fill(tmp_path / "cache", {"a": 200, "b": 200, "c": 200, "d": 400})
    if used:
        touch(tmp_path / "cache" / used)
    trim(tmp_path / "cache", limit)
    assert names(tmp_path / "cache") == set(left)


def test_entries_in_use_stay_and_the_next_oldest_go_instead(tmp_path):
    folder = tmp_path / "cache"
    fill(folder, {"a": 200, "b": 200, "c": 200, "d": 400})
    trim(folder, 700, frozenset(path for path in folder.iterdir() if path.stem == "a"))
    assert names(folder) == {"a", "d"}


def test_what_killed_runs_left_goes_after_a_day_and_no_sooner(tmp_path):
    for name, seconds in ((".old", 1000), (".new", None)):
        (tmp_path / name).mkdir()
        if seconds is not None:
            os.utime(tmp_path / name, (seconds, seconds))
    trim(tmp_path, 0)
    assert [path.name for path in tmp_path.iterdir()] == [".new"]
    trim(tmp_path / "absent", 0)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda folder: (folder / "network.bin").write_bytes(b"12345678\x00"), id="a flipped byte"),
        pytest.param(lambda folder: (folder / "network.bin").write_bytes(b"1234"), id="cut short"),
        pytest.param(lambda folder: (folder / "network.xml").unlink(), id="a file is missing"),
        pytest.param(lambda folder: (folder / module.SEAL).unlink(), id="no checksums"),
        pytest.param(lambda folder: (folder / module.SEAL).write_text("[]"), id="other checksums"),
    ],
)
def test_a_folder_is_whole_until_something_in_it_changes(tmp_path, spoil):
    (tmp_path / "network.bin").write_bytes(b"123456789")
    (tmp_path / "network.xml").write_text("<net/>")
    assert not is_whole(tmp_path)
    seal(tmp_path)
    assert is_whole(tmp_path)
    spoil(tmp_path)
    assert not is_whole(tmp_path)


def test_the_hash_of_the_code_covers_crops_preprocessing_networks_and_engines(tmp_path, monkeypatch):
    for part in ("appearance.py", "preprocessing.py", "export.py", "engines/openvino.py", "footage/crops.py", "models/robust.py"):
        assert (module.REID / part).is_file()
        (tmp_path / part).parent.mkdir(exist_ok=True)
        (tmp_path / part).write_bytes((module.REID / part).read_bytes())
    monkeypatch.setattr(module, "REID", tmp_path)
    hashes = {embedding_code.__wrapped__()}
    for path in sorted(tmp_path.rglob("*.py")):
        path.write_text(path.read_text() + "\nchanged = True\n")
        hashes.add(embedding_code.__wrapped__())
    assert len(hashes) == 7
