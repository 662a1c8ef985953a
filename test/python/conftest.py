"""What the tests of networks share: the tools that were built, the folder of trained networks, and how to run one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("NNQ_SHARED", ROOT.parent / "shared"))
BUILD = Path(os.environ.get("NNQ_BUILD", ROOT / "build"))
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "python" / "benchmarks"), str(BUILD / "python")]
# Times of layers that were measured; trials in other processes take them from there, too.
os.environ["XDG_CACHE_HOME"] = str(BUILD / "test" / "cache")

Run = Callable[[Path, Sequence[np.ndarray]], list[np.ndarray]]


@pytest.fixture(scope="session")
def tools() -> Path:
    """Folder of the programs."""
    tools = BUILD / "bin"
    if not (tools / "nnq-run").exists():
        pytest.skip(f"nnq is not built in {tools}")
    return tools


@pytest.fixture
def run_network(tools: Path, tmp_path: Path) -> Run:
    """Return a function that runs a network on samples (one array an input, first dimension first)."""

    def run(network: Path, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        names = ["x"] if len(inputs) == 1 else [f"x{i}" for i in range(len(inputs))]
        data, output = tmp_path / "data.npz", tmp_path / "output.npz"
        np.savez(data, **dict(zip(names, inputs, strict=True)))
        command = [tools / "nnq-run", network, f"--data={data}", f"--output={output}", "--repeat=0", "--warmup=0"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr[-2000:]
        with np.load(output) as outputs:
            return [outputs[name] for name in outputs.files]

    return run


def assert_close(results: Sequence[np.ndarray], expected: Sequence[np.ndarray], tolerance: float) -> None:
    """Check the largest difference of each output against its largest magnitude."""
    assert len(results) == len(expected)
    for result, wanted in zip(results, expected, strict=True):
        assert result.size == wanted.size
        difference = np.abs(result.reshape(-1) - wanted.reshape(-1)).max()
        assert difference <= tolerance * np.abs(wanted).max()
