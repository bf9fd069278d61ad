"""Keep oneDNN, the backend of PyTorch and OpenVINO, from instructions that the CPU advertises but cannot run."""

import os
from pathlib import Path

_TILE_TABLE = 0x1D  # the CPUID leaf that describes the tiles of AMX
_WITHOUT_AMX = "AVX512_CORE_FP16"


def limit_onednn(processor: Path = Path("/proc/cpuinfo")) -> bool:
    """Disable AMX if a virtual machine advertises it but hides its tile table; True if disabled.

    oneDNN would set up no tiles, and the first bfloat16 product would kill the process with an illegal instruction. oneDNN reads
    the limit, an environment variable, at its first product, so `reid` calls this on import. A limit set by the user is kept.
    Does nothing without the Linux file `processor`.
    """
    if not processor.exists():
        return False
    lines = dict(line.split(":", 1) for line in processor.read_text().split("\n\n")[0].splitlines() if ":" in line)
    fields = {name.strip(): value.split() for name, value in lines.items()}
    broken = "amx_tile" in fields.get("flags", []) and int(fields.get("cpuid level", ["99"])[0]) < _TILE_TABLE
    if broken:
        os.environ.setdefault("ONEDNN_MAX_CPU_ISA", _WITHOUT_AMX)
    return broken
