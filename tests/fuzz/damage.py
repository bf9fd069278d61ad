"""Damage to files: flipped bits, cuts, and for texts other numbers and words, and what only some readers expect."""

import random
import re

NUMBER = re.compile(rb"-?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?")
NUMBERS = [b"nan", b"inf", b"-inf", b"-1", b"0", b"0.5", b"1e18", b"1e19", b"1e150", b"1e400", b"", b"1e-300", b"100000000"]
NUMBERS += [b"9" * 30, b"9" * 5000, b"0x1F", b"1_000", b"\xd9\xa3", b"1 2", b"1.5.2"]
WORD = re.compile(rb"[^\s,:;=\[\]{}<>\"']+")
WORDS = [b"", b"~", b"null", b"yes", b".inf", b"-.inf", b".nan", b"2020-01-01", b"2020-13-45", b"1:30:00", b"[1, [2]]"]
WORDS += [b"{a: 1}", b"&a [*a]", b"*a", b"!!binary x", b"!!set {a}", b"? [1]", b"<<: {a: 1}", b"'", b'"', b"../../x", b"a/b"]
WORDS += [b"%(x)s", b"[x]"]
BYTES = [b"\xff\xfe", b"\xc3", b"\x00", b"\xef\xbb\xbf", b"\r", b"\x0c", b"\xe2\x80\xa8", b"\t", b"#", b"<!-- "]
DEPTHS = [(b"[", 20_000), (b"{", 20_000), (b"- ", 5_000), (b"<a>", 50_000), (b"[[{", 300)]


def damaged(content: bytes, is_text: bool, rng: random.Random) -> bytes:
    """`content` with one to three kinds of damage."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        content = rng.choice(OF_TEXT if is_text else OF_BYTES)(content, rng)
    return content


def flip(content: bytes, rng: random.Random) -> bytes:
    """Flip up to eight bits."""
    changed = bytearray(content)
    for _ in range(rng.randint(1, 8) if changed else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(content: bytes, rng: random.Random) -> bytes:
    """Keep the beginning."""
    return content[: rng.randint(0, len(content))]


def lose(content: bytes, rng: random.Random) -> bytes:
    """Leave a piece out."""
    start = rng.randint(0, len(content))
    return content[:start] + content[start + rng.randint(1, 64) :]


def blank(content: bytes, rng: random.Random) -> bytes:
    """Overwrite a piece with zeros or ones, as a failing disk does."""
    start = rng.randint(0, len(content))
    piece = content[start : start + rng.randint(1, 512)]
    return content[:start] + rng.choice([b"\0", b"\xff"]) * len(piece) + content[start + len(piece) :]


def repeat(content: bytes, rng: random.Random) -> bytes:
    """Write a piece twice."""
    start = rng.randint(0, len(content))
    end = start + rng.randint(1, 64)
    return content[:end] + content[start:end] + content[end:]


def renumber(content: bytes, rng: random.Random) -> bytes:
    """Replace a number."""
    return _replace(content, NUMBER, NUMBERS, rng)


def reword(content: bytes, rng: random.Random) -> bytes:
    """Replace a word or a number by what YAML, INI or XML reads as something else."""
    return _replace(content, WORD, WORDS, rng)


def insert(content: bytes, rng: random.Random) -> bytes:
    """Insert bytes that are not UTF-8, or that split lines."""
    at = rng.randint(0, len(content))
    return content[:at] + rng.choice(BYTES) + content[at:]


def move_lines(content: bytes, rng: random.Random) -> bytes:
    """Double a line, leave one out, or put all in another order."""
    lines = content.splitlines(keepends=True)
    if not lines:
        return content
    at, kind = rng.randrange(len(lines)), rng.randrange(3)
    if kind == 2:
        rng.shuffle(lines)
        return b"".join(lines)
    return b"".join(lines[: at + 1 - kind] + lines[at:] if not kind else lines[:at] + lines[at + 1 :])


def nest(content: bytes, rng: random.Random) -> bytes:
    """Replace a number by brackets, thousands deep."""
    opening, depth = rng.choice(DEPTHS)
    return _replace(content, NUMBER, [opening * depth], rng)


def _replace(content: bytes, pattern: re.Pattern[bytes], values: list[bytes], rng: random.Random) -> bytes:
    places = [match.span() for match in pattern.finditer(content)]
    if not places:
        return content + rng.choice(values)
    start, end = rng.choice(places)
    return content[:start] + rng.choice(values) + content[end:]


OF_BYTES = [flip, flip, flip, cut, cut, lose, blank, repeat]
OF_TEXT = [flip, cut, lose, blank, repeat, renumber, renumber, renumber, renumber, reword, reword, insert, move_lines, nest]
