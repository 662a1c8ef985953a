"""Networks that ONNX Runtime quantized keep their scales and run on integers, with its results."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from conftest import SHARED, Run
from nnq import importer
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_dynamic, quantize_static
from onnxruntime.quantization.matmul_nbits_quantizer import DefaultWeightOnlyQuantConfig, MatMulNBitsQuantizer

RNG = np.random.default_rng(0)
node = helper.make_node


def weight(name: str, *shape: int) -> onnx.TensorProto:
    scale = np.sqrt(2 / np.prod(shape[1:]))
    return numpy_helper.from_array((RNG.normal(size=shape) * scale).astype(np.float32), name)


def make_model(nodes: list, weights: list, shape: list, result: list, opset: int) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, result)],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    return model


def make_cnn(opset: int = 17, group: int = 4) -> onnx.ModelProto:
    """Make a residual network with the layers that CNNs have, one of them over groups."""
    nodes = [
        node("Conv", ["x", "w1", "b1"], ["c1"], "conv1", pads=[1] * 4),
        node("Relu", ["c1"], ["r1"], "relu1"),
        node("MaxPool", ["r1"], ["p1"], "pool1", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["p1", "w2", "b2"], ["c2"], "groups", pads=[1] * 4, group=group),
        node("Relu", ["c2"], ["r2"], "relu2"),
        node("Conv", ["r2", "w3", "b3"], ["c3"], "pointwise"),
        node("Add", ["c3", "p1"], ["a"], "add1"),
        node("Relu", ["a"], ["r3"], "relu3"),
        node("GlobalAveragePool", ["r3"], ["g"], "pool2"),
        node("Flatten", ["g"], ["f"], "flatten1"),
        node("Gemm", ["f", "w4", "b4"], ["y"], "fc1", transB=1),
    ]
    weights = [
        *(weight("w1", 16, 3, 3, 3), weight("b1", 16), weight("w2", 16, 16 // group, 3, 3), weight("b2", 16)),
        *(weight("w3", 16, 16, 1, 1), weight("b3", 16), weight("w4", 10, 16), weight("b4", 10)),
    ]
    return make_model(nodes, weights, [1, 3, 16, 16], [1, 10], opset)


def make_mlp() -> onnx.ModelProto:
    nodes = [
        node("MatMul", ["x", "w1"], ["m1"], "fc1"),
        node("Add", ["m1", "b1"], ["a1"], "add1"),
        node("Relu", ["a1"], ["r1"], "relu1"),
        node("MatMul", ["r1", "w2"], ["y"], "fc2"),
    ]
    weights = [weight("w1", 32, 64), weight("b1", 64), weight("w2", 64, 8)]
    return make_model(nodes, weights, [4, 32], [4, 8], 17)


class Samples(CalibrationDataReader):
    """Calibration on samples one by one."""

    def __init__(self, name: str, samples: Sequence[np.ndarray]) -> None:
        """Take the name of the input, and samples."""
        self.feeds: Iterator[dict] = iter([{name: sample[None]} for sample in samples])

    def get_next(self) -> dict | None:
        """Return the next sample."""
        return next(self.feeds, None)


def run_onnx(path: Path, samples: np.ndarray, batch: int = 1) -> np.ndarray:
    """Run ONNX Runtime without its own changes to the network."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    rows = [session.run(None, {name: samples[i : i + batch]})[0] for i in range(0, len(samples), batch)]
    return np.concatenate(rows)


def layer_types(source: Path, tools: Path, tmp_path: Path) -> dict[str, str]:
    """Return the types that layers with products are computed in."""
    header, library = tmp_path / "net.h", tmp_path / "net.so"
    command = [tools / "nnq-compile", source, "--profile", f"--header={header}", "-o", library]
    subprocess.run(command, check=True)
    data = library.read_bytes()
    start = data.index(b'{"entry"')
    layers = json.loads(data[start : data.index(b"\0", start)])["layers"]
    return {layer["name"]: layer["type"] for layer in layers if layer["macs"]}


def missed(source: Path, tools: Path) -> list[str]:
    """Return why layers are not computed on integers."""
    command = [tools / "nnq-opt", source, "--lower-to-llvm", "--remarks-filter-missed=nnq", "-o", "/dev/null"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line for line in result.stderr.splitlines() if "nnq-lower-quantization" in line]


@pytest.fixture
def quantize(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that quantizes a model by ONNX Runtime."""

    def quantize(model: onnx.ModelProto, samples: np.ndarray, **options: object) -> Path:
        onnx.save(model, tmp_path / "f32.onnx")
        name = model.graph.input[0].name
        # Of 7 bits, as ONNX Runtime saturates sums of products of 8 bits on processors without VNNI.
        options["reduce_range"] = True
        quantize_static(tmp_path / "f32.onnx", tmp_path / "int8.onnx", Samples(name, samples), **options)
        return tmp_path / "int8.onnx"

    return quantize


@pytest.mark.parametrize("activations", [QuantType.QUInt8, QuantType.QInt8], ids=["u8", "s8"])
@pytest.mark.parametrize("per_channel", [False, True], ids=["per_tensor", "per_channel"])
@pytest.mark.parametrize("form", [QuantFormat.QDQ, QuantFormat.QOperator], ids=["qdq", "qoperator"])
def test_static_network(form, per_channel, activations, quantize, run_network: Run, tools: Path, tmp_path: Path):
    samples = RNG.normal(size=(16, 3, 16, 16)).astype(np.float32)
    path = quantize(
        make_cnn(),
        samples,
        quant_format=form,
        per_channel=per_channel,
        activation_type=activations,
        weight_type=QuantType.QInt8,
    )
    source = tmp_path / "int8.mlir"
    importer.write(importer.from_onnx(path, entry="net"), source)
    assert not missed(source, tools)
    types = layer_types(source, tools, tmp_path)
    assert len(types) == 4
    assert "f32" not in types.values()
    expected = run_onnx(path, samples)
    result = run_network(source, [samples])[0]
    # A sum in the middle of two steps may be rounded to the other, and so once more in the layers behind it.
    assert np.abs(result - expected).max() <= 0.02 * np.abs(expected).max()


@pytest.mark.parametrize("foreign", ["keep", "complete"])
def test_partly_quantized_network(foreign, quantize, run_network: Run, tools: Path, tmp_path: Path):
    samples = RNG.normal(size=(16, 3, 16, 16)).astype(np.float32)
    path = quantize(make_cnn(), samples, nodes_to_exclude=["pointwise", "fc1"], weight_type=QuantType.QInt8)
    source, quantized = tmp_path / "part.mlirbc", tmp_path / "quantized.mlir"
    importer.write(importer.from_onnx(path, entry="net"), source)
    np.save(tmp_path / "calib.npy", samples)
    pipeline = f"--quantize-int8=data={tmp_path / 'calib.npy'} foreign={foreign}"
    subprocess.run([tools / "nnq-opt", source, pipeline, "-o", quantized], check=True)
    kept = {name for name, kind in layer_types(quantized, tools, tmp_path).items() if kind == "f32"}
    assert kept == ({"pointwise", "fc1"} if foreign == "keep" else set())
    expected = run_onnx(path, samples)
    error = np.abs(run_network(quantized, [samples])[0] - expected).max() / np.abs(expected).max()
    assert error <= (0.02 if foreign == "keep" else 0.1)


@pytest.mark.parametrize("form", [QuantFormat.QDQ, QuantFormat.QOperator], ids=["qdq", "qoperator"])
def test_depthwise_network(form, quantize, run_network: Run, tmp_path: Path):
    samples = RNG.normal(size=(16, 3, 16, 16)).astype(np.float32)
    path, source = quantize(make_cnn(group=16), samples, quant_format=form, per_channel=True), tmp_path / "int8.mlir"
    importer.write(importer.from_onnx(path, entry="net"), source)
    expected = run_onnx(path, samples)
    assert np.abs(run_network(source, [samples])[0] - expected).max() <= 0.02 * np.abs(expected).max()


@pytest.mark.parametrize("per_channel", [False, True], ids=["per_tensor", "per_channel"])
def test_dynamic_network(per_channel, run_network: Run, tools: Path, tmp_path: Path):
    onnx.save(make_mlp(), tmp_path / "f32.onnx")
    path, source = tmp_path / "int8.onnx", tmp_path / "int8.mlir"
    options = {"weight_type": QuantType.QInt8, "per_channel": per_channel, "reduce_range": True}
    quantize_dynamic(tmp_path / "f32.onnx", path, **options)
    importer.write(importer.from_onnx(path, entry="net"), source)
    assert not missed(source, tools)
    assert "f32" not in layer_types(source, tools, tmp_path).values()
    samples = RNG.normal(size=(16, 32)).astype(np.float32)
    expected = run_onnx(path, samples, batch=4)
    result = run_network(source, [samples])[0]
    assert np.abs(result - expected).max() <= 1e-2 * np.abs(expected).max()


@pytest.mark.parametrize("opset", [13, 15, 20, 21, 22])
def test_opsets(opset, quantize, run_network: Run, tools: Path, tmp_path: Path):
    samples = RNG.normal(size=(4, 3, 16, 16)).astype(np.float32)
    path = quantize(make_cnn(opset), samples, quant_format=QuantFormat.QDQ, per_channel=True)
    source = tmp_path / "int8.mlir"
    importer.write(importer.from_onnx(path, entry="net"), source)
    assert not missed(source, tools)
    expected = run_onnx(path, samples)
    assert np.abs(run_network(source, [samples])[0] - expected).max() <= 0.02 * np.abs(expected).max()


def small_weights(element: int, low: int, high: int, zero_point: int, block: int = 0) -> onnx.ModelProto:
    """Make a layer whose weights have less than 8 bits."""
    values = RNG.integers(low, high + 1, (16, 32))
    shape = (16, 32 // block) if block else (16,)
    scales = RNG.uniform(0.01, 0.1, shape).astype(np.float32)
    weights = [
        helper.make_tensor("w", element, values.shape, values.reshape(-1).tolist()),
        numpy_helper.from_array(scales, "s"),
        helper.make_tensor("z", element, shape, [zero_point] * int(np.prod(shape))),
        numpy_helper.from_array(np.float32(0.02), "xs"),
        numpy_helper.from_array(np.uint8(128), "xz"),
    ]
    options = {"block_size": block} if block else {}
    nodes = [
        node("QuantizeLinear", ["x", "xs", "xz"], ["q"], "quantize1"),
        node("DequantizeLinear", ["q", "xs", "xz"], ["d"], "dequantize1"),
        node("DequantizeLinear", ["w", "s", "z"], ["v"], "weights1", axis=1 if block else 0, **options),
        node("Gemm", ["d", "v"], ["y"], "fc1", transB=1),
    ]
    return make_model(nodes, weights, [4, 32], [4, 16], 21)


@pytest.mark.parametrize(
    ("element", "low", "high", "zero_point"),
    [(TensorProto.INT4, -8, 7, 0), (TensorProto.UINT4, 0, 15, 8)],
    ids=["int4", "uint4"],
)
@pytest.mark.parametrize("block", [0, 8], ids=["per_channel", "blocked"])
def test_weights_of_4_bits(element, low, high, zero_point, block, run_network: Run, tools: Path, tmp_path: Path):
    path, source = tmp_path / "int4.onnx", tmp_path / "int4.mlir"
    onnx.save(small_weights(element, low, high, zero_point, block), path)
    importer.write(importer.from_onnx(path, entry="net"), source)
    assert not missed(source, tools)
    samples = RNG.normal(size=(8, 32)).astype(np.float32)
    expected = run_onnx(path, samples, batch=4)
    np.testing.assert_allclose(run_network(source, [samples])[0], expected, rtol=1e-4, atol=1e-4)


def quantize_blocks(inputs: int, block: int, *, symmetric: bool, bits: int = 4) -> onnx.ModelProto:
    """Make a perceptron whose weights ONNX Runtime quantizes in blocks."""
    nodes = [
        node("MatMul", ["x", "w1"], ["m1"], "fc1"),
        node("Relu", ["m1"], ["r1"], "relu1"),
        node("MatMul", ["r1", "w2"], ["y"], "fc2"),
    ]
    # What is largest has a negative scale where it is positive; columns of zeros have none.
    values = np.abs(RNG.normal(size=(inputs, 128))) / np.sqrt(inputs) * np.sign(np.arange(128) - 64)
    arrays = [numpy_helper.from_array(values.astype(np.float32), "w1"), weight("w2", 128, 16)]
    config = DefaultWeightOnlyQuantConfig(block_size=block, is_symmetric=symmetric, bits=bits)
    quantizer = MatMulNBitsQuantizer(make_model(nodes, arrays, [4, inputs], [4, 16], 17), algo_config=config)
    quantizer.process()
    assert [n.op_type for n in quantizer.model.model.graph.node] == ["MatMulNBits", "Relu", "MatMulNBits"]
    return quantizer.model.model


def stored_bytes(source: Path, tools: Path, tmp_path: Path, *passes: str) -> int:
    """Return how many bytes the constants of a compiled network have."""
    command = [tools / "nnq-run", source, *passes, "--data", tmp_path / "x.npy", "--json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["weight_bytes"]


@pytest.mark.parametrize("symmetric", [True, False], ids=["symmetric", "asymmetric"])
@pytest.mark.parametrize(
    ("inputs", "block", "bits"), [(256, 32, 4), (256, 64, 4), (256, 128, 4), (80, 32, 4), (256, 32, 8)]
)
def test_blocks(inputs, block, bits, symmetric, run_network: Run, tools: Path, tmp_path: Path):
    path, source = tmp_path / "blocks.onnx", tmp_path / "blocks.mlir"
    onnx.save(quantize_blocks(inputs, block, symmetric=symmetric, bits=bits), path)
    importer.write(importer.from_onnx(path, entry="net"), source)
    samples = RNG.normal(size=(8, inputs)).astype(np.float32)
    expected = run_onnx(path, samples, batch=4)
    # What zero points add is taken from the sums.
    tolerance = 1e-4 if bits == 4 else 1e-3
    np.testing.assert_allclose(run_network(source, [samples])[0], expected, rtol=tolerance, atol=tolerance)
    # Scales and zero points take as much again where blocks are of 16.
    np.save(tmp_path / "x.npy", samples[:4])
    integers = (inputs * 128 + 128 * 16) * bits // 8
    assert stored_bytes(source, tools, tmp_path) < 2 * integers
    # Activations that are quantized, too, at run time.
    quantized = tmp_path / "int8.mlir"
    subprocess.run([tools / "nnq-opt", source, "--quantize-int8", "-o", quantized], check=True)
    assert set(layer_types(quantized, tools, tmp_path).values()) == {"i8"}
    assert np.abs(run_network(quantized, [samples])[0] - expected).max() <= 0.02 * np.abs(expected).max()


def test_blocks_by_hand(run_network: Run, tmp_path: Path):
    """A bias, zero points that are numbers and scales in a row, which ONNX Runtime reads, but does not write."""
    model = quantize_blocks(64, 32, symmetric=True)
    layer = model.graph.node[0]
    scales = next(tensor for tensor in model.graph.initializer if tensor.name == layer.input[2])
    scales.dims[:] = [128 * 2]
    layer.input.extend(["z", "", "b"])
    points = RNG.integers(5, 11, (128, 2)).astype(np.float32)
    model.graph.initializer.extend([numpy_helper.from_array(points, "z"), weight("b", 128)])
    path, source = tmp_path / "blocks.onnx", tmp_path / "blocks.mlir"
    onnx.save(model, path)
    importer.write(importer.from_onnx(path, entry="net"), source)
    samples = RNG.normal(size=(4, 64)).astype(np.float32)
    expected = run_onnx(path, samples, batch=4)
    np.testing.assert_allclose(run_network(source, [samples])[0], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("change", ["points", "order"])
def test_blocks_that_are_no_integers(change):
    model = quantize_blocks(64, 32, symmetric=True)
    extra = {
        "points": (["z"], [numpy_helper.from_array(np.full((128, 2), 7.5, np.float32), "z")]),
        "order": (["", "g"], [numpy_helper.from_array(np.arange(64, dtype=np.int32), "g")]),
    }
    inputs, constants = extra[change]
    model.graph.node[0].input.extend(inputs)
    model.graph.initializer.extend(constants)
    with pytest.raises(importer.NetworkError, match="MatMulNBits.*fc1"):
        importer.from_onnx(model, entry="net")


@pytest.mark.parametrize("form", [QuantFormat.QDQ, QuantFormat.QOperator], ids=["qdq", "qoperator"])
def test_trained_network(form, quantize, run_network: Run, tools: Path, tmp_path: Path):
    path = SHARED / "models" / "models" / "resnet8_cifar10.onnx"
    if not path.exists():
        pytest.skip(f"no {path}")
    model = onnx.load(path)
    sizes = [d.dim_value or 1 for d in model.graph.input[0].type.tensor_type.shape.dim]
    samples = RNG.uniform(0, 255, (8, *sizes[1:])).astype(np.float32)
    quantized = quantize(model, samples, quant_format=form, per_channel=True, weight_type=QuantType.QInt8)
    source = tmp_path / "int8.mlir"
    text = importer.from_onnx(quantized, shapes={model.graph.input[0].name: sizes}, entry="net")
    importer.write(text, source)
    assert not missed(source, tools)
    assert "f32" not in layer_types(source, tools, tmp_path).values()
    expected = run_onnx(quantized, samples)
    result = run_network(source, [samples])[0]
    signal, noise = np.square(expected).sum(), np.square(result - expected).sum()
    assert 10 * np.log10(signal / max(noise, 1e-30)) > 25
