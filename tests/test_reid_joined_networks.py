"""`python -m reid evaluate --join`: several networks as one, their unit rows side by side."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from reid.commands import COMMANDS, evaluate
from reid.common.command_line import dispatch


def test_evaluate_ranks_two_networks_joined_as_one(monkeypatch, small_weights, market, tmp_path):
    small_weights.write(tmp_path / "one.safetensors")
    turned = {name: -tensor[::-1] if tensor.ndim > 1 else tensor for name, tensor in small_weights.tensors.items()}
    replace(small_weights, tensors=turned).write(tmp_path / "two.safetensors")
    models = [tmp_path / "one.safetensors", tmp_path / "two.safetensors"]
    seen = []
    monkeypatch.setattr("reid.commands.evaluate._rankings", spying(evaluate._rankings, seen))
    words = "--data", market, "--device", "cpu", "--output", tmp_path / "table.csv"
    for more in ((), ("--join", "--centre", "camera", "--rerank", "--single-shot")):
        dispatch("reid", COMMANDS, "", list(map(str, ("evaluate", *models, *words, *more))))
    rows = list(csv.DictReader((tmp_path / "table.csv").open()))
    assert {row["network"] for row in rows} == {f"{models[0]} + {models[1]}"}
    kinds = [(distance, centring) for centring in ("none", "camera") for distance in ("cosine", "re-ranked")]
    assert [(row["distance"], row["centring"]) for row in rows] == kinds
    for one, two, joined in zip(*seen, strict=True):
        assert joined == pytest.approx(np.hstack([one, two]) / 2**0.5, abs=1e-6)
        assert not np.allclose(one @ one.T, two @ two.T, atol=1e-3)


def spying(rankings, seen):
    """`rankings`, which also adds the features that it is given to `seen`."""

    def spy(options, features, *parts):
        seen.append(features)
        return rankings(options, features, *parts)

    return spy
