"""Test of the example that quantizes LeNet from Python, in a short form."""

from __future__ import annotations

import sys

import pytest
from conftest import ROOT, SHARED

MNIST = SHARED / "models" / "data" / "mnist.npz"


@pytest.mark.skipif(not MNIST.exists(), reason=f"there is no {MNIST}")
def test_int8_keeps_the_accuracy(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(ROOT / "python" / "examples" / "lenet"))
    import quantize

    results = {result.name: result for result in quantize.main(["--data", str(MNIST), "--epochs", "12"])}
    monkeypatch.delitem(sys.modules, "quantize")
    f32, int8 = results["nnq f32"], results["nnq int8"]
    assert f32.accuracy > 0.9
    assert f32.accuracy == pytest.approx(results["PyTorch f32"].accuracy, abs=1e-3)
    assert int8.accuracy == pytest.approx(f32.accuracy, abs=0.01)
    assert int8.bytes < 0.4 * f32.bytes
    assert "SQNR" in capsys.readouterr().out
