"""Functions in MLIR that stand for nodes of ONNX: torch-mlir carries the calls, nnq inlines the bodies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import onnx

from .lowering import c_identifier, mark_tensors

DOMAIN = "nnq"
OP_TYPE = "NnqCall"

ELEMENTS = {
    onnx.TensorProto.FLOAT: "f32",
    onnx.TensorProto.DOUBLE: "f64",
    onnx.TensorProto.FLOAT16: "f16",
    onnx.TensorProto.INT8: "i8",
    onnx.TensorProto.UINT8: "i8",
    onnx.TensorProto.INT16: "i16",
    onnx.TensorProto.UINT16: "i16",
    onnx.TensorProto.INT32: "i32",
    onnx.TensorProto.INT64: "i64",
}


class Functions:
    """The functions of a network, as text of MLIR."""

    def __init__(self) -> None:
        """Start without functions."""
        self.texts: list[str] = []

    def add(
        self,
        layer: str,
        operands: Sequence[tuple[str, str]],
        result: tuple[str, str],
        body: Sequence[str],
    ) -> onnx.NodeProto:
        """Add a function; return a node that calls it.

        Operands and the result are values of ONNX with their types in MLIR. The body, a string an op, refers to the
        operands as %a0, %a1, ... and gives %result.
        """
        name = f"nnq_{len(self.texts)}_{c_identifier(layer)}"
        quoted = layer.replace("\\", "\\\\").replace('"', '\\"')
        location = f' loc("{quoted}")'
        arguments = ", ".join(f"%a{i}: {type_}" for i, (_, type_) in enumerate(operands))
        lines = [f"  func.func private @{name}({arguments}) -> {result[1]} {{"]
        lines += [f"    {op}{location}" for op in body]
        lines += [f"    return %result : {result[1]}", "  }"]
        self.texts.append("\n".join(lines))
        node = onnx.helper.make_node(OP_TYPE, [value for value, _ in operands], [result[0]], layer, domain=DOMAIN)
        node.attribute.append(onnx.helper.make_attribute("callee", name))
        return node

    def define(self, module: str) -> str:
        """Return a module, whose functions of these names are declared, with their definitions."""
        if not self.texts:
            return module
        kept = [line for line in module.splitlines() if not line.lstrip().startswith("func.func private @nnq_")]
        end = max(i for i, line in enumerate(kept) if line.startswith("}"))
        return "\n".join([*kept[:end], *self.texts, *kept[end:], ""])


def define_function(graph_info: Any, module: Any) -> Any:
    """Return torch-mlir's importer of the nodes of a graph, which knows the calls, too."""
    from torch_mlir.dialects import func
    from torch_mlir.extras.onnx_importer import NodeImporter
    from torch_mlir.ir import FunctionType, InsertionPoint, Location

    class CallImporter(NodeImporter):
        __slots__ = ()

        def _handle_node_NnqCall(self, node: onnx.NodeProto) -> bool:  # noqa: N802
            operands = [self._nv_map[name] for name in node.input]
            result_types = [self._cc.type_proto_to_type(self._gi.find_type_proto_for_name(n)) for n in node.output]
            callee = onnx.helper.get_node_attr_value(node, "callee").decode()
            with InsertionPoint.at_block_begin(self._m.regions[0].blocks[0]), Location.name(node.name):
                type_ = FunctionType.get([value.type for value in operands], result_types)
                function = func.FuncOp(callee, type_, visibility="private")
                self._populate_graph_attrs(function)
            with InsertionPoint(self._b), Location.name(node.name):
                results = func.CallOp(function, operands).results
            self._nv_map.update(zip(node.output, results, strict=True))
            return True

    importer = NodeImporter.define_function(graph_info, module)
    describe_interface(importer._p, graph_info)
    # What creates it creates that class only.
    importer.__class__ = CallImporter
    return importer


def describe_interface(function: Any, graph_info: Any) -> None:
    """Say what the inputs and outputs of the entry point are called, and which integers have no sign."""
    unsigned = {onnx.TensorProto.UINT8, onnx.TensorProto.UINT16, onnx.TensorProto.UINT32, onnx.TensorProto.UINT64}

    def describe(values: Iterable[onnx.ValueInfoProto]) -> list[tuple[str, bool]]:
        return [(value.name, value.type.tensor_type.elem_type in unsigned) for value in values]

    mark_tensors(function, describe(graph_info.input_map.values()), describe(graph_info.graph_proto.output))
