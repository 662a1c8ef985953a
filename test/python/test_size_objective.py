"""Networks that are compiled for size: constants are fewer bytes in the object file, and results are the same."""

from __future__ import annotations

import sys

import nnq
import numpy as np
import pytest
from conftest import ROOT
from test_factorize_like import images
from test_share_like import Network

sys.path.insert(0, str(ROOT / "python" / "examples"))
from measure import constant_bytes  # noqa: E402

SIZE = {"objective": "size"}
WEIGHTS = 12 * 6 * 9 + 16 * 12 * 9 + 16 * 36 * 24 + 24 * 20


def results(model: nnq.Model, **options: object) -> np.ndarray:
    program = model.compile(**options)
    return np.concatenate([program(row[None].numpy()) for row in images()])


@pytest.fixture(scope="module")
def model() -> nnq.Model:
    return nnq.from_torch(Network().eval(), [images(1)])


def compress(model: nnq.Model, keep: float, bits: int) -> nnq.Model:
    """Return the network with a share of its weights, from codebooks, and quantized."""
    pruned = model.prune("weights", ratio=1 - keep) if keep < 1 else model
    shared = pruned.share(bits=bits) if bits else pruned
    return shared.quantize(data=images().numpy())


@pytest.mark.parametrize(
    ("keep", "bits", "most"),
    # Bits of a weight: of the codebook; of runs and the codebook; of runs and all eight; none to spare.
    [(1, 3, 3.1), (1, 2, 2.1), (1, 5, 5.2), (0.1, 5, 1.0), (0.1, 4, 0.9), (0.25, 2, 1.1), (0.2, 0, 2.3), (1, 0, 8.1)],
)
def test_results_are_the_same_and_bytes_are_fewer(model: nnq.Model, keep: float, bits: int, most: float):
    compressed = compress(model, keep, bits)
    np.testing.assert_array_equal(results(compressed, **SIZE), results(compressed))
    # Of a target that shuffles bytes in no more than 16 places, which LLVM needs few constants for.
    small, plain = (constant_bytes(compressed, target="x86-64-v3", **options) for options in (SIZE, {}))
    assert small <= plain
    # Beside weights there are biases, scales, tables and the text of the signature.
    assert small < most * WEIGHTS / 8 + 2500
    report = compressed.report(**SIZE)
    assert report.weight_bytes < most * WEIGHTS / 8 + 1500
    assert report.weight_bytes <= small


@pytest.mark.parametrize("bits", [2, 4, 6])
def test_f32(model: nnq.Model, bits: int):
    shared = model.prune("weights", ratio=0.8).share(bits=bits)
    np.testing.assert_allclose(results(shared, **SIZE), results(shared), rtol=1e-5, atol=1e-5)
    # Numbers of convolutions are as many as channels by numbers of the codebook.
    assert constant_bytes(shared, **SIZE) < 0.5 * constant_bytes(shared)


@pytest.mark.parametrize("target", ["x86-64-v2", "x86-64-v4", "aarch64+dotprod"])
def test_other_targets_take_as_few_bytes(model: nnq.Model, target: str):
    compressed = compress(model, 0.1, 4)
    sizes = [constant_bytes(compressed, target=each, **SIZE) for each in ("x86-64-v3", target)]
    assert sizes[1] < 1.25 * sizes[0]


def test_time_of_decoding_is_told(model: nnq.Model):
    report = compress(model, 0.1, 4).report(images().numpy(), profile=True, **SIZE)
    movement = {layer.name for layer in report.layers if layer.kind == "data movement" and layer.time_us}
    assert "fc1" in movement


def test_several_threads(model: nnq.Model):
    compressed = compress(model, 0.1, 4)
    np.testing.assert_array_equal(results(compressed, threads=2, **SIZE), results(compressed))


def test_open_batch():
    network = Network().eval()
    open_batch = nnq.from_torch(network, [images(2)], dynamic_batch=True)
    compressed = compress(open_batch, 0.1, 4)
    np.testing.assert_array_equal(compressed.compile(**SIZE)(images().numpy()), compressed.compile()(images().numpy()))
