"""Changes of exported graphs that torch-mlir needs."""

from __future__ import annotations

import torch
from torch.export.graph_signature import ConstantArgument, OutputKind


def sum_up_to(x: torch.Tensor, dim: int, *, dtype: torch.dtype | None = None) -> torch.Tensor:
    """Return the running sum along a dimension, as sums of what comes up to each place: scans have no lowering."""
    x = x.to(dtype or (x.dtype if x.is_floating_point() else torch.int64))
    if x.dim() == 0:
        return x
    places = torch.arange(x.shape[dim], device=x.device)
    counts = (places[:, None] >= places[None, :]).to(x.dtype)
    return (x.movedim(dim, -1).unsqueeze(-2) * counts).sum(-1, dtype=x.dtype).movedim(-1, dim)


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
                    items[i].meta = {**node.meta, "val": item.meta["val"]}
            node.update_arg(position, items)


def get_layer(node: torch.fx.Node) -> str:
    """Return the module that a node belongs to, or the node if there is none."""
    modules = list((node.meta.get("nn_module_stack") or {}).values())
    return (modules[-1][0] if modules else "") or node.name
