"""Arrays of NumPy and PyTorch, neither of which must be there."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from .errors import InputError


def is_tensor(value: Any) -> bool:
    """Tell whether a value is a tensor of PyTorch."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def is_array(value: Any) -> bool:
    """Tell whether a value is one array, of whatever library."""
    return isinstance(value, np.ndarray) or is_tensor(value) or hasattr(value, "__dlpack__")


def to_numpy(value: Any) -> np.ndarray:
    """Return an array of NumPy, a view if it can be."""
    return np.asarray(value.detach().cpu() if is_tensor(value) else value)


def convert(value: Any, dtype: str, name: str) -> Any:
    """Return a dense array in memory of the type, a copy if need be; the extension calls it for copy=True.

    Numbers change their type only within their kind, float64 to float32 for example.
    """
    if is_tensor(value):
        torch = sys.modules["torch"]
        wanted = getattr(torch, dtype)
        if not torch.can_cast(value.dtype, wanted):
            raise InputError(f"input '{name}' has dtype {value.dtype}, which does not become {wanted} without harm")
        return value.detach().to(device="cpu", dtype=wanted).contiguous()
    array = np.asarray(value)
    if not np.can_cast(array.dtype, dtype, "same_kind"):
        raise InputError(f"input '{name}' has dtype {array.dtype}, which does not become {dtype} without harm")
    return np.ascontiguousarray(array, dtype).reshape(array.shape)
