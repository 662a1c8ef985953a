"""Modules that round tensors to the numbers that int8 kernels compute with."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..errors import Error
from .rounding import TINY, RoundToScale, Scheme, largest_sums


class Quantizer(nn.Module):
    """Quantizes and dequantizes: x -> (clamp(roundeven(x / scale) + zero_point) - zero_point) * scale."""

    scale: torch.Tensor
    zero_point: torch.Tensor
    known: torch.Tensor

    def __init__(self, scheme: Scheme, channels: int = 1, *, train_scale: bool = False) -> None:
        super().__init__()
        self.scheme = scheme
        shape = () if scheme.axis is None else (channels,)
        self.register_buffer("scale", torch.ones(shape))
        self.register_buffer("zero_point", torch.zeros(shape, dtype=torch.int64))
        self.register_buffer("known", torch.tensor(False))
        # Steps of an optimizer are then relative ones, whatever the range.
        self.log_scale = nn.Parameter(torch.zeros(shape)) if train_scale else None

    def is_known(self) -> bool:
        """Whether there is a scale."""
        return bool(self.known)

    @torch.no_grad()
    def set_range(self, low: torch.Tensor, high: torch.Tensor) -> None:
        """Choose scale and zero point for a range."""
        scale, zero_point = self.scheme.choose(low, high)
        self.scale.copy_(scale)
        self.zero_point.copy_(zero_point)
        self.known.fill_(True)
        if self.log_scale is not None:
            self.log_scale.copy_(scale.log())

    def current_scale(self) -> torch.Tensor:
        """Return the scale, for gradients if it is trained; the buffer follows."""
        if self.log_scale is None:
            return self.scale
        scale = self.log_scale.exp().clamp(min=TINY)
        with torch.no_grad():
            self.scale.copy_(scale)
        return scale

    def spread(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scale and zero point in shapes that meet that of x."""
        return self.scheme.spread(self.scale, x.dim()), self.scheme.spread(self.zero_point, x.dim())

    def round(self, x: torch.Tensor) -> torch.Tensor:
        """Quantize and dequantize."""
        scale = self.scheme.spread(self.current_scale(), x.dim())
        zero_point = self.scheme.spread(self.zero_point, x.dim())
        return RoundToScale.apply(x, scale, zero_point, self.scheme.low, self.scheme.high)

    def spell(self, x: torch.Tensor) -> torch.Tensor:
        """Quantize and dequantize in the ops by which exported programs say so."""
        import torch.ao.quantization.fx._decomposed  # noqa: F401  Registers the ops.

        ops = torch.ops.quantized_decomposed
        scheme = self.scheme
        if scheme.axis is None:
            parameters: tuple[Any, ...] = (self.scale, self.zero_point, scheme.low, scheme.high, scheme.dtype)
            quantized = ops.quantize_per_tensor.tensor(x, *parameters)
            return ops.dequantize_per_tensor.tensor(quantized, *parameters)
        parameters = (self.scale, self.zero_point, scheme.axis, scheme.low, scheme.high, scheme.dtype)
        return ops.dequantize_per_channel.default(ops.quantize_per_channel.default(x, *parameters), *parameters)

    def extra_repr(self) -> str:
        """Show the integers."""
        granularity = "" if self.scheme.axis is None else f", axis={self.scheme.axis}"
        trained = "" if self.log_scale is None else ", trained scale"
        return f"{self.scheme.dtype} [{self.scheme.low}, {self.scheme.high}]{granularity}{trained}"


class WeightQuantizer(Quantizer):
    """Rounds a weight, by its range of this moment unless the scale is trained."""

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        """Return numbers that are multiples of scales."""
        if torch.compiler.is_exporting():
            return self.spell(weight)
        self.follow(weight)
        return self.round(weight)

    @torch.no_grad()
    def follow(self, weight: torch.Tensor) -> None:
        """Let the scale be that of a weight."""
        if self.log_scale is None or not self.is_known():
            self.set_range(*self.scheme.reduce(weight))
            self.limit_sums(weight)
        else:
            self.current_scale()

    def limit_sums(self, weight: torch.Tensor) -> None:
        """Widen scales till sums of neighbours are within the limit of the scheme, in the steps of the compiler."""
        limit = self.scheme.sum_limit
        while limit is not None:
            scale, zero_point = self.spread(weight)
            rounded = RoundToScale.apply(weight, scale, zero_point, self.scheme.low, self.scheme.high)
            sums = largest_sums(torch.round(rounded / scale))
            sums = sums.amax() if self.scheme.axis is None else sums
            if sums.max() <= limit:
                break
            self.scale.mul_(torch.where(sums > limit, 1.002 * sums / limit, 1.0))


class ActivationQuantizer(Quantizer):
    """Rounds an activation, by the moving average of the ranges seen in training unless the scale is trained.

    A trained scale starts from the first range.
    """

    minimum: torch.Tensor
    maximum: torch.Tensor

    def __init__(self, scheme: Scheme, *, averaging: float, train_scale: bool = False) -> None:
        super().__init__(scheme, train_scale=train_scale)
        self.averaging = averaging
        self.register_buffer("minimum", torch.zeros(()))
        self.register_buffer("maximum", torch.zeros(()))
        self.register_buffer("frozen", torch.tensor(False))
        # A range over all that is seen is collected.
        self.is_collecting = False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return numbers that are multiples of the scale, counted from zero."""
        if torch.compiler.is_exporting():
            return self.spell(x)
        if self.is_collecting:
            self.observe(x, None)
            return x
        if self.training and not self.frozen and not (self.log_scale is not None and self.is_known()):
            self.observe(x, self.averaging)
        if not self.is_known():
            raise Error("an activation has no scale yet: train for a step, or call nnq.torch.calibrate")
        return self.round(x)

    @torch.no_grad()
    def observe(self, x: torch.Tensor, averaging: float | None) -> None:
        """Move the range towards that of x, or extend it to that."""
        low, high = self.scheme.reduce(x)
        if not self.is_known():
            self.minimum.copy_(low)
            self.maximum.copy_(high)
        elif averaging is None:
            self.minimum.copy_(torch.minimum(self.minimum, low))
            self.maximum.copy_(torch.maximum(self.maximum, high))
        else:
            self.minimum.lerp_(low, averaging)
            self.maximum.lerp_(high, averaging)
        self.set_range(self.minimum, self.maximum)
