"""Files of YAML: a mapping, or a sentence that names the file."""

import pytest

from reid.common.errors import InputError
from reid.common.yaml_file import parse_yaml, read_yaml

BOMB = b"a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (level, level, b", ".join([b"*a%d" % (level - 1)] * 10)) for level in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param("a: 1\nb: {c: [2]}\n", {"a": 1, "b": {"c": [2]}}, id="nested"),
        pytest.param("# nothing yet\n", {}, id="comments alone"),
        pytest.param("\ufeffa: é\n", {"a": "é"}, id="a mark of Unicode first"),
    ],
)
def test_keys_and_values_are_read(tmp_path, text, values):
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8")
    assert read_yaml(path, "anything") == values


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        pytest.param(b"a: b: c", "not YAML: mapping values are not allowed here", id="a broken line"),
        pytest.param(b"a: 2024-13-45", "not YAML: month must be", id="no date"),
        pytest.param("é: 1".encode("latin-1"), "not a text file in UTF-8, by its byte 1", id="another encoding"),
        pytest.param(b"a: " + b"[" * 20_000, "not YAML: nested in more than 20 levels", id="brackets without end"),
        pytest.param(b"a: " + b"[" * 30 + b"]" * 30, "not YAML: nested in more than 20 levels", id="brackets"),
        pytest.param(b"a: &a [*a]", "not YAML: nested in more than 20 levels", id="a list in itself"),
        pytest.param(BOMB, "not YAML: holds more than 1000000 values", id="aliases of aliases"),
        pytest.param(b"a: 2024-12-24", "not YAML: holds a date, 2024-12-24, which no setting is; write it in", id="a date"),
        pytest.param(b"a: !!set {b}", "not YAML: holds a set", id="a set"),
        pytest.param(b"a: !!binary aaaa", "not YAML: holds a bytes", id="bytes"),
        pytest.param(b"a: 1" + b"0" * 400, "not YAML: holds a whole number of more than 64 bits", id="a number"),
        pytest.param(b"a: " + b"9" * 5000, "not YAML: ", id="a number of too many digits"),
        pytest.param(b"- 1", "must hold lines of tea", id="a list"),
        pytest.param(b"0", "must hold lines of tea", id="a number"),
        pytest.param(None, "no such file", id="missing"),
    ],
)
def test_anything_else_is_refused_in_one_line_that_names_the_file(tmp_path, content, sentence):
    path = tmp_path / "file.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as told:
        read_yaml(path, "lines of tea")
    assert str(told.value).startswith(f"{path}: {sentence}") and "\n" not in str(told.value)


def test_a_text_that_is_not_yaml_names_its_origin():
    assert parse_yaml("[1, 2]", "here") == [1, 2]
    with pytest.raises(InputError, match=r"^here: not YAML: "):
        parse_yaml("[", "here")
