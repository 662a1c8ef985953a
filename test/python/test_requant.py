"""Accumulators that are rescaled by integers have the bits of TensorFlow Lite's reference kernels."""

from __future__ import annotations

import nnq
import numpy as np
import pytest
from tosa_networks import rescale_as_tflite


def make_linear(x_zero: int, weights: np.ndarray, bias: np.ndarray, factors: np.ndarray, y_zero: int) -> str:
    """Return a layer on i8 whose scales are 1, but for those of the weights."""
    k, n = weights.shape
    scales = ", ".join(f"{factor:.17e}" for factor in factors)
    return f"""
!x = !quant.uniform<i8:f32, 1.0:{x_zero}>
!w = !quant.uniform<i8<-127:127>:f32:1, {{{scales}}}>
!y = !quant.uniform<i8:f32, 1.0:{y_zero}>
func.func @f(%x: tensor<1x{k}xi8>) -> tensor<1x{n}xi8> {{
  %w = arith.constant dense<{weights.tolist()}> : tensor<{k}x{n}xi8>
  %b = arith.constant dense<{[float(np.float32(b * f)) for b, f in zip(bias, factors, strict=True)]}> : tensor<{n}xf32>
  %zero = arith.constant 0.0 : f32
  %xq = quant.scast %x : tensor<1x{k}xi8> to tensor<1x{k}x!x>
  %xd = quant.dcast %xq : tensor<1x{k}x!x> to tensor<1x{k}xf32>
  %wq = quant.scast %w : tensor<{k}x{n}xi8> to tensor<{k}x{n}x!w>
  %wd = quant.dcast %wq : tensor<{k}x{n}x!w> to tensor<{k}x{n}xf32>
  %e = tensor.empty() : tensor<1x{n}xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x{n}xf32>) -> tensor<1x{n}xf32>
  %0 = linalg.matmul ins(%xd, %wd : tensor<1x{k}xf32>, tensor<{k}x{n}xf32>)
      outs(%f : tensor<1x{n}xf32>) -> tensor<1x{n}xf32>
  %1 = linalg.generic {{indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (j)>,
      affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}}
      ins(%0, %b : tensor<1x{n}xf32>, tensor<{n}xf32>) outs(%e : tensor<1x{n}xf32>) {{
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  }} -> tensor<1x{n}xf32>
  %yq = quant.qcast %1 : tensor<1x{n}xf32> to tensor<1x{n}x!y>
  %y = quant.scast %yq : tensor<1x{n}x!y> to tensor<1x{n}xi8>
  return %y : tensor<1x{n}xi8>
}}
"""


@pytest.mark.parametrize("seed", range(4))
def test_fixed_has_the_bits_of_tensorflow_lite(seed: int):
    rng = np.random.default_rng(seed)
    k, n = 24, 64
    x_zero, y_zero = (int(z) for z in rng.integers(-20, 20, 2))
    weights, bias = rng.integers(-127, 128, (k, n)), rng.integers(-3000, 3000, n)
    # Powers of two give ties; some factors are above 1.
    factors = np.where(rng.random(n) < 0.3, 2.0 ** -rng.integers(8, 12, n), rng.uniform(2e-4, 6e-3, n))
    factors[:3] = 1.0, 3.7, 2.0**-31
    factors = factors.astype(np.float32).astype(np.float64)
    model = nnq.load(make_linear(x_zero, weights, bias, factors, y_zero))
    fixed, numbers = model.compile(requant="fixed"), model.compile()
    for x in rng.integers(-128, 128, (40, 1, k)):
        sums = (x - x_zero) @ weights + bias
        expected = rescale_as_tflite(sums, factors, y_zero)
        np.testing.assert_array_equal(fixed(x.astype(np.int8)), expected)
        assert np.abs(numbers(x.astype(np.int8)).astype(int) - expected).max() <= 1
