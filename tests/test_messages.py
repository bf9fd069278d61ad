"""The messages of the packages are one clause or two, without a full stop at the end."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted(path for package in ("benchmarks", "mtmc", "reid", "trackers") for path in (ROOT / package).rglob("*.py"))


def stops(text: ast.expr) -> bool:
    """Whether a message ends with a full stop; an ellipsis is none."""
    return ending(text).endswith(".") and not ending(text).endswith("...")


def ending(text: ast.expr) -> str:
    """The last characters that a literal, an f-string or a sum of them ends with, as far as the source says."""
    if isinstance(text, ast.BinOp):
        return ending(text.right)
    if isinstance(text, ast.JoinedStr):
        return ending(text.values[-1]) if text.values else ""
    return text.value if isinstance(text, ast.Constant) and isinstance(text.value, str) else ""


def messages(source: str):
    """The first argument of every error raised or reported in `source`, and the help of every argument, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("InputError", "TypeError", "ValueError", "error") and node.args:
                yield node.lineno, node.args[0]
            yield from ((keyword.value.lineno, keyword.value) for keyword in node.keywords if keyword.arg == "help")


def test_a_literal_an_f_string_and_a_sum_are_seen_to_end_with_a_full_stop():
    source = 'InputError("a.")\nraise ValueError(f"{b}.")\nparser.error("c" + "d.")\nadd(help="e.")\nprint("f.")\n'
    assert [line for line, text in messages(source) if stops(text)] == [1, 2, 3, 4]
    assert not any(stops(text) for _, text in messages('InputError("a ...")\nValueError(f"b.{c}")\n'))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_message_ends_with_a_full_stop(path):
    found = [line for line, text in messages(path.read_text(encoding="utf-8")) if stops(text)]
    assert not found, f"{path}: the messages of lines {found} end with a full stop"
