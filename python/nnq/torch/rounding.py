"""The arithmetic of quantization, bit for bit that of the compiler, with gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

TINY = torch.finfo(torch.float32).tiny


@dataclass(frozen=True)
class Scheme:
    """The integers that stand for numbers, and the dimension whose indices have scales of their own."""

    low: int
    high: int
    is_symmetric: bool
    axis: int | None = None
    # The largest sum of magnitudes of one sign that instructions which saturate at 16 bits multiply exactly, if it
    # bounds those of neighbours.
    sum_limit: int | None = None

    @property
    def dtype(self) -> torch.dtype:
        """The type that holds the integers."""
        return torch.uint8 if self.low >= 0 else torch.int8

    def choose(self, low: torch.Tensor, high: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return scales and zero points that cover ranges and zero; a range without extent has scale 1."""
        low, high = low.double().clamp(max=0), high.double().clamp(min=0)
        extent = torch.maximum(-low, high) if self.is_symmetric else high - low
        steps = self.high if self.is_symmetric else self.high - self.low
        # Generated code may flush subnormal numbers to zero.
        scale = torch.where(extent == 0, 1.0, extent / steps).float().clamp(min=TINY)
        if self.is_symmetric:
            return scale, torch.zeros_like(scale, dtype=torch.int64)
        zero_point = torch.round(self.low - low / scale.double()).clamp(self.low, self.high)
        return scale, zero_point.to(torch.int64)

    def spread(self, vector: torch.Tensor, rank: int) -> torch.Tensor:
        """Return numbers of channels in a shape that meets those of a tensor."""
        if self.axis is None:
            return vector
        return vector.reshape([-1 if i == self.axis else 1 for i in range(rank)])

    def reduce(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return least and largest elements, of channels if they have scales."""
        if self.axis is None:
            return x.amin(), x.amax()
        others = [i for i in range(x.dim()) if i != self.axis]
        return x.amin(others), x.amax(others)


# Those of the pass that quantizes.
def weight_scheme(weights: str, axis: int | None, weight_range: str = "full") -> Scheme:
    """Return the scheme of weights."""
    if weight_range == "reduced":
        return Scheme(-63, 63, True, axis, sum_limit=128)
    return Scheme(-127, 127, True, axis) if weights == "symmetric" else Scheme(-128, 127, False, axis)


def activation_scheme(activations: str) -> Scheme:
    """Return the scheme of activations."""
    return Scheme(-128, 127, True) if activations == "symmetric" else Scheme(0, 255, False)


def largest_sums(steps: torch.Tensor) -> torch.Tensor:
    """Return, by output channel, the largest sum of one sign of those input channels that a kernel adds in 16 bits."""
    steps = steps.reshape(*steps.shape[:2], -1).transpose(1, 2)
    steps = functional.pad(steps, (0, -steps.shape[-1] % 8))
    # Elements 0, 1, 4, 5 and 2, 3, 6, 7 of each eight.
    slots = steps.unflatten(-1, (-1, 2, 2, 2)).transpose(-2, -3).flatten(-2)
    sums = torch.maximum(slots.clamp(min=0).sum(-1), (-slots).clamp(min=0).sum(-1))
    return sums.flatten(1).amax(1)


class RoundToScale(torch.autograd.Function):
    """clamp(roundeven(x / scale) + zero point), back in f32: straight through where nothing is clamped.

    The scale gets the gradient of what it multiplies, the rounding counting as the identity.
    """

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, scale: torch.Tensor, zero_point: torch.Tensor, low: int, high: int
    ) -> torch.Tensor:
        """Divide, as half to even depends on the very quotient; a product with the reciprocal is another number."""
        quotient = x / scale
        whole = torch.round(quotient) + zero_point
        steps = whole.clamp(low, high)
        inside = whole == steps
        steps = steps - zero_point
        # The scale itself may change in place till then.
        ctx.save_for_backward(inside, torch.where(inside, steps - quotient, steps))
        ctx.scale_shape = scale.shape
        return steps * scale

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of the number and of the scale."""
        inside, by_scale = ctx.saved_tensors
        to_scale = None
        if ctx.needs_input_grad[1]:
            to_scale = (gradient * by_scale).sum_to_size(ctx.scale_shape)
        return gradient * inside, to_scale, None, None, None
