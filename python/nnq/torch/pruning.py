"""What pruning in the compiler asks of PyTorch, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import fx, nn
from torch.nn.utils import prune
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ..errors import Error, InputError, OptionError
from ..weights import layer_constants
from .layers import CONVOLUTIONS, NORMS, copy_module, find_layer

if TYPE_CHECKING:
    from ..model import Model


def find_norms(module: nn.Module) -> dict[str, str]:
    """Return the batch normalization that alone reads each convolution or linear layer, by the layer's name."""
    try:
        graph = fx.symbolic_trace(module).graph
    except Exception as error:
        raise Error(f"PyTorch cannot trace {type(module).__name__}: {error}") from error
    found = {}
    for node in graph.nodes:
        users = list(node.users)
        if node.op != "call_module" or len(users) != 1 or users[0].op != "call_module":
            continue
        layer, norm = (module.get_submodule(str(n.target)) for n in (node, users[0]))
        if isinstance(layer, (*CONVOLUTIONS, nn.Linear)) and isinstance(norm, NORMS):
            found[str(node.target)] = str(users[0].target)
    return found


def batch_norm_scales(module: nn.Module) -> dict[str, NDArray[np.float32]]:
    """Return |scale| of the batch normalization behind each layer that has one, by the layer's name.

    The compiler folds batch normalization into weights when it imports a network; `numpy.savez(path, **scales)` keeps
    what prune("channels", criterion="bn-scale", scales=path) ranks by.
    """
    scales = {}
    for layer, norm in find_norms(module).items():
        weight = module.get_submodule(norm).weight
        if weight is not None:
            scales[layer] = weight.detach().abs().float().cpu().numpy()
    if not scales:
        raise Error(f"{type(module).__name__} has no batch normalization with scales behind a layer")
    return scales


def weight_gradients(
    module: nn.Module,
    batches: Iterable[tuple[torch.Tensor, Any]],
    loss: Callable[[torch.Tensor, Any], torch.Tensor] = nn.functional.cross_entropy,
) -> dict[str, NDArray[np.float32]]:
    """Return the gradients of the mean loss over batches, of the input and its labels, by the layer's name.

    They are those of the weights as the compiler has them, with batch normalization folded, and in evaluation;
    `numpy.savez(path, **gradients)` keeps what prune("channels", criterion="taylor", gradients=path) ranks by.
    """
    folded = copy_module(module).eval()
    for layer, norm in find_norms(folded).items():
        part = folded.get_submodule(layer)
        if isinstance(part, CONVOLUTIONS):
            folded.set_submodule(layer, fuse_conv_bn_eval(part, folded.get_submodule(norm)))
            folded.set_submodule(norm, nn.Identity())
    layers = {name: part for name, part in folded.named_modules() if isinstance(part, (*CONVOLUTIONS, nn.Linear))}
    folded.requires_grad_(False)
    for part in layers.values():
        part.weight.requires_grad_(True)
    count = 0
    for x, y in batches:
        (loss(folded(x), y) * len(x)).backward()
        count += len(x)
    if not count:
        raise InputError("there are no batches to take gradients on")
    return {
        name: (part.weight.grad / count).float().cpu().numpy()
        for name, part in layers.items()
        if part.weight.grad is not None
    }


@dataclass(frozen=True)
class KeptChannels:
    """The channels of a layer that pruning kept, as the network before it counts them; None where all stay."""

    outputs: tuple[int, ...] | None
    inputs: tuple[int, ...] | None


def kept_channels(pruned: Model) -> dict[str, KeptChannels]:
    """Return the channels that prune("channels") kept, by the layer's name."""
    kept = pruned._entry().get("kept")
    if kept is None:
        raise InputError("the network has lost no channels; prune it first, and do not lower it before")
    return {
        entry["layer"]: KeptChannels(*(tuple(entry[side]) if side in entry else None for side in ("output", "input")))
        for entry in kept
    }


def prune_like(module: nn.Module, pruned: Model, *, masks: bool = False, fitted: bool = False) -> nn.Module:
    """Return a copy of a module without the channels that the compiler has removed, to be fine-tuned.

    `pruned` is what prune("channels") made of nnq.from_torch(module, ...). Weights, biases and batch normalization of
    layers are sliced. They are those of the module; with `fitted` convolutions and linear layers get the weights that
    the compiler has fitted to data, as far as batch normalization can be taken out of them. With `masks` shapes stay as
    they are, and torch.nn.utils.prune masks what would go: for modules whose code counts channels. nnq.from_torch takes
    the result back.
    """
    if masks and fitted:
        raise OptionError("fitted weights have the shapes of what is left; leave out masks")
    constants = layer_constants(pruned) if fitted else {}
    kept = kept_channels(pruned)
    copied = copy_module(module)
    norms = find_norms(copied)
    for name, channels in kept.items():
        layer = find_layer(copied, name, "pruned", "prune")
        norm = copied.get_submodule(norms[name]) if name in norms else None
        (mask_layer if masks else slice_layer)(name, layer, norm, channels)
        if name in constants:
            set_fitted(layer, norm, constants[name], constants.get(f"{name}.bias"))
    return copied


def mask_weights(module: nn.Module, pruned: Model) -> nn.Module:
    """Return a copy of a module whose weights torch.nn.utils.prune keeps at zero where the compiler has made them so.

    `pruned` is what prune("weights") made of nnq.from_torch(module, ...), before it is quantized. The weights are those
    of the module, to be fine-tuned; layers without zeros get no mask. nnq.from_torch takes the result back.
    """
    copied = copy_module(module)
    layers = {name: part for name, part in copied.named_modules() if isinstance(part, (*CONVOLUTIONS, nn.Linear))}
    constants = layer_constants(pruned)
    if not constants.keys() & layers.keys():
        raise InputError(
            f"no layer of {type(module).__name__} is in the pruned network with weights of f32; prune what "
            "nnq.from_torch makes of the module, and do not quantize or lower it before"
        )
    for name, layer in layers.items():
        weight = constants.get(name)
        if weight is None or weight.all():
            continue
        weight = weight.T if isinstance(layer, nn.Linear) else weight
        if weight.size != layer.weight.numel():
            raise InputError(
                f"layer '{name}' of the pruned network has {weight.size} weights, that of {type(module).__name__} "
                f"{layer.weight.numel()}; its channels are for prune_like"
            )
        mask = torch.from_numpy(weight != 0).reshape(layer.weight.shape)
        prune.custom_from_mask(layer, "weight", mask.to(layer.weight))
    return copied


@torch.no_grad()
def set_fitted(layer: Any, norm: Any, weight: NDArray[np.float32], bias: NDArray[np.float32] | None) -> None:
    """Give a layer the weights of the compiler, which has the batch normalization behind it in them."""
    if isinstance(layer, nn.Linear):
        weight = weight.T
    if weight.size != layer.weight.numel():
        return
    weights = torch.tensor(weight).reshape(layer.weight.shape)
    shift = None if bias is None else torch.tensor(bias)
    if norm is None:
        layer.weight.copy_(weights)
        if layer.bias is not None and shift is not None:
            layer.bias.copy_(shift)
        return
    scale = torch.rsqrt(norm.running_var + norm.eps) * (1 if norm.weight is None else norm.weight)
    if shift is None or norm.bias is None or not scale.abs().min() > 0:
        return
    layer.weight.copy_(weights / scale.reshape(-1, *[1] * (weights.dim() - 1)))
    inside = norm.running_mean if layer.bias is None else norm.running_mean - layer.bias
    norm.bias.copy_(shift + scale * inside)


def find_indices(name: str, layer: Any, channels: KeptChannels) -> tuple[torch.Tensor, torch.Tensor, int]:
    """Return the indices of outputs and inputs in the weight, and the groups of what is left."""
    sizes = layer.weight.shape
    outputs, inputs = (
        torch.arange(sizes[axis]) if indices is None else torch.tensor(indices)
        for axis, indices in enumerate((channels.outputs, channels.inputs))
    )
    groups = getattr(layer, "groups", 1)
    if groups == 1 or len(outputs) == sizes[0]:
        return outputs, inputs, groups
    if groups != sizes[0]:
        raise InputError(f"layer '{name}' has {groups} groups; only depthwise layers can be sliced")
    return outputs, torch.arange(sizes[1]), len(outputs)


def slice_layer(name: str, layer: Any, norm: Any, channels: KeptChannels) -> None:
    """Shrink a layer, and the batch normalization behind it."""
    outputs, inputs, groups = find_indices(name, layer, channels)
    layer.weight = nn.Parameter(layer.weight.detach()[outputs][:, inputs].clone())
    if layer.bias is not None:
        layer.bias = nn.Parameter(layer.bias.detach()[outputs].clone())
    if isinstance(layer, nn.Linear):
        layer.out_features, layer.in_features = len(outputs), len(inputs)
    else:
        layer.out_channels, layer.in_channels, layer.groups = len(outputs), len(inputs) * groups, groups
    if norm is None:
        return
    norm.num_features = len(outputs)
    for key in ("weight", "bias"):
        if (parameter := getattr(norm, key)) is not None:
            setattr(norm, key, nn.Parameter(parameter.detach()[outputs].clone()))
    for key in ("running_mean", "running_var"):
        if (buffer := getattr(norm, key)) is not None:
            setattr(norm, key, buffer[outputs].clone())


def mask_layer(name: str, layer: Any, norm: Any, channels: KeptChannels) -> None:
    """Mask what goes of a layer, and of the batch normalization behind it."""
    outputs, inputs, _ = find_indices(name, layer, channels)
    rows = torch.zeros(len(layer.weight))
    rows[outputs] = 1
    columns = torch.zeros(layer.weight.shape[1])
    columns[inputs] = 1
    mask = torch.outer(rows, columns).reshape(*layer.weight.shape[:2], *[1] * (layer.weight.dim() - 2))
    prune.custom_from_mask(layer, "weight", mask.expand_as(layer.weight))
    for part in (layer, norm):
        if part is not None and part.bias is not None:
            prune.custom_from_mask(part, "bias", rows)
    if norm is not None and norm.weight is not None:
        prune.custom_from_mask(norm, "weight", rows)
