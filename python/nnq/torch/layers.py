"""Layers whose weights are rounded, with the batch normalization behind them."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune

from ..errors import InputError
from .quantizer import WeightQuantizer
from .rounding import weight_scheme

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def is_weighted(module: nn.Module) -> bool:
    """Return whether a module is a layer that QuantizedLayer computes; a forward of its own may do anything."""
    forward = type(module).forward
    return any(forward is base.forward and isinstance(module, base) for base in (*CONVOLUTIONS, nn.Linear))


def is_foldable(norm: nn.Module) -> bool:
    """Return whether a module is a batch normalization that has statistics of its own."""
    return any(type(norm) is base for base in NORMS) and norm.running_var is not None


def find_weight(layer: nn.Module) -> Any:
    """Return the weight that a layer computes with, pruned or parametrized as it may be; None if it has none."""
    for hook in layer._forward_pre_hooks.values():
        if isinstance(hook, prune.BasePruningMethod):
            hook(layer, None)
    return getattr(layer, "weight", None)


def find_layer(module: nn.Module, name: str, done: str, verb: str) -> Any:
    """Return the convolution or linear layer of a module that a layer of the compiler comes from."""
    try:
        layer = module.get_submodule(name)
    except AttributeError:
        layer = None
    if not isinstance(layer, (*CONVOLUTIONS, nn.Linear)):
        raise InputError(
            f"layer '{name}' of the {done} network is no convolution or linear layer of "
            f"{type(module).__name__}; {verb} what nnq.from_torch makes of the module"
        )
    return layer


@torch.no_grad()
def copy_module(module: nn.Module) -> Any:
    """Return a copy of a module; pruned weights that remember what they were computed from cannot be copied."""
    for part in module.modules():
        find_weight(part)
    return copy.deepcopy(module)


class QuantizedLayer(nn.Module):
    """A convolution or linear layer that computes with rounded weights.

    They are rounded as the compiler does it: with the scale of the batch normalization in them. In training, where that
    scale is one of the batch, the one of the moving averages takes its place.
    """

    def __init__(
        self,
        layer: nn.Module,
        norm: nn.Module | None,
        weights: str,
        granularity: str,
        train: bool,
        *,
        weight_range: str,
    ) -> None:
        super().__init__()
        self.layer = layer
        self.norm = norm
        self.is_frozen = False
        weight = find_weight(layer)
        scheme = weight_scheme(weights, 0 if granularity == "per-axis" else None, weight_range)
        self.weight_quantizer = WeightQuantizer(scheme, len(weight), train_scale=train)
        self.refresh()

    def train(self, mode: bool = True) -> QuantizedLayer:
        """Choose between training and evaluation; statistics that are frozen stay so."""
        super().train(mode)
        if self.norm is not None and self.is_frozen:
            self.norm.eval()
        if not mode:
            self.refresh()
        return self

    @torch.no_grad()
    def refresh(self) -> None:
        """Let the scale be that of the weight as it is now: an exported program has the scale, not its origin."""
        self.weight_quantizer.follow(self.folded()[0])

    def factor(self) -> torch.Tensor:
        """Return what batch normalization in evaluation multiplies channels with."""
        norm: Any = self.norm
        factor = 1 / torch.sqrt(norm.running_var + norm.eps)
        return factor if norm.weight is None else norm.weight * factor

    def scaled(self, weight: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
        """Return a weight with channels multiplied."""
        return weight * factor.reshape(-1, *[1] * (weight.dim() - 1))

    def folded(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return weight and bias with batch normalization in them."""
        weight, bias = find_weight(self.layer), self.layer.bias
        if self.norm is None:
            return weight, bias
        norm: Any = self.norm
        factor = self.factor()
        offset = -norm.running_mean if bias is None else bias - norm.running_mean
        offset = offset * factor
        return self.scaled(weight, factor), offset if norm.bias is None else offset + norm.bias

    def compute(self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        """Compute the layer with another weight."""
        if isinstance(self.layer, nn.Linear):
            return functional.linear(x, weight, bias)
        return self.layer._conv_forward(x, weight, bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Compute the layer."""
        if self.norm is None or not self.norm.training:
            weight, bias = self.folded()
            return self.compute(x, self.weight_quantizer(weight), bias)
        factor = self.factor().detach()
        # A channel that normalization switches off is no reason to divide by zero.
        factor = torch.where(factor == 0, 1, factor)
        weight = self.weight_quantizer(self.scaled(find_weight(self.layer), factor))
        return self.norm(self.compute(x, self.scaled(weight, 1 / factor), self.layer.bias))
