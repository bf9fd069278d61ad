"""The experiments a user edits: one flat YAML each. Read by `reid`, `mtmc` and `benchmarks`, and packaged with them."""

from pathlib import Path

FOLDER = Path(__file__).parent


def path(kind: str, name: str) -> Path:
    """Where the packaged experiment `name` of a `kind` ("reid", "trackers") lies."""
    return FOLDER / kind / f"{name}.yaml"
