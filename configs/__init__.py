"""The experiments a user edits: one flat YAML each. Read by `reid`, `mtmc` and `benchmarks`, and packaged with them."""

from pathlib import Path

FOLDER = Path(__file__).parent


def path(kind: str, name: str) -> Path:
    """Where the packaged experiment `name` of a `kind` ("reid", "trackers", "data") lies."""
    return FOLDER / kind / f"{name}.yaml"


def available(kind: str) -> list[str]:
    """The names of the packaged experiments of a `kind`, sorted."""
    return sorted(file.stem for file in (FOLDER / kind).glob("*.yaml"))
