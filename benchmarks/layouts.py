"""The benchmarks of one camera: where each has its sequences, how they are read, and which boxes it scores."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.papers import shares
from benchmarks.scores.clearmot import MOT20_DISTRACTORS, Rules
from mtmc.sequences import Sequence, is_motchallenge, read_motchallenge
from mtmc.sequences.readers.kitti import DISTRACTOR, REGION, SITTING, kitti_names, read_kitti
from reid.common.errors import InputError

DEMO = Path("data/demo")
VALIDATION = ("MOT16-02", "MOT16-05", "MOT16-09", "MOT16-11", "MOT16-13")
MOT16, MOT20 = Rules(), Rules(MOT20_DISTRACTORS)


def motchallenge_names(root: Path) -> list[str]:
    """The names of the sequence folders in `root`, sorted."""
    return [path.name for path in sorted(root.iterdir()) if path.is_dir() and is_motchallenge(path)]


def _read_motchallenge(root: Path, name: str, *how) -> Sequence:
    return read_motchallenge(root / name, *how)


@dataclass(frozen=True)
class Benchmark:
    """The facts of a benchmark.

    `data` is its default folder, in which the sequences with a truth are in the first of the folders `splits` that exists.
    `detections` is the file of its public detections, or None if there are none; `published` has the figures of papers, by line,
    for the sequences `validation`, which are the default where all of them are there. The names of sequences end with one of
    `detectors`, if there are several. `names` lists the sequences in a folder, `read` reads one by folder, name, detections,
    minimum score and scale of scores, and `file` names a file of detections. With `peopled`, every truth has people to score.
    """

    data: Path
    splits: tuple[str, ...] = ("train",)
    detections: str | None = "det.txt"
    detectors: tuple[str, ...] = ()
    rules: Rules = MOT16
    validation: tuple[str, ...] = ()
    published: dict[str, dict] = field(default_factory=dict)
    names: Callable[[Path], list[str]] = motchallenge_names
    read: Callable[..., Sequence] = _read_motchallenge
    file: str = "{name}/det/{detections}"
    peopled: bool = True
    looks: str = "no sequence folder (with det/, gt/ or seqinfo.ini) in it"

    def rules_of(self, sequence: str) -> Rules:
        """The rules for a sequence: those of MOT20 if its name begins with MOT20-."""
        return MOT20 if sequence.startswith("MOT20-") else self.rules


BENCHMARKS = {
    "mot15": Benchmark(Path("data/MOT15")),
    "mot16": Benchmark(
        Path("data/MOT16"),
        validation=VALIDATION,
        # Table 6 of Lawen et al. (arXiv 1910.07038), all with MOTDT: public detections, the distractor rule of its code. By which
        # rule Long et al. scored in their paper, neither paper says.
        published={
            f"Table 6: {model.replace(' [12]', '').replace('(paper)', '(paper, distractor rule unknown)')}": scores
            for (model,), scores in shares("lawen_6", "model").items()
        },
    ),
    "mot17": Benchmark(Path("data/MOT17"), detectors=("DPM", "FRCNN", "SDP")),
    "mot20": Benchmark(Path("data/MOT20"), rules=MOT20),
    "dancetrack": Benchmark(Path("data/DanceTrack"), splits=("val", "train"), detections=None),
    "kitti": Benchmark(
        Path("data/KITTI"),
        splits=("training",),
        detections=None,
        rules=Rules((SITTING, DISTRACTOR), (REGION,), lowest=25.0),
        names=kitti_names,
        read=read_kitti,
        file="det_02/{detections}/{name}.txt",
        peopled=False,
        looks="no sequence (label_02/NAME.txt or image_02/NAME/) in it",
    ),
}


def find_sequences(benchmark: Benchmark, data: Path, names: list[str] | None) -> tuple[Path, list[str]]:
    """The folder of the sequences to run on, `data` or one of its splits, and their names.

    Without `names`, these are the benchmark's validation set if it is there, else all. Raises `InputError` for a folder that is
    missing, holds no sequence, or does not hold one of `names`.
    """
    if not data.is_dir():
        raise InputError(f"{data}: not a folder; check --data")
    root = next((data / split for split in benchmark.splits if (data / split).is_dir()), data)
    found = benchmark.names(root)
    if not found:
        way_out = f"give its parent and --sequences {data.resolve().name}" if is_motchallenge(data) else "check --data"
        raise InputError(f"{root}: {benchmark.looks}; {way_out}")
    if names is None:
        whole = benchmark.validation and set(benchmark.validation) <= set(found)
        names = list(benchmark.validation) if whole else found
    for name in names:
        if name not in found:
            raise InputError(f"{root / name}: not a sequence folder; choose from {', '.join(found)} with --sequences")
    return root, list(dict.fromkeys(names))
