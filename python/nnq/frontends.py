"""The ways in: networks of PyTorch, ONNX and MLIR."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import importer
from .errors import Error
from .model import Model
from .program import Program, load_program

if TYPE_CHECKING:
    import onnx
    import torch

MAGIC_ELF = b"\x7fELF"


@contextlib.contextmanager
def front_end(extra: str) -> Iterator[None]:
    """Say what is missing: a file, or packages that only this way in needs."""
    try:
        yield
    except OSError as error:
        raise Error(f"{error.filename}: {error.strerror}" if error.filename else str(error)) from error
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(f"{error}; pip install 'nnq[{extra}]'", name=error.name) from error


def from_torch(
    network: torch.nn.Module | torch.export.ExportedProgram,
    example_inputs: torch.Tensor | Sequence[Any] | None = None,
    **options: Any,
) -> Model:
    """Import a PyTorch module or exported program, for inputs of the shapes of `example_inputs`.

    Options are those of nnq.importer.from_torch, by which the first dimension, the batch, may stay open.
    """
    with front_end("torch"):
        text = importer.from_torch(network, example_inputs, **options)
    return Model.from_mlir(text, name=type(network).__name__)


def from_onnx(network: str | os.PathLike[str] | onnx.ModelProto, **options: Any) -> Model:
    """Import an ONNX file or model. Options are those of nnq.importer.from_onnx, such as the shapes of inputs."""
    with front_end("onnx"):
        text = importer.from_onnx(network, **options)
    return Model.from_mlir(text, name="ONNX" if hasattr(network, "graph") else os.fspath(network))


def load(source: str | os.PathLike[str], *, entry: str | None = None) -> Model | Program:
    """Return the model in a file of MLIR (text or bytecode) or in MLIR text, or the program in a library (.so).

    `entry` chooses a function of a library.
    """
    if isinstance(source, str) and "\n" in source:
        return Model.from_mlir(source)
    path = Path(source)
    try:
        with path.open("rb") as file:
            magic = file.read(len(MAGIC_ELF))
    except OSError as error:
        raise Error(f"{path}: {error.strerror}") from error
    return load_program(path, entry) if magic == MAGIC_ELF else Model.from_file(path)
