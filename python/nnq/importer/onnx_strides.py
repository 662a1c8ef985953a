"""Indices that number all elements of an open batch, as exporters compute them of `as_strided`."""

from __future__ import annotations

import numpy as np

from .onnx_graph import Graph, attribute

# What gives the size of the batch of a shape.
PICKS = {"Cast", "Gather", "Reshape", "Slice", "Squeeze"}


def find_rows(graph: Graph, indices: str) -> tuple[int, ...] | None:
    """Return the shape of a sample if indices count the elements of all samples in order, None if they do not."""
    factor, offsets = evaluate(graph, indices) or (0, np.zeros(0))
    is_count = factor == offsets.size and offsets.shape[:1] == (1,) and (offsets.reshape(-1) == np.arange(factor)).all()
    return offsets.shape[1:] if factor and is_count else None


def evaluate(graph: Graph, name: str) -> tuple[int, np.ndarray] | None:
    """Return a, b if a value is a * sample + b, with samples along the first dimension, where b has one element."""
    constant = graph.constant(name)
    if constant is not None:
        return 0, constant
    node = graph.producers.get(name)
    if node is None or node.op_type not in ("Add", "Mul", "Range", "Unsqueeze"):
        return None
    if node.op_type == "Range":
        start, step = graph.constant(node.input[0]), graph.constant(node.input[2])
        counts = start is not None and step is not None and (int(start), int(step)) == (0, 1)
        return (1, np.zeros(1, np.int64)) if counts and is_batch(graph, node.input[1]) else None
    if node.op_type == "Unsqueeze":
        value, axes = evaluate(graph, node.input[0]), graph.constant(node.input[1])
        if value is None or axes is None:
            return None
        rank = value[1].ndim + axes.size
        axes = tuple(int(axis) % rank for axis in axes.reshape(-1))
        return None if 0 in axes else (value[0], np.expand_dims(value[1], axes))
    left, right = (evaluate(graph, operand) for operand in node.input)
    if left is None or right is None:
        return None
    if left[0] == 0:
        left, right = right, left
    if right[0] != 0 or right[1].ndim > left[1].ndim:
        return None
    if node.op_type == "Add":
        return left[0], left[1] + right[1]
    return (left[0] * int(right[1]), left[1] * right[1]) if right[1].size == 1 else None


def is_batch(graph: Graph, name: str) -> bool:
    """Return whether a number is the first size of a value, which is open."""
    node = graph.producers.get(name)
    while node is not None and node.op_type in PICKS:
        # Of several sizes the first one.
        picked = graph.constant(node.input[1]) if node.op_type in ("Gather", "Slice") else np.zeros(1)
        if picked is None or picked.size != 1 or picked.any():
            return False
        node = graph.producers.get(node.input[0])
    if node is None or node.op_type != "Shape" or attribute(node, "start", 0) != 0:
        return False
    shape = graph.shape(node.input[0])
    return bool(shape) and shape[0] is None
