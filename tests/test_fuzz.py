"""Damaged files of every kind that we read; `python tests/fuzz` tries many more of each."""

import warnings

import pytest
from fuzz.kind import Kind
from fuzz.kinds import KINDS
from fuzz.trial import attempt, ending

from reid.common.errors import EndedEarly, InputError

SEED, CASES = 3, 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_refused_in_one_sentence(kind, folder, monkeypatch):
    if kind in ("onnx", "network description"):
        pytest.importorskip("onnx")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    ends = [attempt(KINDS[kind], SEED, case, folder) for case in range(CASES)]
    assert [end for end in ends if end.verdict == "finding"] == []


def raised(error):
    def read(folder):
        raise error

    return read


@pytest.mark.parametrize(
    ("read", "verdict", "told"),
    [
        pytest.param(lambda folder: None, "read", "", id="nothing is wrong"),
        pytest.param(raised(InputError("f.txt: no")), "refused", "error: f.txt: no\n", id="a sentence"),
        pytest.param(raised(InputError("f.txt: no\nno")), "refused", "error: f.txt: no no\n", id="a sentence of two lines"),
        pytest.param(raised(InputError("f.txt: " + "[" * 9000)), "refused", "error: f.txt: [[[", id="a sentence without end"),
        pytest.param(raised(OSError(13, "denied", "f.txt")), "refused", "error: f.txt: denied\n", id="an error of the system"),
        pytest.param(raised(ValueError("a")), "finding", "ValueError('a') in tests/test_fuzz.py", id="an exception"),
        pytest.param(lambda folder: bytearray(8 << 30), "finding", "MemoryError() in", id="no memory"),
        pytest.param(lambda folder: warnings.warn("a", RuntimeWarning, 2), "finding", "RuntimeWarning('a')", id="a warning"),
        pytest.param(lambda folder: warnings.warn("b", EndedEarly, 2), "read", "", id="less than announced"),
        pytest.param(raised(SystemExit(1)), "finding", "", id="another exit code"),
    ],
)
def test_the_end_of_a_trial_is_judged(tmp_path, read, verdict, told):
    end = ending(Kind("one", lambda folder: None, ("*",), read), tmp_path)
    assert end.verdict == verdict and end.told.startswith(told) and len(end.told) < 2100


def test_a_seed_damages_a_file_in_the_same_way_each_time(tmp_path):
    seen = []
    kind = Kind("one", lambda folder: (folder / "a.txt").write_text("1 2 3\n4 5 6\n"), ("*.txt",), lambda folder: None)
    kind = Kind("one", kind.write, kind.damaged, lambda folder: seen.append((folder / "a.txt").read_bytes()))
    for seed in (5, 5, 6):
        assert attempt(kind, seed, 3, tmp_path).verdict == "read"
    _, first, again, other = seen
    assert first == again != other
