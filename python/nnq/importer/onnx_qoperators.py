"""Operators of ONNX on integers become dequantization, the operator on numbers, and quantization.

Those of the QOperator format come from ONNX itself and from the domain com.microsoft, which ONNX Runtime's tools write.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from .onnx_graph import NodeRewriter, attribute, attributes

MICROSOFT = "com.microsoft"
# Operators of one operand, and the attributes that are not those of the operator on numbers.
UNARY = {
    "QLinearSigmoid": ("Sigmoid", ()),
    "QLinearLeakyRelu": ("LeakyRelu", ()),
    "QLinearSoftmax": ("Softmax", ("opset",)),
    "QLinearGlobalAveragePool": ("GlobalAveragePool", ("channels_last",)),
    "QLinearAveragePool": ("AveragePool", ("channels_last",)),
}
BINARY = {"QLinearAdd": "Add", "QLinearMul": "Mul"}
# Up to here f32 counts.
LARGEST_EXACT = 2**24


class QOperators(NodeRewriter):
    """Rewrites a graph whose types may not be known yet."""

    def run(self) -> None:
        """Rewrite all operators on integers that have a form on numbers."""
        if self.graph.rewrite(self.rewrite):
            self.graph.drop_dead()

    def rewrite(self, node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
        """Return what a node becomes, None if it stays."""
        function = getattr(self, f"_rewrite_{node.op_type}", None)
        if node.domain in ("", "ai.onnx") and node.op_type not in ONNX_OPS:
            return None
        if node.domain == MICROSOFT and node.op_type in UNARY and not attribute(node, "channels_last", 0):
            function = self._rewrite_unary
        elif node.domain == MICROSOFT and node.op_type in BINARY:
            function = self._rewrite_binary
        if function is None or node.domain not in ("", "ai.onnx", MICROSOFT):
            return None
        if node.op_type == "MatMulNBits" and not self.has_blocks(node):
            return None
        self.start(node)
        function(node, [*node.input, *[""] * 9])
        return self.nodes

    def has_blocks(self, node: onnx.NodeProto) -> bool:
        """Return whether the weights of a MatMulNBits are constants, and integers with integral zero points."""
        _, weights, scales, zero_points, order, *_ = [*node.input, *[""] * 6]
        if order or attribute(node, "bits", 4) not in BLOCK_TYPES:
            return False
        points = self.graph.constant(zero_points) if zero_points else np.zeros(0)
        known = [self.graph.constant(weights), self.graph.constant(scales), points]
        return all(x is not None for x in known) and bool((points == np.round(points)).all())

    def dequantize(self, value: str, scale: str, zero_point: str, axis: int = 0) -> str:
        """Add a dequantization."""
        return self.emit("DequantizeLinear", [n for n in (value, scale, zero_point) if n], axis=axis)

    def quantize(self, value: str, result: str, scale: str, zero_point: str) -> None:
        """Add a quantization."""
        inputs = [n for n in (value, scale, zero_point) if n]
        self.emit("QuantizeLinear", inputs, result)

    def _rewrite_QLinearConv(self, node: onnx.NodeProto, inputs: list[str]) -> None:  # noqa: N802
        x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, bias = inputs[:9]
        operands = [self.dequantize(x, x_scale, x_zero), self.dequantize(w, w_scale, w_zero)]
        if bias:
            operands.append(self.bias(bias, x_scale, w_scale))
        y = self.emit("Conv", operands, **attributes(node))
        self.quantize(y, node.output[0], y_scale, y_zero)

    def bias(self, bias: str, x_scale: str, w_scale: str) -> str:
        """Return a bias, whose scale is the product of those of the operands, as numbers."""
        values = [self.graph.constant(name) for name in (bias, x_scale, w_scale)]
        if all(value is not None for value in values):
            scale = values[1].reshape(-1) * values[2].reshape(-1)
            return self.graph.add_constant(f"{bias}_f32", (values[0] * scale).astype(np.float32))
        scale = self.emit("Mul", [x_scale, w_scale])
        return self.emit("Mul", [self.emit("Cast", [bias], to=TensorProto.FLOAT), scale])

    def _rewrite_QLinearMatMul(self, node: onnx.NodeProto, inputs: list[str]) -> None:  # noqa: N802
        a = self.dequantize(*inputs[:3], axis=-2)
        b = self.dequantize(*inputs[3:6], axis=-1)
        self.quantize(self.emit("MatMul", [a, b]), node.output[0], *inputs[6:8])

    def _rewrite_QGemm(self, node: onnx.NodeProto, inputs: list[str]) -> None:  # noqa: N802
        a, a_scale, a_zero, b, b_scale, b_zero, c, y_scale, y_zero = inputs[:9]
        kept = attributes(node)
        operands = [
            self.dequantize(a, a_scale, a_zero),
            self.dequantize(b, b_scale, b_zero, axis=0 if kept.get("transB") else 1),
        ]
        if c:
            # Its scale is that of the product, which alpha is a factor of.
            bias = self.bias(c, a_scale, b_scale)
            alpha = self.graph.add_constant("alpha", np.float32(kept.get("alpha", 1.0)).reshape(()))
            operands.append(bias if kept.get("alpha", 1.0) == 1 else self.emit("Mul", [bias, alpha]))
        if not y_scale:
            self.emit("Gemm", operands, node.output[0], **kept)
        else:
            self.quantize(self.emit("Gemm", operands, **kept), node.output[0], y_scale, y_zero)

    def _rewrite_QLinearConcat(self, node: onnx.NodeProto, inputs: list[str]) -> None:  # noqa: N802
        parts = [self.dequantize(*node.input[i : i + 3]) for i in range(2, len(node.input), 3)]
        self.quantize(self.emit("Concat", parts, **attributes(node)), node.output[0], *inputs[:2])

    def _rewrite_unary(self, node: onnx.NodeProto, inputs: list[str]) -> None:
        op, dropped = UNARY[node.op_type]
        kept = {name: value for name, value in attributes(node).items() if name not in dropped}
        y = self.emit(op, [self.dequantize(*inputs[:3])], **kept)
        self.quantize(y, node.output[0], *inputs[3:5])

    def _rewrite_binary(self, node: onnx.NodeProto, inputs: list[str]) -> None:
        operands = [self.dequantize(*inputs[:3]), self.dequantize(*inputs[3:6])]
        self.quantize(self.emit(BINARY[node.op_type], operands), node.output[0], *inputs[6:8])

    def _rewrite_MatMulNBits(self, node: onnx.NodeProto, inputs: list[str]) -> None:  # noqa: N802
        a, *packed = inputs[:4]
        weights, scales, zero_points = unpack_blocks(node, *(self.graph.constant(name) for name in packed))
        size, block = attribute(node, "K"), attribute(node, "block_size")
        # Blocks are of one size, so that a part of one at the end makes all of them smaller.
        common = math.gcd(size, block)
        spread = [np.repeat(x, block // common, axis=1)[:, : size // common].T for x in (scales, zero_points)]
        operands = [
            self.graph.add_constant(f"{packed[0]}_weights", weights[:, :size].T),
            self.graph.add_constant(f"{packed[1]}_scales", spread[0]),
            self.graph.add_constant(f"{packed[0]}_zero_points", spread[1]),
        ]
        product = [a, self.emit("DequantizeLinear", operands, axis=0, block_size=common)]
        if bias := inputs[5]:
            self.emit("Add", [self.emit("MatMul", product), bias], node.output[0])
        else:
            self.emit("MatMul", product, node.output[0])

    def _rewrite_MatMulInteger(self, node: onnx.NodeProto, inputs: list[str]) -> None:  # noqa: N802
        a, b, a_zero, b_zero = inputs[:4]
        one = self.graph.add_constant("one", np.float32(1).reshape(()))
        operands = [self.centre(a, one, a_zero, axis=-2), self.centre(b, one, b_zero, axis=-1)]
        shape = self.graph.shape(b) or self.graph.shape(a) or []
        self.integers(node, "MatMul", operands, shape[-2] if len(shape) > 1 else (shape or [None])[0])

    def _rewrite_ConvInteger(self, node: onnx.NodeProto, inputs: list[str]) -> None:  # noqa: N802
        x, w, x_zero, w_zero = inputs[:4]
        one = self.graph.add_constant("one", np.float32(1).reshape(()))
        operands = [self.centre(x, one, x_zero, axis=0), self.centre(w, one, w_zero, axis=0)]
        sizes = (self.graph.shape(w) or [None, None])[1:]
        self.integers(node, "Conv", operands, None if None in sizes else int(np.prod(sizes)), **attributes(node))

    def centre(self, value: str, one: str, zero_point: str, axis: int) -> str:
        """Return integers minus their zero point, as numbers."""
        size = self.graph.constant(zero_point).size if self.graph.constant(zero_point) is not None else 1
        if not zero_point or size == 1:
            return self.dequantize(value, one, zero_point)
        ones = self.graph.add_constant("ones", np.ones(size, np.float32))
        return self.dequantize(value, ones, zero_point, axis)

    def integers(
        self, node: onnx.NodeProto, op: str, operands: list[str], terms: int | None, **attributes: Any
    ) -> None:
        """Add products of integers, computed on numbers that hold them."""
        readers = [n for n in self.graph.graph.node if node.output[0] in n.input]
        is_scaled = node.output[0] not in self.graph.outputs and all(
            n.op_type == "Cast" and attribute(n, "to") == TensorProto.FLOAT for n in readers
        )
        if not is_scaled and (terms is None or terms * 255 * 255 > LARGEST_EXACT):
            operands = [self.emit("Cast", [value], to=TensorProto.DOUBLE) for value in operands]
        self.emit("Cast", [self.emit(op, operands, **attributes)], node.output[0], to=TensorProto.INT32)


def unpack_blocks(
    node: onnx.NodeProto, weights: np.ndarray, scales: np.ndarray, zero_points: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weights of a MatMulNBits, a row for each of its results, and the scales and zero points of blocks."""
    bits, block, rows = attribute(node, "bits", 4), attribute(node, "block_size"), attribute(node, "N")
    count = -(-attribute(node, "K") // block)

    def unpack(packed: np.ndarray, size: int) -> np.ndarray:
        """Return a row for each result; the first number of a byte is in its lowest bits."""
        parts = [(packed.reshape(rows, -1) >> shift) & ((1 << bits) - 1) for shift in range(0, 8, bits)]
        return np.stack(parts, axis=-1).reshape(rows, -1)[:, :size]

    if zero_points is None:
        zero_points = np.full((rows, count), 1 << (bits - 1))
    elif zero_points.dtype == np.uint8:
        zero_points = unpack(zero_points, count)
    type_ = helper.tensor_dtype_to_np_dtype(BLOCK_TYPES[bits])
    integers = unpack(weights, count * block).reshape(rows, count, block)
    scales, zero_points = scales.reshape(rows, count).astype(np.float32), zero_points.reshape(rows, count)
    # Of a negative scale, integers and the zero point are counted from the other end. With a scale of zero there are
    # only zeros.
    is_negative, is_zero = scales < 0, scales == 0
    most = (1 << bits) - 1
    zero_points = np.where(is_negative, most - zero_points, zero_points)
    integers = np.where(is_negative[..., None], most - integers, integers)
    integers = np.where(is_zero[..., None], zero_points[..., None], integers)
    scales = np.where(is_zero, np.float32(1), np.abs(scales))
    return integers.reshape(rows, -1).astype(type_), scales, zero_points.astype(type_)


# The types of the integers that blocks of so many bits hold.
BLOCK_TYPES = {2: TensorProto.UINT2, 4: TensorProto.UINT4, 8: TensorProto.UINT8}
ONNX_OPS = {"QLinearConv", "QLinearMatMul", "MatMulInteger", "ConvInteger"}
