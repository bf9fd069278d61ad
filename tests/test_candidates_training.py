"""Training of the person classifier: the boxes that it learns from, resumed runs, and how it is measured."""

import numpy as np
import pytest
from torch import nn

from mtmc import open_sequence
from mtmc.__main__ import main
from mtmc.candidates import training, training_windows
from mtmc.candidates.evaluation import area_under_curve, average_precision
from mtmc.candidates.examples import Picture, as_seen, examples, pictures
from mtmc.candidates.training import Settings, train
from mtmc.candidates.training_windows import window
from reid.common.errors import InputError
from reid.weights.weights_file import read_weights
from trackers.boxes import iou

BOXES = np.array([[20.0, 10, 40, 60], [60, 20, 80, 70], [100, 10, 125, 80]])
PEOPLE = np.array([True, True, False])
PICTURE = Picture(np.random.default_rng(0).integers(0, 256, (90, 140, 3), dtype=np.uint8), BOXES, PEOPLE)


@pytest.fixture(autouse=True)
def small(monkeypatch) -> None:
    """Windows and people are small, and a state is written after each step."""
    monkeypatch.setattr(training_windows, "SIZE", (48, 32))
    monkeypatch.setattr(training_windows, "_TALL", (12.0, 24.0))
    monkeypatch.setattr(training, "EVERY", 1)


def test_examples_show_people_or_background_and_nothing_in_between():
    boxes, shown = examples(BOXES, PEOPLE, (140, 90), np.random.default_rng(1), 30)
    overlaps = iou(boxes, BOXES)
    assert shown.sum() == 30 and (~shown).sum() == 30
    assert (overlaps[shown][:, PEOPLE].max(axis=1) >= 0.5).all()
    assert (overlaps[~shown].max(axis=1) < 0.3).all()  # neither a person nor a distractor
    assert (overlaps[~shown] > 0).any()  # some stand beside a person


def test_a_window_keeps_what_boxes_show_and_has_no_border():
    image = np.zeros((90, 140, 3), np.uint8)
    image[10:60, 20:40] = 200  # one person is brighter than all else
    for seed in range(20):
        shown, boxes, people = window(Picture(image, BOXES[:1], PEOPLE[:1]), np.random.default_rng(seed))
        assert shown.shape == (32, 48, 3) and people.any()
        means = [_mean(shown, box) for box in boxes]
        bright = np.array([mean for mean, person in zip(means, people, strict=True) if person])
        dark = np.array([mean for mean, person in zip(means, people, strict=True) if not person])
        assert not len(dark) or np.nanmean(bright) > np.nanmean(dark) + 40


def _mean(image: np.ndarray, box: np.ndarray) -> float:
    left, top, right, bottom = np.clip(box.round().astype(int), 0, (48, 32, 48, 32))
    return float(image[top:bottom, left:right].mean()) if right > left and bottom > top else float("nan")


def test_pictures_are_those_with_people_at_equal_distances(make_sequence):
    sequence = open_sequence(make_sequence(images=True), None)
    found = list(pictures(sequence, 3))
    assert len(found) == 3 and all(picture.people.any() for picture in found)
    assert min(as_seen(found[0]).image.shape[:2]) == 368
    np.testing.assert_allclose(as_seen(found[0]).boxes / found[0].boxes, 368 / min(found[0].image.shape[:2]))
    with pytest.raises(InputError, match=r"no gt/gt.txt"):
        next(pictures(open_sequence(make_sequence("bare", images=True, truth=False), None)))


class Interrupting(list):
    """Pictures, of which the fifth is not there yet when Ctrl-C comes; a step takes two."""

    asked = 0

    def __getitem__(self, number):
        self.asked += 1
        if self.asked == 5:
            raise KeyboardInterrupt
        return super().__getitem__(number)


class Small(nn.Sequential):
    """A network of one layer for the classifier's."""

    def __init__(self):
        super().__init__(nn.Conv2d(3, 49, 4, stride=4), nn.Dropout2d())


def test_an_interrupted_run_ends_with_the_weights_of_one_that_was_not(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(training, "PersonClassifier", Small)
    settings = Settings(["walk"], steps=3, seed=4)
    whole = train([PICTURE], settings, tmp_path / "whole.state")
    with pytest.raises(KeyboardInterrupt) as interrupt:
        train(Interrupting([PICTURE]), settings, tmp_path / "cut.state")
    assert interrupt.value.__notes__ == [f"the same command goes on from {tmp_path / 'cut.state'}"]
    assert train([PICTURE], settings, tmp_path / "cut.state").hash == whole.hash
    assert "going on after step 2" in capsys.readouterr().out
    with pytest.raises(InputError, match="was begun with other options"):
        train([PICTURE], Settings(["walk"], steps=3, seed=5), tmp_path / "whole.state")
    assert train([PICTURE], Settings(["walk"], steps=3, seed=5), tmp_path / "other.state").hash != whole.hash


def test_the_command_trains_and_measures(make_sequence, tmp_path, capsys):
    folder, output = make_sequence(images=True), tmp_path / "new" / "scorer.safetensors"
    main(["scorer", "train", "--data", str(folder), "--steps", "1", "--device", "cpu", "--output", str(output)])
    record = read_weights(output).training
    assert record == {"data": [folder.name], "steps": 1, "seed": 0, "start": None}
    assert [path.name for path in output.parent.iterdir()] == [output.name]
    assert "step 1 of 1: loss 0." in capsys.readouterr().out


def test_the_command_measures_a_scorer_of_ones_own(make_sequence, tmp_path, monkeypatch, capsys):
    (tmp_path / "chance.py").write_text("import numpy as np\ndef even(frame, boxes):\n    return np.full(len(boxes), 0.5)\n")
    monkeypatch.syspath_prepend(tmp_path)
    main(["scorer", "evaluate", "chance:even", "--data", str(make_sequence(images=True))])
    assert "area under curve 0.500" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--output", "scorer.pth"], "scorer.pth: must end with .safetensors"),
        (["--output", "scorer.safetensors", "--steps", "0"], "--steps must be 1 or more, not 0"),
    ],
)
def test_a_mistake_is_one_sentence(arguments, sentence):
    with pytest.raises(InputError, match=f"^{sentence}$"):
        main(["scorer", "train", "--data", "anywhere", *arguments])


def test_average_precision_and_area_count_ties_as_one_step():
    labels = np.array([True, False, True, False])
    assert average_precision(np.array([4.0, 3, 2, 1]), labels) == pytest.approx((1 + 2 / 3) / 2)
    assert area_under_curve(np.array([4.0, 3, 2, 1]), labels) == 0.75
    assert average_precision(np.ones(4), labels) == area_under_curve(np.ones(4), labels) == 0.5
