"""States of a training run on disk: what PyTorch saves, behind a checksum, so that no damage goes unnoticed."""

import hashlib
import io
from pathlib import Path

import torch

from reid.common.files import replacing
from reid.common.foreign_files import reading

_MARK = b"mtmc state, SHA-256 "


def write_state(path: Path, state: dict) -> None:
    """Write a `state` of tensors and plain values for `read_state`, atomically."""
    content = io.BytesIO()  # PyTorch tells a full disk by a RuntimeError
    torch.save(state, content)
    with replacing(path) as temporary, temporary.open("wb") as file:
        file.write(_MARK + hashlib.sha256(content.getbuffer()).digest())
        file.write(content.getbuffer())


def read_state(path: Path, device: str, way_out: str) -> dict:
    """The state in a file written by `write_state`, or before there were checksums, with its tensors on `device`.

    Raises `InputError`, with the `way_out`, for any other file, and for one of which a single byte is another or missing.
    """
    with reading(path, "the state of a training run", way_out):
        content = path.read_bytes()
        if content.startswith(_MARK):
            start = len(_MARK) + hashlib.sha256().digest_size
            digest, content = content[len(_MARK) : start], content[start:]
            if hashlib.sha256(content).digest() != digest:
                raise ValueError("its checksum is another")
        state = torch.load(io.BytesIO(content), map_location=device, weights_only=True)
        if not isinstance(state, dict):
            raise TypeError(f"it holds a {type(state).__name__}")
    return state
