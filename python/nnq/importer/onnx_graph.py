"""An ONNX graph that is being rewritten."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

# What only moves elements of its first operand, whatever their type.
MOVEMENTS = {
    "DepthToSpace",
    "Expand",
    "Flatten",
    "Gather",
    "Identity",
    "MaxPool",
    "Reshape",
    "Slice",
    "SpaceToDepth",
    "Split",
    "Squeeze",
    "Tile",
    "Transpose",
    "Unsqueeze",
}
# What is appended to the operator of a node that has no conversion, though others of its kind do.
UNKNOWN_FORM = " (in this form)"


class Graph:
    """The nodes of a model, with the types of values, constants and producers at hand.

    Nodes are rewritten one by one: `rewrite` offers each to a function that returns what stands in its place.
    """

    def __init__(self, model: onnx.ModelProto) -> None:
        """Look at a model, which is rewritten in place."""
        self.model = model
        self.graph = model.graph
        self.constants = {i.name: i for i in self.graph.initializer}
        self.types = {v.name: v.type for v in (*self.graph.value_info, *self.graph.input, *self.graph.output)}
        self.outputs = {o.name for o in self.graph.output}
        self.names = {*self.types, *self.constants, *(n for node in self.graph.node for n in node.output)}
        for node in self.graph.node:
            if node.op_type == "Constant" and node.attribute and (tensor := constant_of(node)) is not None:
                self.constants[node.output[0]] = tensor
        self.producers = {name: node for node in self.graph.node for name in node.output if name}

    @property
    def opset(self) -> int:
        """The version of the operators of ONNX itself."""
        return get_opset(self.model)

    def fresh(self, base: str) -> str:
        """Return a name that no value has."""
        name, number = base, 0
        while name in self.names:
            number += 1
            name = f"{base}_{number}"
        self.names.add(name)
        return name

    def constant(self, name: str) -> np.ndarray | None:
        """Return the value of a constant; elements below 8 bits take one byte each."""
        tensor = self.constants.get(name)
        return None if tensor is None else numpy_helper.to_array(tensor)

    def element_type(self, name: str) -> int:
        """Return the ONNX type of the elements, 0 if it is unknown."""
        if name in self.constants:
            return self.constants[name].data_type
        return self.types[name].tensor_type.elem_type if name in self.types else 0

    def shape(self, name: str) -> list[int | None] | None:
        """Return the shape, None for what is open in it, None if there is none."""
        if name in self.constants:
            return list(self.constants[name].dims)
        if name not in self.types or not self.types[name].tensor_type.HasField("shape"):
            return None
        return [d.dim_value if d.HasField("dim_value") else None for d in self.types[name].tensor_type.shape.dim]

    def add_constant(self, base: str, value: np.ndarray) -> str:
        """Add a constant; return its name."""
        name = self.fresh(base)
        self.set_constant(name, value)
        return name

    def set_constant(self, name: str, value: np.ndarray) -> None:
        """Make a value a constant."""
        self.constants[name] = numpy_helper.from_array(np.array(value, order="C"), name)
        self.graph.initializer.append(self.constants[name])

    def add_value(self, base: str, element_type: int, shape: Sequence[int | None] | None) -> str:
        """Declare a value of a new name; return the name."""
        name = self.fresh(base)
        self.declare(name, element_type, shape)
        return name

    def declare(self, name: str, element_type: int, shape: Sequence[int | None] | None) -> None:
        """State the type of a value."""
        sizes = None if shape is None else ["batch" if size is None else size for size in shape]
        info = helper.make_tensor_value_info(name, element_type, sizes)
        self.types[name] = info.type
        self.graph.value_info.append(info)

    def like(self, name: str, base: str, element_type: int | None = None) -> str:
        """Declare a value with the shape of another one."""
        return self.add_value(base, element_type or self.element_type(name), self.shape(name))

    def rewrite(self, function: Callable[[onnx.NodeProto], list[onnx.NodeProto] | None]) -> bool:
        """Replace each node by the nodes that `function` returns for it, or keep it if that is None."""
        nodes: list[onnx.NodeProto] = []
        changed = False
        for node in self.graph.node:
            replacement = function(node)
            changed |= replacement is not None
            for new in [node] if replacement is None else replacement:
                if new is not node and not new.name:
                    new.name = node.name
                nodes.append(new)
                self.producers.update({name: new for name in new.output if name})
        if changed:
            self.set_nodes(nodes)
        return changed

    def set_nodes(self, nodes: Iterable[onnx.NodeProto]) -> None:
        """Give the graph these nodes."""
        nodes = [*nodes]
        del self.graph.node[:]
        self.graph.node.extend(nodes)
        self.producers = {name: node for node in self.graph.node for name in node.output if name}

    def drop_dead(self) -> None:
        """Remove nodes and constants that nothing reads."""
        live = set(self.outputs)
        kept = []
        for node in reversed(self.graph.node):
            if live.isdisjoint(node.output):
                continue
            kept.append(node)
            live.update(node.input)
            for attribute in node.attribute:
                for inner in attribute.g.node:
                    live.update(inner.input)
        self.set_nodes(reversed(kept))
        initializers = [i for i in self.graph.initializer if i.name in live]
        if len(initializers) < len(self.graph.initializer):
            del self.graph.initializer[:]
            self.graph.initializer.extend(initializers)


class NodeRewriter:
    """Rewrites the nodes of a graph: what stands in the place of a node is emitted one by one."""

    def __init__(self, graph: Graph) -> None:
        """Take the graph that is rewritten."""
        self.graph = graph
        self.nodes: list[onnx.NodeProto] = []
        self.layer = ""

    def start(self, node: onnx.NodeProto) -> None:
        """Begin with what stands in the place of a node."""
        self.nodes, self.layer = [], node.name

    def emit(self, op: str, inputs: Sequence[str], result: str = "", **kept: Any) -> str:
        """Add a node; return the name of its result."""
        result = result or self.graph.fresh(f"{self.layer}_{op}")
        self.nodes.append(helper.make_node(op, list(inputs), [result], self.layer, **kept))
        return result


def get_opset(model: onnx.ModelProto, default: int | None = None) -> int:
    """Return the version of the operators of ONNX itself."""
    versions = [o.version for o in model.opset_import if o.domain in ("", "ai.onnx")]
    return versions[0] if versions or default is None else default


def constant_of(node: onnx.NodeProto) -> onnx.TensorProto | None:
    """Return the value of a Constant if it is a tensor of numbers."""
    item = node.attribute[0]
    value = helper.get_attribute_value(item)
    if item.name == "value":
        return value
    types = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}
    return numpy_helper.from_array(np.array(value, types[item.name])) if item.name in types else None


def attribute(node: onnx.NodeProto, name: str, default: Any = None) -> Any:
    """Return an attribute of a node."""
    for item in node.attribute:
        if item.name == name:
            return helper.get_attribute_value(item)
    return default


def attributes(node: onnx.NodeProto) -> dict[str, Any]:
    """Return the attributes of a node by name."""
    return {item.name: helper.get_attribute_value(item) for item in node.attribute}
