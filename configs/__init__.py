"""The configurations that users edit, one flat YAML each; packaged with `reid`, `mtmc` and `benchmarks`, which read them."""

from pathlib import Path

FOLDER = Path(__file__).parent


def path(kind: str, name: str) -> Path:
    """The path of the packaged configuration `name` of a `kind` ("reid", "trackers", "data")."""
    return FOLDER / kind / f"{name}.yaml"


def available(kind: str) -> list[str]:
    """The names of the packaged configurations of a `kind`, sorted."""
    return sorted(file.stem for file in (FOLDER / kind).glob("*.yaml"))
