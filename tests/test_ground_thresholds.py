"""The thresholds of following people on the ground, and the file that changes them."""

from dataclasses import asdict
from importlib.resources import files

import pytest
import yaml

from mtmc.ground.thresholds import GroundThresholds, read_ground_thresholds
from reid.common.errors import InputError


def test_the_shipped_file_explains_every_threshold_at_its_default():
    text = (files("configs") / "rooms" / "ground.yaml").read_text()
    assert yaml.safe_load(text) == asdict(GroundThresholds())
    values = [line for line in text.splitlines() if not line.startswith("#")]
    assert all("# " in line for line in values) and len(values) == len(asdict(GroundThresholds()))


def test_a_file_changes_what_it_names_and_nothing_else(tmp_path):
    (tmp_path / "own.yaml").write_text("patience: 9\nhidden_share: 0.5\n")
    assert read_ground_thresholds(tmp_path / "own.yaml") == GroundThresholds(patience=9, hidden_share=0.5)
    (tmp_path / "empty.yaml").write_text("")
    assert read_ground_thresholds(tmp_path / "empty.yaml") == GroundThresholds()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("patients: 9", "unknown threshold patients; choose from min_score, detection"),
        ("min_score: 1.5", "min_score must be a number from 0 to 1, not 1.5"),
        ("rate: 0", "rate must be a number at least 0.01, not 0"),
        ("fill: true", "fill must be a number at least 0, not True"),
        ("speed: fast", "speed must be a number at least 0.01, not 'fast'"),
        ("clutter: 0.95", r"detection \(0.9\) must be above clutter \(0.95\)"),
        ("confirm: 12", r"certain \(10\) must be at least confirm \(12\)"),
        ("[1, 2]", "must hold a flat list"),
        ("speed: [", "not YAML"),
    ],
)
def test_what_cannot_be_a_threshold_is_told_with_the_file(tmp_path, text, told):
    (tmp_path / "own.yaml").write_text(text)
    with pytest.raises(InputError, match=rf"own\.yaml.*{told}"):
        read_ground_thresholds(tmp_path / "own.yaml")
    with pytest.raises(InputError, match=r"none\.yaml: no such file"):
        read_ground_thresholds(tmp_path / "none.yaml")
