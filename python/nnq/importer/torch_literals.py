"""Weights of PyTorch on their way into MLIR, as the bytes that they are.

torch-mlir makes a list of Python numbers of each tensor, which takes minutes for a network of some size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch_mlir import ir
from torch_mlir.extras.fx_importer import FxImporterHooks

from .lowering import resource_key


class LiteralHooks(FxImporterHooks):
    """Makes resources of tensors, one of tensors that share their storage.

    `resources` gives the bytes by their keys.
    """

    def __init__(self) -> None:
        """Start with no resources."""
        self.attributes: dict[tuple, ir.Attribute] = {}
        self.resources: dict[str, np.ndarray] = {}

    def resolve_literal(self, gni: Any, literal: Any, info: Any) -> ir.Value | None:
        """Return the value of a literal; None leaves it to torch-mlir."""
        if not isinstance(literal, torch.Tensor) or literal.numel() < 2:
            return None
        try:
            array = literal.detach().contiguous().numpy()
        except (RuntimeError, TypeError):  # Fake tensors have no bytes, some types no equivalent in NumPy.
            return None
        key = (literal.data_ptr(), literal.dtype, tuple(literal.shape), literal.stride())
        if key not in self.attributes:
            name = f"torch_tensor_{'_'.join(map(str, literal.shape))}_{literal.dtype}"
            kind = ir.RankedTensorType.get(list(literal.shape), gni._cc.dtype_to_type(literal.dtype))
            attribute = ir.DenseResourceElementsAttr.get_from_buffer(array, name, kind)
            self.attributes[key] = attribute
            # The array keeps the address from being given to another tensor, too.
            self.resources[resource_key(attribute)] = array
        return ir.Operation.create(
            "torch.vtensor.literal",
            results=[gni._cc.tensor_to_vtensor_type(literal)],
            attributes={"value": self.attributes[key]},
        ).result
