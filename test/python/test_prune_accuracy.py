"""Trained networks lose channels, with no training behind it: what they still know, in f32 and in int8."""

from __future__ import annotations

import models
import nnq
import numpy as np
import pytest
from conftest import SHARED
from nnq import importer

FOLDER = SHARED / "models"
NETWORKS = {model.path.name: model for model in models.folder_models(FOLDER)}
# Channels by the error that their loss makes behind what the weights that stay make up for.
OPTIONS = {"criterion": "obs", "ranking": "global", "round_to": 1}


def load(name: str) -> tuple[nnq.Model, models.Samples]:
    if name not in NETWORKS:
        pytest.skip(f"no {name} in {FOLDER}")
    network = NETWORKS[name]
    text = importer.from_file(network.path, shapes={network.input: network.shape})
    return nnq.Model.from_mlir(text), network.load()


def accuracy(model: nnq.Model, samples: models.Samples) -> float:
    """Return the share of the images that are recognized, in percent."""
    program = model.compile()
    hits = [program(np.ascontiguousarray(x[None])).argmax() == y for x, y in zip(samples.x, samples.y, strict=True)]
    return 100 * float(np.mean(hits))


@pytest.mark.parametrize(("name", "macs", "loss"), [("resnet20_cifar10.onnx", 0.8, 3)])
def test_pruned_network_is_accurate(name: str, macs: float, loss: float):
    dense, samples = load(name)
    pruned = dense.prune("channels", macs=macs, data=samples.calib, **OPTIONS)
    expected, result = accuracy(dense, samples), accuracy(pruned, samples)
    before, after = (sum(layer.macs for layer in model.report().layers) for model in (dense, pruned))
    assert 0.9 * macs * before < after <= macs * before
    print(f"{name}: {expected:.2f} % of the images, {result:.2f} % with {after / before:.3f} of the multiply-adds")
    assert result > expected - loss
    quantized = accuracy(pruned.quantize(data=samples.calib), samples)
    print(f"int8: {quantized:.2f} %")
    assert quantized > result - 0.5


def test_quantized_network_is_its_mask():
    dense, samples = load("resnet20_cifar10.onnx")
    quantized = dense.quantize(data=samples.calib[:64], weight_granularity="per-axis")
    pruned = quantized.prune(ratio=0.3).compile(profile=True)
    masked = quantized.prune(ratio=0.3, mask=True).compile(profile=True)
    whole = quantized.compile()
    rows = [np.ascontiguousarray(x[None]) for x in samples.x[:16]]
    np.testing.assert_array_equal([pruned(x) for x in rows], [masked(x) for x in rows])
    assert np.abs(whole(rows[0]) - masked(rows[0])).max() > 0.1
    layers = [program.signature["layers"] for program in (pruned, masked)]
    after, before = (sum(layer["macs"] for layer in each) for each in layers)
    assert after < 0.7 * before
