"""nnq as a backend of ONNX: imports a model, compiles it to a library and calls that."""

from __future__ import annotations

import ctypes
import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from nnq import importer
from onnx import helper, numpy_helper
from onnx.backend.base import Backend, BackendRep

# Operands that are shapes, axes and the like: nnq compiles for one shape and takes them as constants. The scales and
# zero points of networks are constants, too, and so are weights.
CONSTANT_OPERANDS = {
    "CastLike": (1,),
    "ConstantOfShape": (0,),
    "ConvInteger": (1, 2, 3),
    "CumSum": (1,),
    "DequantizeLinear": (1, 2),
    "Dropout": (1, 2),
    "Expand": (1,),
    "MatMulInteger": (1, 2, 3),
    "OneHot": (1,),
    "Pad": (1, 2, 3),
    "QLinearConv": (1, 2, 3, 4, 5, 6, 7, 8),
    "QLinearMatMul": (1, 2, 3, 4, 5, 6, 7),
    "QuantizeLinear": (1, 2),
    "Range": (0, 1, 2),
    "Reshape": (1,),
    "Resize": (1, 2, 3),
    "Slice": (1, 2, 3, 4),
    "Split": (1,),
    "Squeeze": (1,),
    "Tile": (1,),
    "TopK": (1,),
    "Trilu": (1,),
    "Unsqueeze": (1,),
    "Upsample": (1,),
    **{
        f"Reduce{kind}": (1,)
        for kind in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum", "SumSquare")
    },
}
QUANTIZED_OPS = {op for op in CONSTANT_OPERANDS if "Linear" in op or "Integer" in op}

DTYPES = {
    "f32": np.float32,
    "f64": np.float64,
    "i8": np.int8,
    "u8": np.uint8,
    "i16": np.int16,
    "u16": np.uint16,
    "i32": np.int32,
    "u32": np.uint32,
    "i64": np.int64,
    "u64": np.uint64,
    "bool": np.bool_,
}


class NotSupportedError(Exception):
    """The model is refused, with the diagnostic that says why."""


class Library:
    """A compiled network."""

    def __init__(self, path: Path, entry: str) -> None:
        """Load a library."""
        library = ctypes.CDLL(path)
        text = ctypes.string_at(ctypes.addressof(ctypes.c_char.in_dll(library, f"{entry}_nnq_signature")))
        self.signature = json.loads(text)
        self.function = getattr(library, entry)
        self.function.restype = None

    def __call__(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Run once."""
        arguments = []
        for array, tensor in zip(inputs, self.signature["inputs"], strict=True):
            dtype = np.dtype(DTYPES[tensor["dtype"]])
            if array.dtype.itemsize != dtype.itemsize or list(array.shape) != tensor["shape"]:
                raise TypeError(f"input of {array.dtype}{list(array.shape)} for {tensor}")
            arguments.append(np.ascontiguousarray(array))
        outputs = [np.empty(t["shape"], DTYPES[t["dtype"]]) for t in self.signature["outputs"]]
        workspace = np.empty(self.signature["workspace"] + 64, np.uint8)
        address = (workspace.ctypes.data + 63) // 64 * 64
        pointers = [array.ctypes.data for array in (*arguments, *outputs)]
        self.function(*map(ctypes.c_void_p, (*pointers, address)))
        return outputs


class NnqRep(BackendRep):
    """A model that is compiled when it is first run: the values of shapes are known then."""

    def __init__(self, model: onnx.ModelProto, compiler: Path, constants: bool = True) -> None:
        """Take a model; `constants` makes constants of the parameters of quantization."""
        super().__init__()
        self.model = model
        self.compiler = compiler
        self.constants = constants

    def run(self, inputs: Sequence[Any], **kwargs: Any) -> tuple[np.ndarray, ...]:
        """Run on the inputs of the model."""
        model, inputs = self.freeze(inputs)
        with tempfile.TemporaryDirectory() as folder:
            library = self.compile(model, Path(folder))
            return tuple(library([stored(array) for array in inputs]))

    def compile(self, model: onnx.ModelProto, folder: Path) -> Library:
        """Compile to a library in a folder."""
        try:
            text = importer.from_onnx(model, entry="network")
        except importer.NetworkError as error:
            raise NotSupportedError(str(error)) from error
        source, path = folder / "network.mlir", folder / "network.so"
        source.write_text(text)
        command = [self.compiler, source, "-o", path]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode < 0:
            raise RuntimeError(f"nnq-compile ended by signal {-result.returncode}: {result.stderr[-1000:]}")
        if result.returncode:
            errors = [line.partition("error: ")[2] for line in result.stderr.splitlines() if "error: " in line]
            raise NotSupportedError("; ".join(errors) or result.stderr[-1000:])
        return Library(path, "network")

    def freeze(self, inputs: Sequence[Any]) -> tuple[onnx.ModelProto, list[Any]]:
        """Return the model with operands that are shapes and parameters as constants, and the inputs that are left."""
        names = [value.name for value in self.model.graph.input]
        frozen = {
            node.input[position]
            for node in self.model.graph.node
            if self.constants or node.op_type not in QUANTIZED_OPS
            for position in CONSTANT_OPERANDS.get(node.op_type, ())
            if position < len(node.input)
        }
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        del model.graph.input[:]
        left = []
        for value, name, data in zip(self.model.graph.input, names, inputs, strict=True):
            if name in frozen:
                model.graph.initializer.append(constant(value, data))
            else:
                model.graph.input.append(value)
                left.append(data)
        return model, left


def constant(value: onnx.ValueInfoProto, data: Any) -> onnx.TensorProto:
    """Return a constant of the type of an input."""
    if isinstance(data, onnx.TensorProto):
        data = numpy_helper.to_array(data)
    dtype = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
    return numpy_helper.from_array(np.asarray(data).astype(dtype), value.name)


def stored(data: Any) -> np.ndarray:
    """Return an array as a compiled network takes it: integers of less than a byte in one each."""
    if isinstance(data, onnx.TensorProto):
        data = numpy_helper.to_array(data)
    if not isinstance(data, np.ndarray | np.generic):
        raise NotSupportedError(f"an input is a {type(data).__name__}, not a tensor")
    array = np.asarray(data)
    if array.dtype.name in ("int4", "uint4", "int2", "uint2"):
        return array.astype(np.uint8 if array.dtype.name[0] == "u" else np.int8)
    return array


class NnqBackend(Backend):
    """The backend; the folder of the tools is in `compiler`."""

    compiler = Path("nnq-compile")

    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> NnqRep:
        """Return a model that can be run."""
        return NnqRep(model, cls.compiler, **kwargs)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        """Return whether there is code for a device."""
        return device == "CPU"
