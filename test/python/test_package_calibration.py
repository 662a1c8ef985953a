"""Tests of statistics from Python: made once, kept in a file, used to quantize in several ways."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

nnq = pytest.importorskip("nnq")

ROOT = Path(__file__).resolve().parents[2]
LENET = ROOT / "python" / "examples" / "lenet"

ADD = """
func.func @add(%x: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<[[1.0], [0.5]]> : tensor<2x1xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x2xf32>, tensor<2x1xf32>)
    outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
"""
SAMPLES = np.float32([[1, -2], [4, 0], [0, 1]])


@pytest.fixture(scope="module")
def lenet() -> nnq.Model:
    return nnq.load(LENET / "lenet.mlirbc")


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return np.load(LENET / "sample.npz")["x"]


@pytest.fixture(scope="module")
def statistics(lenet, digits) -> nnq.Statistics:
    return lenet.calibrate(digits)


def test_statistics_are_those_of_the_data():
    statistics = nnq.Model.from_mlir(ADD).calibrate(SAMPLES)
    assert repr(statistics) == "<nnq.Statistics of 1 tensors>"
    (tensor,) = statistics.tensors.values()
    assert (tensor.name, tensor.shape, tensor.count) == ("input 0", (1, 2), 6)
    assert (tensor.min, tensor.max) == (-2, 4)
    assert tensor.mean == pytest.approx(SAMPLES.mean())
    assert tensor.second_moment == pytest.approx((SAMPLES**2).mean())
    wanted, _ = np.histogram(SAMPLES, len(tensor.histogram), (-8, 8))
    assert tensor.histogram == tuple(wanted)


@pytest.mark.parametrize("options", [{}, {"calibration": "mse"}, {"activations": "symmetric", "attention": "f32"}])
def test_quantizing_by_statistics_is_quantizing_by_data(lenet, digits, statistics, options):
    # Correlations, of which data make use unasked, are not in the file.
    options = options | {"weight_rounding": "nearest"}
    by_data = lenet.quantize(data=digits, **options)
    by_statistics = lenet.quantize(statistics=statistics, **options)
    assert by_statistics.to_mlir(constants=True) == by_data.to_mlir(constants=True)
    assert by_statistics.steps[-1].options["statistics"] is statistics


def test_files(lenet, statistics, tmp_path):
    path = tmp_path / "lenet.json"
    statistics.save(path)
    assert nnq.Statistics.load(path).tensors == statistics.tensors
    assert lenet.quantize(statistics=path).to_mlir() == lenet.quantize(statistics=statistics).to_mlir()


def test_methods_choose_other_ranges(lenet, statistics):
    methods = ["minmax", "moving-average", "percentile", "mse", "entropy"]
    texts = {lenet.quantize(statistics=statistics, calibration=method).to_mlir() for method in methods}
    assert len(texts) == len(methods)
    wider = lenet.quantize(statistics=statistics, calibration="percentile", percentile=99.999)
    assert wider.to_mlir() not in texts


def test_samples_and_keys(lenet, digits):
    few = lenet.calibrate(digits, samples=3)
    assert few.tensors["input 0"].count == 3 * digits[0].size
    named = lenet.calibrate(LENET / "sample.npz", key="x", samples=3)
    assert named.tensors == few.tensors


def test_errors(lenet, statistics, tmp_path):
    with pytest.raises(nnq.Error, match="is of a network of other layers or weights"):
        nnq.Model.from_mlir(ADD).quantize(statistics=statistics)
    with pytest.raises(nnq.OptionError, match="none of minmax, moving-average"):
        lenet.quantize(statistics=statistics, calibration="best")
    with pytest.raises(nnq.Error, match="takes the place of a run"):
        lenet.quantize(statistics=statistics, data=LENET / "sample.npz")
    for text in ("{", "[]", '{"tensors": [{}]}', json.dumps({"tensors": [{"input": 0, "shape": [1], "min": "low"}]})):
        path = tmp_path / "bad.json"
        path.write_text(text)
        with pytest.raises(nnq.InputError, match="bad.json holds no statistics of a calibration"):
            nnq.Statistics.load(path)
