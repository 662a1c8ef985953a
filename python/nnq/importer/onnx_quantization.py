"""Quantized operators of ONNX: QDQ and QOperator models, with their scales, become quantize-dequantize pairs of MLIR.

What has a scale and a zero point known at import and 8 bits or less is written as `quant.qcast` and `quant.dcast`,
from which nnq makes integer kernels. All else (16 and 32 bits, parameters that are computed, integers that leave the
network) is written as the arithmetic that defines it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .mlir_calls import ELEMENTS, Functions
from .onnx_graph import MOVEMENTS, Graph, attribute

RANGES = {
    TensorProto.INT2: (-2, 1),
    TensorProto.UINT2: (0, 3),
    TensorProto.INT4: (-8, 7),
    TensorProto.UINT4: (0, 15),
    TensorProto.INT8: (-128, 127),
    TensorProto.UINT8: (0, 255),
    TensorProto.INT16: (-32768, 32767),
    TensorProto.UINT16: (0, 65535),
    TensorProto.INT32: (-(2**31), 2**31 - 1),
}
UNSIGNED = {TensorProto.UINT2, TensorProto.UINT4, TensorProto.UINT8, TensorProto.UINT16}
# Types of less than a byte, which take one here.
BYTES = {
    TensorProto.INT2: TensorProto.INT8,
    TensorProto.UINT2: TensorProto.UINT8,
    TensorProto.INT4: TensorProto.INT8,
    TensorProto.UINT4: TensorProto.UINT8,
}
FLOAT = TensorProto.FLOAT


@dataclass(frozen=True)
class Parameters:
    """What quantizes a value: names of the scale and the zero point, the type of integers, axis and size of blocks."""

    scale: str
    zero_point: str
    element: int
    axis: int
    block: int


class Quantization:
    """Rewrites a graph, step by step."""

    def __init__(self, graph: Graph, functions: Functions) -> None:
        """Take the graph that is rewritten, and where functions go."""
        self.graph = graph
        self.functions = functions
        self.aliases: dict[str, str] = {}
        # What each QuantizeLinear quantizes, and how.
        self.quantized: dict[str, tuple[str, Parameters]] = {}
        # What is quantized and dequantized at once, and the type of `quant`.
        self.round_trips: dict[str, tuple[str, str]] = {}

    def run(self) -> None:
        """Rewrite all quantized operators."""
        self.graph.rewrite(self.dequantize_movement)
        self.graph.rewrite(self.transpose_weights)
        self.quantized = {
            node.output[0]: (node.input[0], self.parameters(node))
            for node in self.graph.graph.node
            if node.op_type == "QuantizeLinear"
        }
        self.graph.rewrite(self.lower)
        self.graph.rewrite(self.pad_first)
        self.graph.drop_dead()
        self.widen_small_integers()

    def widen_small_integers(self) -> None:
        """Give integers of less than a byte one each: no other width crosses the C interface."""
        graph = self.graph.graph
        for value in (*graph.input, *graph.output, *graph.value_info):
            element = value.type.tensor_type.elem_type
            value.type.tensor_type.elem_type = BYTES.get(element, element)
        for tensor in graph.initializer:
            if tensor.data_type in BYTES:
                widened = helper.tensor_dtype_to_np_dtype(BYTES[tensor.data_type])
                tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(widened), tensor.name))

    # Parameters

    def parameters(self, node: onnx.NodeProto) -> Parameters:
        """Return the parameters of a QuantizeLinear or DequantizeLinear."""
        zero_point = node.input[2] if len(node.input) > 2 else ""
        if node.op_type == "DequantizeLinear":
            element = self.graph.element_type(node.input[0])
        elif zero_point:
            element = self.graph.element_type(zero_point)
        else:
            element = attribute(node, "output_dtype") or TensorProto.UINT8
        axis = attribute(node, "axis", 1)
        if axis < 0:
            axis += len(self.graph.shape(node.input[0]) or [])
        if self.is_scalar(node.input[1]):
            axis = 0
        block = attribute(node, "block_size", 0)
        return Parameters(self.alias(node.input[1]), self.alias(zero_point), element, axis, block)

    def is_scalar(self, name: str) -> bool:
        """Return whether a value has one element."""
        return self.graph.shape(name) in ([], [1])

    def alias(self, name: str) -> str:
        """Return a name that is the same for constants of equal elements."""
        value = self.graph.constant(name) if name else None
        if value is None:
            return name
        key = f"{value.dtype}{value.shape if value.size > 1 else ()}{value.tobytes().hex()}"
        return self.aliases.setdefault(key, name)

    def known(self, parameters: Parameters) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the scale and the zero point if they are constants, and the scale is f32."""
        scale = self.graph.constant(parameters.scale)
        if scale is None or scale.dtype != np.float32:
            return None
        if not parameters.zero_point:
            return scale, np.zeros(scale.shape, np.int64)
        zero_point = self.graph.constant(parameters.zero_point)
        return None if zero_point is None else (scale, zero_point.astype(np.int64))

    def quantized_type(self, parameters: Parameters, rank: int, *, is_weight: bool = False) -> tuple[str, int] | None:
        """Return the type of `quant` and what is added to integers on the way to it; None if there is none."""
        known = self.known(parameters)
        if known is None or parameters.element not in RANGES or RANGES[parameters.element][1] > 255:
            return None
        scale, zero_point = known
        if not (np.isfinite(scale).all() and (scale > 0).all()):
            return None
        low, high = RANGES[parameters.element]
        # Kernels take signed weights.
        shift = -(high + 1) // 2 if is_weight and low == 0 else 0
        low, high, zero_point = low + shift, high + shift, zero_point + shift
        storage = "u8" if low == 0 else "i8"
        if (low, high) not in ((-128, 127), (0, 255)):
            storage += f"<{low}:{high}>"
        pairs = [
            f"{float(s):.17e}:{int(z)}" if z else f"{float(s):.17e}"
            for s, z in zip(scale.reshape(-1), zero_point.reshape(-1), strict=True)
        ]
        if scale.size == 1:
            return f"!quant.uniform<{storage}:f32, {pairs[0]}>", shift
        if parameters.block:
            sizes = ",".join(f"{i}:{parameters.block if i == parameters.axis else 1}" for i in range(rank))
            nested = np.array(pairs, object).reshape(scale.shape).tolist()
            return f"!quant.uniform<{storage}:f32:{{{sizes}}}, {nest(nested)}>", shift
        return f"!quant.uniform<{storage}:f32:{parameters.axis}, {{{','.join(pairs)}}}>", shift

    # Integers that only move

    def dequantize_movement(self, node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
        """Move elements in front of their quantization: M(Q(x)) becomes Q(M(D(Q(x))))."""
        if node.op_type not in MOVEMENTS or len([name for name in node.output if name]) != 1:
            return None
        source = self.graph.producers.get(node.input[0])
        if source is None or source.op_type != "QuantizeLinear" or not self.is_scalar(source.input[1]):
            return None
        known = self.known(self.parameters(source))
        if known is None or self.graph.shape(node.output[0]) is None:
            return None
        dequantized = self.graph.like(node.input[0], f"{node.input[0]}_dequantized", FLOAT)
        moved = self.graph.like(node.output[0], f"{node.output[0]}_dequantized", FLOAT)
        copy, quantize = onnx.NodeProto(), onnx.NodeProto()
        copy.CopyFrom(node)
        copy.input[0], copy.output[0] = dequantized, moved
        quantize.CopyFrom(source)
        quantize.name = node.name
        quantize.input[0], quantize.output[0] = moved, node.output[0]
        return [helper.make_node("DequantizeLinear", [node.input[0], *source.input[1:]], [dequantized]), copy, quantize]

    # Forms in which kernels have integers at hand

    def transpose_weights(self, node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
        """Transpose the weights of a Gemm as integers."""
        if node.op_type != "Gemm" or not attribute(node, "transB", 0):
            return None
        source = self.graph.producers.get(node.input[1])
        weights = self.graph.constant(source.input[0]) if source and source.op_type == "DequantizeLinear" else None
        parameters = [name for name in source.input[1:] if name] if source else []
        if weights is None or any(self.graph.constant(name) is None for name in parameters):
            return None
        plain, dequantize = onnx.NodeProto(), onnx.NodeProto()
        dequantize.CopyFrom(source)
        plain.CopyFrom(node)
        name = self.graph.add_constant(f"{source.input[0]}_transposed", weights.T)
        shape = self.graph.shape(node.input[1])[::-1]
        dequantize.input[0] = name
        # Parameters of blocks have a place for each of them.
        for i, parameter in enumerate(source.input[1:], start=1):
            value = self.graph.constant(parameter) if parameter else None
            if value is not None and value.ndim > 1:
                dequantize.input[i] = self.graph.add_constant(f"{parameter}_transposed", value.T)
        dequantize.output[0] = self.graph.add_value(f"{name}_dequantized", FLOAT, shape)
        axis = attribute(source, "axis", 1) % 2
        kept = [item for item in dequantize.attribute if item.name != "axis"]
        del dequantize.attribute[:]
        dequantize.attribute.extend([*kept, helper.make_attribute("axis", 1 - axis)])
        plain.input[1] = dequantize.output[0]
        next(item for item in plain.attribute if item.name == "transB").i = 0
        return [dequantize, plain]

    def pad_first(self, node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
        """Pad numbers, not what was quantized: a zero is exact."""
        pads = attribute(node, "pads") if node.op_type == "Conv" else None
        if not pads or not any(pads) or node.input[0] not in self.round_trips:
            return None
        source, type_ = self.round_trips[node.input[0]]
        shape = self.graph.shape(source)
        if shape is None or None in shape[2:]:
            return None
        rank = len(pads) // 2
        sizes = [*shape[:2], *(size + pads[i] + pads[i + rank] for i, size in enumerate(shape[2:]))]
        padded = self.graph.add_value(f"{node.input[0]}_padded", FLOAT, sizes)
        rounded = self.graph.add_value(f"{node.input[0]}_rounded", FLOAT, sizes)
        amounts = self.graph.add_constant(f"{node.name}_pads", np.array([0, 0, *pads[:rank], 0, 0, *pads[rank:]]))
        conv = onnx.NodeProto()
        conv.CopyFrom(node)
        conv.input[0] = rounded
        next(item for item in conv.attribute if item.name == "pads").ints[:] = [0] * len(pads)
        pad = helper.make_node("Pad", [source, amounts], [padded], node.name)
        return [pad, self.round_trip(node, padded, rounded, type_), conv]

    # Nodes

    def lower(self, node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
        """Return what stands for a quantization or dequantization."""
        if node.op_type == "DequantizeLinear":
            return self.dequantize(node)
        if node.op_type != "QuantizeLinear":
            return None
        # What is dequantized again reads the operand, not these integers, which then are dead.
        parameters = self.parameters(node)
        if not self.has_arithmetic(node.input[0], node.input[0], parameters):
            return None
        return self.arithmetic(node, node.input[0], node.output[0], parameters, is_quantize=True)

    def dequantize(self, node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
        """Return what stands for a dequantization."""
        graph, parameters = self.graph, self.parameters(node)
        value, result = node.input[0], node.output[0]
        if not self.has_arithmetic(value, result, parameters):
            return None
        constant = graph.constant(value)
        rank = len(graph.shape(value))
        if constant is not None:
            type_ = self.quantized_type(parameters, rank, is_weight=True)
            if type_:
                return [self.weight(node, constant, *type_)]
            return self.arithmetic(node, value, result, parameters, is_quantize=False)
        type_ = self.quantized_type(parameters, rank)
        if type_ is None:
            return self.arithmetic(node, value, result, parameters, is_quantize=False)
        source = self.quantized.get(value)
        if source and source[1] == parameters and graph.element_type(source[0]) == FLOAT:
            return [self.round_trip(node, source[0], result, type_[0])]
        # The round trip is an identity that tells the parameters.
        exact = graph.like(result, f"{result}_exact")
        nodes = self.arithmetic(node, value, exact, parameters, is_quantize=False)
        return [*nodes, self.round_trip(node, exact, result, type_[0])]

    def has_arithmetic(self, value: str, real: str, parameters: Parameters) -> bool:
        """Return whether the types are ones that can be computed with."""
        graph = self.graph
        return (
            graph.shape(value) is not None
            and parameters.element in RANGES
            and graph.element_type(real) in (FLOAT, TensorProto.INT32)
            and graph.element_type(parameters.scale) == FLOAT
        )

    def weight(self, node: onnx.NodeProto, constant: np.ndarray, type_: str, shift: int) -> onnx.NodeProto:
        """Return the dequantization of a constant."""
        stored = (constant.astype(np.int64) + shift).astype(np.int8)
        name = self.graph.add_constant(f"{node.input[0]}_stored", stored)
        sizes = shape_text(list(constant.shape))
        plain = f"tensor<{sizes}f32>"
        body = [
            f"%q = quant.scast %a0 : tensor<{sizes}i8> to tensor<{sizes}{type_}>",
            f"%result = quant.dcast %q : tensor<{sizes}{type_}> to {plain}",
        ]
        return self.functions.add(node.name, [(name, f"tensor<{sizes}i8>")], (node.output[0], plain), body)

    def round_trip(self, node: onnx.NodeProto, value: str, result: str, type_: str) -> onnx.NodeProto:
        """Return a quantization that is dequantized at once."""
        self.round_trips[result] = (value, type_)
        sizes = shape_text(self.graph.shape(value))
        plain = f"tensor<{sizes}f32>"
        body = [
            f"%q = quant.qcast %a0 : {plain} to tensor<{sizes}{type_}>",
            f"%result = quant.dcast %q : tensor<{sizes}{type_}> to {plain}",
        ]
        return self.functions.add(node.name, [(value, plain)], (result, plain), body)

    def arithmetic(
        self, node: onnx.NodeProto, value: str, result: str, parameters: Parameters, *, is_quantize: bool
    ) -> list[onnx.NodeProto]:
        """Return the computation of a quantization or dequantization by its definition."""
        graph = self.graph
        shape, rank = graph.shape(value), len(graph.shape(value))
        nodes: list[onnx.NodeProto] = []
        operands, maps = [(value, f"tensor<{shape_text(shape)}{self.element_text(value)}>")], []
        dims = ", ".join(f"d{i}" for i in range(rank))
        identity = f"affine_map<({dims}) -> ({dims})>"
        maps.append(identity)
        point = self.widen_constant(parameters.zero_point)
        for name in filter(None, (parameters.scale, point)):
            if parameters.block and not self.is_scalar(name):
                name = self.repeat_blocks(name, parameters, shape, nodes)
            sizes = graph.shape(name)
            at = "" if not sizes else "0" if sizes == [1] else dims if len(sizes) == rank > 1 else f"d{parameters.axis}"
            operands.append((name, f"tensor<{shape_text(sizes)}{self.element_text(name)}>"))
            maps.append(f"affine_map<({dims}) -> ({at})>")
        maps.append(identity)
        target = parameters.element if is_quantize else FLOAT
        element = ELEMENTS[BYTES.get(target, target)]
        type_ = f"tensor<{shape_text(shape)}{element}>"
        arguments = [f"%b{i}: {type_of(operand[1])}" for i, operand in enumerate(operands)]
        scalar = Scalars(parameters.element, graph.element_type(point) if point else 0)
        lines = scalar.quantize(graph.element_type(value)) if is_quantize else scalar.dequantize()
        body = [f"%c{i} = arith.constant {i} : index" for i, size in enumerate(shape) if size is None]
        body += [f"%n{i} = tensor.dim %a0, %c{i} : {operands[0][1]}" for i, size in enumerate(shape) if size is None]
        open_sizes = ", ".join(f"%n{i}" for i, size in enumerate(shape) if size is None)
        body.append(f"%init = tensor.empty({open_sizes}) : {type_}")
        inputs = ", ".join(f"%a{i}" for i in range(len(operands)))
        kinds = ", ".join(['"parallel"'] * rank)
        types = ", ".join(operand[1] for operand in operands)
        body.append(
            f"%result = linalg.generic {{indexing_maps = [{', '.join(maps)}], iterator_types = [{kinds}]}} "
            f"ins({inputs} : {types}) outs(%init : {type_}) {{\n"
            f"    ^bb0({', '.join(arguments)}, %out: {element}):\n"
            + "".join(f"      {line}\n" for line in lines)
            + f"      linalg.yield %y : {element}\n    }} -> {type_}"
        )
        return [*nodes, self.functions.add(node.name, operands, (result, type_), body)]

    def element_text(self, name: str) -> str:
        """Return the element type of a value in MLIR."""
        element = self.graph.element_type(name)
        return ELEMENTS[BYTES.get(element, element)]

    def widen_constant(self, name: str) -> str:
        """Return a constant zero point in 32 bits: torch-mlir takes no constants of unsigned types."""
        value = self.graph.constant(name) if name else None
        return name if value is None else self.graph.add_constant(f"{name}_wide", value.astype(np.int32))

    def repeat_blocks(
        self, name: str, parameters: Parameters, shape: list[int | None], nodes: list[onnx.NodeProto]
    ) -> str:
        """Return a value with the parameter of each element."""
        size = shape[parameters.axis]
        constant = self.graph.constant(name)
        if constant is not None:
            repeated = np.repeat(constant, parameters.block, parameters.axis)
            return self.graph.add_constant(f"{name}_repeated", repeated.take(range(size), parameters.axis))
        index = self.graph.add_constant(f"{name}_block", np.arange(size) // parameters.block)
        sizes = list(self.graph.shape(name))
        sizes[parameters.axis] = size
        result = self.graph.add_value(f"{name}_repeated", self.graph.element_type(name), sizes)
        nodes.append(helper.make_node("Gather", [name, index], [result], axis=parameters.axis))
        return result


class Scalars:
    """The arithmetic of one element, %b0, with its scale, %b1, and maybe its zero point, %b2."""

    def __init__(self, element: int, zero_point: int) -> None:
        """Take the types of the integers and of the zero point, 0 if there is none."""
        self.element = element
        self.zero_point = zero_point
        self.narrow = ELEMENTS[BYTES.get(element, element)]

    def widen(self, result: str, value: str, element: int, wide: str) -> list[str]:
        """Return the conversion of an integer to a type that is as wide or wider."""
        narrow = ELEMENTS[BYTES.get(element, element)]
        if narrow == wide:
            zero = f"{result}_zero"
            return [f"{zero} = arith.constant 0 : {wide}", f"{result} = arith.addi {value}, {zero} : {wide}"]
        return [f"{result} = arith.ext{'ui' if element in UNSIGNED else 'si'} {value} : {narrow} to {wide}"]

    def wide_zero_point(self, wide: str) -> list[str]:
        """Return the zero point as an integer of a wide type."""
        if not self.zero_point:
            return [f"%z = arith.constant 0 : {wide}"]
        return self.widen("%z", "%b2", self.zero_point, wide)

    def dequantize(self) -> list[str]:
        """Return (q - zero point) * scale."""
        wide = "i64" if self.narrow == "i32" else "i32"
        return [
            *self.wide_zero_point(wide),
            *self.widen("%q", "%b0", self.element, wide),
            f"%d = arith.subi %q, %z : {wide}",
            f"%r = arith.sitofp %d : {wide} to f32",
            "%y = arith.mulf %r, %b1 : f32",
        ]

    def quantize(self, source: int) -> list[str]:
        """Return clamp(roundeven(x / scale) + zero point), which is clamped before it is converted."""
        low, high = RANGES[self.element]
        is_integer = source == TensorProto.INT32
        return [
            *(["%x = arith.sitofp %b0 : i32 to f32"] if is_integer else []),
            *self.wide_zero_point("i32"),
            "%zf = arith.sitofp %z : i32 to f32",
            f"%low = arith.constant {low}.0 : f32",
            f"%high = arith.constant {high}.0 : f32",
            "%least = arith.subf %low, %zf : f32",
            "%most = arith.subf %high, %zf : f32",
            f"%s = arith.divf {'%x' if is_integer else '%b0'}, %b1 : f32",
            "%l = arith.maximumf %s, %least : f32",
            "%h = arith.minimumf %l, %most : f32",
            "%r = math.roundeven %h : f32",
            "%i = arith.fptosi %r : f32 to i32",
            "%w = arith.addi %i, %z : i32",
            f"%y = arith.trunci %w : i32 to {self.narrow}",
        ]


def nest(value: object) -> str:
    """Return nested lists in the syntax of MLIR."""
    return "{" + ",".join(map(nest, value)) + "}" if isinstance(value, list) else str(value)


def shape_text(shape: list[int | None]) -> str:
    """Return a shape in front of an element type of MLIR."""
    return "".join(f"{'?' if size is None else size}x" for size in shape)


def type_of(tensor: str) -> str:
    """Return the element type of a plain tensor type."""
    return tensor.removesuffix(">").removeprefix("tensor<").rpartition("x")[2]
