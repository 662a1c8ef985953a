"""Networks that come quantized, or are trained for it: all their forms in ops that nnq reads.

nnq raises the arithmetic of `quantized_decomposed.quantize_per_tensor` and its like to its own casts.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Callable, Iterator
from typing import Any

import torch

from .errors import NetworkError
from .torch_graph import describe


def is_fake_quantize(module: torch.nn.Module) -> bool:
    """Return whether a module is of one of the classes of PyTorch that round in training."""
    return any(base.__name__ == "FakeQuantizeBase" for base in type(module).__mro__)


def is_observer(module: torch.nn.Module) -> bool:
    """Return whether a module is of one of the classes of PyTorch that watch ranges."""
    return any(base.__name__ in ("ObserverBase", "AffineQuantizedObserverBase") for base in type(module).__mro__)


def make_forward(module: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a function that rounds as a FakeQuantize module does in evaluation, with scales that are constants."""
    low = int(getattr(module, "quant_min", module.activation_post_process.quant_min))
    high = int(getattr(module, "quant_max", module.activation_post_process.quant_max))
    if module.scale.numel() == 1 and not getattr(module, "is_per_channel", False):
        # Numbers now: in a traced function they would depend on data.
        scale, zero_point = float(module.scale), int(module.zero_point)
        return lambda x: torch.fake_quantize_per_tensor_affine(x, scale, zero_point, low, high)
    axis = int(module.ch_axis)
    return lambda x: torch.fake_quantize_per_channel_affine(x, module.scale, module.zero_point, axis, low, high)


@contextlib.contextmanager
def plain_fake_quantization(module: torch.nn.Module) -> Iterator[None]:
    """Let the parts of a module that round or observe do so by one op: by themselves they ask their buffers."""
    from ..torch.layers import QuantizedLayer
    from ..torch.quantizer import Quantizer

    patched = []
    uncalibrated = []
    for name, part in module.named_modules():
        if is_fake_quantize(part):
            if bool(part.fake_quant_enabled[0]):
                if not bool(torch.all(torch.isfinite(part.scale) & (part.scale > 0))):
                    uncalibrated.append(name)
                part.forward = make_forward(part)
            else:
                part.forward = lambda x: x
            patched.append(part)
        elif isinstance(part, QuantizedLayer):
            part.refresh()
        elif isinstance(part, Quantizer) and not part.is_known():
            uncalibrated.append(name)
        elif is_observer(part):
            part.forward = lambda x: x
            patched.append(part)
    try:
        if uncalibrated:
            raise NetworkError(f"no scale is known, the network has seen no data: {', '.join(uncalibrated[:5])}")
        yield
    finally:
        for part in patched:
            del part.forward


def spell_quantization(program: torch.export.ExportedProgram) -> None:
    """Put quantization in the ops that torch-mlir lowers, in place."""
    import torch.ao.quantization.fx._decomposed  # noqa: F401  Registers the ops.

    ops = torch.ops.quantized_decomposed
    rewrites = {
        torch.ops.aten.fake_quantize_per_tensor_affine.default: fake_per_tensor,
        torch.ops.aten.fake_quantize_per_tensor_affine_cachemask.default: fake_per_tensor,
        torch.ops.aten.fake_quantize_per_channel_affine.default: fake_per_channel,
        torch.ops.aten.fake_quantize_per_channel_affine_cachemask.default: fake_per_channel,
        ops.quantize_per_channel.default: quantize_per_channel,
        ops.quantize_per_tensor.tensor: constant_parameters,
        ops.quantize_per_tensor.tensor2: constant_parameters,
        ops.dequantize_per_tensor.tensor: constant_parameters,
        ops.dequantize_per_tensor.tensor2: constant_parameters,
    }
    for node in list(program.graph.nodes):
        if node.op == "call_function" and node.target in rewrites:
            with program.graph.inserting_before(node):
                rewrites[node.target](program, node)
    program.graph.eliminate_dead_code()
    program.graph.lint()


def constant_of(program: torch.export.ExportedProgram, node: Any) -> torch.Tensor | None:
    """Return the tensor that a node is, if it is a parameter, buffer or constant of the program."""
    if not isinstance(node, torch.fx.Node):
        return None
    signature = program.graph_signature
    for names in (signature.inputs_to_parameters, signature.inputs_to_buffers):
        if node.name in names:
            name = names[node.name]
            return program.state_dict.get(name, program.constants.get(name))
    return program.constants.get(signature.inputs_to_lifted_tensor_constants.get(node.name))


def storage_of(low: int, high: int) -> torch.dtype | None:
    """Return the type of 8 bits that holds a range, if there is one."""
    if low >= 0 and high <= 255:
        return torch.uint8
    return torch.int8 if low >= -128 and high <= 127 else None


def call(node: torch.fx.Node, target: Any, *arguments: Any, dtype: torch.dtype | None = None) -> torch.fx.Node:
    """Add an op of the layer of a node, whose result has the shape of its first argument."""
    made = node.graph.call_function(target, arguments)
    value = arguments[0].meta["val"]
    describe(made, node, value.to(dtype) if dtype else value)
    return made


def replace(node: torch.fx.Node, result: torch.fx.Node) -> None:
    """Put a result in the place of a node, or of the first of its results; masks are for training."""
    readers = [user for user in node.users if user.target is operator.getitem and user.args[1] == 0]
    for reader in readers:
        reader.replace_all_uses_with(result)
        node.graph.erase_node(reader)
    if not isinstance(node.meta["val"], tuple | list):
        node.replace_all_uses_with(result)


def fake_per_tensor(program: torch.export.ExportedProgram, node: torch.fx.Node) -> None:
    """Make quantization and dequantization with one scale of one op."""
    x, scale, zero_point, low, high = node.args
    dtype = storage_of(low, high)
    if dtype is None:
        return
    ops = torch.ops.quantized_decomposed
    parameters = (float(scale), int(zero_point), low, high, dtype)
    quantized = call(node, ops.quantize_per_tensor.default, x, *parameters, dtype=dtype)
    replace(node, call(node, ops.dequantize_per_tensor.default, quantized, *parameters, dtype=torch.float32))


def fake_per_channel(program: torch.export.ExportedProgram, node: torch.fx.Node) -> None:
    """Make quantization and dequantization with a scale for each channel of one op."""
    x, scales, zero_points, axis, low, high = node.args
    dtype = storage_of(low, high)
    if dtype is None:
        return
    quantized = round_per_channel(node, x, scales, zero_points, axis, low, high, dtype)
    target = torch.ops.quantized_decomposed.dequantize_per_channel.default
    parameters = (scales, zero_points, axis, low, high, dtype)
    replace(node, call(node, target, quantized, *parameters, dtype=torch.float32))


def quantize_per_channel(program: torch.export.ExportedProgram, node: torch.fx.Node) -> None:
    """Spell quantization with a scale for each channel."""
    replace(node, round_per_channel(node, *node.args))


def round_per_channel(
    node: torch.fx.Node,
    x: torch.fx.Node,
    scales: torch.fx.Node,
    zero_points: torch.fx.Node,
    axis: int,
    low: int,
    high: int,
    dtype: torch.dtype,
) -> torch.fx.Node:
    """Divide, round, move and clamp."""
    aten = torch.ops.aten
    value = x.meta["val"]
    shape = [value.shape[axis] if i == axis % value.dim() else 1 for i in range(value.dim())]

    def spread(vector: torch.fx.Node) -> torch.fx.Node:
        made = node.graph.call_function(aten.view.default, (vector, shape))
        describe(made, node, vector.meta["val"].view(shape))
        if made.meta["val"].dtype == torch.float32:
            return made
        converted = node.graph.call_function(aten._to_copy.default, (made,), {"dtype": torch.float32})
        describe(converted, node, made.meta["val"].to(torch.float32))
        return converted

    result = call(node, aten.div.Tensor, x, spread(scales))
    result = call(node, aten.round.default, result)
    result = call(node, aten.add.Tensor, result, spread(zero_points))
    result = call(node, aten.clamp.default, result, low, high)
    stored = node.graph.call_function(aten._to_copy.default, (result,), {"dtype": dtype})
    describe(stored, node, value.to(dtype))
    return stored


def constant_parameters(program: torch.export.ExportedProgram, node: torch.fx.Node) -> None:
    """Make numbers of scales and zero points that are tensors, if they are constants."""
    x, *parameters, dtype = node.args
    tensors = [p if not isinstance(p, torch.fx.Node) else constant_of(program, p) for p in parameters]
    if any(t is None for t in tensors):
        return
    scale, *numbers = (t.item() if isinstance(t, torch.Tensor) else t for t in tensors)
    packet = node.target.overloadpacket
    result = call(node, packet.default, x, float(scale), *(int(n) for n in numbers), dtype)
    result.meta["val"] = node.meta["val"]
    replace(node, result)
