"""Tables with a row that learns from camera-styled copies."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from small_table import TINY, published, run_tiny

from benchmarks.reid import tables as reid_tables
from benchmarks.reid.data import read_data
from benchmarks.reid.table import Row
from reid.common.errors import InputError
from reid.data.folders import TRAIN


@pytest.fixture
def copies(market):
    """A copy of each image of camera 1 in the style of camera 2."""
    folder = market / "bounding_box_train_camstyle"
    folder.mkdir()
    for path in (market / TRAIN).glob("*_c1s1_*"):
        cv2.imwrite(str(folder / f"{path.stem}_fake_1to2.png"), cv2.imread(str(path)) // 2)
    return folder


def test_only_the_row_that_asks_for_copies_gets_them(tiny, market, copies, tmp_path, monkeypatch):
    rows = Row("start"), Row("CamStyle", ("styled_per_batch=2", "triplet_weight=0"))
    monkeypatch.setitem(reid_tables.TABLES, "tiny", replace(TINY, recipe="tiny", rows=rows))
    run_tiny(market, tmp_path / "out", "--styled", str(copies))
    summary = json.loads((tmp_path / "out/tiny/summary.json").read_text())
    assert [row["styled"] for row in summary["rows"]] == [0, 4]


def test_a_row_that_asks_for_copies_is_only_printed_without_and_cannot_be_alone(tiny, market, tmp_path, monkeypatch):
    row = Row("CamStyle", ("styled_per_batch=2", "triplet_weight=0"), paper=published(93.3, 81.0, 80.3, 60.1))
    monkeypatch.setitem(reid_tables.TABLES, "tiny", replace(TINY, recipe="tiny", rows=(Row("start"), row)))
    run_tiny(market, tmp_path / "out")
    summary = json.loads((tmp_path / "out/tiny/summary.json").read_text())
    assert summary["rows"][1] == {"row": "CamStyle", "paper": row.paper}
    monkeypatch.setitem(reid_tables.TABLES, "tiny", replace(TINY, recipe="tiny", rows=(row,)))
    with pytest.raises(InputError, match="--styled: tiny needs copies in other cameras' styles, as CamStyle's"):
        run_tiny(market, tmp_path / "other")


def test_copies_are_refused_where_no_row_uses_them(tiny, market, copies, tmp_path):
    with pytest.raises(InputError, match="--styled: tiny does not use styled copies; leave it out"):
        run_tiny(market, tmp_path / "out", "--styled", str(copies))


def test_a_small_run_keeps_the_copies_of_its_people(market, copies):
    data = read_data(replace(TINY, small_identities=2), [str(market)], small=True, styled=[str(copies)])
    assert np.bincount(data.labelled.ids).tolist() == [2, 2]
    assert np.bincount(data.copied.ids).tolist() == [3, 3]
    names = [path.name[:4] for path in data.copied.paths]
    assert {name: names.count(name) for name in names} == {"0001": 3, "0004": 3}
