"""What is wrong with an ONNX network, in words, before any work starts."""

from __future__ import annotations

import math

import onnx
from onnx import TensorProto, helper

from .errors import NetworkError

# What the C interface has, and integers of less than a byte, which take one there.
ELEMENT_TYPES = {
    TensorProto.FLOAT,
    TensorProto.DOUBLE,
    TensorProto.BOOL,
    TensorProto.INT8,
    TensorProto.UINT8,
    TensorProto.INT16,
    TensorProto.UINT16,
    TensorProto.INT32,
    TensorProto.UINT32,
    TensorProto.INT64,
    TensorProto.UINT64,
    TensorProto.INT2,
    TensorProto.UINT2,
    TensorProto.INT4,
    TensorProto.UINT4,
}


def check_structure(model: onnx.ModelProto) -> None:
    """Raise if names are undefined or constants have not the size that they state."""
    defined = {value.name for value in model.graph.input} | {""}
    for tensor in model.graph.initializer:
        check_constant(tensor)
        defined.add(tensor.name)
    defined.update(tensor.values.name for tensor in model.graph.sparse_initializer)
    for node in model.graph.node:
        missing = [name for name in node.input if name not in defined]
        if missing:
            raise NetworkError(f"layer {describe(node)} reads '{missing[0]}', which nothing in front of it gives")
        for attribute in node.attribute:
            if attribute.HasField("t"):
                check_constant(attribute.t, describe(node))
        defined.update(node.output)
    for value in model.graph.output:
        if value.name not in defined:
            raise NetworkError(f"nothing gives the output '{value.name}'")


def check_constant(tensor: onnx.TensorProto, owner: str = "") -> None:
    """Raise if a constant has more or fewer bytes than its shape asks for."""
    try:
        dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    except KeyError as error:
        raise NetworkError(f"the weights '{tensor.name or owner}' are of no type of ONNX") from error
    count = math.prod(tensor.dims)
    bits = {TensorProto.INT4: 4, TensorProto.UINT4: 4, TensorProto.FLOAT4E2M1: 4}
    bits |= {TensorProto.INT2: 2, TensorProto.UINT2: 2}
    size = -(-count * bits.get(tensor.data_type, dtype.itemsize * 8) // 8)
    if min(tensor.dims, default=0) < 0 or (tensor.HasField("raw_data") and len(tensor.raw_data) != size):
        raise NetworkError(
            f"the weights '{tensor.name or owner}' have {len(tensor.raw_data)} bytes, "
            f"{size} are needed for {helper.tensor_dtype_to_string(tensor.data_type)} of {[*tensor.dims]}"
        )


def check_interface(model: onnx.ModelProto) -> None:
    """Raise if inputs or outputs are none that a compiled network has, with all of them in the message."""
    initializers = {tensor.name for tensor in model.graph.initializer}
    problems = []
    for role, values in (("input", model.graph.input), ("output", model.graph.output)):
        for value in values:
            if value.name not in initializers and (problem := find_problem(value.type)):
                problems.append(f"{role} '{value.name}' {problem}")
    if problems:
        raise NetworkError("; ".join(problems))


def find_problem(type_: onnx.TypeProto) -> str:
    """Return what is wrong with the type of an input or output, empty if nothing is."""
    kind = type_.WhichOneof("value") or "tensor_type"
    if kind != "tensor_type":
        return f"is of kind {kind.removesuffix('_type')}; compiled networks have tensors"
    element = type_.tensor_type.elem_type
    # Shape inference finds out what is not stated.
    if element and element not in ELEMENT_TYPES:
        name = TensorProto.DataType.Name(element).lower()
        return f"is of {name}; the C interface has f32, f64, bool and integers"
    sizes = [d.dim_value if d.HasField("dim_value") else 1 for d in type_.tensor_type.shape.dim]
    if 0 in sizes:
        return f"has no elements: {'x'.join(map(str, sizes))}"
    return ""


def describe(node: onnx.NodeProto) -> str:
    """Return the name of a node with its operator."""
    return f"'{node.name or next(filter(None, node.output), '?')}' ({node.op_type})"
