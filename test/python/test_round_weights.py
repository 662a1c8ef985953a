"""Weights that are rounded by what they multiply, beside a reference of the paper in NumPy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

nnq = pytest.importorskip("nnq")

from quantized_ir import dequantized_constants, f32_constants, integers  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
LENET = ROOT / "python" / "examples" / "lenet"


def layer(op: str, x: tuple[int, ...], weights: NDArray, y: tuple[int, ...]) -> str:
    """Return a network of one layer."""

    def tensor(shape: tuple[int, ...]) -> str:
        return f"tensor<{'x'.join(map(str, shape))}xf32>"

    return f"""
func.func @f(%x: {tensor(x)}) -> {tensor(y)} {{
  %w = arith.constant dense<{weights.tolist()}> : {tensor(weights.shape)}
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : {tensor(y)}
  %f = linalg.fill ins(%zero : f32) outs(%e : {tensor(y)}) -> {tensor(y)}
  %0 = {op} ins(%x, %w : {tensor(x)}, {tensor(weights.shape)}) outs(%f : {tensor(y)}) -> {tensor(y)}
  return %0 : {tensor(y)}
}}
"""


CONV = '{nnq.layer = "l", dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>}'


def make(kind: str) -> tuple[str, NDArray, NDArray, NDArray]:
    """Return a network, samples, its weights by row, and the patches that each group of rows multiplies."""
    rng = np.random.default_rng(7)
    # Channels depend on each other, as those of activations do.
    x = rng.normal(size=(300, 8, 9, 9)).astype(np.float32)
    x = np.maximum(np.einsum("ij,njhw->nihw", rng.normal(size=(8, 8)), x) + 1, 0).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3))[:, :, ::2, ::2].transpose(1, 0, 2, 3, 4, 5)
    if kind == "linear":
        samples = np.ascontiguousarray(x[:, :, 4, 4])
        weights = rng.normal(size=(8, 20)).astype(np.float32)
        text = layer('linalg.matmul {nnq.layer = "l"}', (1, 8), weights, (1, 20))
        return text, samples, weights.T, samples[None]
    if kind == "conv":
        weights = rng.normal(size=(5, 8, 3, 3)).astype(np.float32)
        text = layer(f"linalg.conv_2d_nchw_fchw {CONV}", (1, 8, 9, 9), weights, (1, 5, 4, 4))
        patches = windows.transpose(1, 2, 3, 0, 4, 5).reshape(-1, 72)
        return text, x, weights.reshape(5, 72), patches[None]
    assert kind == "depthwise"
    weights = rng.normal(size=(8, 3, 3)).astype(np.float32)
    text = layer(f"linalg.depthwise_conv_2d_nchw_chw {CONV}", (1, 8, 9, 9), weights, (1, 8, 4, 4))
    return text, x, weights.reshape(8, 9), windows.reshape(8, -1, 9)


def round_by_gptq(weights: NDArray, scales: NDArray, h: NDArray, damping: float) -> NDArray:
    """Round rows of weights as algorithm 1 of the paper, in the order of the diagonal, from -127 to 127."""
    order = np.lexsort((np.arange(len(h)), -np.diag(h)))
    h = h[np.ix_(order, order)].astype(np.float64)
    h = h + damping * np.diag(h).mean() * np.eye(len(h))
    upper = np.linalg.cholesky(np.linalg.inv(h)).T
    left = weights[:, order].astype(np.float64)
    result = np.empty(weights.shape, np.int64)
    for i, k in enumerate(order):
        q = np.clip(np.round(left[:, i].astype(np.float32) / scales), -127, 127)
        result[:, k] = q
        error = (left[:, i] - q * scales.astype(np.float64)) / upper[i, i]
        left[:, i:] -= error[:, None] * upper[i, i:]
    return result


def error(weights: NDArray, rounded: NDArray, scales: NDArray, h: NDArray) -> NDArray:
    """Return the mean squared error of the result of each row."""
    e = weights - rounded * scales[:, None].astype(np.float64)
    return np.einsum("ri,ij,rj->r", e, h.astype(np.float64), e)


def scales_of(weights: NDArray) -> NDArray:
    return np.float32(np.abs(weights).max(1).astype(np.float64) / 127)


def groups(kind: str, count: int) -> Mapping[int, list[int]]:
    return {i: [i] for i in range(count)} if kind == "depthwise" else {0: list(range(count))}


@pytest.mark.parametrize("kind", ["linear", "conv", "depthwise"])
def test_statistics_are_those_of_patches(kind: str):
    text, samples, weights, patches = make(kind)
    model = nnq.load(text)
    (found,) = model.calibrate(samples, correlations=".*").inputs.values()
    assert found.name == "l"
    assert found.count == patches.shape[1]
    for name, fn in {"min": np.min, "max": np.max, "mean": np.mean}.items():
        np.testing.assert_allclose(getattr(found, name), fn(patches, 1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.second_moment, (patches.astype(np.float64) ** 2).mean(1), rtol=1e-5)
    wanted = np.einsum("gni,gnj->gij", patches, patches) / patches.shape[1]
    np.testing.assert_allclose(found.correlation, wanted, rtol=1e-4, atol=1e-4)
    means = [
        weights[row] @ patches[group].mean(0) for group, rows in groups(kind, len(weights)).items() for row in rows
    ]
    np.testing.assert_allclose(found.output_mean, means, rtol=1e-3, atol=1e-4)
    assert model.calibrate(samples, input_statistics=True).inputs["l"].correlation is None
    assert not model.calibrate(samples).inputs


@pytest.mark.parametrize("damping", [0.01, 0.1])
@pytest.mark.parametrize("count", [None, 4], ids=["all", "few"])
@pytest.mark.parametrize("kind", ["linear", "conv", "depthwise"])
def test_rounds_as_the_reference(kind: str, count: int | None, damping: float):
    text, samples, weights, patches = make(kind)
    samples = samples[:count]
    model = nnq.load(text)
    correlation = model.calibrate(samples, correlations=".*").inputs["l"].correlation
    options = {"weight_calibration": "minmax", "weight_range": "full", "weight_rounding": "gptq", "damping": damping}
    (found,) = integers(model.quantize(data=samples, **options))
    found = found.T if kind == "linear" else found.reshape(weights.shape)
    scales = scales_of(weights)
    for group, rows in groups(kind, len(weights)).items():
        h, w, s = correlation[group], weights[rows], scales[rows]
        # Few samples say little of many inputs.
        rows_seen = patches.shape[1] * len(samples) / len(make(kind)[1])
        least = min(1, 0.1 * len(h) / rows_seen)
        wanted, nearest = round_by_gptq(w, s, h, max(damping, least)), np.round(w / s[:, None])
        # The nearest integers stay where they are better.
        keeps = error(w, wanted, s, h) >= error(w, nearest, s, h)
        wanted[keeps] = nearest[keeps]
        np.testing.assert_array_equal(found[rows], wanted)
        if kind != "depthwise":
            assert error(w, wanted, s, h).sum() < 0.75 * error(w, nearest, s, h).sum()


def test_what_data_leave_open_is_damped():
    _, samples, weights, _ = make("linear")
    # One direction of eight.
    samples = samples[:, :1] * np.arange(1, 9, dtype=np.float32)
    model = nnq.load(layer('linalg.matmul {nnq.layer = "l"}', (1, 8), weights.T, (1, 20)))
    options = {"data": samples, "weight_calibration": "minmax", "weight_range": "full"}
    (found,) = integers(model.quantize(**options, weight_rounding="gptq", damping=0))
    (nearest,) = integers(model.quantize(**options, weight_rounding="nearest"))
    h = np.einsum("ni,nj->ij", samples, samples) / len(samples)
    scales = scales_of(weights)
    assert error(weights, found.T, scales, h).sum() < 0.5 * error(weights, nearest.T, scales, h).sum()
    # Inputs that are always zero leave all integers as they are.
    for rounding in ("gptq", "nearest"):
        zeros = options | {"data": 0 * samples}
        (of_zeros,) = integers(model.quantize(**zeros, weight_rounding=rounding))
        np.testing.assert_array_equal(of_zeros, nearest)


@pytest.mark.parametrize(
    "options",
    [
        {"weight_range": "full"},
        {"weights": "asymmetric"},
        {"weight_granularity": "per-tensor", "weight_range": "full"},
        {"weight_range": "reduced"},
        {"weight_calibration": "minmax", "weight_range": "reduced"},
    ],
)
def test_results_of_layers_change_less(options: Mapping[str, str]):
    """Compares every layer of LeNet on real digits."""
    model, digits = nnq.load(LENET / "lenet.mlirbc"), np.load(LENET / "sample.npz")["x"]
    statistics = model.calibrate(digits, correlations=".*")
    layers = re.findall(
        r'nnq.layer = "(\w+)"[^\n]* ins\([^)]*: tensor<[^>]*>, tensor<([\dx]+)xf32>\)',
        model.run_pipeline("import").to_mlir(),
    )
    shapes = {name: shape for name, shape in layers if name in statistics.inputs}
    assert len(shapes) == len(statistics.inputs) == 5
    weights = f32_constants(model.run_pipeline("import"))
    rounded, nearest = (
        dequantized_constants(model.quantize(statistics=statistics, weight_rounding=rounding, **options))
        for rounding in ("gptq", "nearest")
    )
    for name, shape in shapes.items():
        (h,) = statistics.inputs[name].correlation
        errors = [layer_error(weights[shape] - found[shape], h) for found in (rounded, nearest)]
        assert errors[0] < 0.95 * errors[1], name


def layer_error(difference: NDArray, h: NDArray) -> float:
    """Return the mean squared error of the results of a layer whose weights differ."""
    is_matrix = difference.ndim == 2
    rows = difference.T if is_matrix else difference.reshape(len(difference), -1)
    return float(np.einsum("ri,ij,rj->", rows, h.astype(np.float64), rows))


def test_needs_data():
    text, samples, *_ = make("linear")
    model = nnq.load(text)
    with pytest.raises(nnq.Error, match="rounds weights by the correlation of what they multiply, which no layer has"):
        model.quantize(weight_rounding="gptq")
    with pytest.raises(nnq.Error, match="damping=2 is no share"):
        model.quantize(data=samples, weight_rounding="gptq", damping=2)
    with pytest.raises(nnq.Error, match="NaN"):
        model.quantize(data=np.full_like(samples, np.nan), weight_rounding="gptq")
    statistics = model.calibrate(samples, input_statistics=True)
    with pytest.raises(nnq.Error, match="has no correlation of the input of layer 'l'"):
        model.quantize(statistics=statistics, weight_rounding="gptq")
    with pytest.raises(nnq.Error, match="has no statistics of the input of layer 'l'"):
        model.quantize(statistics=model.calibrate(samples), weight_rounding="gptq")
