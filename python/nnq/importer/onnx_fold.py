"""Sizes that are known: what is computed of them becomes constants, as do other small constants."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper

from .onnx_graph import Graph, attribute

# Weights stay as they are.
MAX_ELEMENTS = 4096
# Of other results at each run, or of no tensors.
KEPT = {"Bernoulli", "Constant", "Dropout", "Multinomial", "RandomNormal", "RandomUniform"}
# Reading the type of an operand, not its elements.
TYPED = {"Shape", "Size"}


def gather_elements(data: np.ndarray, indices: np.ndarray, axis: int) -> np.ndarray:
    """Return what GatherElements does; the evaluator of onnx fails where indices have fewer rows than the data."""
    axis %= data.ndim
    part = tuple(slice(None) if dim == axis else slice(size) for dim, size in enumerate(indices.shape))
    return np.take_along_axis(data[part], indices, axis)


class Folding:
    """Folds constants of a graph of known types."""

    def __init__(self, graph: Graph) -> None:
        """Take the graph that is rewritten."""
        self.graph = graph
        self.opsets = [helper.make_opsetid("", graph.opset)]

    def run(self) -> bool:
        """Fold what can be; return whether there was anything."""
        changed = self.graph.rewrite(self.fold)
        if changed:
            self.graph.drop_dead()
        return changed

    def fold(self, node: onnx.NodeProto) -> list[onnx.NodeProto] | None:
        """Return no nodes if the results of a node are constants now, None if they are not."""
        if node.domain not in ("", "ai.onnx") or node.op_type in KEPT or not self.graph.outputs.isdisjoint(node.output):
            return None
        if "Linear" in node.op_type or any(item.HasField("g") for item in node.attribute):
            return None
        results = self.fold_type(node) if node.op_type in TYPED else self.evaluate(node)
        if results is None:
            return None
        for name, value in zip(node.output, results, strict=True):
            if name:
                self.graph.set_constant(name, np.asarray(value))
        return []

    def fold_type(self, node: onnx.NodeProto) -> list[np.ndarray] | None:
        """Return the shape or the size of an operand whose shape is known."""
        shape = self.graph.shape(node.input[0])
        if shape is None or None in shape:
            return None
        if node.op_type == "Size":
            return [np.array(int(np.prod(shape)), np.int64)]
        return [np.array(shape[attribute(node, "start", 0) : attribute(node, "end")], np.int64)]

    def evaluate(self, node: onnx.NodeProto) -> list[np.ndarray] | None:
        """Return the results of a node whose operands are small constants."""
        from onnx.reference import ReferenceEvaluator

        feeds = {}
        for name in filter(None, node.input):
            value = self.graph.constant(name)
            if value is None or value.size > MAX_ELEMENTS:
                return None
            feeds[name] = value
        sizes = [self.graph.shape(name) for name in node.output if name]
        if any(size is None or None in size or np.prod(size) > MAX_ELEMENTS for size in sizes):
            return None
        if node.op_type == "GatherElements":
            return [gather_elements(*(feeds[name] for name in node.input), attribute(node, "axis", 0))]
        value = lambda name: helper.make_tensor_value_info(name, self.graph.element_type(name), None)  # noqa: E731
        names = [name for name in node.output if name]
        body = helper.make_graph([node], "node", [value(name) for name in feeds], [value(name) for name in names])
        try:
            results = ReferenceEvaluator(helper.make_model(body, opset_imports=self.opsets)).run(None, feeds)
        except Exception:
            # What the evaluator does not know stays for run time.
            return None
        if any(not isinstance(result, np.ndarray | np.generic) for result in results):
            return None
        by_name = dict(zip(names, results, strict=True))
        return [by_name.get(name, np.zeros(0)) for name in node.output]
