"""What is wrong with a program before it is lowered, in words, for all causes of one kind at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch.export.graph_signature import ConstantArgument, OutputKind

from .errors import NetworkError
from .torch_graph import get_layer


def join(names: Iterable[str], limit: int = 5) -> str:
    """Return some names as text."""
    names = list(names)
    return ", ".join(names[:limit]) + ", ..." * (len(names) > limit)


def check_tensors(kind: str, tensors: Mapping[str, torch.Tensor]) -> None:
    """Raise if tensors are not on the CPU, not dense, or not of types that nnq computes in."""
    for device in sorted({tensor.device.type for tensor in tensors.values()} - {"cpu"}):
        names = join(name for name, tensor in tensors.items() if tensor.device.type == device)
        advice = "it has no values; load the network first" if device == "meta" else "move it to the CPU with .cpu()"
        raise NetworkError(f"{kind} on device {device} ({advice}): {names}")
    names = join(name for name, tensor in tensors.items() if tensor.layout != torch.strided)
    if names:
        raise NetworkError(f"{kind} in a sparse layout (make them dense with .to_dense()): {names}")
    names = join(name for name, tensor in tensors.items() if tensor.is_quantized)
    if names:
        raise NetworkError(f"{kind} of a quantized type of PyTorch (quantize with prepare_pt2e instead): {names}")
    for dtype in (torch.float16, torch.bfloat16, torch.float64, torch.complex64, torch.complex128):
        names = join(name for name, tensor in tensors.items() if tensor.dtype == dtype)
        if names:
            name = str(dtype).removeprefix("torch.")
            advice = "" if dtype.is_complex else "; convert with .float()"
            raise NetworkError(f"{kind} in {name}, nnq computes in float32{advice}: {names}")


def check_program(program: torch.export.ExportedProgram) -> None:
    """Raise if a program has weights that nnq does not take, or is one that trains."""
    state = {**program.state_dict, **{n: c for n, c in program.constants.items() if isinstance(c, torch.Tensor)}}
    used = {
        *program.graph_signature.inputs_to_parameters.values(),
        *program.graph_signature.inputs_to_buffers.values(),
        *program.graph_signature.inputs_to_lifted_tensor_constants.values(),
    }
    check_tensors("parameters", {name: tensor for name, tensor in state.items() if name in used})
    training = {
        torch.ops.aten.dropout.default: 2,
        torch.ops.aten.feature_dropout.default: 2,
        torch.ops.aten.alpha_dropout.default: 2,
        torch.ops.aten.batch_norm.default: 5,
        torch.ops.aten.instance_norm.default: 5,
    }
    layers = []
    for node in program.graph.nodes:
        position = training.get(node.target) if node.op == "call_function" else None
        # Without statistics of its own, instance normalization computes them in evaluation, too.
        is_plain = node.target == torch.ops.aten.instance_norm.default and node.args[3] is None
        if position is not None and len(node.args) > position and node.args[position] is True and not is_plain:
            layers.append(get_layer(node))
    if layers:
        raise NetworkError(f"exported in training mode, export it in evaluation mode: {join(layers)}")


def check_signature(program: torch.export.ExportedProgram) -> None:
    """Raise if a program changes its inputs or state, or returns something else than tensors."""
    signature = program.graph_signature
    changed = [*signature.buffers_to_mutate.values(), *signature.user_inputs_to_mutate.values()]
    if changed:
        raise NetworkError(f"the network changes its state or inputs, which a function cannot: {join(changed)}")
    outputs = [spec.arg for spec in signature.output_specs if spec.kind == OutputKind.USER_OUTPUT]
    values = {n.name: n.meta.get("val") for n in program.graph.nodes}
    wrong = []
    for i, argument in enumerate(outputs):
        if isinstance(argument, ConstantArgument):
            if argument.value is not None:
                wrong.append(f"result {i} is {argument.value!r}")
        elif not isinstance(values.get(argument.name), torch.Tensor):
            wrong.append(f"result {i} is a number")
    if wrong:
        raise NetworkError(f"the network returns something else than tensors: {join(wrong)}")
    inputs = {name: values[name] for name in signature.user_inputs if isinstance(values.get(str(name)), torch.Tensor)}
    if not inputs:
        raise NetworkError("the network has no tensor among its inputs")
    check_tensors("inputs", inputs)
