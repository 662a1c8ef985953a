"""Weights that become zero, beside NumPy, and what that does to a trained network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

nnq = pytest.importorskip("nnq")

import models  # noqa: E402
from conftest import SHARED  # noqa: E402
from quantized_ir import dequantized_constants, f32_constants, integers  # noqa: E402
from test_round_weights import groups, layer, make  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
LENET = ROOT / "python" / "examples" / "lenet"
FOLDER = SHARED / "models"
KINDS = ["linear", "conv", "depthwise"]


def rows_of(model: nnq.Model, kind: str) -> NDArray:
    """Return the weights of a network of one layer, a row for each output channel."""
    ((_, weights),) = f32_constants(model).items()
    return weights.T if kind == "linear" else weights.reshape(len(weights), -1)


def least(scores: NDArray, count: int) -> NDArray:
    """Return a mask of the least scores."""
    mask = np.zeros(scores.size, bool)
    mask[np.argsort(scores, axis=None, kind="stable")[:count]] = True
    return mask.reshape(scores.shape)


def column_order(kind: str, inputs: int = 8) -> NDArray:
    """Return the columns with the input channels of each tap behind each other."""
    return np.arange(9 * inputs).reshape(inputs, 9).T.ravel() if kind == "conv" else np.arange(inputs)


def moments(kind: str, patches: NDArray, count: int) -> NDArray:
    """Return E[x^2] for each weight."""
    squares = (patches.astype(np.float64) ** 2).mean(1)
    return np.stack([squares[group] for group, rows in groups(kind, count).items() for _ in rows])


@pytest.mark.parametrize("ratio", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", KINDS)
def test_the_least_magnitudes_go(kind: str, ratio: float):
    text, _, weights, _ = make(kind)
    found = rows_of(nnq.load(text).prune_weights(ratio=ratio), kind)
    gone = least(np.abs(weights), round(ratio * weights.size))
    np.testing.assert_array_equal(found, np.where(gone, 0, weights))


@pytest.mark.parametrize("kind", KINDS)
def test_wanda_weighs_by_what_weights_multiply(kind: str):
    text, samples, weights, patches = make(kind)
    samples, patches = samples.copy(), patches.copy()
    model = nnq.load(text)
    scores = np.abs(weights) * np.sqrt(moments(kind, patches, len(weights)))
    gone = least(scores, round(0.4 * weights.size))
    assert (gone != least(np.abs(weights), gone.sum())).any()
    statistics = model.calibrate(samples, input_statistics=True)
    for source in ({"data": samples}, {"statistics": statistics}):
        found = rows_of(model.prune_weights(ratio=0.4, criterion="wanda", **source), kind)
        np.testing.assert_array_equal(found, np.where(gone, 0, weights))


@pytest.mark.parametrize("criterion", ["magnitude", "wanda", "obs"])
@pytest.mark.parametrize("kind", ["linear", "conv"])
@pytest.mark.parametrize("pattern", [(2, 4), (4, 8), (1, 4)], ids=str)
def test_n_of_m_input_channels_stay(pattern: tuple[int, int], kind: str, criterion: str):
    stays, period = pattern
    text, samples, weights, patches = make(kind)
    options = {} if criterion == "magnitude" else {"data": samples}
    model = nnq.load(text).prune_weights(pattern=f"{stays}:{period}", criterion=criterion, **options)
    order = column_order(kind)
    found = rows_of(model, kind)[:, order].reshape(-1, period)
    np.testing.assert_array_equal((found != 0).sum(1), stays)
    if criterion == "obs":
        return
    scores = np.abs(weights)
    if criterion == "wanda":
        scores = scores * np.sqrt(moments(kind, patches, len(weights)))
    gone = np.argsort(np.argsort(scores[:, order].reshape(-1, period), 1), 1) < period - stays
    np.testing.assert_array_equal(found, np.where(gone, 0, weights[:, order].reshape(-1, period)))


@pytest.mark.parametrize(
    ("kind", "height", "width"), [("linear", 1, 4), ("linear", 4, 2), ("conv", 5, 8), ("conv", 1, 4)]
)
@pytest.mark.parametrize("criterion", ["magnitude", "obs"])
def test_blocks_go_as_a_whole(kind: str, height: int, width: int, criterion: str):
    text, samples, weights, _ = make(kind)
    options = {} if criterion == "magnitude" else {"data": samples}
    model = nnq.load(text).prune_weights(pattern=f"{height}x{width}", ratio=0.5, criterion=criterion, **options)

    def blocks(matrix: NDArray) -> NDArray:
        tiled = matrix[:, column_order(kind)].reshape(len(matrix) // height, height, -1, width)
        return tiled.transpose(0, 2, 1, 3)

    found, before = blocks(rows_of(model, kind)), blocks(weights)
    gone = (found == 0).all((2, 3))
    assert gone.sum() == round(0.5 * gone.size)
    assert (found != 0).sum() == (~gone).sum() * height * width
    if criterion == "magnitude":
        np.testing.assert_array_equal(gone, least((before.astype(np.float64) ** 2).sum((2, 3)), gone.sum()))
        np.testing.assert_array_equal(found, np.where(gone[:, :, None, None], 0, before))


def prune_by_sparsegpt(weights: NDArray, h: NDArray, count: int, damping: float) -> NDArray:
    """Prune rows of up to 128 columns as algorithm 1 of the paper."""
    h = h.astype(np.float64)
    upper = np.linalg.cholesky(np.linalg.inv(h + damping * np.diag(h).mean() * np.eye(len(h)))).T
    left = weights.astype(np.float64)
    gone = least((left / np.diag(upper)) ** 2, count)
    for i in range(len(h)):
        error = np.where(gone[:, i], left[:, i], 0) / upper[i, i]
        left[:, i:] -= error[:, None] * upper[i, i:]
    return np.where(gone, 0, left)


def error(change: NDArray, h: NDArray) -> float:
    """Return the mean squared error of results."""
    return float(np.einsum("ri,ij,rj->", change, h.astype(np.float64), change))


@pytest.mark.parametrize("damping", [0.01, 0.1])
@pytest.mark.parametrize("kind", KINDS)
def test_obs_prunes_as_the_reference(kind: str, damping: float):
    text, samples, weights, _ = make(kind)
    model = nnq.load(text)
    correlation = model.calibrate(samples, correlations=".*").inputs["l"].correlation
    found = rows_of(model.prune_weights(ratio=0.5, criterion="obs", damping=damping, data=samples), kind)
    assert (found == 0).sum() == weights.size // 2
    plain = np.where(least(np.abs(weights), weights.size // 2), 0, weights)
    total = {"obs": 0.0, "magnitude": 0.0}
    order = column_order(kind) if kind != "depthwise" else np.arange(9)
    for group, rows in groups(kind, len(weights)).items():
        h = correlation[group]
        total["obs"] += error(found[rows] - weights[rows], h)
        total["magnitude"] += error(plain[rows] - weights[rows], h)
        count = int((found[rows] == 0).sum())
        wanted = prune_by_sparsegpt(weights[rows][:, order], h[np.ix_(order, order)], count, damping)
        np.testing.assert_allclose(found[rows][:, order], wanted, rtol=1e-3, atol=1e-4)
    assert total["obs"] < 0.85 * total["magnitude"]


def test_layers_compete_on_demand():
    digits = np.load(LENET / "sample.npz")["x"]
    model = nnq.load(LENET / "lenet.mlirbc")
    before = f32_constants(model.run_pipeline("import"))
    weights = {shape: array for shape, array in before.items() if "x" in shape}
    after = f32_constants(model.prune_weights(ratio=0.6, scope="global"))
    magnitudes = np.sort(np.concatenate([np.abs(array).ravel() for array in weights.values()]))
    limit = magnitudes[round(0.6 * magnitudes.size) - 1]
    for shape, array in before.items():
        np.testing.assert_array_equal(
            after[shape], np.where(np.abs(array) <= limit, 0, array) if "x" in shape else array
        )
    # Layers that matter more to their results keep more.
    shares = {}
    for criterion in ("wanda", "obs"):
        pruned = f32_constants(model.prune_weights(ratio=0.6, scope="global", criterion=criterion, data=digits))
        zeros = {shape: int((pruned[shape] == 0).sum()) for shape in weights}
        assert sum(zeros.values()) == round(0.6 * magnitudes.size)
        shares[criterion] = {shape: zeros[shape] / weights[shape].size for shape in weights}
        smallest, largest = (pick(weights, key=lambda shape: weights[shape].size) for pick in (min, max))
        assert shares[criterion][smallest] < 0.3 < 0.6 < shares[criterion][largest]


@pytest.mark.parametrize("criterion", ["magnitude", "wanda", "obs"])
def test_zeros_that_are_there_stay_and_count(criterion: str):
    _, samples, weights, _ = make("linear")
    weights = weights.T.copy()
    was = np.random.default_rng(1).random(weights.shape) < 0.3
    weights[was] = 0
    model = nnq.load(layer('linalg.matmul {nnq.layer = "l"}', (1, 8), weights, (1, 20)))
    options = {} if criterion == "magnitude" else {"data": samples}
    for ratio, count in ((0.5, 80), (0.1, was.sum())):
        (found,) = f32_constants(model.prune_weights(ratio=ratio, criterion=criterion, **options)).values()
        assert (found[was] == 0).all()
        assert (found == 0).sum() == count


@pytest.mark.parametrize("rounding", ["nearest", "gptq"])
@pytest.mark.parametrize("weights", ["symmetric", "asymmetric"])
@pytest.mark.parametrize("range_", ["full", "reduced"])
def test_quantization_keeps_zeros(rounding: str, weights: str, range_: str):
    text, samples, _, _ = make("conv")
    pruned = nnq.load(text).prune_weights(ratio=0.7, criterion="obs", data=samples)
    ((shape, before),) = f32_constants(pruned).items()
    options = {"weight_rounding": rounding, "weights": weights}
    if weights == "symmetric":
        options["weight_range"] = range_
    quantized = pruned.quantize(data=samples, **options)
    after = dequantized_constants(quantized)[shape]
    assert (before == 0).mean() == pytest.approx(0.7, abs=0.01)
    assert (after[before == 0] == 0).all()
    assert len(integers(quantized)) == 1


@pytest.mark.parametrize("criterion", ["magnitude", "obs"])
@pytest.mark.parametrize("quantized", [False, True])
def test_blocks_of_zeros_are_not_stored(quantized: bool, criterion: str):
    rng = np.random.default_rng(3)
    samples = np.maximum(rng.normal(size=(400, 128)) @ rng.normal(size=(128, 128)) / 8, 0).astype(np.float32)
    weights = rng.normal(0, 0.1, size=(128, 96)).astype(np.float32)
    model = nnq.load(layer('linalg.matmul {nnq.layer = "l"}', (1, 128), weights, (1, 96)))
    data = {} if criterion == "magnitude" else {"data": samples}
    pruned = model.prune_weights(ratio=0.75, pattern="16x4", criterion=criterion, **data)
    blocks = rows_of(pruned, "linear").reshape(6, 16, 32, 4)
    assert (blocks == 0).all((1, 3)).sum() == round(0.75 * 6 * 32)
    reference = pruned.compile(reference=True)
    if quantized:
        model, pruned = (network.quantize(data=samples) for network in (model, pruned))
    dense, sparse = model.compile(), pruned.compile()
    # With what says where they are, and the zeros of tiles of 32 channels (0.44 are not zero) where these are faster.
    assert sparse.signature["weights"] < 0.5 * dense.signature["weights"]
    small = pruned.compile(objective="size")
    assert small.signature["weights"] < 0.33 * dense.signature["weights"]
    wanted, found, too = (np.concatenate([net(x[None]) for x in samples[:20]]) for net in (reference, sparse, small))
    np.testing.assert_allclose(found, wanted, atol=(0.03 if quantized else 1e-5) * np.abs(wanted).max())
    np.testing.assert_allclose(too, found, atol=1e-5 * np.abs(wanted).max())


def test_errors():
    text, samples, weights, _ = make("linear")
    model = nnq.load(text)
    for ratio in (0, 1, 1.5, -0.1):
        with pytest.raises(nnq.Error, match="ratio"):
            model.prune_weights(ratio=ratio)
    for criterion, what in (("wanda", "second moments"), ("obs", "correlation")):
        with pytest.raises(
            nnq.Error, match=f"asks for the {what} of what layers multiply, which no layer has; pass data"
        ):
            model.prune_weights(ratio=0.5, criterion=criterion)
    with pytest.raises(nnq.Error, match="no layer has weights that can go"):
        model.prune_weights(pattern="2:16")
    with pytest.raises(nnq.Error, match="NaN"):
        model.prune_weights(ratio=0.5, criterion="obs", data=np.full_like(samples, np.nan))
    weights = weights.T.copy()
    weights[3, 3] = np.inf
    written = layer('linalg.matmul {nnq.layer = "l"}', (1, 8), weights, (1, 20)).replace("inf", "0x7F800000")
    with pytest.raises(nnq.Error, match="the weights of layer 'l' are not finite"):
        nnq.load(written).prune_weights(ratio=0.5)


@pytest.mark.parametrize("steps", [1, 3])
def test_steps_make_as_many_zeros_as_asked(steps: int):
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((64, 32), np.float32)
    samples = rng.standard_normal((50, 64), np.float32)
    model = nnq.load(layer('linalg.matmul {nnq.layer = "l"}', (1, 64), weights, (1, 32)))
    pruned = [model.prune_weights(ratio=0.75, steps=steps, data=samples) for _ in range(2)]
    # There is a bias, too.
    first, second = (array for each in pruned for array in f32_constants(each).values() if array.size == weights.size)
    assert (first == 0).sum() == 1536
    if steps == 1:
        np.testing.assert_array_equal(first == 0, least(np.abs(weights), 1536))
    np.testing.assert_array_equal(first, second)


@pytest.mark.skipif(not (FOLDER / "models" / "mnist_cnn_burn.pt2").exists(), reason=f"no MNIST CNN in {FOLDER}")
def test_a_tenth_of_the_weights_reads_digits():
    torch = pytest.importorskip("torch")
    (known,) = (model for model in models.folder_models(FOLDER) if model.name == "mnist_cnn_burn")
    samples = known.load()
    exported = torch.export.load(known.path)
    model = nnq.from_torch(exported, [torch.from_numpy(samples.x[:1])])

    def accuracy(net: nnq.Model) -> float:
        program = net.compile()
        right = [np.argmax(program(x[None])) == y for x, y in zip(samples.x, samples.y, strict=True)]
        return 100 * float(np.mean(right))

    def count_zeros(net: nnq.Model) -> float:
        arrays = [array for shape, array in f32_constants(net).items() if "x" in shape]
        return sum(int((array == 0).sum()) for array in arrays) / sum(array.size for array in arrays)

    # Of all weights 98.7 % are of fc1.
    asked = {"ratio": 0.9125, "exclude": "conv.*,fc2"}
    dense = accuracy(model)
    pruned = model.prune_weights(**asked)
    assert count_zeros(pruned) == pytest.approx(0.9, abs=0.001)
    raw = accuracy(pruned)
    # Digits that moved by one pixel are other digits of the same kind.
    moves = [(y, x) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    data = np.concatenate([np.roll(samples.calib, move, (2, 3)) for move in moves])
    pruned = model.prune_weights(**asked, criterion="wanda", steps=6, data=data)
    assert count_zeros(pruned) == pytest.approx(0.9, abs=0.001)
    fitted = accuracy(pruned)
    print(f"{dense:.2f} %, of the digits, {raw:.2f} % by magnitude alone, {fitted:.2f} % in fitted steps")
    assert dense - 1 < raw < dense - 0.3 < fitted
