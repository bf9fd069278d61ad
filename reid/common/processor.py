"""Keeps oneDNN, on which PyTorch and OpenVINO compute, from instructions that the processor names but cannot run."""

import os
from pathlib import Path

_TILE_TABLE = 0x1D  # the CPUID leaf that describes the tiles of AMX
_WITHOUT_AMX = "AVX512_CORE_FP16"


def limit_onednn(processor: Path = Path("/proc/cpuinfo")) -> bool:
    """Forbid AMX where a virtual machine offers it but hides its tile table; True if so.

    oneDNN then sets up no tiles, and the first bfloat16 product kills the process by an illegal instruction. It reads the
    limit, an environment variable, at its first product, so this is called when `reid` is imported. A limit that the user has
    set stays. Without the Linux file `processor` nothing is done.
    """
    if not processor.exists():
        return False
    lines = dict(line.split(":", 1) for line in processor.read_text().split("\n\n")[0].splitlines() if ":" in line)
    fields = {name.strip(): value.split() for name, value in lines.items()}
    broken = "amx_tile" in fields.get("flags", []) and int(fields.get("cpuid level", ["99"])[0]) < _TILE_TABLE
    if broken:
        os.environ.setdefault("ONEDNN_MAX_CPU_ISA", _WITHOUT_AMX)
    return broken
