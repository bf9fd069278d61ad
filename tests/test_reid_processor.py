"""What reid.common.processor concludes from Linux's description of a processor."""

import os

import pytest

from reid.common.processor import limit_onednn

PROCESSOR = """processor\t: 0
model name\t: Some Processor
cpuid level\t: {level}
flags\t\t: fpu avx512f avx512_bf16 {flags}

processor\t: 1
cpuid level\t: 99
flags\t\t: fpu
"""


@pytest.fixture(autouse=True)
def no_limit(monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "")
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA")


def processor(folder, level, flags):
    path = folder / "cpuinfo"
    path.write_text(PROCESSOR.format(level=level, flags=flags))
    return path


def test_tiles_without_their_table_are_forbidden(tmp_path):
    assert limit_onednn(processor(tmp_path, 28, "amx_bf16 amx_tile"))
    assert os.environ["ONEDNN_MAX_CPU_ISA"] == "AVX512_CORE_FP16"


@pytest.mark.parametrize(("level", "flags"), [(32, "amx_bf16 amx_tile"), (28, "")], ids=["table there", "no tiles"])
def test_a_processor_that_is_whole_is_left_alone(tmp_path, level, flags):
    assert not limit_onednn(processor(tmp_path, level, flags))
    assert "ONEDNN_MAX_CPU_ISA" not in os.environ


def test_the_users_own_limit_stays(tmp_path, monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    assert limit_onednn(processor(tmp_path, 28, "amx_tile"))
    assert os.environ["ONEDNN_MAX_CPU_ISA"] == "AVX2"


def test_a_system_without_the_file_is_left_alone(tmp_path):
    assert not limit_onednn(tmp_path / "absent")
    assert "ONEDNN_MAX_CPU_ISA" not in os.environ
