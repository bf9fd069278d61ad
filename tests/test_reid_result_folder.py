"""The folder of a run's results: what an earlier run listed goes with the first new one, and nothing else."""

import gc
import json
import shutil
import subprocess
import sys
from collections import namedtuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reid.common.errors import InputError
from reid.common.growing_results import GrowingTexts, end_results
from reid.common.result_folder import MANIFEST, ResultFolder


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)


def leave(folder, *names):
    """A run that leaves these results."""
    results = ResultFolder(folder)
    for name in names:
        results.begin(name).write_text(name)
        results.finish(name)


def test_results_of_the_run_before_go_with_their_empty_folders_and_other_files_stay(tmp_path):
    leave(tmp_path, "tracks/a.txt", "tracks/b.txt", "video/a.mp4", "summary.json")
    (tmp_path / "tracks" / "mine.txt").write_text("mine")
    (tmp_path / "notes.md").write_text("mine")
    leave(tmp_path, "tracks/b.txt")
    assert files(tmp_path) == ["notes.md", "tracks/b.txt", "tracks/mine.txt"]
    assert not (tmp_path / "video").exists()


NAMES = st.sampled_from(["a.txt", "b.txt", "c.mp4", "in/a.txt", "in/b.txt", "in/deep/a.txt", "other/a.txt"])


@settings(max_examples=60, deadline=None)
@given(foreign=st.sets(NAMES), runs=st.lists(st.sets(NAMES, min_size=1), min_size=1, max_size=4))
def test_after_any_runs_there_are_the_last_ones_results_and_what_was_never_a_result(tmp_path_factory, foreign, runs):
    folder = tmp_path_factory.mktemp("runs")
    foreign = {f"own-{name}" if "/" not in name else name.replace("/", "/own-") for name in foreign}
    for name in foreign:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("own")
    for names in runs:
        leave(folder, *sorted(names))
        assert files(folder) == sorted({*foreign, *names})
    assert all((folder / name).read_text() == "own" for name in foreign)


def test_a_run_without_a_result_deletes_nothing(tmp_path):
    leave(tmp_path, "a.txt")
    results = ResultFolder(tmp_path)
    assert files(tmp_path) == ["a.txt"] and not results.begun
    results.add("b.txt").write_text("b")
    assert files(tmp_path) == ["b.txt"] and results.begun


def test_partial_results_are_listed_too(tmp_path):
    ResultFolder(tmp_path).begin("tracks/a.txt").write_text("half")
    assert files(tmp_path) == ["tracks/a.partial.txt"]
    leave(tmp_path, "b.txt")
    assert files(tmp_path) == ["b.txt"] and not (tmp_path / "tracks").exists()


def test_a_partial_result_that_somebody_gave_its_full_name_stays(tmp_path):
    ResultFolder(tmp_path).begin("a.txt").write_text("half")
    (tmp_path / "a.partial.txt").rename(tmp_path / "a.txt")
    leave(tmp_path, "b.txt")
    assert files(tmp_path) == ["a.txt", "b.txt"]


def test_what_a_tampered_manifest_names_elsewhere_stays(tmp_path):
    outside, folder = tmp_path / "outside.txt", tmp_path / "out"
    (tmp_path / "elsewhere").mkdir()
    for path in (outside, tmp_path / "elsewhere" / "a.txt"):
        path.write_text("mine")
    leave(folder, "a.txt", "in/b.txt")
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (folder / "link.txt").symlink_to(outside)
    (folder / "empty").mkdir()
    names = ["../outside.txt", str(outside), "in/../../outside.txt", "link/a.txt", "link.txt", "in", "empty", "", ".", 7, None]
    lines = [json.dumps(name) for name in [*names, "nul\0byte", ["a.txt"]]] + ["no JSON", '"a.txt', "\x00"]
    with (folder / MANIFEST).open("a") as manifest:
        manifest.write("\n".join(lines) + "\n")
    leave(folder, "c.txt")
    assert outside.read_text() == (tmp_path / "elsewhere" / "a.txt").read_text() == "mine"
    assert files(folder) == ["c.txt", "link.txt"]
    assert (folder / "empty").is_dir() and (folder / "link").is_symlink()


def test_a_manifest_that_is_a_link_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "mine.txt").write_text('"keep"\n')
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / MANIFEST).symlink_to(tmp_path / "mine.txt")
    leave(tmp_path / "out", "a.txt")
    assert (tmp_path / "mine.txt").read_text() == '"keep"\n'


@pytest.mark.parametrize("begin", [ResultFolder.begin, ResultFolder.add])
def test_a_file_that_is_no_result_is_not_replaced_and_earlier_results_stay(tmp_path, begin):
    leave(tmp_path, "b.txt")
    (tmp_path / "tracks").mkdir()
    (tmp_path / "tracks" / "a.txt").write_text("what the run reads")
    with pytest.raises(InputError, match=r"a\.txt: exists, and is no result of an earlier run; move it away, or choose another"):
        begin(ResultFolder(tmp_path), "tracks/a.txt")
    assert (tmp_path / "tracks" / "a.txt").read_text() == "what the run reads"
    assert files(tmp_path) == ["b.txt", "tracks/a.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="no locks of files there")
def test_while_one_run_writes_another_one_is_refused(tmp_path):
    script = f"from reid.common.result_folder import ResultFolder; ResultFolder({str(tmp_path)!r}).begin('b.txt')"
    mine = ResultFolder(tmp_path)
    mine.begin("a.txt").write_text("half")
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert "InputError" in other.stderr and "another run is writing to it; choose another --output" in other.stderr
    assert files(tmp_path) == ["a.partial.txt"]
    del mine
    gc.collect()
    subprocess.run([sys.executable, "-c", script], check=True)
    assert files(tmp_path) == []


@pytest.mark.parametrize("name", ["a.txt", "a.partial.txt", "in/a.txt", "in/a.partial.txt"])
def test_a_result_is_not_written_through_a_link_in_its_place(tmp_path, name):
    (tmp_path / "mine.txt").write_text("mine")
    link = tmp_path / "out" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "mine.txt")
    leave(tmp_path / "out", name.replace(".partial", ""))
    assert (tmp_path / "mine.txt").read_text() == "mine"
    assert files(tmp_path / "out") == [name.replace(".partial", "")]


def test_a_result_in_a_folder_that_is_a_link_elsewhere_is_refused(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "tracks").symlink_to(tmp_path / "mine")
    with pytest.raises(InputError, match="a link to another folder; remove it"):
        ResultFolder(tmp_path / "out").begin("tracks/deep/a.txt")
    assert not list((tmp_path / "mine").iterdir())


def test_an_output_folder_that_is_a_link_takes_results(tmp_path):
    (tmp_path / "large disk").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "large disk")
    leave(tmp_path / "out", "tracks/a.txt")
    assert files(tmp_path / "large disk") == ["tracks/a.txt"]


def test_names_that_hold_line_breaks_and_other_letters_are_listed_whole(tmp_path):
    leave(tmp_path, "a\nb.txt", "café.txt")
    (tmp_path / "b.txt").write_text("mine")
    leave(tmp_path, "c.txt")
    assert files(tmp_path) == ["b.txt", "c.txt"]


def test_a_folder_that_takes_no_files_is_refused_at_once(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="not writable"):
        ResultFolder(tmp_path / "file" / "out")
    ResultFolder(tmp_path / "new" / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_disk_that_is_almost_full_is_refused_at_once(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    with pytest.raises(InputError, match="less than 16 MB are free"):
        ResultFolder(tmp_path / "new")
    assert not list(tmp_path.iterdir())


def test_texts_that_grow_together_hold_the_same_whole_entries_where_one_breaks_off(tmp_path):
    results = ResultFolder(tmp_path)
    texts = GrowingTexts(results, ["a.txt", "b.txt"])
    for entry in range(3):
        texts.write([f"a{entry}\n", f"b{entry}\n"])
    texts._files[1] = FullDisk(texts._files[1])
    with pytest.raises(OSError, match="No space left") as full:
        texts.write(["a3\n", "b3\n"])
    assert full.value.filename == str(tmp_path / "b.partial.txt")
    end_results(results, [(texts, ["a.txt", "b.txt"])], "3 entries", full.value)
    assert (tmp_path / "a.partial.txt").read_text() == "a0\na1\na2\n"
    assert (tmp_path / "b.partial.txt").read_text() == "b0\nb1\nb2\n"
    assert full.value.__notes__ == [f"3 entries are kept below {tmp_path}: a.partial.txt, b.partial.txt"]


class FullDisk:
    """A file whose disk is full: half of an entry still goes on it, the rest does not, also when it is closed."""

    def __init__(self, file):
        self._file = file

    def write(self, entry: bytes) -> None:
        self._file.write(entry[: len(entry) // 2])

    def flush(self) -> None:
        self._file.flush()
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        self._file.close()
        raise OSError(28, "No space left on device")


class Part:
    """A file that is closed well or, where it has a `refusal`, is not."""

    def __init__(self, refusal: Exception | None = None):
        self._refusal = refusal

    def close(self) -> None:
        if self._refusal is not None:
            raise self._refusal


CUT = InputError("a.mp4: 1 of 2 frames could be written")


@pytest.mark.parametrize(
    ("error", "notes"),
    [(None, []), (ZeroDivisionError(), [str(CUT)])],
    ids=["at the end of a run", "after an error"],
)
def test_where_a_result_cannot_be_closed_the_others_are_kept(tmp_path, error, notes):
    results = ResultFolder(tmp_path)
    for name in ("a.txt", "a.mp4"):
        results.begin(name).write_text("2 frames")
    refusal = CUT if error is None else error
    with pytest.raises(type(refusal)) as end:
        end_results(results, [(Part(CUT), ["a.mp4"]), (Part(), ["a.txt"])], "2 frames", error)
        raise error
    assert end.value.__notes__ == [*notes, f"2 frames are kept below {tmp_path}: a.partial.txt"]
    assert files(tmp_path) == ["a.partial.mp4", "a.partial.txt"]
