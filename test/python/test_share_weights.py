"""Weights that are taken from codebooks, beside NumPy, and what that does to trained networks."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

nnq = pytest.importorskip("nnq")

from quantized_ir import dequantized_constants, integers  # noqa: E402
from test_factorize import accuracy, load_known  # noqa: E402
from test_prune_accuracy import load  # noqa: E402
from test_round_weights import make  # noqa: E402

KINDS = ["linear", "conv", "depthwise"]


def rows_of(weights: NDArray, kind: str) -> NDArray:
    """Return weights of a network of one layer, a row for each output channel."""
    return weights.T if kind == "linear" else weights.reshape(len(weights), -1)


def shared_rows(model: nnq.Model, kind: str) -> tuple[NDArray, NDArray]:
    """Return the weights of a network of one layer by rows, and their integers."""
    ((_, weights),) = dequantized_constants(model).items()
    (codes,) = integers(model)
    return rows_of(weights, kind), rows_of(codes, kind)


def lloyd(numbers: NDArray, codes: int) -> float:
    """Return the squared error of the best of several runs of k-means in one dimension."""
    best = np.inf
    for seed in range(20):
        means = np.sort(np.random.default_rng(seed).choice(numbers, codes, replace=False))
        for _ in range(100):
            nearest = np.abs(numbers[:, None] - means).argmin(1)
            means = np.array([numbers[nearest == i].mean() if (nearest == i).any() else m for i, m in enumerate(means)])
        best = min(best, np.square(numbers - means[np.abs(numbers[:, None] - means).argmin(1)]).sum())
    return best


@pytest.mark.parametrize("bits", range(1, 9))
@pytest.mark.parametrize("kind", ["linear", "conv"])
def test_weights_are_of_so_many_bits(kind: str, bits: int):
    text, _, weights, _ = make(kind)
    if weights.size <= 1 << bits:
        with pytest.raises(nnq.Error, match="is for more than its"):
            nnq.load(text).share(bits=bits)
        return
    found, codes = shared_rows(nnq.load(text).share(bits=bits), kind)
    assert len(np.unique(codes)) <= 1 << bits
    assert np.abs(codes).max() <= (32 if bits <= 4 else 63 if bits <= 6 else 127)
    assert f"nnq.weight_bits = {bits}" in nnq.load(text).share(bits=bits).to_mlir()
    # Six dB a bit, less what is lost at the ends of the range.
    sqnr = 10 * np.log10(np.square(weights).sum() / np.square(found - weights).sum())
    assert sqnr > 6 * bits - 4


@pytest.mark.parametrize("kind", ["linear", "conv"])
def test_codebooks_are_not_worse_than_those_of_lloyd(kind: str):
    text, _, weights, _ = make(kind)
    found, _ = shared_rows(nnq.load(text).share(bits=3), kind)
    scales = np.abs(weights).max(1, keepdims=True)
    rows = np.square(scales) * np.ones_like(weights)
    assert (rows > 0).all()
    # One codebook for weights as they are is what scales of channels have to be worth.
    assert np.square(found - weights).sum() < 1.02 * lloyd(weights.ravel().astype(float), 8)


def test_zeros_stay_zero():
    text, _, _, _ = make("conv")
    pruned = nnq.load(text).prune_weights(ratio=0.7)
    found, _ = shared_rows(pruned.share(bits=2), "conv")
    assert (found == 0).mean() >= 0.7 - 1 / found.size
    moved, codes = shared_rows(pruned.share(bits=1, zeros=False), "conv")
    assert (codes == 0).sum() == 0 or len(np.unique(codes)) == 2
    assert moved.shape == found.shape


@pytest.mark.parametrize("kind", ["linear", "conv"])
def test_data_makes_results_nearer(kind: str):
    text, samples, weights, patches = make(kind)
    model = nnq.load(text)
    plain, _ = shared_rows(model.share(bits=3), kind)
    statistics = model.calibrate(samples, input_statistics=True, correlations=".*")
    for source in ({"data": samples}, {"statistics": statistics}):
        found, codes = shared_rows(model.share(bits=3, **source), kind)
        assert len(np.unique(codes)) <= 8
        results, before, after = (patches[0] @ w.T for w in (weights, plain, found))
        assert np.square(after - results).sum() < 0.85 * np.square(before - results).sum()


@pytest.mark.parametrize("options", [{"bits": 3}, {"bits": 4, "vector": 2}])
def test_reports_have_the_noise_of_weights(options: dict):
    text, samples, weights, _ = make("linear")
    model = nnq.load(text)
    shared = model.share(**options)
    found, _ = shared_rows(shared, "linear")
    wanted = 10 * np.log10(np.square(weights).sum() / np.square(found - weights).sum())
    for network in (shared, shared.quantize(data=samples)):
        (layer,) = (layer for layer in network.report().layers if layer.macs)
        assert layer.weight_sqnr_db == pytest.approx(wanted, abs=0.01)
        assert layer.weight_format.startswith(f"codebook, {options['bits']} bits")
        assert "weights, dB" in str(network.report())
    assert not any(layer.weight_sqnr_db for layer in model.quantize(data=samples).report().layers)


def test_channels_have_codebooks_of_their_own():
    text, _, _, _ = make("linear")
    _, codes = shared_rows(nnq.load(text).share(bits=2, channels=4), "linear")
    tables = [frozenset(np.unique(codes[i : i + 4])) for i in range(0, len(codes), 4)]
    assert all(len(table) <= 4 for table in tables)
    assert len(set(tables)) > 1


def test_layers_of_few_weights_keep_them():
    text, _, _, _ = make("depthwise")
    with pytest.raises(nnq.Error, match="a codebook of 128 numbers is for more than its 72 weights"):
        nnq.load(text).share(bits=7)


@pytest.mark.parametrize("options", [{"bits": 0}, {"bits": 9}, {"channels": -1}, {"vector": 3}])
def test_wrong_options_are_told(options: dict):
    text, _, _, _ = make("linear")
    with pytest.raises(nnq.Error, match="codebooks are of 1 to 8 bits|no number of channels|entries are for 1, 2 or 4"):
        nnq.load(text).share(**options)


def lloyd_of_vectors(vectors: NDArray, count: int) -> float:
    """Return the squared error of the best of several runs of k-means."""
    best = np.inf
    for seed in range(5):
        means = np.random.default_rng(seed).choice(vectors, count, replace=False)
        for _ in range(30):
            nearest = np.square(vectors[:, None] - means).sum(-1).argmin(1)
            groups = [vectors[nearest == i] for i in range(count)]
            means = np.array([group.mean(0) if len(group) else m for group, m in zip(groups, means, strict=True)])
        distances = np.square(vectors[:, None] - means).sum(-1)
        best = min(best, distances.min(1).sum())
    return best


@pytest.mark.parametrize(("bits", "vector"), [(4, 2), (6, 4), (8, 4)])
def test_vectors_of_neighbouring_inputs(bits: int, vector: int):
    """Vectors are so many, no worse than k-means finds them, and better than numbers of as many bits."""
    rng = np.random.default_rng(0)
    weights = rng.standard_t(4, (64, 48)).astype(np.float32)
    text = f"""
func.func @f(%x: tensor<1x64xf32>, %e: tensor<1x48xf32>) -> tensor<1x48xf32> {{
  %w = arith.constant dense<{weights.tolist()}> : tensor<64x48xf32>
  %0 = linalg.matmul {{nnq.layer = "fc"}} ins(%x, %w : tensor<1x64xf32>, tensor<64x48xf32>)
      outs(%e : tensor<1x48xf32>) -> tensor<1x48xf32>
  return %0 : tensor<1x48xf32>
}}"""
    found, codes = shared_rows(nnq.load(text).share(bits=bits, vector=vector), "linear")
    assert len(np.unique(codes.reshape(-1, vector), axis=0)) <= 1 << bits
    error = np.square(found - weights.T).sum()
    assert error < 1.02 * lloyd_of_vectors(weights.T.reshape(-1, vector).astype(float), 1 << bits)
    numbers, _ = shared_rows(nnq.load(text).share(bits=bits // vector), "linear")
    assert error < 0.9 * np.square(numbers - weights.T).sum()


@pytest.mark.parametrize("vector", [2, 4])
def test_a_trained_network_of_vectors(vector: int):
    """At two bits a weight vectors keep what numbers lose, and the code of a small object gives the same."""
    model, samples = load("resnet20_cifar10.onnx")
    calib = samples.calib[:256]
    # Three channels are no vectors.
    first = model.report().layers[0].name
    shared = {
        name: model.share(data=calib, exclude=first, **options).quantize(data=calib)
        for name, options in (("numbers", {"bits": 2}), ("vectors", {"bits": 2 * vector, "vector": vector}))
    }
    programs = {name: net.compile(objective="size") for name, net in shared.items()}
    sizes = {name: net.report(objective="size").weight_bytes for name, net in shared.items()}
    images = samples.x[:200]
    results = {name: np.concatenate([program(x[None]) for x in images]) for name, program in programs.items()}
    plain = shared["vectors"].compile()
    np.testing.assert_array_equal(results["vectors"], np.concatenate([plain(x[None]) for x in images]))
    hits = {name: 100 * np.mean(scores.argmax(1) == samples.y[:200]) for name, scores in results.items()}
    print(f"vectors of {vector}: {hits}, bytes {sizes}")
    assert hits["vectors"] > hits["numbers"] + 2
    # Each layer has a table.
    assert sizes["vectors"] < 1.3 * sizes["numbers"]


def weight_bytes(model: nnq.Model) -> int:
    """Return the bytes of constants that the code of a network has."""
    return model.report().weight_bytes


@pytest.mark.parametrize(
    ("name", "loss", "size"), [("mnist_cnn_burn.pt2", 0.3, 0.55), ("resnet20_cifar10.onnx", 2.0, 0.55)]
)
def test_a_trained_network_of_four_bits_is_accurate(name: str, loss: float, size: float):
    model, samples = load_known(name) if name.endswith(".pt2") else load(name)
    count = 1000
    shared = model.share(bits=4, data=samples.calib[:256])
    both = shared.quantize(data=samples.calib[:256])
    expected, f32, int8 = (accuracy(net, samples, count) for net in (model, shared, both))
    sizes = [weight_bytes(net) for net in (model, shared, both, model.quantize(data=samples.calib[:256]))]
    print(f"{name}: {expected:.2f} %, of 4 bits {f32:.2f} %, and int8 {int8:.2f} %; bytes {sizes}")
    assert f32 >= expected - loss
    assert int8 >= expected - loss
    # In f32 only linear layers look numbers up: those of convolutions are stored as they are.
    assert sizes[1] < sizes[0]
    assert sizes[2] < size * sizes[3]
    layers = [layer for layer in both.report().layers if re.search("share", layer.technique)]
    assert layers


@pytest.mark.parametrize(("bits", "channels"), [(1, 8), (2, 0), (3, 8), (4, 0)])
def test_f32_kernels_look_numbers_up(bits: int, channels: int):
    torch = pytest.importorskip("torch")
    # Rows that no group divides, of one sample and of several, whose memory was something else before.
    for inputs, outputs, rows in [(25, 8, 16), (63, 33, 5), (257, 64, 1)]:
        torch.manual_seed(inputs)
        network = torch.nn.Sequential(
            torch.nn.Linear(inputs, outputs), torch.nn.ReLU(), torch.nn.Linear(outputs, 40)
        ).eval()
        x = torch.randn(rows, inputs)
        shared = nnq.from_torch(network, [x]).share(bits=bits, channels=channels)
        wanted = shared.compile(reference=True)(x.numpy())
        scale = np.abs(wanted).max()
        np.testing.assert_allclose(shared.compile()(x.numpy()), wanted, atol=1e-5 * scale)
        assert weight_bytes(shared) < 0.5 * weight_bytes(nnq.from_torch(network, [x]))
