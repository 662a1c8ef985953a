"""What a calibration saw of the tensors of a network."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError


@dataclass(frozen=True)
class TensorStatistics:
    """Statistics of one tensor over all samples."""

    name: str
    shape: tuple[int, ...]
    min: float
    max: float
    mean: float
    second_moment: float
    count: int
    # Equal bins over [0, r), or [-r, r) if `min` is negative, r being the next power of two.
    histogram: tuple[int, ...]


def read_tensor(entry: Mapping[str, Any]) -> TensorStatistics:
    """Return the statistics that an entry of a file holds."""
    if "input" in entry:
        name = f"input {entry['input']}"
    else:
        name = entry["layer"] + (f", tensor {entry['tensor']}" if entry["tensor"] else "")
    return TensorStatistics(
        name,
        tuple(entry["shape"]),
        min=float(entry["min"]),
        max=float(entry["max"]),
        mean=float(entry["mean"]),
        second_moment=float(entry["second_moment"]),
        count=int(entry["count"]),
        histogram=tuple(entry["histogram"]),
    )


@dataclass(frozen=True, eq=False)
class InputStatistics:
    """Statistics of what one layer multiplies by its weights: arrays of groups of output channels x depth.

    The depth runs over input channels and taps in the order of the weights.
    """

    name: str
    min: NDArray[np.float32]
    max: NDArray[np.float32]
    mean: NDArray[np.float32]
    second_moment: NDArray[np.float32]
    # Of each output channel, without its bias.
    output_mean: NDArray[np.float32]
    count: int
    # E[x x^T] of each group, if asked for.
    correlation: NDArray[np.float32] | None


def read_input(entry: Mapping[str, Any]) -> InputStatistics:
    """Return the statistics of an input that an entry of a file holds."""
    groups, depth = int(entry["groups"]), int(entry["depth"])

    def decode(key: str, *shape: int) -> NDArray[np.float32]:
        return np.frombuffer(base64.b64decode(entry[key]), "<f4").astype(np.float32).reshape(shape)

    correlation = None
    if "correlation" in entry:
        rows, columns = np.tril_indices(depth)
        correlation = np.empty((groups, depth, depth), np.float32)
        correlation[:, rows, columns] = decode("correlation", groups, len(rows))
        correlation[:, columns, rows] = correlation[:, rows, columns]
    return InputStatistics(
        entry["layer"],
        min=decode("min", groups, depth),
        max=decode("max", groups, depth),
        mean=decode("mean", groups, depth),
        second_moment=decode("second_moment", groups, depth),
        output_mean=decode("output_mean", int(entry["channels"])),
        count=int(entry["count"]),
        correlation=correlation,
    )


class Statistics:
    """Statistics of a network, which serve to quantize it in many ways. Made by Model.calibrate and load."""

    def __init__(self, text: str, name: str = "statistics") -> None:
        try:
            document = json.loads(text)
            self.tensors = {tensor.name: tensor for tensor in map(read_tensor, document["tensors"])}
            # By layer; of those that a calibration with input_statistics or correlations observed.
            self.inputs = {layer.name: layer for layer in map(read_input, document.get("inputs", ()))}
        except (ValueError, TypeError, LookupError) as error:
            raise InputError(f"{name} holds no statistics of a calibration: {error}") from error
        self._text = text

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Statistics:
        """Read what save() wrote."""
        return cls(Path(path).read_text(), os.fspath(path))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write JSON, which the compiler reads, too."""
        Path(path).write_text(self._text)

    def __repr__(self) -> str:
        return f"<nnq.Statistics of {len(self.tensors)} tensors>"

    @contextlib.contextmanager
    def file(self) -> Iterator[Path]:
        """Give a file for the compiler."""
        with tempfile.TemporaryDirectory(prefix="nnq-") as folder:
            path = Path(folder) / "statistics.json"
            self.save(path)
            yield path
