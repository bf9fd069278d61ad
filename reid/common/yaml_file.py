"""YAML files that users edit: read as a mapping, or rejected with one message that names the file.

Readers check keys themselves, without pydantic, whose errors span lines and name neither the file nor the known keys.
"""

from pathlib import Path

import yaml

from reid.common.errors import InputError


def read_yaml(path: str | Path, wanted: str) -> dict:
    """The keys and values of a UTF-8 file; an empty file has none.

    Raises `InputError` if it is missing, is not YAML, or is not a mapping: it "must hold `wanted`".
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not YAML: {error}") from None
    values = parse_yaml(text, path)
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise InputError(f"{path}: must hold {wanted}")
    return values


def parse_yaml(text: str, origin: object) -> object:
    """The value of a YAML text. Raises `InputError`, naming the `origin`, for any other text."""
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: an invalid date
        raise InputError(f"{origin}: not YAML: {' '.join(str(error).split())}") from None
