"""The plain versions beside which ranking is timed, and the command that times it."""

import json
import sys

import numpy as np

from benchmarks.speed import __main__ as speed
from benchmarks.speed import rankings
from reid.evaluation import evaluate_ranking
from reid.evaluation.reranking import rerank


def test_the_plain_versions_find_what_ours_find():
    embeddings = rankings.Embeddings(40, 300)
    distances = rankings.plain_reranking(embeddings.query, embeddings.gallery)
    np.testing.assert_allclose(rerank(embeddings.query, embeddings.gallery), distances, atol=2e-6)
    ours, (cmc, mean_ap) = (evaluate(distances, *embeddings.labels) for evaluate in (evaluate_ranking, rankings.plain_ranking))
    np.testing.assert_allclose(ours.cmc, cmc)
    np.testing.assert_allclose(ours.mean_ap, mean_ap)


def test_the_speed_command_compares_both_versions_of_both_works(tmp_path, monkeypatch, capsys):
    words = ["ranking", "--queries", "12", "--gallery", "90", "--output", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["speed", *words])
    speed.main()
    rows = json.loads((tmp_path / "ranking.json").read_text())["rows"]
    assert [(row["work"], row["version"]) for row in rows] == [
        (work, version) for work in ("CMC, mAP", "re-ranking") for version in ("ours", "plain")
    ]
    for ours, plain in (rows[:2], rows[2:]):
        assert (ours["x time"], ours["x memory"]) == (1, 1)
        assert 0 < ours["mAP"] == plain["mAP"]
        assert ours["seconds"] > 0 and plain["peak MB"] > 10
    assert "plain" in capsys.readouterr().out
