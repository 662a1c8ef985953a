"""A ResNet-50 of ONNX: import in time, with the results of ONNX Runtime."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from conftest import Run, assert_close
from nnq import importer
from onnx import TensorProto, helper, numpy_helper

IMPORT_SECONDS = 60


class Network:
    """A network that grows layer by layer, with random weights."""

    def __init__(self) -> None:
        """Start without layers."""
        self.rng = np.random.default_rng(0)
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        """Add weights."""
        self.weights.append(numpy_helper.from_array(value.astype(np.float32), name))
        return name

    def layer(self, op: str, inputs: list[str], name: str, **attributes: object) -> str:
        """Add a layer of one input."""
        self.nodes.append(helper.make_node(op, inputs, [f"{name}_out"], name, **attributes))
        return f"{name}_out"

    def conv(self, x: str, name: str, channels: tuple[int, int], kernel: int, stride: int, gain: float = 1.0) -> str:
        """Add a convolution with batch normalization."""
        inputs, outputs = channels
        shape = (outputs, inputs, kernel, kernel)
        weights = self.rng.normal(size=shape) * np.sqrt(2 / (inputs * kernel * kernel))
        w = self.constant(f"{name}.weight", weights)
        pads = [kernel // 2] * 4
        y = self.layer("Conv", [x, w], name, kernel_shape=[kernel] * 2, strides=[stride] * 2, pads=pads)
        statistics = [
            self.constant(f"{name}.bn.weight", np.full(outputs, gain)),
            self.constant(f"{name}.bn.bias", self.rng.normal(size=outputs) * 0.1),
            self.constant(f"{name}.bn.mean", self.rng.normal(size=outputs) * 0.1),
            self.constant(f"{name}.bn.var", self.rng.uniform(0.5, 1.5, outputs)),
        ]
        return self.layer("BatchNormalization", [y, *statistics], f"{name}.bn")

    def relu(self, x: str, name: str) -> str:
        """Add a ReLU."""
        return self.layer("Relu", [x], name)


def make_resnet50(size: int) -> onnx.ModelProto:
    net = Network()
    x = net.relu(net.conv("x", "conv1", (3, 64), 7, 2), "relu1")
    x = net.layer("MaxPool", [x], "maxpool", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    inputs = 64
    for stage, blocks in enumerate((3, 4, 6, 3), 1):
        width = 32 << stage
        for i in range(blocks):
            name, stride = f"layer{stage}.{i}", 2 if stage > 1 and i == 0 else 1
            y = net.relu(net.conv(x, f"{name}.conv1", (inputs, width), 1, 1), f"{name}.relu1")
            y = net.relu(net.conv(y, f"{name}.conv2", (width, width), 3, stride), f"{name}.relu2")
            y = net.conv(y, f"{name}.conv3", (width, 4 * width), 1, 1, gain=0.25)
            if i == 0:
                x = net.conv(x, f"{name}.downsample", (inputs, 4 * width), 1, stride)
            inputs = 4 * width
            x = net.relu(net.layer("Add", [y, x], f"{name}.add"), f"{name}.relu3")
    x = net.layer("Flatten", [net.layer("GlobalAveragePool", [x], "avgpool")], "flatten")
    fc = [net.constant("fc.weight", net.rng.normal(size=(1000, 2048)) * 0.02), net.constant("fc.bias", np.zeros(1000))]
    net.nodes.append(helper.make_node("Gemm", [x, *fc], ["y"], "fc", transB=1))
    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)  # noqa: E731
    graph = helper.make_graph(
        net.nodes, "resnet50", [value("x", [1, 3, size, size])], [value("y", [1, 1000])], net.weights
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def test_resnet50(run_network: Run, tmp_path: Path):
    model = make_resnet50(64)
    onnx.save(model, tmp_path / "resnet50.onnx")
    start = time.perf_counter()
    text = importer.from_onnx(tmp_path / "resnet50.onnx")
    importer.write(text, tmp_path / "resnet50.mlirbc")
    assert time.perf_counter() - start < IMPORT_SECONDS
    x = np.random.default_rng(1).normal(size=(2, 3, 64, 64)).astype(np.float32)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    expected = np.concatenate([session.run(None, {"x": sample[None]})[0] for sample in x])
    assert_close(run_network(tmp_path / "resnet50.mlirbc", [x]), [expected], 1e-4)
