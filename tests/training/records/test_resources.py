from __future__ import annotations

import json
import subprocess
import sys

import numpy as np

from training.records.resources import peak_memory_bytes, read_peak_memory, record_peak_memory

MIB = 2**20


def test_peak_is_in_bytes_and_of_this_process_alone():
    np.ones(256 * MIB, np.uint8)  # which a child's own peak does not tell of
    program = (
        "from training.records.resources import peak_memory_bytes as peak; print(peak()); b'x' * 2**26; print(peak())"
    )
    child = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    before, after = map(int, child.stdout.split())
    assert 1 * MIB < before < 100 * MIB
    assert 60 * MIB < after - before < 80 * MIB


def test_recorded_peak_never_falls(tmp_path):
    assert read_peak_memory(tmp_path) is None
    record_peak_memory(tmp_path)
    assert 1 * MIB < read_peak_memory(tmp_path) <= peak_memory_bytes()
    (tmp_path / "resources.json").write_text(json.dumps({"peak_memory_bytes": 2**60}))  # before it was resumed
    record_peak_memory(tmp_path)
    assert read_peak_memory(tmp_path) == 2**60
