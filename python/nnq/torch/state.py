"""What is done to all quantizers of a prepared module."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from ..errors import InputError
from .layers import QuantizedLayer
from .quantizer import ActivationQuantizer


@torch.no_grad()
def calibrate(prepared: nn.Module, batches: Iterable[Any]) -> None:
    """Set the scales of activations to the ranges over batches: tensors, or tuples that begin with the inputs.

    This is what training then starts from. Only the first of a tuple is taken where the module has one input.
    """
    quantizers = [part for part in prepared.modules() if isinstance(part, ActivationQuantizer)]
    modes = {part: part.training for part in prepared.modules()}
    count = sum(node.op == "placeholder" for node in prepared.graph.nodes) if hasattr(prepared, "graph") else 1
    seen = 0
    try:
        prepared.eval()
        for quantizer in quantizers:
            quantizer.is_collecting = True
            quantizer.known.fill_(False)
        for batch in batches:
            inputs = (batch,) if isinstance(batch, torch.Tensor) else tuple(batch)[:count]
            prepared(*inputs)
            seen += 1
    finally:
        for quantizer in quantizers:
            quantizer.is_collecting = False
        for part, mode in modes.items():
            part.training = mode
    if not seen:
        raise InputError("there are no batches to calibrate on")


def freeze(prepared: nn.Module) -> None:
    """Keep the ranges of activations and the statistics of batch normalization from now on.

    Networks are trained on for a while with what evaluation computes. Scales that are trained still are.
    """
    for part in prepared.modules():
        if isinstance(part, ActivationQuantizer):
            part.frozen.fill_(True)
        elif isinstance(part, QuantizedLayer):
            part.is_frozen = True
            if part.norm is not None:
                part.norm.eval()
