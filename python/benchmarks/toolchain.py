"""Our programs, run as a user would, with the time and the memory that they take."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from contenders import ContenderError
from sources import Network, Sample

# A program starts with the memory of the one that starts it, which for us holds PyTorch; so a small one does.
STARTER = """
import os, resource, sys
code = os.spawnv(os.P_WAIT, sys.argv[1], sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


@dataclass
class Usage:
    """What a program took."""

    seconds: float
    peak_bytes: int


def run_tool(*command: object) -> Usage:
    """Run one of our programs; an error is the first line that says so."""
    if not Path(command[0]).exists():
        raise ContenderError(f"there is no {command[0]}")
    started = time.perf_counter()
    starter = [sys.executable, "-I", "-S", "-c", STARTER, *map(str, command)]
    result = subprocess.run(starter, capture_output=True, text=True, check=False)
    if result.returncode:
        lines = [x for x in result.stderr.splitlines() if "error" in x] or [f"exit code {result.returncode}"]
        raise ContenderError(lines[0].split("error: ")[-1][:160])
    return Usage(time.perf_counter() - started, int(result.stdout.splitlines()[-1]) * 1024)


def write_samples(path: Path, rows: Sequence[Sample]) -> Path:
    """Write inputs of batch 1 as our programs read them."""
    arrays = [np.concatenate(column) for column in zip(*rows, strict=True)]
    names = ["x"] if len(arrays) == 1 else [f"x{i}" for i in range(len(arrays))]
    np.savez(path, **dict(zip(names, arrays, strict=True)))
    return path


class Toolchain:
    """Compiles networks for a number of threads and profiles them."""

    def __init__(self, tools: Path, scratch: Path, threads: int, target: str = "native") -> None:
        """Keep the folders."""
        self.tools, self.scratch, self.threads, self.target = tools, scratch, threads, target

    def options(self, network: Network, quantization: str | None, steps: Sequence[str] = ()) -> list[object]:
        """Return the network and how it is quantized (None: not), after other steps, and lowered, for the programs."""
        from nnq import importer

        source = self.scratch / f"{network.name}.mlirbc"
        if not source.exists():
            importer.write(network.mlir, source)
        result: list[object] = [source, f"--threads={self.threads}", f"--target={self.target}", *steps]
        if quantization is not None:
            data = write_samples(self.scratch / f"{network.name}_calib.npz", network.calib)
            result.append(f"--quantize-int8=data={data} {quantization}")
        return result

    def compile(self, network: Network, quantization: str | None, steps: Sequence[str] = ()) -> tuple[Path, Usage]:
        """Make a library."""
        kind = "f32" if quantization is None else re.sub(r"[^\w.=-]+", "_", f"int8_{quantization}".rstrip("_"))
        library = self.scratch / f"{network.name}_{kind}_{self.threads}.so"
        options = self.options(network, quantization, steps)
        return library, run_tool(self.tools / "nnq-compile", *options, "-o", library)

    def profile(
        self,
        network: Network,
        quantization: str | None,
        *options: object,
        steps: Sequence[str] = (),
        repeat: int = 15,
    ) -> dict:
        """Return what nnq-run says of the network and its layers."""
        data = write_samples(self.scratch / f"{network.name}_test.npz", network.test[:4])
        report = self.scratch / f"{network.name}_profile.json"
        lowering = [*self.options(network, quantization, steps), "--profile"]
        given = [f"--data={data}", f"--repeat={repeat}", f"--report={report}", *options]
        run_tool(self.tools / "nnq-run", *lowering, *given)
        return json.loads(report.read_text())
