"""Layers whose weights the compiler has shared as modules of PyTorch whose codebooks are trained."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.utils import parametrize, prune
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..errors import InputError
from ..weights import SharedWeights, shared_weights
from .layers import CONVOLUTIONS, copy_module, find_layer
from .pruning import find_norms

if TYPE_CHECKING:
    from ..model import Model

# The integers of the compiler's codebooks, by their bits.
LARGEST_CODES = ((2, 16), (4, 32), (6, 63), (8, 127))
# Those of codebooks of vectors.
LARGEST_VECTOR = 127


class Codebook(nn.Module):
    """Makes the weight of a layer of a codebook: an index for each weight, and a scale for each output channel.

    What the optimizer changes are the numbers of the codebook, in the units of a weight. The compiler's are integers,
    to which they are rounded, with a gradient that passes as if they were not; the one of zero stays zero. Entries of
    several numbers, of a codebook of vectors, lie one behind the other, and weights have the index of their own number;
    only vectors that are all zero stay so.
    """

    indices: torch.Tensor
    scale: torch.Tensor
    unit: torch.Tensor
    fixed: torch.Tensor
    stored: torch.Tensor

    def __init__(
        self, codes: torch.Tensor, indices: torch.Tensor, scale: torch.Tensor, bits: int, vector: int = 1
    ) -> None:
        super().__init__()
        self.largest = LARGEST_VECTOR if vector > 1 else next(code for most, code in LARGEST_CODES if bits <= most)
        self.register_buffer("indices", indices)
        self.register_buffer("scale", scale)
        self.register_buffer("unit", scale.mean())
        self.register_buffer("fixed", (codes.reshape(-1, vector) == 0).all(1).repeat_interleave(vector))
        # Exporters know no values of parameters.
        self.register_buffer("stored", codes[indices].to(torch.int8), persistent=False)
        self.start = codes * self.unit
        # Not a module of this one, which is part of it.
        self.owner: list[Any] = []

    def right_inverse(self, weight: torch.Tensor) -> torch.Tensor:
        """Return the codebook to start from, whatever the weight."""
        return self.start.to(weight)

    def codes(self, codebook: torch.Tensor) -> torch.Tensor:
        """Return the integers of a codebook."""
        exact = torch.where(self.fixed, 0, codebook / self.unit).clamp(-self.largest, self.largest)
        return exact + (exact.round() - exact).detach()

    def spread(self) -> torch.Tensor:
        """Return the scales in a shape that meets that of the weight."""
        return self.scale.reshape(-1, *[1] * (self.indices.dim() - 1))

    def forward(self, codebook: torch.Tensor) -> torch.Tensor:
        """Return the weight."""
        if torch.compiler.is_exporting():
            return self.spell()
        return self.codes(codebook)[self.indices] * self.spread()

    def train(self, mode: bool = True) -> Codebook:
        """Choose between training and evaluation, which keeps the integers for an exporter."""
        super().train(mode)
        if not mode and self.owner:
            with torch.no_grad():
                self.stored.copy_(self.codes(self.owner[0].original)[self.indices])
        return self

    def spell(self) -> torch.Tensor:
        """Dequantize the integers in the op by which exported programs say so."""
        import torch.ao.quantization.fx._decomposed  # noqa: F401  Registers the op.

        zeros = torch.zeros(len(self.scale), dtype=torch.int64)
        return torch.ops.quantized_decomposed.dequantize_per_channel.default(
            self.stored, self.scale, zeros, 0, -self.largest, self.largest, torch.int8
        )


def share_like(module: nn.Module, shared: Model) -> nn.Module:
    """Return a copy of a module with the shared weights of the compiler, whose codebooks are parameters to be trained.

    `shared` is what share() made of nnq.from_torch(module, ...), before it is quantized. Of a layer with shared
    weights, `weight` is a parametrization of torch.nn.utils.parametrize: each weight keeps its index, and the gradient
    of a number of the codebook is the sum of those of its weights. Weights of zero, such as pruning leaves, stay zero,
    of a codebook of vectors those whose vector is all zero.
    Batch normalization behind such a layer is in the weights as the compiler has them, and no module of its own any
    more. nnq.from_torch takes the result back, with the indices and the numbers that were trained.
    """
    copied = copy_module(module)
    norms = find_norms(copied)
    found = shared_weights(shared)
    if not found:
        raise InputError("the network has no shared weights; share them first, and quantize and lower it after this")
    for name, weights in found.items():
        layer = find_layer(copied, name, "shared", "share")
        if prune.is_pruned(layer) and hasattr(layer, "weight_orig"):
            prune.remove(layer, "weight")
        if name in norms:
            layer = fold_norm(copied, name, layer, norms[name])
        parametrize_layer(name, layer, weights)
    return copied


def fold_norm(module: nn.Module, name: str, layer: nn.Module, norm: str) -> nn.Module:
    """Put batch normalization into the layer in front of it, as the compiler does."""
    if not isinstance(layer, CONVOLUTIONS):
        raise InputError(f"layer '{name}' is linear, and its batch normalization cannot be folded into shared weights")
    was_training = layer.training
    folded = fuse_conv_bn_eval(layer.eval(), module.get_submodule(norm).eval()).train(was_training)
    module.set_submodule(name, folded)
    module.set_submodule(norm, nn.Identity())
    return folded


@torch.no_grad()
def parametrize_layer(name: str, layer: Any, weights: SharedWeights) -> None:
    """Let the weight of a layer be made of a codebook."""
    codes, scales = weights.codes, weights.scales
    if isinstance(layer, nn.Linear):
        codes, scales = codes.T, scales.T
    if codes.size != layer.weight.numel():
        raise InputError(
            f"layer '{name}' of the shared network has {codes.size} weights, that of the module {layer.weight.numel()}"
        )
    rows = torch.from_numpy(codes.copy()).reshape(layer.weight.shape).flatten(1)
    scale = torch.from_numpy(scales.copy()).reshape(rows.shape)[:, 0].contiguous()
    # Channels of a pixel are behind those of other inputs, and weights of a kernel between them.
    apart = weights.apart * layer.weight[0, 0].numel()
    entries = rows.reshape(len(rows), -1, weights.vector, apart).transpose(2, 3)
    tables, places = find_tables(entries.reshape(len(rows), -1, weights.vector), 1 << weights.bits)
    numbers = torch.arange(tables.numel()).reshape(tables.shape)
    indices = numbers[places].reshape(entries.shape).transpose(2, 3).reshape(layer.weight.shape)
    codebook = Codebook(tables.flatten().float(), indices, scale, weights.bits, weights.vector)
    codebook.to(layer.weight.device).train(layer.training)
    parametrize.register_parametrization(layer, "weight", codebook, unsafe=True)
    codebook.owner.append(layer.parametrizations.weight)


def find_tables(rows: torch.Tensor, most: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the entries of codebooks, one after the other, and the place of each entry of some rows there.

    Codebooks are of all rows or, where these have more entries, of as many neighbours as have no more than `most`: the
    largest power of two of them. `rows` have three dimensions, the last one of which is the numbers of an entry.
    """
    together = len(rows)
    while together > 1 and any(len(part.flatten(0, 1).unique(dim=0)) > most for part in rows.split(together)):
        together = 1 << (together - 1).bit_length() - 1
    tables, indices, count = [], [], 0
    for part in rows.split(together):
        table, places = part.flatten(0, 1).unique(dim=0, return_inverse=True)
        tables.append(table)
        indices.append(places.reshape(part.shape[:2]) + count)
        count += len(table)
    return torch.cat(tables), torch.cat(indices)
