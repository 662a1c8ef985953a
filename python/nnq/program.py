"""Compiled networks."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import InputError
from .native import core

if TYPE_CHECKING:
    import torch

# What signatures, and what ONNX Runtime, call the types.
DTYPES = {
    "f32": "float32",
    "f64": "float64",
    "i8": "int8",
    "u8": "uint8",
    "i16": "int16",
    "u16": "uint16",
    "i32": "int32",
    "u32": "uint32",
    "i64": "int64",
    "u64": "uint64",
    "bool": "bool",
}
ONNX_TYPES = {"float32": "tensor(float)", "float64": "tensor(double)"}


@dataclass(frozen=True)
class TensorInfo:
    """An input or an output; a size of None is the caller's to choose."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]

    @property
    def type(self) -> str:
        """The type as ONNX Runtime calls it."""
        return ONNX_TYPES.get(self.dtype, f"tensor({self.dtype})")


def number_names(name: str, count: int) -> list[str]:
    """Return the names that nnq-run gives inputs or outputs."""
    return [name] if count == 1 else [f"{name}{i}" for i in range(count)]


def name_tensors(tensors: Sequence[Mapping[str, Any]], name: str) -> list[TensorInfo]:
    """Return tensors of a description; without names they are called as nnq-run calls them."""
    return [
        TensorInfo(
            t.get("name", number),
            DTYPES.get(t["dtype"], t["dtype"]),
            tuple(None if s < 0 else s for s in t.get("shape", ())),
        )
        for number, t in zip(number_names(name, len(tensors)), tensors, strict=True)
    ]


class Program(core.Program):
    """A compiled network: program(x) takes and returns arrays of NumPy, or tensors of PyTorch, without copies.

    Arrays are dense, in memory of the CPU, and of the types and shapes of the signature, else InputError is raised;
    with copy=True what can be converted without harm is. `out` names arrays for the results. Several results are a
    tuple. The GIL is released, and threads may call at once: each call has a workspace of its own.

    Made by Model.compile and load.
    """

    def __repr__(self) -> str:
        inputs, outputs = (
            ", ".join(f"{t.name}: {t.dtype}{format_shape(t)}" for t in tensors)
            for tensors in (self.get_inputs(), self.get_outputs())
        )
        return f"<nnq.Program {self.entry}({inputs}) -> {outputs}>"

    @functools.cached_property
    def _names(self) -> tuple[list[str], list[str]]:
        return [tensor.name for tensor in self.get_inputs()], [tensor.name for tensor in self.get_outputs()]

    @property
    def signature(self) -> dict[str, Any]:
        """Entry, tensors, bytes of workspace and weights, target and, with a profile, the layers."""
        signature: dict[str, Any] = json.loads(self.signature_json)
        return signature

    @property
    def entry(self) -> str:
        """Name of the C function."""
        return str(self.signature["entry"])

    def get_inputs(self) -> list[TensorInfo]:
        """Return the inputs, as ONNX Runtime does."""
        return [TensorInfo(*tensor) for tensor in self.describe_inputs()]

    def get_outputs(self) -> list[TensorInfo]:
        """Return the outputs, as ONNX Runtime does."""
        return [TensorInfo(*tensor) for tensor in self.describe_outputs()]

    def run(self, output_names: Sequence[str] | None, feeds: Mapping[str, Any]) -> list[Any]:
        """Run as a session of ONNX Runtime does: arrays by the names of inputs; all outputs if none are named."""
        inputs, outputs = self._names
        wrong = [f"no input is called '{name}'" for name in feeds if name not in inputs]
        wrong += [f"input '{name}' is missing" for name in inputs if name not in feeds]
        wrong += [f"no output is called '{name}'" for name in output_names or () if name not in outputs]
        if wrong:
            raise InputError(f"{'; '.join(wrong)}; inputs: {', '.join(inputs)}; outputs: {', '.join(outputs)}")
        result = self(*(feeds[name] for name in inputs))
        results = dict(zip(outputs, result if len(outputs) > 1 else [result], strict=True))
        return [results[name] for name in output_names or outputs]

    def as_module(self) -> torch.nn.Module:
        """Return a module of PyTorch that calls this program. It has no parameters and no gradient."""
        from .modules import ProgramModule

        return ProgramModule(self)


def format_shape(tensor: TensorInfo) -> str:
    """Return a shape, [?, 10] for example."""
    return f"[{', '.join('?' if size is None else str(size) for size in tensor.shape)}]"


def load_program(path: str | os.PathLike[str], entry: str | None = None) -> Program:
    """Load a library that was saved as .so."""
    return Program(core.Context(), os.fspath(path), entry)
