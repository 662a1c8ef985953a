"""Changes of exported graphs that torch-mlir needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch.export.graph_signature import ConstantArgument, OutputKind
from torch.utils import _pytree as pytree


def sum_up_to(x: torch.Tensor, dim: int, *, dtype: torch.dtype | None = None) -> torch.Tensor:
    """Return the running sum along a dimension, as sums of what comes up to each place: scans have no lowering."""
    x = x.to(dtype or (x.dtype if x.is_floating_point() else torch.int64))
    if x.dim() == 0:
        return x
    places = torch.arange(x.shape[dim], device=x.device)
    counts = (places[:, None] >= places[None, :]).to(x.dtype)
    return (x.movedim(dim, -1).unsqueeze(-2) * counts).sum(-1, dtype=x.dtype).movedim(-1, dim)


def gelu(x: torch.Tensor, *, approximate: str = "none") -> torch.Tensor:
    """Return GELU by tanh, for which torch-mlir has a root of 2 / pi of three digits."""
    if approximate != "tanh":
        return NotImplemented
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def adaptive_avg_pool2d(x: torch.Tensor, output_size: Sequence[int]) -> torch.Tensor:
    """Return the mean of images; that of PyTorch strides what has its channels last, by sizes that may be open."""
    if any(size != 1 for size in output_size):
        return torch.ops.aten._adaptive_avg_pool2d(x, output_size)
    return x.mean((-2, -1), keepdim=True)


def roll(x: torch.Tensor, shifts: Sequence[int], dims: Sequence[int] = ()) -> torch.Tensor:
    """Return a tensor whose parts at the ends of dimensions change places, with the sizes that torch-mlir forgets."""
    if not dims:
        return roll(x.flatten(), shifts, [0]).reshape(x.shape)
    for shift, dim in zip(shifts, dims, strict=True):
        size = x.shape[dim]
        place = -shift % size if size else 0
        if place:
            x = torch.cat([x.narrow(dim, place, size - place), x.narrow(dim, 0, place)], dim)
    return x.clone()


def name_inputs(program: torch.export.ExportedProgram) -> list[str]:
    """Return the names of the inputs that are tensors."""
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    names = map(str, program.graph_signature.user_inputs)
    return [name for name in names if isinstance(values.get(name), torch.Tensor)]


def name_outputs(program: torch.export.ExportedProgram) -> list[str]:
    """Return the names of the results that are not None: keys of a dictionary, else ""."""
    specs = [spec for spec in program.graph_signature.output_specs if spec.kind == OutputKind.USER_OUTPUT]
    paths = pytree.tree_flatten_with_path(pytree.tree_unflatten(range(len(specs)), program.call_spec.out_spec))[0]
    names = []
    for spec, (path, _) in zip(specs, paths, strict=True):
        keys = [getattr(key, "key", getattr(key, "name", getattr(key, "idx", key))) for key in path]
        if not (isinstance(spec.arg, ConstantArgument) and spec.arg.value is None):
            names.append(".".join(map(str, keys)) if keys and isinstance(keys[0], str) else "")
    return names


def keep_buffers(program: torch.export.ExportedProgram) -> None:
    """Put buffers that are not saved with the network among those that are: torch-mlir looks nowhere else."""
    missing = [name for name in program.graph_signature.inputs_to_buffers.values() if name not in program.state_dict]
    program._state_dict = {**program.state_dict, **{name: program.constants[name] for name in missing}}


def drop_empty_results(program: torch.export.ExportedProgram) -> None:
    """Take results that are None out of the signature."""
    signature = program.graph_signature
    kept = [
        not (spec.kind == OutputKind.USER_OUTPUT and isinstance(spec.arg, ConstantArgument) and spec.arg.value is None)
        for spec in signature.output_specs
    ]
    if all(kept):
        return
    output = program.graph.output_node()
    results = output.args[0]
    output.args = (tuple(r for r, keep in zip(results, kept, strict=True) if keep),)
    signature.output_specs[:] = [s for s, keep in zip(signature.output_specs, kept, strict=True) if keep]


def lift_list_constants(program: torch.export.ExportedProgram) -> None:
    """Give weights that are in lists, as the indices of a table are, an op of their own."""
    signature = program.graph_signature
    constants = {
        *signature.inputs_to_parameters,
        *signature.inputs_to_buffers,
        *signature.inputs_to_lifted_tensor_constants,
    }
    for node in list(program.graph.nodes):
        for position, argument in enumerate(node.args):
            if node.op != "call_function" or not isinstance(argument, list | tuple):
                continue
            items = list(argument)
            for i, item in enumerate(items):
                if isinstance(item, torch.fx.Node) and item.name in constants:
                    with program.graph.inserting_before(node):
                        items[i] = program.graph.call_function(torch.ops.aten.clone.default, (item,))
                    describe(items[i], node, item.meta["val"])
            node.update_arg(position, items)


def describe(made: torch.fx.Node, node: torch.fx.Node, value: Any) -> None:
    """Say of an op that it is of the layer of a node, and what it returns."""
    # Importers prefer the other description of a result, which is that of the node.
    made.meta = {**{key: fact for key, fact in node.meta.items() if key != "tensor_meta"}, "val": value}


def get_layer(node: torch.fx.Node) -> str:
    """Return the module that a node belongs to, or the node if there is none."""
    modules = list((node.meta.get("nn_module_stack") or {}).values())
    return (modules[-1][0] if modules else "") or node.name
