"""Layer norms in integers, asked for from Python: near those of torch, and the same bits on every processor."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper, save
from torch import nn

nnq = pytest.importorskip("nnq")

ROWS, WIDTH = 20, 96
# What norms of 16 bits add to the noise of layers of 8, in dB.
LOSS = 0.5


class Block(nn.Module):
    """A residual stream that is normalized, as in a transformer."""

    def __init__(self, affine: bool) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 40)
        self.norm = nn.LayerNorm(WIDTH, elementwise_affine=affine)
        if affine:
            nn.init.uniform_(self.norm.weight, -2, 2)
            nn.init.uniform_(self.norm.bias, -1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.norm(x + self.first(x))
        return self.second(y) + y[..., :40]


def decomposed_norm(path: Path, affine: bool) -> None:
    """Write the graph of an exporter that knows no layer norm."""
    rng = np.random.default_rng(0)
    weights = {
        "w": rng.normal(size=(WIDTH, 24)).astype(np.float32) / 10,
        "two": np.array(2, np.float32),
        "eps": np.array(1e-12, np.float32),
        "gamma": rng.normal(size=WIDTH).astype(np.float32),
        "beta": rng.normal(size=WIDTH).astype(np.float32),
    }
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=[-1]),
        helper.make_node("Sub", ["x", "mean"], ["c"]),
        helper.make_node("Pow", ["c", "two"], ["square"]),
        helper.make_node("ReduceMean", ["square"], ["variance"], axes=[-1]),
        helper.make_node("Add", ["variance", "eps"], ["shifted"]),
        helper.make_node("Sqrt", ["shifted"], ["root"]),
        helper.make_node("Div", ["c", "root"], ["unit"]),
    ]
    if affine:
        nodes += [helper.make_node("Mul", ["unit", "gamma"], ["s"]), helper.make_node("Add", ["s", "beta"], ["norm"])]
    nodes.append(helper.make_node("MatMul", ["norm" if affine else "unit", "w"], ["y"]))
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, ROWS, WIDTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, ROWS, 24])],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)


def sqnr(result: NDArray, wanted: NDArray) -> float:
    return 10 * np.log10(np.square(wanted).mean() / np.square(result - wanted).mean())


def make_model(source: str, affine: bool, folder: Path) -> nnq.Model:
    if source == "torch":
        torch.manual_seed(0)
        return nnq.from_torch(Block(affine).eval(), [torch.zeros(1, ROWS, WIDTH)])
    decomposed_norm(folder / "norm.onnx", affine)
    return nnq.from_onnx(folder / "norm.onnx")


def make_samples() -> NDArray:
    """Return rows of very different sizes, one of them constant."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(33, ROWS, WIDTH)) * rng.uniform(0.05, 3, (33, ROWS, 1))
    x[0, 0] = 0.5
    return x.astype(np.float32)


def run(model: nnq.Model, x: NDArray, **options: Any) -> NDArray:
    program = model.compile(**options)
    return np.concatenate([program(row[None]) for row in x])


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("source", ["torch", "onnx"])
def test_integer_norm(source: str, affine: bool, tmp_path: Path) -> None:
    model, x = make_model(source, affine, tmp_path), make_samples()
    integer = model.quantize(data=x, weight_rounding="nearest", layer_norm="integer")
    assert "math.ctlz" in integer.to_mlir() and "sqrt %" not in integer.to_mlir()
    result, wanted = run(integer, x, require_integer=True), run(model, x)
    usual = run(model.quantize(data=x, weight_rounding="nearest"), x)
    assert sqnr(result, wanted) > sqnr(usual, wanted) - LOSS
    if platform.machine() == "x86_64":
        assert np.array_equal(result, run(integer, x, target="x86-64-v2"))


def test_f32_is_what_integers_are_required_of(tmp_path: Path) -> None:
    usual = make_model("torch", True, tmp_path).quantize(data=make_samples(), weight_rounding="nearest")
    with pytest.raises(nnq.Error, match="layer 'norm' gives a tensor of f32 between integer layers"):
        usual.compile(require_integer=True)


def test_epsilon_counts(tmp_path: Path) -> None:
    """Where the variance is next to nothing, epsilon is all that a row is divided by."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.LayerNorm(WIDTH, eps=0.5), nn.Linear(WIDTH, 8)).eval()
    model = nnq.from_torch(network, [torch.zeros(1, ROWS, WIDTH)])
    x = 0.1 * make_samples()
    integer = model.quantize(data=x, weight_rounding="nearest", layer_norm="integer")
    assert "math.ctlz" in integer.to_mlir()
    usual, wanted = model.quantize(data=x, weight_rounding="nearest"), run(model, x)
    assert sqnr(run(integer, x), wanted) > sqnr(run(usual, x), wanted) - LOSS
