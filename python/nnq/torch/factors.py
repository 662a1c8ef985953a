"""Layers that the compiler has factorized as modules of PyTorch, to be trained."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from ..errors import InputError
from ..weights import layer_constants
from .layers import CONVOLUTIONS, copy_module
from .pruning import find_norms

if TYPE_CHECKING:
    from ..model import Model

FACTOR = re.compile(r"(.+)\.([0-9]+)")
Array = NDArray[np.float32]


def find_factors(model: Model, module: nn.Module) -> dict[str, list[Array]]:
    """Return the factors of each layer of a module that the compiler has taken apart, in order."""
    layers = {name for name, part in module.named_modules() if isinstance(part, (*CONVOLUTIONS, nn.Linear))}
    found: dict[str, dict[int, Array]] = {}
    for name, weights in layer_constants(model).items():
        match = FACTOR.fullmatch(name)
        # A layer of this name in the module is one that was never whole.
        if match and name not in layers:
            found.setdefault(match[1], {})[int(match[2])] = weights
    return {name: [factors[i] for i in sorted(factors)] for name, factors in found.items()}


def factorize_like(module: nn.Module, factorized: Model) -> nn.Module:
    """Return a copy of a module with the factors of the compiler in place of its layers, to be fine-tuned.

    `factorized` is what factorize() made of nnq.from_torch(module, ...), in f32. A layer NAME becomes a sequence of
    layers NAME.0, NAME.1, ...; batch normalization behind it stays, and is taken out of the factors, which have it in
    them. nnq.from_torch takes the result back.
    """
    copied = copy_module(module)
    norms = find_norms(copied)
    factors = find_factors(factorized, copied)
    if not factors:
        raise InputError("the network has no factors; factorize it first, and quantize it after this")
    for name, weights in factors.items():
        try:
            layer = copied.get_submodule(name)
        except AttributeError:
            layer = None
        if isinstance(layer, nn.Linear):
            parts = make_linear(name, layer, weights)
        elif isinstance(layer, CONVOLUTIONS) and layer.groups == 1:
            parts = make_convolutions(name, layer, weights)
        else:
            raise InputError(
                f"layer '{name}' of the factorized network is no convolution or linear layer of "
                f"{type(module).__name__}; factorize what nnq.from_torch makes of the module"
            )
        norm = copied.get_submodule(norms[name]) if name in norms else None
        finish(name, layer, norm, parts[-1])
        sequence = nn.Sequential(OrderedDict((str(i), part) for i, part in enumerate(parts)))
        copied.set_submodule(name, sequence.to(layer.weight.device).train(layer.training))
    return copied


@torch.no_grad()
def finish(name: str, layer: Any, norm: Any, last: Any) -> None:
    """Give the last factor the bias of the layer, and take the scale of batch normalization out of it."""
    if layer.bias is not None:
        last.bias = nn.Parameter(layer.bias.detach().clone())
    if norm is None:
        return
    scale = torch.rsqrt(norm.running_var + norm.eps) * (1 if norm.weight is None else norm.weight)
    if not scale.abs().min() > 0:
        raise InputError(f"the batch normalization behind layer '{name}' has a scale of zero, and hides its factors")
    last.weight.div_(scale.reshape(-1, *[1] * (last.weight.dim() - 1)))


def refuse(name: str, weights: list[Array]) -> InputError:
    """Return the error of factors that do not fit."""
    shapes = ", ".join("x".join(map(str, each.shape)) for each in weights)
    return InputError(f"layer '{name}': factors of {shapes} are not those of the layer of the module")


@torch.no_grad()
def make_linear(name: str, layer: nn.Linear, weights: list[Array]) -> list[nn.Module]:
    """Return two linear layers."""
    if len(weights) != 2 or any(each.ndim != 2 for each in weights):
        raise refuse(name, weights)
    rank = weights[0].size // layer.in_features
    parts: list[nn.Module] = []
    for array, sizes in zip(weights, [(rank, layer.in_features), (layer.out_features, rank)], strict=True):
        # Inputs may come first; ranks are less than both numbers.
        oriented = array if array.shape == sizes else array.T
        if oriented.shape != sizes:
            raise refuse(name, weights)
        part = nn.Linear(sizes[1], sizes[0], bias=False)
        part.weight.copy_(torch.tensor(oriented))
        parts.append(part)
    return parts


def find_windows(layer: Any, weights: list[Array]) -> list[tuple[Array, tuple[int, ...], bool]] | None:
    """Return of each factor its weights, the dimensions of the window that it slides along, and whether by channel."""
    sizes = tuple(layer.kernel_size)
    wide = [dim for dim, size in enumerate(sizes) if size > 1]
    narrow = tuple(dim for dim, size in enumerate(sizes) if size == 1)
    squeezed = []
    for array in weights:
        while array.ndim > 2 and array.ndim != 2 + len(sizes) and array.shape[-1] == 1:
            array = array[..., 0]
        is_point = array.ndim == 2 + len(sizes) and set(array.shape[2:]) == {1}
        squeezed.append(array.reshape(array.shape[:2]) if is_point else array)
    every = tuple(range(len(sizes)))
    dims = [array.ndim for array in squeezed]
    count = len(wide)
    full = 2 + len(sizes)
    if count == 0:
        plan = [(every, False), ((), False)]
    elif dims == [2] * (count + 2):
        plan = [(narrow, False), *(((dim,), True) for dim in wide), ((), False)]
    elif full not in dims and len(dims) == 2 and count >= 2:
        plan = [((*narrow, wide[0]), False), (tuple(wide[1:]), False)]
    elif dims.count(full) == 1 and set(dims) <= {2, full}:
        plan = [(every if each == full else (), False) for each in dims]
    else:
        return None
    if len(plan) != len(squeezed):
        return None
    return [(array, along, by_channel) for array, (along, by_channel) in zip(squeezed, plan, strict=True)]


@torch.no_grad()
def make_convolutions(name: str, layer: Any, weights: list[Array]) -> list[nn.Module]:
    """Return convolutions in a row; each has the strides and the padding of the dimensions that it slides along."""
    found = find_windows(layer, weights)
    if found is None:
        raise refuse(name, weights)
    parts: list[nn.Module] = []
    channels = layer.in_channels
    for array, along, by_channel in found:

        def choose(values: Any, neutral: int, along: tuple[int, ...] = along) -> Any:
            if isinstance(values, str):
                return values
            return tuple(value if dim in along else neutral for dim, value in enumerate(values))

        kernel = choose(layer.kernel_size, 1)
        outputs = array.shape[0]
        if array.size != outputs * (1 if by_channel else channels) * int(np.prod(kernel)):
            raise refuse(name, weights)
        part = type(layer)(
            channels,
            outputs,
            kernel,
            stride=choose(layer.stride, 1),
            padding=choose(layer.padding, 0),
            dilation=choose(layer.dilation, 1),
            groups=channels if by_channel else 1,
            bias=False,
            padding_mode=layer.padding_mode,
        )
        part.weight.copy_(torch.tensor(array).reshape(part.weight.shape))
        parts.append(part)
        channels = outputs
    if channels != layer.out_channels:
        raise refuse(name, weights)
    return parts
