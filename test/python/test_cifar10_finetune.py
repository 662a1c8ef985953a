"""Tests of the examples that prune or factorize ResNet-20 and fine-tune it, on few of the images."""

from __future__ import annotations

import dataclasses
import sys

import pytest
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

    def load_some(path, train_share):
        images = load(path, train_share)
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


def test_what_is_left_is_trained(examples, capsys):
    finetune, _ = examples
    results = finetune.main([str(NETWORK), str(CIFAR10), "--epochs", "1", "--macs", "0.7"])
    assert results["dense"] > 88
    assert 60 < results["multiply-adds"] <= 70
    # Few images are little to learn from, but the weights are those that were fitted.
    assert results["fine-tuned"] > 70
    assert abs(results["fine-tuned"] - results["fine-tuned, int8"]) < 3
    assert "fine-tuned, int8" in capsys.readouterr().out


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
