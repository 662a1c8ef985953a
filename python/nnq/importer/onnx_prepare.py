"""ONNX networks in operators that torch-mlir reads."""

from __future__ import annotations

import onnx
import onnx.inliner
import onnx.version_converter

from .errors import NetworkError
from .mlir_calls import DOMAIN, Functions
from .onnx_dynamic import DynamicQuantization
from .onnx_fold import Folding
from .onnx_forms import Forms
from .onnx_graph import Graph, get_opset
from .onnx_qoperators import QOperators
from .onnx_quantization import Quantization

# The first opset whose normalization, dropout and the like are in the form that torch-mlir reads.
OPSET = 17
# The first one with scales for blocks, and integers of 4 bits.
BLOCKS_OPSET = 21
# Operators that ONNX defines by others, which torch-mlir knows.
EXPANDED_OPS = (
    "Attention",
    "DynamicQuantizeLinear",
    "RMSNormalization",
    "RotaryEmbedding",
    "SwiGLU",
    "Swish",
)
UNCHECKED_OPS = {*EXPANDED_OPS, "MeanVarianceNormalization"}


def prepare(model: onnx.ModelProto) -> tuple[onnx.ModelProto, Functions]:
    """Return a network in operators that torch-mlir reads, and the functions that it calls."""
    functions = Functions()
    try:
        opset = BLOCKS_OPSET if any(node.op_type == "MatMulNBits" for node in model.graph.node) else OPSET
        if get_opset(model, opset) < opset:
            model = onnx.version_converter.convert_version(model, opset)
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
            name_nodes(model)
        model.opset_import.append(onnx.helper.make_opsetid(DOMAIN, 1))
        op_types = {node.op_type for node in model.graph.node}
        # Strict inference finds fault with bodies that ONNX itself gives.
        is_strict = op_types.isdisjoint(UNCHECKED_OPS)
        if "DynamicQuantizeLinear" in op_types:
            model = onnx.shape_inference.infer_shapes(model)
            DynamicQuantization(Graph(model), functions).run()
        QOperators(Graph(model)).run()
        if not op_types.isdisjoint(EXPANDED_OPS):
            model = expand(infer_types(model, is_strict=False))
        model = infer_types(model, is_strict=is_strict)
        if Forms(Graph(model)).run():
            model = infer_types(model, is_strict=is_strict)
        # Sizes that become known tell further ones.
        while Folding(Graph(model)).run():
            model = infer_types(model, is_strict=is_strict)
    except NetworkError:
        raise
    except Exception as error:
        raise NetworkError(f"the network is no valid ONNX: {error}") from error
    Quantization(Graph(model), functions).run()
    return model, functions


def name_nodes(model: onnx.ModelProto) -> None:
    """Name nodes without names after what they give."""
    for node in model.graph.node:
        node.name = node.name or next(filter(None, node.output), node.op_type)


def infer_types(model: onnx.ModelProto, *, is_strict: bool) -> onnx.ModelProto:
    """Return a network with the types of its values; raise if they do not fit, those of bodies only if `is_strict`."""
    return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=is_strict, data_prop=True)


def expand(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a network with the bodies of operators that ONNX defines and torch-mlir does not read."""
    expanded = [n for n in model.graph.node if n.op_type in EXPANDED_OPS and n.domain in ("", "ai.onnx")]
    if any("" in node.input for node in expanded):
        # The inliner asks for the type of operands that are left out, too.
        model.graph.value_info.append(onnx.helper.make_value_info("", onnx.TypeProto()))
    for node in expanded:
        # Bodies refer to attributes, also to those that are left out.
        given = {item.name for item in node.attribute}
        for name, formal in onnx.defs.get_schema(node.op_type, get_opset(model)).attributes.items():
            if name not in given and formal.default_value.name:
                node.attribute.append(formal.default_value)
    functions = [("", op) for op in EXPANDED_OPS]
    model = onnx.inliner.inline_selected_functions(model, functions, inline_schema_functions=True)
    # The nodes of a body are in its place, without names.
    left = [(node.name, {name for name in node.output if name}) for node in expanded]
    for number, node in enumerate(model.graph.node):
        if node.name:
            continue
        node.name = f"{left[0][0]}/{node.op_type}_{number}"
        left[0][1].difference_update(node.output)
        if not left[0][1] and len(left) > 1:
            left.pop(0)
    kept = [value for value in model.graph.value_info if value.name]
    del model.graph.value_info[:]
    model.graph.value_info.extend(kept)
    return model
