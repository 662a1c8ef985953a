"""Calibration reads its data as it goes: the memory that it takes does not depend on the size of the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from toolchain import run_tool

ELEMENTS = 1 << 18
NETWORK = f"""
func.func @net(%x: tensor<1x{ELEMENTS}xf32>) -> tensor<1x1xf32> {{
  %w = arith.constant dense<1.0> : tensor<{ELEMENTS}x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x{ELEMENTS}xf32>, tensor<{ELEMENTS}x1xf32>)
    outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}}
"""


def write_samples(path: Path, count: int) -> None:
    """Write zeros but for a number in the first and in the last sample; a .npy has a hole between them."""
    array = np.lib.format.open_memmap(path.with_suffix(".npy"), "w+", np.float32, (count, ELEMENTS))
    array[0, 0], array[-1, -1] = -1, 3
    array.flush()
    if path.suffix == ".npz":
        np.savez_compressed(path, x=array)


@pytest.mark.parametrize("name", ["data.npy", "data.npz"])
def test_memory_does_not_grow_with_the_data(name, tools, tmp_path):
    network = tmp_path / "net.mlir"
    network.write_text(NETWORK)
    peaks = []
    for count in (4, 600):  # of 1 MB
        data, result = tmp_path / name, tmp_path / "result.mlir"
        write_samples(data, count)
        usage = run_tool(tools / "nnq-opt", network, f"--nnq-calibrate=data={data}", "-o", result)
        peaks.append(usage.peak_bytes)
        text = result.read_text()
        assert "min = -1.000000e+00 : f64, max = 3.000000e+00 : f64" in text
        assert f"count = {count * ELEMENTS}," in text
    assert peaks[1] - peaks[0] < 60e6
