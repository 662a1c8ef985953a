"""What makes up for the loss of quantization, asked for from Python: f32 stays the same, int8 comes closer to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

nnq = pytest.importorskip("nnq")

ROOT = Path(__file__).resolve().parents[2]
LENET = ROOT / "python" / "examples" / "lenet"
WIDTH = 16


def normalized_linear(gamma: NDArray, beta: NDArray, weights: NDArray) -> str:
    """Return a linear layer that reads a scaled and shifted input, as that of a normalization is."""
    n = weights.shape[1]
    rows = f"tensor<4x{WIDTH}xf32>"
    return f"""
#d = affine_map<(i, j) -> (i, j)>
#c = affine_map<(i, j) -> (j)>
func.func @f(%x: {rows}) -> tensor<4x{n}xf32> {{
  %zero = arith.constant 0.0 : f32
  %gamma = arith.constant dense<{gamma.tolist()}> : tensor<{WIDTH}xf32>
  %beta = arith.constant dense<{beta.tolist()}> : tensor<{WIDTH}xf32>
  %w = arith.constant dense<{weights.tolist()}> : tensor<{WIDTH}x{n}xf32>
  %e = tensor.empty() : {rows}
  %0 = linalg.generic {{indexing_maps = [#d, #c, #d], iterator_types = ["parallel", "parallel"]}}
      ins(%x, %gamma : {rows}, tensor<{WIDTH}xf32>) outs(%e : {rows}) attrs = {{nnq.layer = "gamma"}} {{
  ^bb0(%a: f32, %g: f32, %o: f32):
    %m = arith.mulf %a, %g : f32
    linalg.yield %m : f32
  }} -> {rows}
  %1 = linalg.generic {{indexing_maps = [#d, #c, #d], iterator_types = ["parallel", "parallel"]}}
      ins(%0, %beta : {rows}, tensor<{WIDTH}xf32>) outs(%e : {rows}) attrs = {{nnq.layer = "beta"}} {{
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  }} -> {rows}
  %e2 = tensor.empty() : tensor<4x{n}xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e2 : tensor<4x{n}xf32>) -> tensor<4x{n}xf32>
  %2 = linalg.matmul {{nnq.layer = "linear"}} ins(%1, %w : {rows}, tensor<{WIDTH}x{n}xf32>)
      outs(%f : tensor<4x{n}xf32>) -> tensor<4x{n}xf32>
  return %2 : tensor<4x{n}xf32>
}}
"""


@pytest.fixture(scope="module")
def outlier() -> tuple[nnq.Model, NDArray]:
    """Return a network with one channel that is much larger than the others, and samples."""
    rng = np.random.default_rng(3)
    gamma, beta = np.ones(WIDTH, np.float32), rng.normal(size=WIDTH).astype(np.float32)
    gamma[5] = 60
    weights = rng.normal(size=(WIDTH, 12)).astype(np.float32)
    weights[5] /= 60
    model = nnq.load(normalized_linear(gamma, beta, weights))
    return model, rng.normal(size=(400, WIDTH)).astype(np.float32)


def run(model: nnq.Model, samples: NDArray, size: int) -> NDArray:
    program = model.compile()
    return np.concatenate([np.array(program(samples[i : i + size])) for i in range(0, len(samples), size)])


def sqnr(wanted: NDArray, found: NDArray) -> float:
    return float(10 * np.log10((wanted.astype(float) ** 2).sum() / ((wanted.astype(float) - found) ** 2).sum()))


def test_smoothing_serves_small_channels(outlier):
    model, samples = outlier
    wanted = run(model, samples, 4)
    plain, smooth = (run(model.quantize(data=samples, **options), samples, 4) for options in ({}, {"smooth": 0.5}))
    assert sqnr(wanted, smooth) > sqnr(wanted, plain) + 10
    statistics = model.calibrate(samples, input_statistics=True)
    smoothed = model.quantize(statistics=statistics, smooth=0.5)
    by_data = model.quantize(data=samples, smooth=0.5, weight_rounding="nearest")
    assert smoothed.to_mlir(constants=True) == by_data.to_mlir(constants=True)
    with pytest.raises(nnq.Error, match="smooths by the largest magnitude of each channel, which no layer has"):
        model.quantize(smooth=0.5)


def test_smoothing_loses_histograms(outlier, caplog):
    model, samples = outlier
    with caplog.at_level("INFO", "nnq"):
        model.quantize(data=samples, smooth=0.5, calibration="mse")
    assert any("its statistics have no histogram" in record.message for record in caplog.records)


@pytest.mark.parametrize("options", [{"smooth": 0.3}, {"smooth": 1}])
def test_f32_computes_the_same(outlier, options):
    model, samples = outlier
    wanted = run(model, samples, 4)
    statistics = model.calibrate(samples, input_statistics=True)
    with statistics.file() as file:
        pipeline = f"import,nnq-calibrate{{statistics={file} input-statistics}},nnq-smooth-activations"
        smooth = model.run_pipeline(f"{pipeline}{{alpha={options['smooth']}}}")
    assert "scaled" in smooth.to_mlir(constants=True)
    assert sqnr(wanted, run(smooth, samples, 4)) > 120


@pytest.fixture(scope="module")
def lenet() -> tuple[nnq.Model, NDArray, NDArray]:
    model, digits = nnq.load(LENET / "lenet.mlirbc"), np.load(LENET / "sample.npz")["x"]
    return model, digits, run(model, digits, 1)


def test_biases_correct_the_mean(lenet):
    model, digits, wanted = lenet
    rounding = {"weight_rounding": "nearest", "weight_calibration": "minmax"}
    options = {"data": digits, "weight_granularity": "per-tensor"} | rounding
    plain, corrected = (
        run(model.quantize(**options, correct_bias=correct), digits, 1).mean(0) - wanted.mean(0)
        for correct in (False, True)
    )
    assert np.abs(corrected).mean() < 0.7 * np.abs(plain).mean()
    with pytest.raises(nnq.Error, match="corrects biases by the mean of what layers multiply, which no layer has"):
        model.quantize(correct_bias=True)


@pytest.mark.parametrize(
    "options",
    [
        {"equalize": True, "weight_rounding": "gptq", "correct_bias": True},
        {"equalize": True, "weight_rounding": "gptq", "weight_range": "reduced", "measure_noise": True},
        {"weight_rounding": "gptq", "correct_bias": True, "layers": "conv1=f32,fc1=asymmetric"},
        {"weight_rounding": "gptq", "correct_bias": True, "accuracy_drop": 0},
    ],
)
def test_all_together(lenet, options: Mapping[str, Any]):
    model, digits, wanted = lenet
    found = run(model.quantize(data=digits, **options), digits, 1)
    assert sqnr(wanted, found) > 33
