"""Test of the example that prunes LeNet and shares its weights, in a short form."""

from __future__ import annotations

import copy
import sys

import pytest
from conftest import ROOT, SHARED

MNIST = SHARED / "models" / "data" / "mnist.npz"
SHORT = {"epochs": 8, "prune-steps": 3, "prune-epochs": 1, "last-epochs": 3, "share-epochs": 3}
SHORTEST = {"epochs": 2, "prune-steps": 3, "prune-epochs": 1, "last-epochs": 1, "share-epochs": 1}

pytestmark = pytest.mark.skipif(not MNIST.exists(), reason=f"there is no {MNIST}")


@pytest.fixture
def example(monkeypatch):
    """Give the example."""
    monkeypatch.syspath_prepend(str(ROOT / "python" / "examples" / "lenet"))
    import share

    yield share
    for name in ("share", "quantize"):
        monkeypatch.delitem(sys.modules, name)


@pytest.fixture
def run(example):
    """Give a function that takes options of the example from a dictionary and others as they are."""
    return lambda options, *others: example.main(
        ["--data", str(MNIST), *(f"--{name}={value}" for name, value in options.items()), *others]
    )


def test_trained_codebooks_are_small_and_accurate(run, capsys):
    outcomes = run(SHORT, "--network=lenet-300-100", "--fc-bits=2", "--keep=0.1", "--keep-untrained=0.3")
    before, after = outcomes["int8, pruned in training"], outcomes["int8, codebooks trained"]
    f32, int8, untrained = (outcomes[name] for name in ("f32", "int8", "int8, without training"))
    assert f32.accuracy > 0.9
    assert int8.accuracy == pytest.approx(f32.accuracy, abs=0.01)
    # Training moves the numbers of codebooks.
    assert after.accuracy > before.accuracy
    assert after.accuracy > f32.accuracy - 0.01
    assert after.bytes < 1.25 * before.bytes
    # Weights of 32 bits that are one of three numbers or, mostly, zero.
    assert 30 * after.bytes < f32.bytes
    assert 15 * untrained.bytes < f32.bytes
    assert "codebooks trained" in capsys.readouterr().out


def test_convolutions_become_small_as_well(run):
    outcomes = run(SHORTEST)
    f32, trained, untrained = (
        outcomes[name] for name in ("f32", "int8, codebooks trained", "int8, without training")
    )
    assert 33 * trained.bytes < f32.bytes
    assert 15 * untrained.bytes < f32.bytes
    # A few epochs of few digits.
    assert trained.accuracy > f32.accuracy - 0.02


def test_weights_become_small_before_they_go(example):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    torch.manual_seed(1)
    dense = example.build_lenet_300_100()
    digits = example.load_digits(MNIST)
    shares = []
    for lasso in (0, 1e-5):
        network = copy.deepcopy(dense)
        example.tune(network, dense, digits, 2, example.PRUNING_RATE, lasso)
        weight = network.fc1.weight.abs()
        shares.append((weight < 0.01 * weight.max()).float().mean().item())
    assert shares[1] > 2 * shares[0]
