"""Sizes of inputs as users give them, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .errors import NetworkError

# Sizes of inputs; None for a batch that stays dynamic.
Shapes = Mapping[str, Sequence[int | None]]


def check_names(shapes: Shapes, inputs: Mapping[str, Any]) -> None:
    """Raise if a shape is given for something that is no input."""
    unknown = [name for name in shapes if name not in inputs]
    if unknown:
        raise NetworkError(f"no input is called {', '.join(unknown)}; inputs: {', '.join(inputs)}")


def check_batch(name: str, shape: Sequence[int | None]) -> None:
    """Raise if a size other than the batch shall stay open."""
    if None in shape[1:]:
        raise NetworkError(f"input '{name}': only the first size may stay open, not {format_shape(shape)}")


def check_open(inputs: Sequence[str]) -> None:
    """Raise if there are inputs with open sizes."""
    if inputs:
        raise NetworkError(f"sizes of inputs are open, give numbers (or ? for the batch): {' '.join(inputs)}")


def format_shape(shape: Sequence[Any]) -> str:
    """Return a shape as it is written on the command line."""
    return "x".join("?" if size is None else str(size) for size in shape)
