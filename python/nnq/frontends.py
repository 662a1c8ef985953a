"""The ways in: networks of PyTorch, ONNX and MLIR."""

from __future__ import annotations

import contextlib
import inspect
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import importer
from .arrays import is_tensor
from .errors import Error
from .model import Model, Names
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
    return Model.from_mlir(text, name=type(network).__name__, names=torch_names(network, example_inputs, options))


def torch_names(network: Any, example_inputs: Any, options: Mapping[str, Any]) -> Names:
    """Return the names of the inputs of a module or program."""
    if hasattr(network, "graph_signature"):
        return Names(tuple(network.graph_signature.user_inputs))
    parameters = [
        name
        for name, parameter in inspect.signature(network.forward).parameters.items()
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    examples = [example_inputs] if is_tensor(example_inputs) else list(example_inputs or ())
    named = [*zip(parameters, examples, strict=False), *(options.get("example_kwargs") or {}).items()]
    return Names(tuple(name for name, example in named if is_tensor(example)))


def from_onnx(network: str | os.PathLike[str] | onnx.ModelProto, **options: Any) -> Model:
    """Import an ONNX file or model. Options are those of nnq.importer.from_onnx, such as the shapes of inputs."""
    with front_end("onnx"):
        import onnx

        network = network if isinstance(network, onnx.ModelProto) else Path(network)
        text = importer.from_onnx(network, **options)
        proto = onnx.load(network, load_external_data=False) if isinstance(network, Path) else network
    weights = {weight.name for weight in proto.graph.initializer}
    names = Names(
        tuple(value.name for value in proto.graph.input if value.name not in weights),
        tuple(value.name for value in proto.graph.output),
    )
    return Model.from_mlir(text, name=str(network) if isinstance(network, Path) else "ONNX", names=names)


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
