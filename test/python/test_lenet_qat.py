"""Test of the example that trains LeNet with quantization in the loop, in a short form."""

from __future__ import annotations

import sys

import pytest
from conftest import ROOT, SHARED
from quantized_ir import scales

MNIST = SHARED / "models" / "data" / "mnist.npz"


@pytest.mark.skipif(not MNIST.exists(), reason=f"there is no {MNIST}")
def test_training_regains_what_rounding_loses(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "python" / "examples" / "lenet"))
    import nnq.torch
    import qat

    arguments = ["--data", str(MNIST), "--epochs", "6", "--qat-epochs", "3"]
    outcome = qat.main([*arguments, "--weight-granularity", "per-tensor", "--spread", "64"])
    monkeypatch.delitem(sys.modules, "qat")
    monkeypatch.delitem(sys.modules, "quantize")
    accuracy = {name: result.accuracy for name, result in outcome.results.items()}
    assert accuracy["nnq f32"] > 0.9
    assert accuracy["nnq f32"] == pytest.approx(accuracy["PyTorch f32"], abs=1e-3)
    assert accuracy["nnq int8, PTQ"] < accuracy["nnq int8, QAT"]
    assert accuracy["nnq int8, QAT"] > 0.9
    # One scale for channels of very different ranges makes large steps, and biases are multiples of them.
    assert outcome.same_top1 > 0.985
    assert outcome.largest_difference < 0.1
    trained = {
        float(scale)
        for part in outcome.prepared.modules()
        if isinstance(part, nnq.torch.Quantizer)
        for scale in part.scale.reshape(-1)
    }
    # One for the weights and one for the input of each of five layers.
    assert len(trained) == 10
    assert {float(scale) for scale in scales(outcome.model)} == trained
    assert "same answer" in capsys.readouterr().out
