"""Networks in files: those of other tools come in, MLIR goes out."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .errors import NetworkError
from .onnx_frontend import from_onnx
from .shapes import Shapes
from .torch_frontend import from_torch, make_examples


def from_file(path: str | Path, *, shapes: Shapes | None = None, entry: str | None = None) -> str:
    """Return the network in a .onnx or .pt2 file as MLIR text."""
    path = Path(path)
    if not path.is_file():
        raise NetworkError(f"{path}: no such file")
    if path.suffix == ".onnx":
        return from_onnx(path, shapes=shapes, entry=entry)
    if path.suffix != ".pt2":
        raise NetworkError(f"{path}: neither .onnx nor .pt2")
    import torch

    try:
        program = torch.export.load(path)
    except Exception as error:
        raise NetworkError(f"{path}: no exported program of PyTorch: {error}") from error
    examples = make_examples(program, shapes) if shapes else None
    dynamic_batch = any(None in shape for shape in (shapes or {}).values())
    return from_torch(program, examples, entry=entry or path.stem, dynamic_batch=dynamic_batch)


def write(text: str, path: str | Path, mlir_opt: str | None = None) -> None:
    """Write MLIR text to a .mlir file, or as bytecode to any other, and check that MLIR 22 reads it."""
    path = Path(path)
    partial = path.with_name(path.name + ".partial")
    # It does not know the dialect nnq.
    command = [mlir_opt or find_mlir_opt(), "-", "--allow-unregistered-dialect", "-o", str(partial)]
    if path.suffix != ".mlir":
        command.append("--emit-bytecode")
    try:
        result = subprocess.run(command, input=text, text=True, stderr=subprocess.PIPE, check=False)
        if result.returncode:
            raise NetworkError(f"MLIR 22 does not read the network: {result.stderr.strip()[:2000]}")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def find_mlir_opt() -> str:
    """Return the path of mlir-opt 22."""
    for name in ("mlir-opt-22", "/usr/lib/llvm-22/bin/mlir-opt", "mlir-opt"):
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("mlir-opt 22 is not installed (Debian: mlir-22-tools); name one with --mlir-opt")
