"""Test of the example that prunes a network for CIFAR-10, in a short form."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from conftest import ROOT, SHARED
from quantized_ir import integers

CIFAR10 = SHARED / "models" / "data" / "cifar10.npz"
EXAMPLE = ROOT / "python" / "examples" / "cifar10"


@pytest.fixture
def example(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLE))
    import cifar10
    import prune

    yield cifar10, prune
    for name in ("cifar10", "prune"):
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.skipif(not CIFAR10.exists(), reason=f"there is no {CIFAR10}")
def test_zeros_are_kept_and_counted(example, capsys):
    _, prune = example
    outcome = prune.main([str(CIFAR10), "--epochs", "7"])
    accuracy = {name: result.accuracy for name, result in outcome.results.items()}
    assert accuracy["nnq f32, pruned"] > 0.3
    # The same numbers but for rounding, which may turn one of the thousand images.
    assert accuracy["nnq f32, pruned"] == pytest.approx(accuracy["PyTorch f32, pruned"], abs=1.5e-3)
    assert accuracy["nnq int8, pruned"] == pytest.approx(accuracy["nnq f32, pruned"], abs=0.03)

    zeros = prune.count_zeros(outcome.pruned)
    layers = prune.weighted_layers(outcome.pruned)
    total = sum(layer.weight.numel() for layer in layers.values())
    assert sum(zeros.values()) == round(total / 2)
    products = {layer.name: layer for layer in outcome.f32.report().layers if layer.macs}
    assert {name: layer.zeros for name, layer in products.items()} == zeros
    assert {name: layer.factors for name, layer in products.items()} == {
        name: layer.weight.numel() for name, layer in layers.items()
    }
    # Rounding makes more of them.
    rounded = {layer.name: layer for layer in outcome.int8.report().layers if layer.macs}
    assert all(rounded[name].zeros >= count for name, count in zeros.items())
    assert all(rounded[name].factors == products[name].factors for name in zeros)

    constants = integers(outcome.int8)
    for layer in layers.values():
        mask = layer.weight_mask.numpy()
        values = next(c if c.shape == mask.shape else c.T for c in constants if mask.shape in (c.shape, c.T.shape))
        assert not values[mask == 0].any()
        assert np.count_nonzero(values) > 0.9 * np.count_nonzero(mask)
    out = capsys.readouterr().out
    assert "density" in out
    # The file does not get smaller, an archive does.
    results = outcome.results
    assert results["nnq f32, pruned"].bytes == pytest.approx(results["nnq f32, dense"].bytes, rel=0.02)
    assert results["nnq f32, pruned"].compressed_bytes < 0.75 * results["nnq f32, dense"].compressed_bytes


def test_no_image_is_trained_and_tested_with(example, tmp_path):
    cifar10, _ = example
    x = np.random.default_rng(0).integers(0, 256, (50, 32, 32, 3), dtype=np.uint8)
    np.savez(tmp_path / "images.npz", x=x, y=np.arange(50) % 10)
    labels = {image.tobytes(): label for image, label in zip(cifar10.normalize(x), np.arange(50) % 10, strict=True)}
    tested = set()
    for fold in range(5):
        images = cifar10.load(tmp_path / "images.npz", fold)
        assert (len(images.x_train), len(images.x_test)) == (40, 10)
        everything = np.concatenate([images.x_train, images.x_test])
        assert len(np.unique(everything.reshape(50, -1), axis=0)) == 50
        assert [labels[image.tobytes()] for image in images.x_test] == images.y_test.tolist()
        tested.update(image.tobytes() for image in images.x_test)
    # Each fold tests with others.
    assert len(tested) == 50


def test_binary_version(example, tmp_path):
    cifar10, prune = example
    rng = np.random.default_rng(0)
    records = {}
    for name in ("data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"):
        records[name] = rng.integers(0, 10, (4, 3073), dtype=np.uint8)
        records[name].tofile(tmp_path / name)
    images = cifar10.load(tmp_path)
    assert images.y_train.tolist() == [*records["data_batch_1.bin"][:, 0], *records["data_batch_2.bin"][:, 0]]
    pixels = images.x_test * cifar10.STD[:, None, None] + cifar10.MEAN[:, None, None]
    np.testing.assert_array_equal(np.rint(pixels * 255).reshape(4, -1), records["test_batch.bin"][:, 1:])
    (tmp_path / "test_batch.bin").write_bytes(b"short")
    assert prune.main([str(tmp_path)]) is None


def test_missing_data_is_an_error(example, tmp_path, capsys):
    _, prune = example
    assert prune.main([str(tmp_path / "nothing.npz")]) is None
    assert "nothing.npz: no .npz with x and y" in capsys.readouterr().err
