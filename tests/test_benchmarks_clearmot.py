"""Scores: known answers on a few boxes, the rules for distractors, and equality with MOTChallenge's official kit."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import trackers
from benchmarks.layouts import BENCHMARKS
from benchmarks.scores.clearmot import Counts, score
from mtmc import open_sequence, track
from mtmc.sequences import GroundTruth
from mtmc.sequences.mot_text import TrackFile, read_ground_truth, read_tracks, tracks_text
from mtmc.single.result_writer import ResultWriter
from reid.common.result_folder import ResultFolder

LENGTH = 6


def truth_of(rows, considered=None, classes=None) -> GroundTruth:
    """`rows` are (frame, id, left) of boxes 10 wide and 20 high."""
    frames, ids, left = np.array(rows).reshape(-1, 3).T
    ones = np.ones(len(ids), int)
    return GroundTruth(
        frames=frames,
        ids=ids,
        boxes=boxes_at(left),
        considered=ones.astype(bool) if considered is None else np.array(considered, bool),
        classes=ones if classes is None else np.array(classes),
        visibility=ones.astype(float),
    )


def results_of(rows) -> TrackFile:
    frames, ids, left = np.array(rows).reshape(-1, 3).T
    return TrackFile(frames, ids, boxes_at(left))


def boxes_at(left: np.ndarray) -> np.ndarray:
    return np.stack([left, np.zeros(len(left)), left + 10, np.full(len(left), 20)], axis=1).astype(float)


STANDING = [(frame, 1, 0) for frame in range(LENGTH)]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        pytest.param(STANDING, {"mota": 1, "idf1": 1, "recall": 1, "precision": 1, "id_switches": 0, "mt": 1}, id="perfect"),
        pytest.param([], {"mota": 0, "idf1": 0, "recall": 0, "precision": None, "fn": 6, "ml": 1}, id="nothing found"),
        pytest.param(
            STANDING[:3] + [(f, 2, 0) for f in (3, 4, 5)], {"mota": 5 / 6, "idf1": 0.5, "id_switches": 1}, id="one switch"
        ),
        pytest.param([*STANDING, (0, 2, 100)], {"mota": 5 / 6, "idf1": 12 / 13, "fp": 1}, id="one false positive"),
        pytest.param(STANDING[:4], {"mota": 4 / 6, "idf1": 0.8, "fn": 2, "mt": 0, "ml": 0}, id="two misses"),
        pytest.param([(f, 1, 4) for f in range(6)], {"mota": -1, "fp": 6, "fn": 6}, id="overlap below one half"),
        pytest.param([(f, 1, 3) for f in range(6)], {"mota": 1, "fp": 0}, id="overlap above one half"),
        pytest.param(STANDING[:2] + STANDING[4:], {"mota": 4 / 6, "id_switches": 0}, id="a gap is no switch"),
        pytest.param(STANDING[:5], {"mt": 1, "ml": 0}, id="mostly tracked"),
    ],
)
def test_known_answers(results, expected):
    counts = score(truth_of(STANDING), results_of(results), LENGTH)
    values = vars(counts) | counts.ratios()
    assert {key: values[key] for key in expected} == pytest.approx(expected)


def test_who_is_tracked_for_exactly_eighty_per_cent_is_not_mostly_tracked():
    assert [score(truth_of(STANDING[:5]), results_of(STANDING[:found]), 5).mt for found in (4, 5)] == [0, 1]


def test_the_overall_line_comes_from_sums_and_not_from_means():
    perfect = score(truth_of(STANDING), results_of(STANDING), LENGTH)
    poor = score(truth_of(STANDING[:2]), results_of([(0, 1, 100)]), LENGTH)
    assert sum([perfect, poor], Counts()).ratios()["mota"] == pytest.approx(1 - 3 / 8)
    assert sum([perfect, poor], Counts()).ratios()["idf1"] == pytest.approx(2 * 6 / (8 + 7))


def test_nothing_to_score_gives_no_ratio():
    assert set(Counts().ratios().values()) == {None}


def test_rows_left_out_of_account_are_neither_missed_nor_forgiven():
    truth = truth_of([(0, 1, 0), (0, 2, 50)], considered=[True, False])
    assert score(truth, results_of([(0, 1, 0)]), 1).fn == 0
    assert score(truth, results_of([(0, 1, 0), (0, 2, 50)]), 1).fp == 1


def test_a_result_on_a_distractor_does_not_count():
    truth = truth_of([(0, 1, 0), (0, 2, 50), (0, 3, 80)], considered=[True, False, False], classes=[1, 7, 3])
    counts = score(truth, results_of([(0, 1, 0), (0, 2, 50), (0, 3, 80)]), 1)
    assert (counts.objects, counts.predictions, counts.fp) == (1, 2, 1), "a car (3) is no distractor"


def test_the_rules_differ_where_a_box_fits_a_person_and_a_distractor():
    truth = truth_of([(0, 1, 0), (0, 2, 2)], considered=[True, False], classes=[1, 8])
    on_both = results_of([(0, 1, 1)])
    assert score(truth_of([(0, 1, 0), (0, 2, 3)], [True, False], [1, 8]), on_both, 1).matches == 1, "nearer to the person"
    assert score(truth_of([(0, 1, 0), (0, 2, 3)], [True, False], [1, 8]), on_both, 1, "motdt").matches == 0
    assert score(truth, results_of([(0, 1, 0), (0, 2, 2)]), 1, "motdt").matches == 1


def kit_scores(folder: Path, name: str, truth_text: str, tracks_file: str, length: int, benchmark: str) -> dict:
    """What trackeval says about the same two files, as the benchmark's rules have it."""
    pytest.importorskip("trackeval", reason="trackeval is not installed: pip install -e '.[test]'")
    from trackeval.datasets import MotChallenge2DBox
    from trackeval.metrics import CLEAR, HOTA, Identity

    for path, text in (f"gt/{name}/gt/gt.txt", truth_text), (f"results/ours/data/{name}.txt", tracks_file):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    data = MotChallenge2DBox(
        {
            "GT_FOLDER": str(folder / "gt"),
            "TRACKERS_FOLDER": str(folder / "results"),
            "TRACKERS_TO_EVAL": ["ours"],
            "BENCHMARK": benchmark,
            "SKIP_SPLIT_FOL": True,
            "SEQ_INFO": {name: length},
            "PRINT_CONFIG": False,
        }
    )
    frames = data.get_preprocessed_seq_data(data.get_raw_seq_data("ours", name), "pedestrian")
    families = CLEAR({"PRINT_CONFIG": False}), Identity({"PRINT_CONFIG": False}), HOTA()
    return {key: value for family in families for key, value in family.eval_sequence(frames).items()}


def assert_equal_to_the_kit(counts: Counts, kit: dict) -> None:
    """Every count and ratio is the kit's, which calls 0 what is none here: a ratio of nothing to nothing."""
    expected = {
        "objects": kit["CLR_TP"] + kit["CLR_FN"],
        "predictions": kit["CLR_TP"] + kit["CLR_FP"],
        "matches": kit["CLR_TP"],
        "id_switches": kit["IDSW"],
        "fp": kit["CLR_FP"],
        "fn": kit["CLR_FN"],
        "identities": kit["MT"] + kit["PT"] + kit["ML"],
        "mt": kit["MT"],
        "ml": kit["ML"],
        "idtp": kit["IDTP"],
        "idfp": kit["IDFP"],
        "idfn": kit["IDFN"],
    }
    assert {name: count for name, count in vars(counts).items() if name != "hota"} == expected
    for ours, theirs in (counts.hota.tp, "HOTA_TP"), (counts.hota.fn, "HOTA_FN"), (counts.hota.fp, "HOTA_FP"):
        assert ours.tolist() == kit[theirs].tolist()
    ratios = {name: ratio or 0 for name, ratio in counts.ratios().items()}
    theirs = {"mota": kit["MOTA"], "idf1": kit["IDF1"], "recall": kit["CLR_Re"], "precision": kit["CLR_Pr"]}
    means = {"hota": kit["HOTA"], "deta": kit["DetA"], "assa": kit["AssA"], "loca": kit["LocA"] * kit["HOTA_TP"].any()}
    assert ratios == pytest.approx(theirs | {name: values.mean() for name, values in means.items()}, abs=1e-12)


def imperfect(truth: GroundTruth, seed: int) -> str:
    """The truth as a bad tracker reports it: boxes missing and shifted, ids that change for good or for a moment, boxes of
    nothing.
    """
    random = np.random.default_rng(seed)
    lines = []
    for frame in np.unique(truth.frames):
        rows = np.flatnonzero((truth.frames == frame) & (random.random(len(truth.frames)) < 0.85))
        ids = truth.ids[rows] + 1000 * (random.random(len(rows)) < 0.03) + 5000 * ((frame + truth.ids[rows]) // 40 % 2)
        size = np.tile(truth.boxes[rows, 2:] - truth.boxes[rows, :2], 2)
        boxes = truth.boxes[rows] + size * np.tile(random.normal(0, 0.08, (len(rows), 2)), 2)
        ids, boxes = np.append(ids, 9000 + frame % 7), np.vstack([boxes, [5.0, 5.0, 45.0, 125.0]])
        lines.append(tracks_text(frame, ids, boxes, np.ones(len(ids))))
    return "".join(lines)


def compare(folder: Path, name: str, text: str, results: str, length: int, benchmark: str) -> None:
    (folder / "gt.txt").write_text(text)
    (folder / "results.txt").write_text(results)
    truth, tracks = read_ground_truth(folder / "gt.txt", length), read_tracks(folder / "results.txt")
    counts = score(truth, tracks, length, rules=BENCHMARKS["mot16"].rules_of(name))
    assert_equal_to_the_kit(counts, kit_scores(folder, name, text, results, length, benchmark))


@st.composite
def small_scenes(draw) -> tuple[int, list[str], list[str]]:
    """A length, the lines of a truth in MOT16's nine columns, at least one of which is scored, and those of results.

    People of every class stand on top of each other on a coarse grid, so that overlaps of exactly one half, ties, and people
    followed for exactly 20% or 80% of their boxes come up.
    """
    length = draw(st.integers(1, 10))
    top, width, height = draw(st.sampled_from([(10, 6, 12), (10.1, 6.3, 12.3)]))  # the latter halves fall short by rounding
    truth, results = [], []
    person = st.tuples(st.sampled_from(["0", "1", "1", "0.5"]), st.sampled_from([1, 1, *range(1, 14)]), st.integers(0, 9))
    people = [("1", 1, 0), *draw(st.lists(person, max_size=5))]
    for frame in range(1, length + 1):
        free = {1, 2, 3, 4, 5}
        for i, (considered, kind, left) in enumerate(people, 1):
            if frame > 1 and not draw(st.sampled_from([True, True, True, False])):
                continue
            truth.append(f"{frame},{i},{left},{top},{width},{height},{considered},{kind},1\n")
            track = draw(st.sampled_from([i, i, i, 3, 5, None]))
            shift = draw(st.sampled_from([0, 0, 0.3, 1, 2, 3]))
            if track in free:
                free.remove(track)
                results.append(f"{frame},{track},{left + shift * width / 6:.2f},{top},{width},{height},1,-1,-1,-1\n")
    return length, truth, results


RULES = [("MOT16", "MOT16-02"), ("MOT17", "MOT17-02-DPM"), ("MOT20", "MOT20-01"), ("mine", "hall")]


@pytest.mark.parametrize(("benchmark", "name"), [("MOT15", "Venice-2"), *RULES])
@settings(max_examples=60, deadline=None)
@given(scene=small_scenes())
def test_any_scene_scores_as_in_the_kit(benchmark, name, scene):
    length, truth, results = scene
    if benchmark == "MOT15":  # no classes: ten columns, of which the last three are coordinates
        truth = [",".join([*line.split(",")[:7], "-1", "-1", "-1\n"]) for line in truth]
    with TemporaryDirectory() as folder:
        compare(Path(folder), name, "".join(truth), "".join(results), length, benchmark)


@pytest.mark.parametrize(("benchmark", "name"), RULES)
def test_a_crowd_with_distractors_scores_as_in_the_kit(tmp_path, benchmark, name):
    random = np.random.default_rng(0)
    start, step = random.uniform(0, 400, (12, 2)), random.normal(0, 4, (12, 2))
    kinds = [1, 1, 1, 1, 1, 6, 2, 7, 8, 12, 3, 1]
    text = "".join(
        f"{frame + 1},{i + 1},{x:.1f},{y:.1f},60,150,{int(kind == 1 and i < 11)},{kind},1\n"
        for frame in range(60)
        for i, ((x, y), kind) in enumerate(zip(start + frame * step, kinds, strict=True))
    )
    (tmp_path / "gt.txt").write_text(text)
    compare(tmp_path, name, text, imperfect(read_ground_truth(tmp_path / "gt.txt"), 0), 60, benchmark)


@pytest.mark.parametrize(
    ("name", "detections"), [("PETS09-S2L1", "det.txt"), ("ADL-Rundle-6a", "yolo11x.txt"), ("TUD-Campus", "det.txt")]
)
@pytest.mark.parametrize("tracker", ["sort", "deepsort", "motdt"])
def test_real_results_score_as_in_the_kit(real_data, tmp_path, name, detections, tracker):
    folder = real_data / "mot" / name
    sequence = open_sequence(folder, detections)
    with ResultWriter(ResultFolder(tmp_path), name) as writer:
        for frame in track(sequence, trackers.build(tracker)):
            writer.write(frame)
    text, results = (folder / "gt" / "gt.txt").read_text(), writer.text.read_text()
    compare(tmp_path, name, text, results, sequence.length, "MOT15")


@pytest.mark.parametrize(
    ("path", "benchmark"),
    [("MOT17-02", "MOT17"), ("TUD-Stadtmitte", "MOT15"), *((f"MOT16-gt/MOT16-{n}", "MOT16") for n in ("02", "05", "09"))],
)
def test_real_truth_made_imperfect_scores_as_in_the_kit(real_data, tmp_path, path, benchmark):
    path = real_data / "mot" / path / "gt" / "gt.txt"
    truth = read_ground_truth(path)
    length = 1 + int(truth.frames.max())
    compare(tmp_path, path.parts[-3], path.read_text(), imperfect(truth, seed=0), length, benchmark)
