"""YAML files that users edit: read as a mapping, or rejected with one message that names the file.

Readers check keys themselves, without pydantic, whose errors span lines and name neither the file nor the known keys.
"""

from datetime import date
from pathlib import Path

import yaml

from reid.common.errors import InputError
from reid.common.text_file import read_text

DEEPEST, MOST = 20, 1_000_000  # levels, and values in all, counting each again wherever an alias repeats it
_PLAIN = (dict, list, str, int, float, bool, type(None))


def read_yaml(path: str | Path, wanted: str) -> dict:
    """The keys and values of a UTF-8 file; an empty file has none.

    Raises `InputError` if it is missing, is not YAML, or is not a mapping: it "must hold `wanted`".
    """
    path = Path(path)
    values = parse_yaml(read_text(path), path)
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InputError(f"{path}: must hold {wanted}")
    return values


def parse_yaml(text: str, origin: object) -> object:
    """The value of a YAML text: mappings, lists, texts and numbers.

    Raises `InputError`, naming the `origin`, for any other text, and for what YAML has and no setting is: dates, sets, bytes,
    whole numbers of more than 64 bits, and values without end or nearly so, whether nested or repeated by aliases.
    """
    try:
        value = yaml.load(text, _ShallowLoader)
        _check(value)
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{origin}: not YAML: {' '.join(str(error).split())}") from None
    return value


class _ShallowLoader(yaml.SafeLoader):
    """The loader of `yaml.safe_load`, which refuses a depth that would take it minutes, or more stack than there is."""

    _depth = 0

    def compose_node(self, parent, index):
        self._depth += 1
        if self._depth > DEEPEST:
            raise ValueError(f"nested in more than {DEEPEST} levels")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def _check(value: object) -> None:
    """Raise `ValueError` for a value that no setting has; without recursion, level by level."""
    level, count = [value], 0
    for _ in range(DEEPEST):
        below: list[object] = []
        for each in level:
            if not isinstance(each, _PLAIN):
                asked = "; write it in quotes" if isinstance(each, date) else ""
                raise ValueError(f"holds a {type(each).__name__}, {each}, which no setting is{asked}")
            if isinstance(each, int) and abs(each) >= 2**64:
                raise ValueError("holds a whole number of more than 64 bits")
            if isinstance(each, dict | list):
                count += len(each)
                if count > MOST:
                    raise ValueError(f"holds more than {MOST} values")
                below += each.values() if isinstance(each, dict) else each
        level = below
        if not level:
            return
    raise ValueError(f"nested in more than {DEEPEST} levels")
