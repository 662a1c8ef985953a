"""Trained networks import and run, with the results of ONNX Runtime or PyTorch."""

from __future__ import annotations

import models
import numpy as np
import onnxruntime
import pytest
import torch
from conftest import SHARED, Run, assert_close
from nnq import importer

FOLDER = SHARED / "models"
NETWORKS = models.folder_models(FOLDER)
SAMPLES = 4
TOLERANCE = 1e-3


def expected_results(model: models.Model, x: np.ndarray) -> list[np.ndarray]:
    """Run samples one by one, as the network is compiled."""
    if model.path.suffix == ".pt2":
        module = torch.export.load(model.path).module()
        with torch.no_grad():
            results = module(torch.from_numpy(x))
        return [r.numpy() for r in (results if isinstance(results, tuple | list) else [results])]
    session = onnxruntime.InferenceSession(model.path, providers=["CPUExecutionProvider"])
    rows = [session.run(None, {model.input: sample[None]}) for sample in x]
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


@pytest.mark.skipif(not NETWORKS, reason=f"no trained networks in {FOLDER}")
@pytest.mark.parametrize("model", NETWORKS, ids=lambda model: model.path.name)
def test_network_runs_in_f32(model: models.Model, run_network: Run, tmp_path):
    text = importer.from_file(model.path, shapes={model.input: model.shape})
    importer.write(text, tmp_path / "net.mlirbc")
    x = model.load().x[:SAMPLES]
    assert x.shape[1:] == model.shape[1:]
    assert_close(run_network(tmp_path / "net.mlirbc", [x]), expected_results(model, x), TOLERANCE)
