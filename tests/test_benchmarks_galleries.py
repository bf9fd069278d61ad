"""The timing of a large gallery's search."""

import json
import sys

import pytest

from benchmarks.speed import __main__ as speed
from benchmarks.speed import galleries
from mtmc.identity import exemplars
from reid.common.errors import InputError


def test_the_speed_command_compares_the_index_with_the_exact_product(tmp_path, monkeypatch, capsys):
    pytest.importorskip("faiss")
    from mtmc.identity import inverted_index

    monkeypatch.setattr(galleries, "EXACT", 4000)
    monkeypatch.setattr(exemplars, "EXACT", 4000)
    monkeypatch.setattr(galleries, "KNOWN", 20)
    monkeypatch.setattr(inverted_index, "LISTS", 16)
    monkeypatch.setattr(inverted_index, "PROBES", 8)
    monkeypatch.setattr(sys, "argv", ["speed", "gallery", "--exemplars", "6400", "--output", str(tmp_path)])
    speed.main()
    rows = json.loads((tmp_path / "gallery.json").read_text())["rows"]
    assert [row["work"] for row in rows][:2] == ["a view among 6400", "the same exactly"]
    assert rows[0]["recall@1"] > 0.9
    assert all(row["ms"] > 0 for row in rows)
    assert "recall@1" in capsys.readouterr().out


def test_a_gallery_that_needs_no_index_is_refused():
    with pytest.raises(InputError, match="time a larger gallery"):
        galleries.measure(1000)
