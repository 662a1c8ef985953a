"""What a calibration saw of the tensors of a network."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


class Statistics:
    """Statistics of a network, which serve to quantize it in many ways. Made by Model.calibrate and load."""

    def __init__(self, text: str, name: str = "statistics") -> None:
        try:
            document = json.loads(text)
            self.tensors = {tensor.name: tensor for tensor in map(read_tensor, document["tensors"])}
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
