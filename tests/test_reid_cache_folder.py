"""The one folder where exports, embeddings and teachers' answers are kept."""

import sys
from pathlib import Path

import pytest

from reid.common.cache_folder import cache_folder

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
