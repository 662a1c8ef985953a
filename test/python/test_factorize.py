"""Layers as products of smaller ones, beside NumPy, and what that does to trained networks."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

nnq = pytest.importorskip("nnq")

import models  # noqa: E402
from conftest import SHARED  # noqa: E402
from quantized_ir import constants, integers  # noqa: E402
from test_round_weights import layer  # noqa: E402

FOLDER = SHARED / "models"
EXACT = {"round_to": 1, "objective": "none"}
STRIDED = '{nnq.layer = "l", dilations = dense<[1, 2]> : vector<2xi64>, strides = dense<[2, 1]> : vector<2xi64>}'


def draw(*shape: int, seed: int = 3) -> NDArray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def make(kind: str, weights: NDArray | None = None) -> tuple[str, NDArray, NDArray]:
    """Return a network, samples and its weights, output channels first."""
    rng = np.random.default_rng(7)
    if kind == "linear":
        weights = draw(12, 10) if weights is None else weights
        mixing = rng.normal(size=(10, 10)) * 0.5 ** np.arange(10)
        x = (rng.normal(size=(200, 10)) @ mixing.T).astype(np.float32)
        return layer('linalg.matmul {nnq.layer = "l"}', (1, 10), weights.T, (1, 12)), x, weights
    weights = draw(12, 8, 3, 3) if weights is None else weights
    x = rng.normal(size=(60, 8, 9, 9))
    x = np.maximum(np.einsum("ij,njhw->nihw", rng.normal(size=(8, 8)), x) + 1, 0).astype(np.float32)
    return layer(f"linalg.conv_2d_nchw_fchw {STRIDED}", (1, 8, 9, 9), weights, (1, 12, 4, 5)), x, weights


def factors(model: nnq.Model) -> list[NDArray]:
    return [array for _, _, array in constants(model, "f32", np.float32)]


EQUATIONS = {
    "svd": "rihw,or->oihw",
    "spatial-svd": "rih,orw->oihw",
    "tucker": "ai,bahw,ob->oihw",
    "cp": "ri,rh,rw,or->oihw",
}


def multiply(method: str, found: list[NDArray]) -> NDArray:
    """Return the product of the factors of a convolution; those of one tap are 1x1 convolutions."""
    terms = EQUATIONS[method].split("->")[0].split(",")
    found = [x[:, :, 0, 0] if x.ndim > len(term) else x for x, term in zip(found, terms, strict=True)]
    return np.einsum(EQUATIONS[method], *found, optimize=True)


def product(model: nnq.Model, method: str) -> NDArray:
    """Return what the factors of a network of one layer are together, output channels first."""
    found = factors(model)
    if method == "linear":
        first, last = found
        return (first @ last).T
    return multiply(method, found)


def truncate(matrix: NDArray, rank: int) -> NDArray:
    u, s, v = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
    return (u[:, :rank] * s[:rank]) @ v[:rank]


def error(weights: NDArray, other: NDArray) -> float:
    return float(np.linalg.norm(weights - other) / np.linalg.norm(weights))


def leading(matrix: NDArray, rank: int) -> NDArray:
    return np.linalg.svd(matrix, full_matrices=False)[0][:, :rank]


def iterate_tucker(weights: NDArray, inputs: int, outputs: int) -> NDArray:
    """Return the product of a higher-order orthogonal iteration."""
    t = weights.reshape(*weights.shape[:2], -1).astype(np.float64)
    b = leading(t.transpose(1, 0, 2).reshape(t.shape[1], -1), inputs)
    for _ in range(100):
        a = leading(np.einsum("oit,ib->obt", t, b).reshape(t.shape[0], -1), outputs)
        b = leading(np.einsum("oit,oa->iat", t, a).reshape(t.shape[1], -1), inputs)
    return np.einsum("oit,oa,ib,pa,jb->pjt", t, a, b, a, b, optimize=True).reshape(weights.shape)


def iterate_cp(weights: NDArray, rank: int, seed: int) -> NDArray:
    """Return the product of alternating least squares from a random start."""
    rng = np.random.default_rng(seed)
    t = weights.astype(np.float64)
    f = [rng.normal(size=(size, rank)) for size in t.shape]
    for _ in range(200):
        for mode in range(4):
            others = [i for i in range(4) if i != mode]
            gram = np.prod([f[i].T @ f[i] for i in others], axis=0)
            equation = "oihw," + ",".join("oihw"[i] + "r" for i in others) + "->" + "oihw"[mode] + "r"
            moved = np.einsum(equation, t, *(f[i] for i in others), optimize=True)
            f[mode] = np.linalg.lstsq(gram, moved.T, rcond=None)[0].T
    return np.einsum("or,ir,hr,wr->oihw", *f, optimize=True)


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_svd_is_that_of_numpy(rank: int):
    text, _, weights = make("linear")
    model = nnq.load(text).factorize(rank=rank, **EXACT)
    np.testing.assert_allclose(product(model, "linear"), truncate(weights, rank), atol=1e-5)
    assert [array.shape for array in factors(model)] == [(10, rank), (rank, 12)]


@pytest.mark.parametrize("rank", [1, 4, 10])
@pytest.mark.parametrize("method", ["svd", "channel-svd", "spatial-svd"])
def test_svd_of_convolutions_is_that_of_numpy(method: str, rank: int):
    text, _, weights = make("conv")
    model = nnq.load(text).factorize(method=method, rank=rank, **EXACT)
    if method == "spatial-svd":
        # Rows are inputs and the taps of a column, columns the outputs and those of a row.
        matrix = truncate(weights.transpose(1, 2, 0, 3).reshape(24, 36), rank)
        expected = matrix.reshape(8, 3, 12, 3).transpose(2, 0, 1, 3)
    else:
        method, expected = "svd", truncate(weights.reshape(12, 72), rank).reshape(weights.shape)
    np.testing.assert_allclose(product(model, method), expected, atol=1e-5)


@pytest.mark.parametrize("ranks", [(3, 4), (5, 2), (6, 7)])
def test_tucker_is_that_of_numpy(ranks: tuple[int, int]):
    text, _, weights = make("conv")
    model = nnq.load(text).factorize(layers=f"l=tucker:{ranks[0]}:{ranks[1]}", **EXACT)
    found, expected = (error(weights, other) for other in (product(model, "tucker"), iterate_tucker(weights, *ranks)))
    assert found == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("rank", [2, 6, 12])
def test_cp_is_as_near_as_that_of_numpy(rank: int):
    text, _, weights = make("conv")
    model = nnq.load(text)
    found = [
        error(weights, product(model.factorize(method="cp", rank=rank, seed=seed, **EXACT), "cp")) for seed in range(5)
    ]
    expected = [error(weights, iterate_cp(weights, rank, seed)) for seed in range(5)]
    assert np.median(found) <= np.median(expected) * (1 + 1e-3)


def test_cp_finds_terms_that_are_there():
    modes = [draw(size, 2, seed=seed) for seed, size in enumerate((12, 8, 3, 3))]
    weights = np.einsum("or,ir,hr,wr->oihw", *modes)
    text, _, weights = make("conv", weights)
    model = nnq.load(text).factorize(method="cp", rank=2, **EXACT)
    assert error(weights, product(model, "cp")) < 5e-3


@pytest.mark.parametrize("energy", [0.5, 0.8, 0.9, 0.95])
def test_energy_takes_the_least_rank(energy: float):
    weights = (draw(40, 30) * 0.8 ** np.arange(30)).astype(np.float32)
    model = nnq.load(layer('linalg.matmul {nnq.layer = "l"}', (1, 30), weights.T, (1, 40)))
    values = np.linalg.svd(weights.astype(np.float64), compute_uv=False) ** 2
    expected = int((np.cumsum(values) < energy * values.sum()).sum()) + 1
    first, _ = factors(model.factorize(energy=energy, **EXACT))
    assert first.shape[1] == expected


@pytest.mark.parametrize("ratio", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("method", ["svd", "spatial-svd", "tucker", "cp"])
def test_ratio_of_the_multiply_adds_goes(method: str, ratio: float):
    text, _, _ = make("conv")
    model = nnq.load(text)
    before, after = (
        sum(one.macs or 0 for one in net.report().layers)
        for net in (model, model.factorize(method=method, ratio=ratio, **EXACT))
    )
    assert (1 - ratio) * 0.5 * before < after <= (1 - ratio) * before


@pytest.mark.parametrize("rank", [2, 5])
def test_vbmf_finds_the_rank_under_noise(rank: int):
    weights = draw(40, rank) @ draw(rank, 60, seed=4) + 0.1 * draw(40, 60, seed=5)
    model = nnq.load(layer('linalg.matmul {nnq.layer = "l"}', (1, 60), weights.T, (1, 40)))
    first, _ = factors(model.factorize(vbmf=True, **EXACT))
    assert first.shape[1] == rank


@pytest.mark.parametrize("method", ["linear", "svd", "spatial-svd", "tucker", "cp"])
def test_data_make_results_nearer(method: str):
    text, x, weights = make("linear" if method == "linear" else "conv")
    model = nnq.load(text)
    options = {"rank": 3, **EXACT} | ({} if method == "linear" else {"method": method})
    statistics = model.calibrate(x, correlations=".*")
    expected = np.concatenate([model.compile()(one[None]) for one in x])
    errors = []
    for source in ({}, {"data": x}, {"statistics": statistics}):
        program = model.factorize(**options, **source).compile()
        errors.append(error(expected, np.concatenate([program(one[None]) for one in x])))
    assert errors[1] < 0.98 * errors[0]
    assert errors[2] == pytest.approx(errors[1], rel=1e-4)
    if method == "linear":
        # No other matrix of this rank is nearer.
        values = np.linalg.svd(weights @ x.T.astype(np.float64), compute_uv=False) ** 2
        assert errors[1] == pytest.approx(np.sqrt(values[3:].sum() / values.sum()), rel=1e-3)


@pytest.mark.parametrize("method", ["svd", "spatial-svd", "tucker", "cp"])
def test_networks_compute_what_the_product_does(method: str):
    text, x, _ = make("conv")
    model = nnq.load(text).factorize(method=method, rank=3, **EXACT)
    whole, _, _ = make("conv", product(model, method).astype(np.float32))
    for options in ({}, {"reference": True}):
        found, expected = (net.compile(**options)(x[:1]) for net in (model, nnq.load(whole)))
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("method", ["svd", "spatial-svd", "tucker", "cp"])
def test_factors_are_quantized_and_pruned(method: str):
    text, x, _ = make("conv")
    model = nnq.load(text).factorize(method=method, rank=4, data=x, **EXACT)
    quantized = model.quantize(data=x)
    assert len(integers(quantized)) == len(factors(model))
    expected, found = (np.concatenate([net.compile()(one[None]) for one in x[:20]]) for net in (model, quantized))
    assert error(expected, found) < 0.05
    assert factors(model.prune_weights(ratio=0.5))[0].size == factors(model)[0].size


def test_errors():
    text, x, weights = make("linear")
    model = nnq.load(text)
    for options, what in (
        ({}, "nothing says what the ranks are"),
        ({"rank": 0}, "rank=0 has to be 1 at least"),
        ({"ratio": 1}, "ratio=1.* has to lie between 0 and 1"),
        ({"energy": 1.5}, "energy=1.5.* has to lie between 0 and 1"),
        ({"rank": 2, "method": "tucker"}, "no layer can be factorized"),
        ({"rank": 2, "exclude": "conv"}, "no layer with weights answers 'conv'"),
        ({"rank": 2, "data": np.full_like(x, np.nan)}, "NaN"),
    ):
        with pytest.raises(nnq.Error, match=what):
            model.factorize(**options)
    weights = weights.T.copy()
    weights[3, 3] = np.inf
    written = layer('linalg.matmul {nnq.layer = "l"}', (1, 10), weights, (1, 12)).replace("inf", "0x7F800000")
    with pytest.raises(nnq.Error, match="the weights of layer 'l' are not finite"):
        nnq.load(written).factorize(rank=2)


def load_known(name: str) -> tuple[nnq.Model, models.Samples]:
    torch = pytest.importorskip("torch")
    known = next((model for model in models.folder_models(FOLDER) if model.path.name == name), None)
    if known is None:
        pytest.skip(f"no {name} in {FOLDER}")
    samples = known.load()
    return nnq.from_torch(torch.export.load(known.path), [torch.from_numpy(samples.x[:1])]), samples


def accuracy(model: nnq.Model, samples: models.Samples, count: int) -> float:
    program = model.compile()
    right = [np.argmax(program(x[None])) == y for x, y in zip(samples.x[:count], samples.y[:count], strict=True)]
    return 100 * float(np.mean(right))


def layer_weights(model: nnq.Model, name: str) -> NDArray:
    """Return the weights that a layer reads, as they are in the network."""
    text = model.run_pipeline("import").to_mlir()
    (line,) = re.findall(rf'^.*nnq\.layer = "{re.escape(name)}".*$', text, re.MULTILINE)
    wanted = re.search(r" ins\(%\w+, (%\w+) :", line)[1]
    return next(array for its, _, array in constants(model.run_pipeline("import"), "f32", np.float32) if its == wanted)


@pytest.mark.parametrize("rank", [4, 16])
def test_svd_of_the_linear_layer_of_the_mnist_cnn(rank: int):
    model, samples = load_known("mnist_cnn_burn.pt2")
    weights = layer_weights(model, "fc1")
    assert sorted(weights.shape) == [32, 11616]
    small = model.factorize(layers=f"fc1=svd:{rank}", round_to=1)
    found = layer_weights(small, "fc1.0").astype(np.float64) @ layer_weights(small, "fc1.1")
    expected = np.sqrt(
        (np.linalg.svd(weights.astype(np.float64), compute_uv=False)[rank:] ** 2).sum()
    ) / np.linalg.norm(weights)
    assert error(weights, found) == pytest.approx(expected, rel=1e-4)
    for energy in (0.5, 0.9):
        values = np.linalg.svd(weights.astype(np.float64), compute_uv=False) ** 2
        least = int((np.cumsum(values) < energy * values.sum()).sum()) + 1
        factorized = model.factorize(energy=energy, exclude="conv.*,fc2", round_to=1, objective="size")
        assert layer_weights(factorized, "fc1.0").shape == (11616, least)


def test_the_mnist_cnn_reads_digits_in_int8():
    model, samples = load_known("mnist_cnn_burn.pt2")
    small = model.factorize(layers="fc1=svd:16", data=samples.calib)
    whole, factorized, int8 = (
        accuracy(net, samples, 1000) for net in (model, small, small.quantize(data=samples.calib))
    )
    assert factorized > whole - 1
    assert int8 > factorized - 1


@pytest.mark.parametrize("method", ["tucker", "spatial-svd", "cp"])
def test_factors_of_resnet20_are_those_of_numpy(method: str):
    model, _ = load_known("resnet20_cifar10.pt2")
    name = "layer3.2.conv1"
    weights = layer_weights(model, name)
    assert weights.shape == (64, 64, 3, 3)
    ranks = {"tucker": "16:24", "spatial-svd": "20", "cp": "8"}[method]
    small = model.factorize(layers=f"{name}={method}:{ranks}", **EXACT)
    found = [
        layer_weights(small, f"{name}.{i}").astype(np.float64)
        for i in range(4 if method == "cp" else 3 if method == "tucker" else 2)
    ]
    result = multiply(method, found)
    if method == "tucker":
        expected = error(weights, iterate_tucker(weights, 16, 24))
    elif method == "cp":
        expected = float(np.median([error(weights, iterate_cp(weights, 8, seed)) for seed in range(5)]))
    else:
        matrix = weights.transpose(1, 2, 0, 3).reshape(192, 192)
        expected = error(matrix, truncate(matrix, 20))
    assert error(weights, result) <= expected * (1 + 1e-3)
    assert error(weights, result) >= expected * (1 - (5e-2 if method == "cp" else 1e-3))


def test_resnet20_keeps_its_accuracy_in_f32_and_int8():
    model, samples = load_known("resnet20_cifar10.pt2")
    tuned = samples.calib[:64]
    # A trial takes a while, so these are few.
    small = model.factorize(energy=0.9, exclude="conv1,layer[12].*", data=tuned, accuracy_drop=3)
    layers = [one.name for one in small.report().layers]
    assert any(name.endswith(".1") and name[:-1] + "0" in layers for name in layers)
    whole, factorized, int8 = (accuracy(net, samples, 500) for net in (model, small, small.quantize(data=tuned)))
    assert factorized > whole - 8
    assert int8 > factorized - 3
