"""Compression in several steps: what recipes check before they start and after each step, and that they compute."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest

nnq = pytest.importorskip("nnq")

from conftest import ROOT  # noqa: E402

LENET = ROOT / "python" / "examples" / "lenet"
STEPS = [
    ("factorize", {"layers": "fc1=svd:24", "objective": "size"}),
    {"prune_weights": {"ratio": 0.5, "exclude": ["conv1", "conv2"]}},
    "quantize",
]


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return np.load(LENET / "sample.npz")["x"]


@pytest.fixture
def lenet() -> nnq.Model:
    return nnq.load(LENET / "lenet.mlirbc")


def test_recipe_computes_what_its_steps_do(lenet: nnq.Model, digits: np.ndarray, tmp_path: Path):
    recipe = nnq.Recipe(STEPS)
    made = lenet.apply(recipe, data=digits)
    assert [step.pipeline for step in made.steps] == ["factorize", "prune-weights", "quantize-int8"]
    single = lenet.factorize(layers="fc1=svd:24", objective="size", data=digits)
    single = single.prune("weights", ratio=0.5, exclude="conv1,conv2", data=digits).quantize(data=digits)
    np.testing.assert_array_equal(made.compile()(digits[:1]), single.compile()(digits[:1]))
    assert any(layer.name == "fc1.0" and (layer.density or 1) < 0.6 for layer in made.report().layers)
    # The file is that of the command line.
    recipe.save(tmp_path / "recipe.json")
    np.savez(tmp_path / "data.npz", x=digits)
    loaded = nnq.Recipe.load(tmp_path / "recipe.json")
    assert loaded == recipe == pickle.loads(pickle.dumps(recipe))
    other = lenet.apply("recipe", file=tmp_path / "recipe.json", data=tmp_path / "data.npz")
    np.testing.assert_array_equal(made.compile()(digits[:1]), other.compile()(digits[:1]))


def test_steps_and_options_are_checked_first(tmp_path: Path):
    for steps, what in (
        (["quantise"], r"step 1: there is no step 'quantise'; there are: prune-channels, .*quantize-int8"),
        (["lower-to-llvm"], "there is no step 'lower-to-llvm'"),
        (["quantize", ("factorize", {"energie": 1})], r"step 2: 'factorize' has no option 'energie'; it has: accuracy"),
        ([("factorize", {"method": "qr"})], r"step 1: method='qr' of 'factorize' is none of auto, svd"),
        ([("factorize", {"data": np.zeros(3)})], r"option 'data' of 'factorize' is 'ndarray'"),
        ([{"factorize": {}, "quantize": {}}], "a step is one name with its options, not factorize, quantize"),
        ([], "a recipe has no steps"),
    ):
        with pytest.raises(nnq.OptionError, match=what):
            nnq.Recipe(steps)
    (tmp_path / "list.json").write_text(json.dumps({"step": []}))
    with pytest.raises(nnq.InputError, match="is no list of steps"):
        nnq.Recipe.load(tmp_path / "list.json")


def test_a_step_that_undoes_another_is_an_error(lenet: nnq.Model, digits: np.ndarray):
    recipe = nnq.Recipe([("prune-weights", {"ratio": 0.8}), ("prune-channels", {"ratio": 0.3, "criterion": "obs"})])
    what = r"step 'prune-channels' undoes step 'prune-weights': layer '\w+' has \d+ weights that are not zero, and had"
    with pytest.raises(nnq.Error, match=what):
        lenet.apply(recipe, data=digits)


def test_layers_that_would_not_be_faster_are_in_the_report(lenet: nnq.Model):
    # More multiply-adds than the layer has: no machine is faster at that.
    small = lenet.factorize(layers="fc3=svd:7,fc1=svd:8", round_to=1, gate="measure", gate_cache="none")
    refused = {layer.layer: layer.reason for layer in small.report().refused}
    assert "fc3" in refused
    assert "fc1" not in refused
    assert [layer.name for layer in small.report().layers if layer.macs][-1] == "fc3"
    assert "refused               factorize of fc3" in str(small.report())
