"""Tests of nnq.importer on small networks: results against PyTorch and ONNX Runtime, names of layers, errors."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from conftest import Run, assert_close
from nnq import importer
from onnx import helper, numpy_helper
from torch import nn

RNG = np.random.default_rng(0)
TOLERANCE = 1e-4


def weight(name: str, *shape: int) -> onnx.TensorProto:
    return numpy_helper.from_array(RNG.uniform(0.1, 1, shape).astype(np.float32) - np.float32(0.5), name)


def positive(name: str, *shape: int) -> onnx.TensorProto:
    return numpy_helper.from_array(RNG.uniform(0.1, 2, shape).astype(np.float32), name)


def make_onnx(nodes: list, weights: list, shape: list, result: list, opset: int = 17) -> onnx.ModelProto:
    """Make a network with the input `x` and the output `y`."""
    value = lambda name, shape: helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)  # noqa: E731
    graph = helper.make_graph(nodes, "net", [value("x", shape)], [value("y", result)], weights)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("custom", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def check_onnx(model: onnx.ModelProto, run: Run, folder: Path, shape: tuple[int, ...]) -> str:
    """Compare with ONNX Runtime on three samples; return the MLIR text."""
    text = importer.from_onnx(model, shapes={"x": shape}, entry="net")
    importer.write(text, folder / "net.mlirbc")
    x = RNG.normal(size=(3, *shape[1:])).astype(np.float32)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    expected = np.concatenate([session.run(None, {"x": sample[None]})[0] for sample in x])
    assert_close(run(folder / "net.mlirbc", [x]), [expected], TOLERANCE)
    return text


def check_torch(module: nn.Module, run: Run, folder: Path, *shape: int) -> str:
    """Compare with PyTorch on three samples; return the MLIR text."""
    module.eval()
    text = importer.from_torch(module, [torch.zeros(shape)], entry="net")
    importer.write(text, folder / "net.mlirbc")
    x = torch.from_numpy(RNG.normal(size=(3, *shape[1:])).astype(np.float32))
    with torch.no_grad():
        expected = module(x).numpy()
    assert_close(run(folder / "net.mlirbc", [x.numpy()]), [expected], TOLERANCE)
    return text


def trained(module: nn.Module) -> nn.Module:
    """Give batch normalization other statistics than 0 and 1."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.running_mean, -1, 1)
            nn.init.uniform_(part.running_var, 0.1, 4)
            nn.init.uniform_(part.weight, -2, 2)
            nn.init.uniform_(part.bias, -1, 1)
    return module


def test_onnx_network_of_an_old_opset(run_network, tmp_path):
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["a"], "conv1", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("BatchNormalization", ["a", "gamma", "beta", "mean", "var"], ["n"], "bn1"),
        helper.make_node("Relu", ["n"], ["r"], "relu1"),
        helper.make_node("MaxPool", ["r"], ["p"], "pool1", kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["f"], "flatten1"),
        helper.make_node("Gemm", ["f", "g", "c"], ["l"], "fc1", transB=1, alpha=0.5),
        helper.make_node("Softmax", ["l"], ["y"], "softmax1", axis=1),
    ]
    weights = [weight("w", 4, 2, 3, 3), weight("b", 4), weight("beta", 4), weight("mean", 4), weight("gamma", 4)]
    weights += [positive("var", 4), weight("g", 5, 64), weight("c", 5)]
    model = make_onnx(nodes, weights, ["batch", 2, 8, 8], ["batch", 5], opset=11)
    text = check_onnx(model, run_network, tmp_path, (1, 2, 8, 8))
    for layer in ("conv1", "bn1", "relu1", "pool1", "fc1", "softmax1"):
        assert f'loc("{layer}")' in text


def test_onnx_layers_without_names_are_called_after_their_results(run_network, tmp_path):
    nodes = [helper.make_node("Neg", ["x"], ["inner"]), helper.make_node("Exp", ["inner"], ["y"])]
    text = check_onnx(make_onnx(nodes, [], [1, 4], [1, 4]), run_network, tmp_path, (1, 4))
    assert 'loc("inner")' in text


def test_onnx_hard_swish_and_squeeze_excite(run_network, tmp_path):
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["a"], "dw", group=4, kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("HardSwish", ["a"], ["h"], "hswish"),
        helper.make_node("GlobalAveragePool", ["h"], ["m"], "mean"),
        helper.make_node("Conv", ["m", "v", "c"], ["s"], "excite", kernel_shape=[1, 1]),
        helper.make_node("HardSigmoid", ["s"], ["g"], "gate", alpha=0.2, beta=0.5),
        helper.make_node("Mul", ["h", "g"], ["y"], "scale"),
    ]
    weights = [weight("w", 4, 1, 3, 3), weight("v", 4, 4, 1, 1), weight("c", 4)]
    check_onnx(make_onnx(nodes, weights, [1, 4, 6, 6], [1, 4, 6, 6]), run_network, tmp_path, (1, 4, 6, 6))


def test_onnx_transposed_convolution(run_network, tmp_path):
    nodes = [helper.make_node("ConvTranspose", ["x", "w", "b"], ["y"], "up", kernel_shape=[2, 2], strides=[2, 2])]
    weights = [weight("w", 3, 5, 2, 2), weight("b", 5)]
    check_onnx(make_onnx(nodes, weights, [1, 3, 4, 4], [1, 5, 8, 8]), run_network, tmp_path, (1, 3, 4, 4))


def test_torch_batch_norm_is_folded(run_network, tmp_path):
    torch.manual_seed(0)
    module = trained(
        nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.BatchNorm2d(8), nn.ReLU6(),
            nn.Conv2d(8, 12, 1, groups=2), nn.BatchNorm2d(12), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(12, 4),
        )
    )  # fmt: skip
    text = check_torch(module, run_network, tmp_path, 1, 3, 8, 8)
    assert 'loc("0")' in text
    assert 'loc("10")' in text
    assert str(Path(torch.__file__).parent) not in text


def test_torch_normalizes_in_f32():
    assert "xf64>" not in importer.from_torch(nn.LayerNorm(8), [torch.zeros(2, 8)])


def test_torch_embedding(run_network, tmp_path):
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.words, self.positions = nn.Embedding(11, 6), nn.Embedding(9, 6)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.words(ids) + self.positions.weight[: ids.shape[1]]

    module = Net()
    importer.write(importer.from_torch(module, [torch.zeros(1, 5, dtype=torch.int64)]), tmp_path / "net.mlirbc")
    ids = RNG.integers(0, 11, (3, 5))
    with torch.no_grad():
        expected = module(torch.from_numpy(ids)).numpy()
    assert_close(run_network(tmp_path / "net.mlirbc", [ids]), [expected], TOLERANCE)
    # A number beyond the table reads its last row.
    beyond, last = (run_network(tmp_path / "net.mlirbc", [np.full_like(ids, number)]) for number in (99, 10))
    assert_close(beyond, last, 0)


def test_torch_program_with_a_dynamic_batch(run_network, tmp_path):
    module = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.LayerNorm(5), nn.Linear(5, 3), nn.Softmax(-1)).eval()
    batch = torch.export.Dim("batch")
    program = torch.export.export(module, (torch.zeros(2, 6),), dynamic_shapes=({0: batch},))
    torch.export.save(program, tmp_path / "net.pt2")
    with pytest.raises(importer.NetworkError, match=r"sizes of inputs are open.*--shape input=s\d+x6"):
        importer.from_file(tmp_path / "net.pt2")
    arguments = [str(tmp_path / "net.pt2"), "-o", str(tmp_path / "net.mlirbc"), "--shape", "input=1x6"]
    assert importer.main(arguments) == 0
    x = torch.from_numpy(RNG.normal(size=(3, 6)).astype(np.float32))
    with torch.no_grad():
        assert_close(run_network(tmp_path / "net.mlirbc", [x.numpy()]), [module(x).numpy()], TOLERANCE)


def test_torch_program_whose_batch_stays_dynamic(run_network, tmp_path):
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.linear = nn.Conv2d(2, 4, 3), nn.Linear(64, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = torch.relu(self.conv(x))
            return self.linear(x.view(x.size(0), -1))

    module = Net().eval()
    batch = torch.export.Dim("batch")
    program = torch.export.export(module, (torch.zeros(2, 2, 6, 6),), dynamic_shapes=({0: batch},))
    torch.export.save(program, tmp_path / "net.pt2")
    arguments = [str(tmp_path / "net.pt2"), "-o", str(tmp_path / "net.mlirbc"), "--shape"]
    assert importer.main([*arguments, "x=?x2x6x6"]) == 0
    x = torch.from_numpy(RNG.normal(size=(5, 2, 6, 6)).astype(np.float32))
    with torch.no_grad():
        expected = module(x).numpy()
    assert_close(run_network(tmp_path / "net.mlirbc", [x.numpy()]), [expected], TOLERANCE)
    # A module gives the same.
    importer.write(importer.from_torch(module, [x], entry="net", dynamic_batch=True), tmp_path / "net.mlirbc")
    assert_close(run_network(tmp_path / "net.mlirbc", [x.numpy()]), [expected], TOLERANCE)


def test_program_of_several_open_sizes_of_which_the_batch_stays(run_network, tmp_path):
    module = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3)).eval()
    dynamic = {0: torch.export.Dim("batch"), 1: torch.export.Dim("words")}
    program = torch.export.export(module, (torch.zeros(2, 3, 6),), dynamic_shapes=(dynamic,))
    torch.export.save(program, tmp_path / "net.pt2")
    arguments = [str(tmp_path / "net.pt2"), "-o", str(tmp_path / "net.mlirbc"), "--shape"]
    assert importer.main([*arguments, "input=?x4x6"]) == 0
    x = torch.from_numpy(RNG.normal(size=(3, 4, 6)).astype(np.float32))
    with torch.no_grad():
        assert_close(run_network(tmp_path / "net.mlirbc", [x.numpy()]), [module(x).numpy()], TOLERANCE)


def test_module_for_one_batch_only_is_an_error():
    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.reshape(2, -1)

    with pytest.raises(importer.NetworkError, match="the network does not work for any batch"):
        importer.from_torch(Net(), [torch.zeros(2, 4)], dynamic_batch=True)


def make_strided(offsets: np.ndarray) -> onnx.ModelProto:
    """Read elements at the number of the sample times 4 plus offsets, as exporters write `as_strided`."""
    numbers = {"zero": 0, "one": 1, "four": 4, "axes": [1, 2], "flat": [-1]}
    weights = [numpy_helper.from_array(np.array(value, np.int64), name) for name, value in numbers.items()]
    nodes = [
        helper.make_node("Abs", ["x"], ["a"], "abs1"),
        helper.make_node("Reshape", ["a", "flat"], ["all"]),
        helper.make_node("Shape", ["x"], ["sizes"], start=0, end=1),
        helper.make_node("Squeeze", ["sizes"], ["n"]),
        helper.make_node("Range", ["zero", "n", "one"], ["samples"], "range1"),
        helper.make_node("Mul", ["samples", "four"], ["starts"]),
        helper.make_node("Unsqueeze", ["starts", "axes"], ["columns"]),
        helper.make_node("Add", ["columns", "offsets"], ["at"]),
        helper.make_node("Gather", ["all", "at"], ["y"], "strided1"),
    ]
    weights.append(numpy_helper.from_array(offsets.astype(np.int64), "offsets"))
    return make_onnx(nodes, weights, ["n", 4], ["n", *offsets.shape[1:]])


def test_onnx_elements_read_by_strides(run_network, tmp_path):
    """Indices that count the elements of all samples are a reshape, others are not."""
    model = make_strided(np.arange(4).reshape(1, 2, 2))
    assert "tensor.extract" not in check_onnx(model, run_network, tmp_path, (None, 4))
    for offsets in (np.array([3, 2, 1, 0]), np.array([0, 1, 2])):
        model = make_strided(offsets.reshape(1, -1, 1))
        assert "tensor.extract" in importer.from_onnx(model, shapes={"x": (None, 4)}, entry="net")


def test_onnx_network_whose_batch_stays_dynamic(run_network, tmp_path):
    nodes = [
        helper.make_node("Flatten", ["x"], ["f"], "flatten1"),
        helper.make_node("Gemm", ["f", "g", "c"], ["l"], "fc1", transB=1),
        helper.make_node("Softmax", ["l"], ["y"], "softmax1", axis=1),
    ]
    model = make_onnx(nodes, [weight("g", 3, 8), weight("c", 3)], ["n", 2, 4], ["n", 3])
    text = importer.from_onnx(model, shapes={"x": [None, 2, 4]}, entry="net")
    assert "func.func @net(%arg0: tensor<?x2x4xf32>" in text
    importer.write(text, tmp_path / "net.mlirbc")
    x = RNG.normal(size=(5, 2, 4)).astype(np.float32)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    assert_close(run_network(tmp_path / "net.mlirbc", [x]), session.run(None, {"x": x}), TOLERANCE)


def test_command_line(tmp_path):
    onnx.save(make_onnx([helper.make_node("Neg", ["x"], ["y"])], [], ["n", 4], ["n", 4]), tmp_path / "1 net.onnx")
    arguments = [str(tmp_path / "1 net.onnx"), "-o", str(tmp_path / "net.mlir"), "--shape", "x=2x4"]
    assert importer.main(arguments) == 0
    assert 'func.func @_1_net(%arg0: tensor<2x4xf32> {nnq.tensor_name = "x"})' in (tmp_path / "net.mlir").read_text()


def test_unsupported_ops_are_listed_together():
    nodes = [
        helper.make_node("Foo", ["x"], ["a"], "foo1", domain="custom"),
        helper.make_node("Foo", ["a"], ["b"], "foo2", domain="custom"),
        helper.make_node("Bar", ["b"], ["y"], "bar1", domain="custom"),
    ]
    with pytest.raises(importer.NetworkError, match="unsupported ops: Foo in foo1, foo2; Bar in bar1"):
        importer.from_onnx(make_onnx(nodes, [], [1, 4], [1, 4]))


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: torch.histc(x, 4), r"unsupported ops: torch\.aten\.histc in histc$"),
        (lambda x: torch.sort(x)[0], r"unsupported ops: tm_tensor\.sort in sort$"),
        (lambda x: torch.fft.rfft(x).abs(), r"torch-mlir cannot lower the network: .* in abs_1$"),
    ],
)
def test_torch_ops_that_cannot_be_lowered_are_named(function, message):
    class Net(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return function(x)

    with pytest.raises(importer.NetworkError, match=message):
        importer.from_torch(Net(), [torch.zeros(4, 4)])


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({}, r"sizes of inputs are open, give numbers \(or \? for the batch\): --shape x=nx4"),
        ({"x": [1, 5]}, "input 'x' is nx4, not 1x5"),
        ({"x": [1, 4, 1]}, "input 'x' is nx4, not 1x4x1"),
        ({"x": [1, None]}, "input 'x' is nx4, not 1x\\?"),
        ({"z": [1, 4]}, "no input is called z; inputs: x"),
    ],
)
def test_shapes_that_do_not_fit_are_errors(shapes, message):
    model = make_onnx([helper.make_node("Neg", ["x"], ["y"])], [], ["n", 4], ["n", 4])
    with pytest.raises(importer.NetworkError, match=message):
        importer.from_onnx(model, shapes=shapes)


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("no.onnx", "no such file"),
        ("bad.onnx", "no ONNX file"),
        ("bad.pt2", "no exported program"),
        ("bad.txt", "neither .onnx nor .pt2"),
    ],
)
def test_bad_files_are_errors(tmp_path, capsys, file, message):
    for name in ("bad.onnx", "bad.pt2", "bad.txt"):
        (tmp_path / name).write_text("not a network")
    assert importer.main([str(tmp_path / file), "-o", str(tmp_path / "net.mlirbc")]) == 1
    assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("net.*"))


@pytest.mark.parametrize("text", ["x", "x=", "=1x2", "x=1x0", "x=1,2", "x=??x2"])
def test_bad_shapes_are_usage_errors(text, capsys):
    with pytest.raises(SystemExit):
        importer.main(["net.onnx", "-o", "net.mlir", "--shape", text])
    assert "is not of the form NAME=1x3x224x224" in capsys.readouterr().err


def test_missing_packages_are_an_error(tmp_path, monkeypatch, capsys):
    onnx.save(make_onnx([helper.make_node("Neg", ["x"], ["y"])], [], [1, 4], [1, 4]), tmp_path / "net.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert importer.main([str(tmp_path / "net.onnx"), "-o", str(tmp_path / "net.mlir")]) == 1
    assert "pip install torch-mlir" in capsys.readouterr().err
