"""Products whose activations are quantized with the range that they have at run time.

    DynamicQuantizeLinear -> MatMulInteger or ConvInteger -> Cast -> Mul(scale of x * scale of w)

becomes the product of what `nnq.dynamic_qcast` gives and of dequantized weights: nnq makes an integer kernel of it.
"""

from __future__ import annotations

import onnx
from onnx import TensorProto, helper

from .mlir_calls import Functions
from .onnx_graph import Graph, attribute, attributes
from .onnx_quantization import shape_text

PRODUCTS = {"MatMulInteger": ("MatMul", -1), "ConvInteger": ("Conv", 0)}


class DynamicQuantization:
    """Rewrites a graph of known types."""

    def __init__(self, graph: Graph, functions: Functions) -> None:
        """Take the graph that is rewritten, and where functions go."""
        self.graph = graph
        self.functions = functions

    def run(self) -> None:
        """Rewrite all products of the kind."""
        if self.graph.rewrite(self.rewrite):
            self.graph.drop_dead()

    def producer(self, name: str, op: str) -> onnx.NodeProto | None:
        """Return what gives a value if it is a node of a type."""
        node = self.graph.producers.get(name)
        return node if node is not None and node.op_type == op else None

    def rewrite(self, node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
        """Return what the multiplication at the end becomes, None if it is no such one."""
        if node.op_type != "Mul":
            return None
        for product, scale in (node.input, reversed(node.input)):
            cast = self.producer(product, "Cast")
            scales = self.producer(scale, "Mul")
            if cast is None or scales is None or attribute(cast, "to") != TensorProto.FLOAT:
                continue
            integer = self.graph.producers.get(cast.input[0])
            if integer is None or integer.op_type not in PRODUCTS or len(integer.input) < 3:
                continue
            dynamic = self.producer(integer.input[0], "DynamicQuantizeLinear")
            if dynamic is None or integer.input[2] != dynamic.output[2]:
                continue
            for x_scale, w_scale in (scales.input, reversed(scales.input)):
                if x_scale == dynamic.output[1] and self.is_scale_of(w_scale, integer):
                    return self.replace(node, integer, dynamic, w_scale)
        return None

    def is_scale_of(self, scale: str, integer: onnx.NodeProto) -> bool:
        """Return whether constants can be the scales of weights: one, or one for each output channel."""
        weights, scales = self.graph.constant(integer.input[1]), self.graph.constant(scale)
        if weights is None or scales is None:
            return False
        if scales.size == 1:
            return True
        # In front of it the scales of a convolution are shaped for its results.
        return integer.op_type == "MatMulInteger" and scales.shape == weights.shape[-1:]

    def replace(
        self, node: onnx.NodeProto, integer: onnx.NodeProto, dynamic: onnx.NodeProto, w_scale: str
    ) -> list[onnx.NodeProto] | None:
        """Return the product of numbers."""
        graph = self.graph
        shape = graph.shape(dynamic.input[0])
        if shape is None:
            return None
        op, axis = PRODUCTS[integer.op_type]
        layer = integer.name
        sizes = shape_text(shape)
        plain = f"tensor<{sizes}f32>"
        x = graph.like(dynamic.input[0], f"{dynamic.input[0]}_dynamic", TensorProto.FLOAT)
        body = [
            f'%q:3 = "nnq.dynamic_qcast"(%a0) : ({plain}) -> (tensor<{sizes}i8>, f32, i32)',
            f'%result = "nnq.dynamic_dcast"(%q#0, %q#1, %q#2) : (tensor<{sizes}i8>, f32, i32) -> {plain}',
        ]
        w = graph.fresh(f"{integer.input[1]}_dequantized")
        scale = graph.add_constant(
            f"{w_scale}_flat", graph.constant(w_scale).reshape(-1 if graph.constant(w_scale).size > 1 else ())
        )
        weight = [integer.input[1], scale, *[name for name in integer.input[3:4] if name]]
        rank = len(graph.constant(integer.input[1]).shape)
        return [
            self.functions.add(layer, [(dynamic.input[0], plain)], (x, plain), body),
            helper.make_node("DequantizeLinear", weight, [w], layer, axis=axis % rank),
            helper.make_node(op, [x, w], [node.output[0]], layer, **attributes(integer)),
        ]
