"""What the compiler will see in the graph of a module: layers, and the tensors between them that it stores."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from .layers import NORMS, QuantizedLayer

# Functional layers: the weight is their second argument.
CONVOLUTION_CALLS = {functional.conv1d, functional.conv2d, functional.conv3d}
WEIGHTED_CALLS = {*CONVOLUTION_CALLS, functional.linear}

# Those of two activations, or with what is no layer.
PRODUCTS = {
    operator.matmul,
    torch.matmul,
    torch.bmm,
    torch.einsum,
    functional.scaled_dot_product_attention,
    "matmul",
    "bmm",
}

# Ops that change no number, or only in training. Each kind as modules, functions, and methods of tensors.
PASSING = (
    (nn.Identity, nn.Flatten, nn.Unflatten, nn.modules.dropout._DropoutNd),
    {torch.flatten, torch.reshape, functional.dropout, functional.dropout2d},
    {"flatten", "reshape", "view", "contiguous", "unsqueeze", "squeeze"},
)
ELEMENTWISE = (
    (
        *NORMS,
        nn.ReLU,
        nn.ReLU6,
        nn.LeakyReLU,
        nn.ELU,
        nn.GELU,
        nn.SiLU,
        nn.Mish,
        nn.Hardswish,
        nn.Hardsigmoid,
        nn.Hardtanh,
        nn.Sigmoid,
        nn.Tanh,
    ),
    {
        operator.add,
        operator.iadd,
        operator.sub,
        operator.mul,
        operator.imul,
        torch.add,
        torch.sub,
        torch.mul,
        torch.relu,
        torch.sigmoid,
        torch.tanh,
        functional.relu,
        functional.relu6,
        functional.gelu,
        functional.silu,
        functional.hardswish,
        functional.hardsigmoid,
        functional.leaky_relu,
    },
    {"add", "add_", "sub", "mul", "mul_", "relu", "relu_", "sigmoid", "tanh"},
)
AVERAGE_POOLS = (
    (nn.AvgPool1d, nn.AvgPool2d, nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d),
    {
        functional.avg_pool1d,
        functional.avg_pool2d,
        functional.adaptive_avg_pool1d,
        functional.adaptive_avg_pool2d,
    },
    set[str](),
)
MAX_POOLS = (
    (nn.MaxPool1d, nn.MaxPool2d),
    # The second is what the first dispatches to when it is traced.
    {functional.max_pool1d, functional.max_pool2d, torch.max_pool1d, torch.max_pool2d},
    set[str](),
)

Kind = tuple[tuple[type, ...], set[Callable[..., Any]], set[str]]


class Network:
    """A traced module whose nodes know the shapes of their results."""

    def __init__(self, module: fx.GraphModule) -> None:
        self.module = module
        self.order = {node: i for i, node in enumerate(module.graph.nodes)}

    def is_kind(self, node: fx.Node, kind: Kind) -> bool:
        """Return whether a node is of a kind of op."""
        modules, functions, methods = kind
        if node.op == "call_module":
            return isinstance(self.module.get_submodule(str(node.target)), modules)
        if node.op == "call_function":
            return node.target in functions
        return node.op == "call_method" and node.target in methods

    def weighted(self, node: fx.Node) -> bool:
        """Return whether a node is a layer whose operands are quantized."""
        if node.op == "call_module":
            return isinstance(self.module.get_submodule(str(node.target)), QuantizedLayer)
        return node.op == "call_function" and node.target in WEIGHTED_CALLS and is_parameter(node.args[1])

    def is_convolution(self, node: fx.Node) -> bool:
        """Return whether a node is a convolution."""
        if not self.weighted(node):
            return False
        if node.op == "call_function":
            return node.target in CONVOLUTION_CALLS
        return not isinstance(self.module.get_submodule(str(node.target)).layer, nn.Linear)

    def source(self, reader: fx.Node, value: fx.Node) -> tuple[fx.Node, fx.Node]:
        """Return where a value that an op reads gets its numbers, and what of the path there reads it."""
        while self.is_kind(value, PASSING) and len(value.users) == 1 and is_tensor(value.args[0]):
            reader, value = value, value.args[0]
        return reader, value

    def inputs(self, node: fx.Node) -> Iterator[fx.Node]:
        """Yield the tensors that an op reads and that are computed."""
        for value in node.all_input_nodes:
            if is_tensor(value) and value.op != "get_attr":
                yield value

    def is_passing(self, node: fx.Node) -> bool:
        """Return whether a value is never stored: only elementwise ops read it."""
        return bool(node.users) and all(self.is_kind(user, ELEMENTWISE) for user in node.users)

    def collect(self, node: fx.Node) -> set[fx.Node]:
        """Return the values that a value is an elementwise function of and that are stored, or come of other ops."""
        if not self.is_kind(node, ELEMENTWISE) or not self.is_passing(node):
            return {node}
        return set[fx.Node]().union(*(self.collect(value) for value in self.inputs(node)))

    def comes_from_convolution(self, node: fx.Node) -> bool:
        """Return whether a value is an elementwise function of results of convolutions, pooled or joined."""
        if self.is_convolution(node):
            return True
        is_local = self.is_kind(node, ELEMENTWISE) or self.is_kind(node, MAX_POOLS) or node.target is torch.cat
        return is_local and any(self.comes_from_convolution(value) for value in self.inputs(node))

    def is_of_layer(self, node: fx.Node) -> bool:
        """Return whether a value is the result of a layer, in another shape perhaps."""
        return self.weighted(self.source(node, node)[1])

    def joined(self, node: fx.Node) -> list[fx.Node]:
        """Return the operands of a join that lie in memory: all but that of the layer computed last."""
        if not self.is_kind(node, ELEMENTWISE):
            return []
        operands = [(value, self.collect(value)) for value in self.inputs(node)]
        branches = [(value, found) for value, found in operands if shape(value) == shape(node)]
        # Such as those of squeeze-excite blocks: no epilogue computes them.
        gates = [
            value for value, found in operands if shape(value) != shape(node) and any(map(self.is_of_layer, found))
        ]
        sources = set[fx.Node]().union(*(found for _, found in operands))
        if len(sources) < 2 or not any(self.comes_from_convolution(source) for source in sources):
            return []
        carriers = [
            source
            for source in sources
            if self.weighted(source) and self.is_passing(source) and shape(source) == shape(node)
        ]
        carrier = max(carriers, key=lambda source: self.order[source], default=None)
        stored = [value for value, found in branches if carrier not in found]
        return stored + gates if branches else stored

    def quantized_operands(self, node: fx.Node) -> list[fx.Node]:
        """Return the activations that an op reads as integers."""
        if self.weighted(node):
            return [value for value in node.args[:1] if is_tensor(value)]
        if self.is_kind(node, AVERAGE_POOLS):
            return [value for value in self.inputs(node) if self.comes_from_convolution(value)]
        return self.joined(node)


def is_tensor(value: Any) -> bool:
    """Return whether an argument is a tensor of floating point."""
    meta = value.meta.get("tensor_meta") if isinstance(value, fx.Node) else None
    return bool(getattr(meta, "dtype", None) == torch.float32)


def is_parameter(value: Any) -> bool:
    """Return whether an argument is a parameter of the module."""
    return isinstance(value, fx.Node) and value.op == "get_attr"


def shape(node: fx.Node) -> Any:
    """Return the shape of the result."""
    return getattr(node.meta.get("tensor_meta"), "shape", None)
