"""Puts quantizers where the compiler quantizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from ..errors import Error, OptionError, logger
from .graph import PRODUCTS, Network
from .layers import QuantizedLayer, copy_module, is_foldable, is_weighted
from .quantizer import ActivationQuantizer, Quantizer, WeightQuantizer
from .rounding import activation_scheme, weight_scheme

VALUES = {
    "weights": ("symmetric", "asymmetric"),
    "activations": ("asymmetric", "symmetric"),
    "weight_granularity": ("per-axis", "per-tensor"),
    "weight_range": ("full", "reduced"),
}


def prepare_qat(
    model: nn.Module,
    example_inputs: torch.Tensor | Sequence[Any],
    *,
    weights: str = "symmetric",
    activations: str = "asymmetric",
    weight_granularity: str = "per-axis",
    weight_range: str = "full",
    train_scales: bool = False,
    averaging: float = 0.01,
) -> fx.GraphModule:
    """Return a copy of a module, in training, that computes with the numbers which int8 kernels compute with.

    The options are those of quantize-int8, and what they say of rounding, ranges, zero points and granularity holds
    here: inputs and weights of convolutions and linear layers are quantized, with batch normalization in the weights,
    and so are branches of residual additions and inputs of average pools. The gradient passes rounding as if it were
    not there.

    Scales of weights follow their ranges; those of activations a moving average of the ranges of batches, with
    `averaging` as the weight of a new one. With `train_scales` they only start there, and their logarithms are
    parameters. `calibrate` has activations start from better ranges, `freeze` ends all averaging; nnq.from_torch takes
    the module, then in evaluation, and keeps the scales.
    """
    given = {"weights": weights, "activations": activations, "weight_granularity": weight_granularity}
    given |= {"weight_range": weight_range}
    for name, value in given.items():
        if value not in VALUES[name]:
            raise OptionError(f"{name} is one of {', '.join(VALUES[name])}, not {value!r}")
    arguments = (example_inputs,) if isinstance(example_inputs, torch.Tensor) else tuple(example_inputs)
    if weight_range == "reduced" and (weights == "asymmetric" or train_scales):
        raise OptionError("weight_range='reduced' is about symmetric weights whose scales follow their ranges")
    traced = trace(model, arguments)
    wrap_layers(traced, weights, weight_granularity, train_scales, weight_range)
    network = Network(traced)
    # Found before the quantizers are there, which hide what a value comes from.
    reads = [(node, value) for node in traced.graph.nodes for value in network.quantized_operands(node)]
    functional_layers = [n for n in traced.graph.nodes if n.op == "call_function" and network.weighted(n)]
    made: dict[fx.Node, fx.Node] = {}
    for node, value in reads:
        reader, source = network.source(node, value)
        if source not in made:
            scheme = activation_scheme(activations)
            quantizer = ActivationQuantizer(scheme, averaging=averaging, train_scale=train_scales)
            made[source] = insert(traced, source, quantizer)
        reader.replace_input_with(source, made[source])
    for node in functional_layers:
        add_weight_quantizer(traced, node, weights, weight_granularity, train_scales, weight_range)
    traced.graph.lint()
    traced.recompile()
    report_rest(traced)
    return traced.train()


def trace(model: nn.Module, arguments: tuple[Any, ...]) -> fx.GraphModule:
    """Return a copy of a module as a graph whose nodes know their shapes."""
    # What asks for the mode while it is traced does so once and for all.
    copied = copy_module(model).eval()
    try:
        traced = fx.symbolic_trace(copied)
    except Exception as error:
        raise Error(f"PyTorch cannot trace {type(model).__name__}: {error}") from error
    with torch.no_grad():
        try:
            ShapeProp(traced).propagate(*arguments)
        except Exception as error:
            raise Error(f"{type(model).__name__} does not take the example inputs: {error}") from error
    return traced


def wrap_layers(traced: fx.GraphModule, weights: str, granularity: str, train: bool, weight_range: str) -> None:
    """Let layers, with the batch normalization behind them, round their weights."""
    calls: dict[str, list[fx.Node]] = {}
    for node in traced.graph.nodes:
        if node.op == "call_module":
            calls.setdefault(node.target, []).append(node)
    layers = [name for name in calls if is_weighted(traced.get_submodule(name))]
    for name in layers:
        nodes, layer = calls[name], traced.get_submodule(name)
        norm = find_norm(traced, nodes[0], calls) if len(nodes) == 1 else None
        module = traced.get_submodule(norm.target) if norm else None
        traced.set_submodule(
            name, QuantizedLayer(layer, module, weights, granularity, train, weight_range=weight_range)
        )
        if norm:
            norm.replace_all_uses_with(nodes[0])
            nodes[0].meta.update(norm.meta)
            traced.graph.erase_node(norm)
            traced.delete_submodule(norm.target)


def find_norm(traced: fx.GraphModule, node: fx.Node, calls: dict[str, list[fx.Node]]) -> fx.Node | None:
    """Return the batch normalization that alone reads a layer, over the channels that the layer makes."""
    reader = next(iter(node.users)) if len(node.users) == 1 else None
    if reader is None or reader.op != "call_module" or len(calls[reader.target]) != 1:
        return None
    layer, norm = traced.get_submodule(node.target), traced.get_submodule(reader.target)
    # Behind a linear layer of more dimensions the channels of the norm are no features.
    is_over_channels = not isinstance(layer, nn.Linear) or len(node.meta["tensor_meta"].shape) == 2
    return reader if is_foldable(norm) and is_over_channels else None


def name_module(traced: fx.GraphModule, node: fx.Node) -> str:
    """Return a free name for the quantizer of a value."""
    name = f"{node.name}_quantizer"
    while hasattr(traced, name):
        name += "_"
    return name


def insert(traced: fx.GraphModule, value: fx.Node, quantizer: Quantizer) -> fx.Node:
    """Return what a quantizer makes of a value."""
    name = name_module(traced, value)
    traced.add_submodule(name, quantizer)
    with traced.graph.inserting_after(value):
        node = traced.graph.call_module(name, (value,))
    node.meta.update(value.meta)
    return node


def add_weight_quantizer(
    traced: fx.GraphModule, node: fx.Node, weights: str, granularity: str, train: bool, weight_range: str
) -> None:
    """Let a call of a functional layer read its weight rounded."""
    weight: Any = node.args[1]
    value = traced.get_parameter(str(weight.target))
    scheme = weight_scheme(weights, 0 if granularity == "per-axis" else None, weight_range)
    quantizer = WeightQuantizer(scheme, len(value), train_scale=train)
    quantizer.follow(value)
    node.replace_input_with(weight, insert(traced, weight, quantizer))


def report_rest(traced: fx.GraphModule) -> None:
    """Tell of layers and products that are trained in f32."""
    wrapped = {part.layer for part in traced.modules() if isinstance(part, QuantizedLayer)}
    kinds = (nn.modules.conv._ConvNd, nn.Linear)
    rest = [name for name, part in traced.named_modules() if isinstance(part, kinds) and part not in wrapped]
    rest += [node.name for node in traced.graph.nodes if node.target in PRODUCTS]
    if rest:
        logger.warning("trained in f32: %s; quantize() completes what has no scales", ", ".join(rest))
