"""How far the results of two programs are apart."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import to_numpy
from .data import as_batches, get_batch
from .errors import InputError
from .program import Program, number_names


@dataclass(frozen=True)
class Comparison:
    """Results on data against those of the original network."""

    samples: int
    max_difference: float
    # Signal to noise of all results together; infinite if they are equal.
    sqnr_db: float
    # Of the first output; None if it has one number a sample.
    same_top1: float | None


def read_file(path: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return the arrays of a .npy or .npz, which has them by the name of the input or as nnq-run calls them."""
    loaded = np.load(path, mmap_mode="r")
    if isinstance(loaded, np.ndarray):
        return {names[0]: loaded}
    return {
        name: loaded[name if name in loaded else other]
        for name, other in zip(names, number_names("x", len(names)), strict=True)
        if name in loaded or other in loaded
    }


def iterate_batches(data: Any, names: Sequence[str]) -> Iterator[list[np.ndarray]]:
    """Give the arrays of each batch in the order of the inputs."""
    if isinstance(data, (str, os.PathLike)):
        data = read_file(data, names)
    for batch in as_batches(data):
        yield [to_numpy(array) for array in get_batch(batch, names)]


def cut(batches: Iterable[Sequence[np.ndarray]], size: int) -> Iterator[list[np.ndarray]]:
    """Give batches of the size that a program takes; a rest that does not fill one is left out."""
    for arrays in batches:
        for i in range(0, len(arrays[0]) - size + 1, size):
            yield [np.ascontiguousarray(array[i : i + size]) for array in arrays]


def batch_size(program: Program) -> int:
    """Return the samples of a call; a program for any number takes one at a time."""
    shape = program.get_inputs()[0].shape
    return (shape[0] or 1) if shape else 1


def as_tuple(results: Any) -> tuple[np.ndarray, ...]:
    """Return the results of a program as a tuple."""
    return results if isinstance(results, tuple) else (results,)


def compare(program: Program, original: Program, data: Any) -> tuple[Comparison, list[np.ndarray]]:
    """Compare two programs on data; return the first batch, too."""
    signal = noise = largest = 0.0
    samples = same = 0
    has_classes = True
    first: list[np.ndarray] = []
    size = batch_size(program)
    for arrays in cut(iterate_batches(data, [t.name for t in program.get_inputs()]), size):
        first = first or arrays
        results, wanted = as_tuple(program(*arrays)), as_tuple(original(*arrays))
        for result, right in zip(results, wanted, strict=True):
            exact = right.astype(np.float64)
            difference = exact - result
            signal += float(np.sum(exact**2))
            noise += float(np.sum(difference**2))
            largest = max(largest, float(np.abs(difference).max(initial=0)))
        scores = [each.reshape(size, -1) for each in (results[0], wanted[0]) if each.size % size == 0]
        has_classes &= len(scores) == 2 and scores[0].shape[1] > 1
        if has_classes:
            same += int(np.sum(scores[0].argmax(axis=1) == scores[1].argmax(axis=1)))
        samples += size
    if not samples:
        raise InputError(f"the data has no batch of {size}")
    sqnr = 10 * math.log10(signal / noise) if signal and noise else math.inf if not noise else -math.inf
    return Comparison(samples, largest, sqnr, same / samples if has_classes else None), first
