"""Networks of ONNX that cannot be imported: the error says why, and names the layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from nnq import importer
from onnx import TensorProto, helper, numpy_helper

node = helper.make_node


def make_model(nodes: list, weights: list = (), **options: object) -> onnx.ModelProto:
    """Make a network of the input `x` and the output `y`."""
    element = options.get("element", TensorProto.FLOAT)
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", element, options.get("shape", [1, 3, 8, 8]))],
        [helper.make_tensor_value_info("y", options.get("result", element), None)],
        [*weights],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid("custom", 1)])


def floats(name: str, *shape: int) -> onnx.TensorProto:
    return numpy_helper.from_array(np.ones(shape, np.float32), name)


@pytest.fixture
def conv() -> onnx.ModelProto:
    return make_model([node("Conv", ["x", "w"], ["y"], "conv1")], [floats("w", 4, 3, 3, 3)])


def expect(model: onnx.ModelProto | Path, message: str) -> None:
    with pytest.raises(importer.NetworkError, match=message):
        importer.from_onnx(model)


def test_truncated_file(conv, tmp_path: Path):
    path = tmp_path / "net.onnx"
    path.write_bytes(conv.SerializeToString()[:-100])
    expect(path, "net.onnx: no ONNX file")


def test_empty_file(tmp_path: Path):
    (tmp_path / "net.onnx").write_bytes(b"")
    expect(tmp_path / "net.onnx", "net.onnx: no ONNX file: it has no nodes")


def test_external_weights(conv, tmp_path: Path):
    path = tmp_path / "net.onnx"
    onnx.save(conv, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert "conv_2d" in importer.from_onnx(path)
    (tmp_path / "weights.bin").unlink()
    expect(path, "net.onnx: its weights cannot be read: .*weights.bin")


def test_truncated_external_weights(conv, tmp_path: Path):
    path = tmp_path / "net.onnx"
    onnx.save(conv, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    (tmp_path / "weights.bin").write_bytes(b"1234")
    expect(path, "weights")


def test_weights_of_another_size(conv):
    conv.graph.initializer[0].dims[0] = 5
    expect(conv, r"the weights 'w' have 432 bytes, 540 are needed for TensorProto.FLOAT of \[5, 3, 3, 3\]")


def test_weights_of_unknown_type(conv):
    conv.graph.initializer[0].data_type = 99
    expect(conv, "the weights 'w' are of no type of ONNX")


def test_undefined_value():
    expect(make_model([node("Add", ["x", "z"], ["y"], "add1")]), r"layer 'add1' \(Add\) reads 'z', which nothing")


def test_undefined_output():
    expect(make_model([node("Relu", ["x"], ["z"], "relu1")]), "nothing gives the output 'y'")


def test_shapes_that_do_not_fit():
    model = make_model([node("MatMul", ["x", "w"], ["y"], "fc1")], [floats("w", 5, 4)])
    expect(model, "the network is no valid ONNX: .*fc1.*Incompatible dimensions")


def test_types_that_do_not_fit():
    model = make_model([node("Add", ["x", "w"], ["y"], "add1")], [numpy_helper.from_array(np.ones(8, np.int32), "w")])
    expect(model, "the network is no valid ONNX: .*add1")


@pytest.mark.parametrize("element", [TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.STRING])
def test_types_that_c_does_not_have(element):
    model = make_model([node("Identity", ["x"], ["y"], "copy1")], element=element)
    name = TensorProto.DataType.Name(element).lower()
    expect(model, f"input 'x' is of {name}; the C interface .*; output 'y' is of {name}; the C interface")


def test_input_without_elements():
    expect(make_model([node("Relu", ["x"], ["y"], "relu1")], shape=[1, 0, 4]), "input 'x' has no elements: 1x0x4")


def test_sequences():
    model = make_model([node("SequenceConstruct", ["x"], ["y"], "sequence1")])
    model.graph.output[0].CopyFrom(helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, None))
    expect(model, "output 'y' is of kind sequence; compiled networks have tensors")


def test_all_operators_are_named():
    nodes = [
        node("Foo", ["x"], ["a"], "foo1", domain="custom"),
        node("Foo", ["x"], ["b"], "foo2", domain="custom"),
        # A mode that has no conversion.
        node("Resize", ["x", "", "s"], ["c"], "resize1", mode="linear", antialias=1),
        node("Sum", ["a", "b", "c"], ["y"], "sum1"),
    ]
    model = make_model(nodes, [numpy_helper.from_array(np.float32([1, 1, 0.5, 0.5]), "s")])
    for name in ("a", "b"):
        model.graph.value_info.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 4, 4]))
    expect(model, r"unsupported ops: Foo in foo1, foo2; Resize \(in this form\) in resize1$")
