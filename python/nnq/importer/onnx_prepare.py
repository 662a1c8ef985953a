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
from .onnx_graph import Graph
from .onnx_qoperators import QOperators
from .onnx_quantization import Quantization

# The first opset whose normalization, dropout and the like are in the form that torch-mlir reads.
OPSET = 17
# Operators that ONNX defines by others, which torch-mlir knows.
EXPANDED_OPS = (
    "Attention",
    "DynamicQuantizeLinear",
    "RMSNormalization",
    "RotaryEmbedding",
    "SwiGLU",
    "Swish",
)


def prepare(model: onnx.ModelProto) -> tuple[onnx.ModelProto, Functions]:
    """Return a network in operators that torch-mlir reads, and the functions that it calls."""
    functions = Functions()
    try:
        version = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), OPSET)
        if version < OPSET:
            model = onnx.version_converter.convert_version(model, OPSET)
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
            name_nodes(model)
        model.opset_import.append(onnx.helper.make_opsetid(DOMAIN, 1))
        op_types = {node.op_type for node in model.graph.node}
        if "DynamicQuantizeLinear" in op_types:
            model = onnx.shape_inference.infer_shapes(model)
            DynamicQuantization(Graph(model), functions).run()
        QOperators(Graph(model)).run()
        if not op_types.isdisjoint(EXPANDED_OPS):
            # Not strictly: inference looks into bodies, whose nodes have no names for its errors.
            model = expand(onnx.shape_inference.infer_shapes(model, data_prop=True))
        model = infer_types(model)
        if Forms(Graph(model)).run():
            model = infer_types(model)
        # Sizes that become known tell further ones.
        while Folding(Graph(model)).run():
            model = infer_types(model)
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


def infer_types(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a network with the types of its values; raise if they do not fit."""
    # Strict inference finds fault with the body of this one.
    is_strict = all(node.op_type != "MeanVarianceNormalization" for node in model.graph.node)
    return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=is_strict, data_prop=True)


def expand(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a network with the bodies of operators that ONNX defines and torch-mlir does not read."""
    expanded = [n for n in model.graph.node if n.op_type in EXPANDED_OPS and n.domain in ("", "ai.onnx")]
    if any("" in node.input for node in expanded):
        # The inliner asks for the type of operands that are left out, too.
        model.graph.value_info.append(onnx.helper.make_value_info("", onnx.TypeProto()))
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
