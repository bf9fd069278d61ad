"""The sequence folders of a benchmark: those named, MOT16's validation set, or the rendered demo."""

from pathlib import Path

from mtmc.sequences import is_motchallenge
from reid.common.errors import InputError

MOT16 = Path("data/MOT16")
DEMO = Path("data/demo")
VALIDATION = ("MOT16-02", "MOT16-05", "MOT16-09", "MOT16-11", "MOT16-13")


def sequence_folders(data: Path, names: list[str] | None) -> list[Path]:
    """The folders to run on, in `data` or in its `train/`.

    Without `names`, these are all sequences there or, if the folder is MOT16, the five of its validation set. Raises `InputError`
    for a folder that is missing, holds no sequence, or does not hold one of `names`.
    """
    if not data.is_dir():
        raise InputError(f"{data}: not a folder; check --data")
    root = data / "train" if (data / "train").is_dir() else data
    found = {path.name: path for path in sorted(root.iterdir()) if path.is_dir() and is_motchallenge(path)}
    if not found:
        way_out = f"give its parent and --sequences {data.resolve().name}" if is_motchallenge(data) else "check --data"
        raise InputError(f"{root}: no sequence folder (with det/, gt/ or seqinfo.ini) in it; {way_out}")
    if names is None:
        names = list(VALIDATION) if set(VALIDATION) <= found.keys() else list(found)
    for name in names:
        if name not in found:
            raise InputError(f"{root / name}: not a sequence folder; choose from {', '.join(found)} with --sequences")
    return [found[name] for name in dict.fromkeys(names)]
