"""What a figure shows, as a CSV or JSON file beside it."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from reid.common.files import replacing


def write_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write `rows`, at least one and all with the same columns; fractions with six digits, None as an empty cell."""
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(
            {key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()} for row in rows
        )


def write_json(path: Path, found: Mapping[str, object]) -> None:
    """Write what was `found`."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(found, indent=2, allow_nan=False) + "\n")
