"""Forms of operators that torch-mlir has no conversion of, or a wrong one, in terms of those that it reads."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper

from .mlir_calls import DOMAIN
from .onnx_graph import UNKNOWN_FORM, NodeRewriter, attribute, attributes
from .onnx_strides import find_rows

# The first in which the axes of reductions are operands.
REDUCTION_OPSET = 18


class Forms(NodeRewriter):
    """Rewrites a graph of known types."""

    def run(self) -> bool:
        """Rewrite all operators of such forms; return whether there were any."""
        return self.graph.rewrite(self.rewrite)

    def rewrite(self, node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
        """Return what a node becomes, None if it stays."""
        function = getattr(self, f"_rewrite_{node.op_type}", None)
        if function is None or node.domain not in ("", "ai.onnx"):
            return None
        self.start(node)
        return self.nodes if function(node) else None

    def integers(self, values: Sequence[int]) -> str:
        """Add a constant of integers."""
        return self.graph.add_constant(f"{self.layer}_sizes", np.array(values, np.int64))

    def number(self, value: float) -> str:
        """Add a constant of f32."""
        return self.graph.add_constant(f"{self.layer}_number", np.float32(value).reshape(()))

    # Padding

    def explicit_pads(self, node: onnx.NodeProto, kernel: Sequence[int]) -> list[int] | None:
        """Return the pads that `auto_pad` stands for, if it does and they depend on sizes."""
        mode = attribute(node, "auto_pad", b"NOTSET").decode()
        shape = self.graph.shape(node.input[0])
        if mode not in ("SAME_UPPER", "SAME_LOWER") or shape is None or None in shape[2:]:
            return None
        strides = attribute(node, "strides", [1] * len(kernel))
        dilations = attribute(node, "dilations", [1] * len(kernel))
        begin, end = [], []
        for size, stride, dilation, taps in zip(shape[2:], strides, dilations, kernel, strict=True):
            reach = (taps - 1) * dilation + 1
            if node.op_type == "ConvTranspose":
                total = reach - stride
                if total < 0:
                    return None
            else:
                total = max((-(-size // stride) - 1) * stride + reach - size, 0)
            less, more = total // 2, total - total // 2
            begin.append(more if mode == "SAME_LOWER" else less)
            end.append(less if mode == "SAME_LOWER" else more)
        return [*begin, *end]

    def state_pads(self, node: onnx.NodeProto, kernel: Sequence[int | None]) -> bool:
        """State the padding that `auto_pad` stands for."""
        pads = None if None in kernel else self.explicit_pads(node, kernel)
        if pads is None:
            return False
        kept = attributes(node) | {"pads": pads}
        del kept["auto_pad"]
        self.emit(node.op_type, node.input, node.output[0], **kept)
        return True

    def _rewrite_Conv(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        return self.state_pads(node, (self.graph.shape(node.input[1]) or [None, None, None])[2:])

    def _rewrite_LpPool(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Take means of powers of absolute values."""
        kept = attributes(node)
        power = kept.pop("p", 2)
        if kept.get("ceil_mode"):
            return False
        pads = self.explicit_pads(node, kept["kernel_shape"])
        if pads is not None:
            kept["pads"] = pads
            del kept["auto_pad"]
        x = base = self.emit("Abs", [node.input[0]])
        for _ in range(power - 1):
            x = self.emit("Mul", [x, base])
        x = self.emit("AveragePool", [x], count_include_pad=1, **kept)
        x = self.emit("Mul", [x, self.number(np.prod(kept["kernel_shape"]))])
        root = [x, self.number(1 / power)]
        self.emit("Sqrt" if power == 2 else "Pow", root[:1] if power == 2 else root, node.output[0])
        return True

    def reduce(self, op: str, value: str, axes: Sequence[int]) -> str:
        """Add a reduction that keeps dimensions."""
        if self.graph.opset < REDUCTION_OPSET:
            return self.emit(op, [value], axes=axes, keepdims=1)
        return self.emit(op, [value, self.integers(axes)], keepdims=1)

    def _rewrite_Gelu(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Write out GELU by tanh, for which torch-mlir has a root of 2 / pi of three digits."""
        if attribute(node, "approximate", b"none") != b"tanh":
            return False
        x = node.input[0]
        cube = self.emit("Mul", [self.emit("Mul", [x, x]), self.emit("Mul", [x, self.number(0.044715)])])
        inner = self.emit("Mul", [self.emit("Add", [x, cube]), self.number(math.sqrt(2 / math.pi))])
        gate = self.emit("Add", [self.emit("Tanh", [inner]), self.number(1)])
        self.emit("Mul", [self.emit("Mul", [x, self.number(0.5)]), gate], node.output[0])
        return True

    def _rewrite_MeanVarianceNormalization(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Subtract the mean and divide by the standard deviation."""
        axes = attribute(node, "axes", [0, 2, 3])
        centred = self.emit("Sub", [node.input[0], self.reduce("ReduceMean", node.input[0], axes)])
        variance = self.reduce("ReduceMean", self.emit("Mul", [centred, centred]), axes)
        deviation = self.emit("Add", [self.emit("Sqrt", [variance]), self.number(1e-9)])
        self.emit("Div", [centred, deviation], node.output[0])
        return True

    def _rewrite_LpNormalization(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Divide by a norm, but by no zero."""
        norm = "ReduceL1" if attribute(node, "p", 2) == 1 else "ReduceL2"
        norm = self.reduce(norm, node.input[0], [attribute(node, "axis", -1)])
        dtype = helper.tensor_dtype_to_np_dtype(self.graph.element_type(node.input[0]))
        zero = self.graph.add_constant(f"{self.layer}_zero", np.zeros((), dtype))
        quotient = self.emit("Div", [node.input[0], norm])
        self.emit("Where", [self.emit("Equal", [norm, zero]), zero, quotient], node.output[0])
        return True

    def _rewrite_ConvTranspose(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """State the padding, the same on both sides, and make one operator of each group."""
        kept = attributes(node)
        groups = kept.get("group", 1)
        shape = self.graph.shape(node.input[1])
        if shape is None or None in shape:
            return False
        stated = self.explicit_pads(node, shape[2:])
        if stated is not None:
            del kept["auto_pad"]
        pads = stated or kept.get("pads", [])
        begin, end = pads[: len(pads) // 2], pads[len(pads) // 2 :]
        is_lopsided = begin != end and "output_shape" not in kept
        if groups == 1 and stated is None and not is_lopsided:
            return False
        if pads:
            kept["pads"] = [0] * len(pads) if is_lopsided else pads
        kept["group"] = 1
        operands = [[node.input[0]], [node.input[1]], *([name] for name in node.input[2:] if name)]
        if groups > 1:
            operands = [self.split(names[0], axis, groups) for names, axis in zip(operands, (1, 0, 0), strict=False)]
        parts = [self.emit("ConvTranspose", inputs, **kept) for inputs in zip(*operands, strict=True)]
        y = self.emit("Concat", parts, axis=1) if groups > 1 else parts[0]
        if is_lopsided:
            axes = range(2, 2 + len(begin))
            # Nothing is taken from an end that is not padded.
            ends = [-amount or np.iinfo(np.int64).max for amount in end]
            y = self.emit("Slice", [y, self.integers(begin), self.integers(ends), self.integers(axes)])
        self.emit("Identity", [y], node.output[0])
        return True

    def split(self, value: str, axis: int, count: int) -> list[str]:
        """Return equal parts of a value; those of a constant are constants."""
        constant = self.graph.constant(value)
        if constant is not None:
            return [self.graph.add_constant(f"{value}_part", part) for part in np.split(constant, count, axis)]
        size = self.graph.shape(value)[axis] // count
        return [
            self.emit("Slice", [value, *map(self.integers, ([i * size], [(i + 1) * size], [axis]))])
            for i in range(count)
        ]

    def _rewrite_Pad(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Repeat an image by joining parts of it."""
        if attribute(node, "mode", b"constant") != b"wrap":
            return False
        shape = self.graph.shape(node.input[0])
        pads = self.graph.constant(node.input[1])
        axes = self.graph.constant(node.input[3]) if len(node.input) > 3 and node.input[3] else range(len(shape or []))
        if shape is None or pads is None or axes is None:
            return False
        value = node.input[0]
        for i, axis in enumerate(axes):
            axis, before, after = int(axis) % len(shape), int(pads[i]), int(pads[i + len(axes)])
            size = shape[axis]
            if size is None:
                return False
            index = np.arange(-before, size + after) % size
            value = self.emit("Gather", [value, self.integers(index)], axis=axis)
        self.emit("Identity", [value], node.output[0])
        return True

    # Products

    def _rewrite_MatMul(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Make a matrix of a vector that meets more than a matrix."""
        a, b = (self.graph.shape(name) for name in node.input)
        if a is None or b is None or min(len(a), len(b)) != 1 or max(len(a), len(b)) < 3:
            return False
        at = 0 if len(a) == 1 else -1
        operands = list(node.input)
        operands[at] = self.emit("Unsqueeze", [operands[at], self.integers([at])])
        product = self.emit("MatMul", operands)
        self.emit("Squeeze", [product, self.integers([-2 if at == 0 else -1])], node.output[0])
        return True

    def _rewrite_CumSum(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Add up by a product with a triangle of ones."""
        shape, axis = self.graph.shape(node.input[0]), self.graph.constant(node.input[1])
        if shape is None or axis is None or shape[int(axis.reshape(-1)[0])] is None:
            return False
        axis = int(axis.reshape(-1)[0]) % len(shape)
        triangle = np.triu(np.ones((shape[axis],) * 2), attribute(node, "exclusive", 0))
        if attribute(node, "reverse", 0):
            triangle = triangle.T
        element = self.graph.element_type(node.input[0])
        # f64 holds sums of integers.
        wide = element if element == TensorProto.FLOAT else TensorProto.DOUBLE
        order = [i for i in range(len(shape)) if i != axis] + [axis]
        back = [order.index(i) for i in range(len(shape))]
        x = self.emit("Transpose", [self.emit("Cast", [node.input[0]], to=wide)], perm=order)
        ones = triangle.astype(helper.tensor_dtype_to_np_dtype(wide))
        y = self.emit("MatMul", [x, self.graph.add_constant(f"{self.layer}_ones", ones)])
        self.emit("Cast", [self.emit("Transpose", [y], perm=back)], node.output[0], to=element)
        return True

    def _rewrite_Einsum(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Multiply numbers."""
        if any(self.graph.shape(name) != [] for name in node.input):
            return False
        y = node.input[0]
        for name in node.input[1:]:
            y = self.emit("Mul", [y, name])
        self.emit("Identity", [y], node.output[0])
        return True

    def _rewrite_CastLike(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Cast to the type of the other operand."""
        self.emit("Cast", [node.input[0]], node.output[0], to=self.graph.element_type(node.input[1]))
        return True

    # Sizes

    def _rewrite_SpaceToDepth(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Move blocks by reshapes if channels come first in the result."""
        shape, block = self.graph.shape(node.input[0]), attribute(node, "blocksize")
        if attribute(node, "mode", b"DCR") != b"CRD" or shape is None or None in shape:
            return False
        n, c, h, w = shape
        x = self.emit("Reshape", [node.input[0], self.integers([n, c, h // block, block, w // block, block])])
        x = self.emit("Transpose", [x], perm=[0, 1, 3, 5, 2, 4])
        sizes = self.integers([n, c * block * block, h // block, w // block])
        self.emit("Reshape", [x, sizes], node.output[0])
        return True

    def _rewrite_Gather(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Reshape what is read from end to end at computed indices."""
        flat = self.graph.producers.get(node.input[0])
        if flat is None or flat.op_type != "Reshape" or self.graph.shape(node.input[0]) != [None]:
            return False
        shape, rows = self.graph.shape(flat.input[0]), find_rows(self.graph, node.input[1])
        if rows is None or shape is None or shape[0] is not None or None in shape[1:]:
            return False
        if math.prod(shape[1:]) != math.prod(rows):
            return False
        self.emit("Reshape", [flat.input[0], self.integers([-1, *rows])], node.output[0])
        return True

    def has_fractions(self, node: onnx.NodeProto) -> bool:
        """Return whether corners are aligned to those of no whole number of elements."""
        shape = self.graph.shape(node.input[0])
        scales = self.graph.constant(node.input[2]) if len(node.input) > 2 and node.input[2] else None
        if attribute(node, "coordinate_transformation_mode", b"") != b"align_corners" or scales is None:
            return False
        return shape is not None and any(size % 1 for size in np.array(shape[-scales.size :]) * scales)

    def _rewrite_Resize(self, node: onnx.NodeProto) -> bool:  # noqa: N802
        """Give sizes or scales of all dimensions."""
        if self.has_fractions(node):
            # torch-mlir would take the whole number.
            self.emit(f"Resize{UNKNOWN_FORM}", node.input, node.output[0], domain=DOMAIN)
            return True
        kept = attributes(node)
        axes = kept.pop("axes", None)
        policy = kept.pop("keep_aspect_ratio_policy", b"stretch").decode()
        shape = self.graph.shape(node.input[0])
        if (axes is None and policy == "stretch") or shape is None or None in shape:
            return False
        axes = [axis % len(shape) for axis in (range(len(shape)) if axes is None else axes)]
        roi, scales, sizes = [*node.input[1:], "", "", ""][:3]
        if roi and self.graph.constant(roi) is not None and self.graph.constant(roi).size:
            given = self.graph.constant(roi)
            full = np.concatenate([np.zeros(len(shape)), np.ones(len(shape))]).astype(given.dtype)
            full[axes], full[[len(shape) + axis for axis in axes]] = np.split(given, 2)
            roi = self.graph.add_constant(f"{roi}_full", full)
        if scales:
            given = self.graph.constant(scales)
            full = np.ones(len(shape), np.float32)
            if given is None:
                return False
            full[axes] = given
            self.emit(
                "Resize", [node.input[0], roi, self.graph.add_constant(f"{scales}_full", full)], node.output[0], **kept
            )
            return True
        given = self.graph.constant(sizes)
        if given is None:
            return False
        full = list(shape)
        ratios = [size / shape[axis] for size, axis in zip(given, axes, strict=True)]
        ratio = min(ratios) if policy == "not_larger" else max(ratios)
        for size, axis in zip(given, axes, strict=True):
            full[axis] = int(size) if policy == "stretch" else int(np.floor(ratio * shape[axis] + 0.5))
        self.emit("Resize", [node.input[0], roi, "", self.integers(full)], node.output[0], **kept)
        return True
