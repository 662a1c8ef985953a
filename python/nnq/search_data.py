"""What trials read: the samples of a search, in files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import to_numpy
from .comparison import batch_size, iterate_batches
from .errors import InputError, OptionError
from .model import Model
from .program import Program, number_names
from .trial import HELD, SAMPLES, run


def read_inputs(model: Model, data: Any, purpose: str) -> list[NDArray[Any]]:
    """Return the samples of each input."""
    batches = list(iterate_batches(data, [tensor.name for tensor in model.inputs]))
    if not batches:
        raise InputError(f"there are no samples to {purpose} on")
    return [np.concatenate(arrays) for arrays in zip(*batches, strict=True)]


def save_inputs(path: Path, inputs: Sequence[NDArray[Any]], **others: NDArray[Any]) -> None:
    """Write samples under the names that nnq-run gives inputs."""
    arrays: dict[str, Any] = {**dict(zip(number_names("x", len(inputs)), inputs, strict=True)), **others}
    np.savez(path, **arrays)


def write_samples(
    folder: Path, model: Model, program: Program, data: Any, labels: Any, count: int, holdout: float
) -> list[NDArray[Any]]:
    """Write the samples to score on as trials read them, and those kept aside; return the inputs of the first."""
    inputs = read_inputs(model, data, "score")
    if isinstance(labels, str):
        if not isinstance(data, (str, os.PathLike)):
            raise OptionError("labels are an array if data is one, and the name of one if data is a file")
        labels = np.load(data)[labels]
    found = None if labels is None else to_numpy(labels)
    if found is not None and len(found) < len(inputs[0]):
        raise InputError(f"there are {len(found)} labels for {len(inputs[0])} samples")
    if count:
        inputs = [x[:count] for x in inputs]
    results = run(program, inputs)
    if found is None:
        found = results.argmax(axis=1)
    # A rest that fills no batch has no results.
    number, size = len(results), batch_size(program)
    held = np.zeros(number, bool)
    if holdout * number >= size and (1 - holdout) * number >= size:
        # Spread over all: files may be sorted by label.
        held = np.floor(np.arange(1, number + 1) * holdout) > np.floor(np.arange(number) * holdout)
    for name, part in ((SAMPLES, ~held), (HELD, held)):
        parts = [x[:number][part] for x in inputs]
        save_inputs(folder / name, parts, labels=found[:number][part], results=results[part])
    return [x[:number][~held] for x in inputs]


def fingerprint(folder: Path) -> str:
    """Return what tells this search from others: the network and its samples, those to calibrate on, too."""
    digest = hashlib.sha256()
    for name in (SAMPLES, HELD, "calibration.npz"):
        with np.load(folder / name) as file:
            for key in sorted(file.files):
                array = file[key]
                digest.update(f"{name} {key} {array.dtype} {array.shape}".encode())
                digest.update(np.ascontiguousarray(array).tobytes())
    digest.update((folder / "network.mlirbc").read_bytes())
    return digest.hexdigest()[:16]
