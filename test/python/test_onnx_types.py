"""Inputs and outputs of all types that C has, from ONNX to the numbers that come out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import Run
from nnq import importer
from onnx import helper

TYPES = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64")


@pytest.mark.parametrize("name", TYPES)
def test_type(name: str, run_network: Run, tools: Path, tmp_path: Path):
    dtype = np.dtype(name)
    element = helper.np_dtype_to_tensor_dtype(dtype)
    graph = helper.make_graph(
        [helper.make_node("Concat", ["x", "x"], ["y"], "concat1", axis=1)],
        "net",
        [helper.make_tensor_value_info("x", element, [2, 3])],
        [helper.make_tensor_value_info("y", element, [2, 6])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    importer.write(importer.from_onnx(model, entry="net"), tmp_path / "net.mlirbc")
    # Numbers that are others in a type with a sign, or in a narrower one.
    if dtype.kind in "iu":
        limits = (np.iinfo(dtype).min, np.iinfo(dtype).max)
    else:
        limits = (0, 1) if dtype.kind == "b" else (-1.5, 1e30)
    x = np.array([[limits[0], limits[1], 1], [0, 1, limits[1]]], dtype)
    (y,) = run_network(tmp_path / "net.mlirbc", [x])
    assert y.dtype == dtype
    np.testing.assert_array_equal(y, np.concatenate([x, x], axis=1))
