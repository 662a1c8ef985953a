"""Tests of the examples that prune or factorize ResNet-20 and fine-tune it, on few of the images."""

from __future__ import annotations

import dataclasses
import sys

import pytest
import torch
from conftest import ROOT, SHARED

FOLDER = SHARED / "models"
CIFAR10 = FOLDER / "data" / "cifar10.npz"
NETWORK = FOLDER / "models" / "resnet20_cifar10.pt2"
EXAMPLE = ROOT / "python" / "examples" / "cifar10"


pytestmark = pytest.mark.skipif(
    not (CIFAR10.exists() and NETWORK.exists()), reason=f"no network and images in {FOLDER}"
)


@pytest.fixture
def examples(monkeypatch):
    """Give the modules of the examples, which load few images."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    import cifar10
    import factorize
    import finetune

    load = cifar10.load

    def load_some(path, fold):
        images = load(path, fold)
        return dataclasses.replace(
            images,
            x_train=images.x_train[:512],
            y_train=images.y_train[:512],
            x_test=images.x_test[:300],
            y_test=images.y_test[:300],
        )

    monkeypatch.setattr(cifar10, "load", load_some)
    yield finetune, factorize
    for name in ("cifar10", "factorize", "finetune", "resnet20"):
        monkeypatch.delitem(sys.modules, name)


def test_what_is_left_is_trained(examples, capsys, monkeypatch):
    finetune, _ = examples
    monkeypatch.setattr(finetune, "CALIBRATION", 128)
    results = finetune.main([str(NETWORK), str(CIFAR10), "--epochs", "1", "--ratios", "0.25", "0.3", "0.35"])
    assert results["dense"] > 88
    assert 68 < results["multiply-adds"] <= 72
    # Few images are little to learn from, but the weights are those that were fitted.
    assert results["fine-tuned"] > 70
    assert abs(results["fine-tuned"] - results["fine-tuned, int8"]) < 3
    assert "fine-tuned, int8" in capsys.readouterr().out


def test_images_are_mixed(examples):
    finetune, _ = examples
    x = torch.arange(64.0)[:, None, None, None].expand(64, 3, 32, 32)
    mixed = finetune.mix(x, torch.Generator().manual_seed(1))
    values = [image.unique().tolist() for image in mixed]
    whole = [numbers[0] == i for i, numbers in enumerate(values) if len(numbers) == 1]
    boxes = [(i, numbers) for i, numbers in enumerate(values) if len(numbers) == 2]
    # Images as they were, blended ones, and ones with a box of another.
    assert sum(whole) > 10
    assert len(whole) - sum(whole) > 10
    assert len(boxes) > 10
    assert all(i in numbers and all(n in range(64) for n in numbers) for i, numbers in boxes)


def test_factors_come_back(examples, monkeypatch):
    _, factorize = examples
    monkeypatch.setattr(factorize, "CALIBRATION", 64)
    # Few images are too little to learn from: what is trained here is nothing.
    results = factorize.main([str(NETWORK), str(CIFAR10), "--epochs", "0", "--ratio", "0.3"])
    assert results["dense"] > 88
    assert results["factorized"] > 80
    assert abs(results["fine-tuned"] - results["factorized"]) < 0.5
    assert abs(results["fine-tuned"] - results["fine-tuned, int8"]) < 3
    assert results["time beside int8"] < 110
