"""Import of modules and exported programs of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import NetworkError
from .lowering import c_identifier, check_supported, lower_to_linalg, make_context, mark_tensors, quiet, run_pipeline
from .shapes import Shapes, check_batch, check_names, check_open, format_shape

if TYPE_CHECKING:
    import torch


def from_torch(
    network: torch.nn.Module | torch.export.ExportedProgram,
    example_inputs: torch.Tensor | Sequence[Any] | None = None,
    example_kwargs: Mapping[str, Any] | None = None,
    *,
    entry: str = "network",
    dynamic_batch: bool = False,
    dynamic_shapes: Any = None,
) -> str:
    """Return a PyTorch module or exported program as MLIR text, for inputs of the shapes of the examples.

    The function takes the tensors among `example_inputs`, then those of `example_kwargs`, and returns those of the
    result, be it a tuple or a dictionary. An exported program has shapes of its own. With `dynamic_batch` the first
    dimension of all inputs stays open; `dynamic_shapes`, as of torch.export.export, says of which inputs.

    The module is exported as in evaluation; its training mode does not change.
    """
    import torch

    from .torch_export import export_module

    with quiet():
        if isinstance(network, torch.export.ExportedProgram):
            program = network
            if example_inputs is not None or example_kwargs is not None:
                program = export_module(program.module(), example_inputs, example_kwargs, dynamic_batch, dynamic_shapes)
            elif dynamic_shapes is not None:
                raise NetworkError("an exported program has shapes of its own, dynamic_shapes needs example inputs")
        elif not isinstance(network, torch.nn.Module):
            raise NetworkError(f"neither a module nor an exported program of PyTorch: {type(network).__name__}")
        elif example_inputs is None and example_kwargs is None:
            raise NetworkError("a module needs example inputs")
        else:
            program = export_module(network, example_inputs, example_kwargs, dynamic_batch, dynamic_shapes)
        return lower_program(program, entry, dynamic_batch or dynamic_shapes is not None)


def lower_program(program: torch.export.ExportedProgram, entry: str, dynamic_batch: bool) -> str:
    """Return an exported program as MLIR text."""
    import torch
    from torch_mlir.extras.fx_decomp_util import get_decomposition_table
    from torch_mlir.extras.fx_importer import FxImporter

    from .torch_checks import check_program, check_signature
    from .torch_graph import (
        adaptive_avg_pool2d,
        drop_empty_results,
        gelu,
        keep_buffers,
        lift_list_constants,
        name_inputs,
        name_outputs,
        roll,
        sum_up_to,
    )
    from .torch_literals import LiteralHooks
    from .torch_quantized import spell_quantization

    check_program(program)
    decompositions = get_decomposition_table()
    # That of PyTorch computes the variance in f64; torch-mlir has one of its own.
    decompositions.pop(torch.ops.aten.native_layer_norm.default, None)
    decompositions[torch.ops.aten.cumsum.default] = sum_up_to
    decompositions[torch.ops.aten.roll.default] = roll
    decompositions[torch.ops.aten.gelu.default] = gelu
    decompositions[torch.ops.aten.adaptive_avg_pool2d.default] = adaptive_avg_pool2d
    program = program.run_decompositions(decompositions)
    check_torch_shapes(program, dynamic_batch)
    check_signature(program)
    names = name_inputs(program), name_outputs(program)
    drop_empty_results(program)
    keep_buffers(program)
    spell_quantization(program)
    lift_list_constants(program)
    name_torch_layers(program)
    context = make_context()
    hooks = LiteralHooks()
    importer = FxImporter(context=context, hooks=hooks)
    try:
        function = importer.import_frozen_program(program, func_name=c_identifier(entry))
    except (AssertionError, KeyError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        raise NetworkError(f"torch-mlir cannot import the network: {error}") from error
    mark_tensors(function, *([(name, False) for name in side] for side in names))
    module = importer.module.operation
    check_supported(module)
    run_pipeline(
        module,
        "builtin.module(func.func(torch-match-quantized-custom-ops),"
        "torchdynamo-export-to-torch-backend-pipeline{extra-library= })",
    )
    return lower_to_linalg(module, hooks.resources)


def make_examples(program: torch.export.ExportedProgram, shapes: Shapes) -> list[torch.Tensor] | None:
    """Return tensors of the shapes asked for, for all inputs of a program; None if it has these shapes already."""
    import torch

    values = {n.name: n.meta["val"] for n in program.graph.nodes if n.op == "placeholder"}
    inputs = {name: values[name] for name in program.graph_signature.user_inputs}
    check_names(shapes, inputs)
    examples = []
    is_needed = False
    for name, value in inputs.items():
        shape = list(shapes.get(name, value.shape))
        fits = len(shape) == value.dim() and all(
            isinstance(old, torch.SymInt) or old == new for old, new in zip(value.shape, shape, strict=True)
        )
        if not fits:
            raise NetworkError(f"input '{name}' is {format_shape(value.shape)}, not {format_shape(shape)}")
        if any(isinstance(size, torch.SymInt) for size in shape):
            check_open([f"--shape {name}={format_shape(shape)}"])
        check_batch(name, shape)
        is_needed |= any(isinstance(old, torch.SymInt) and new for old, new in zip(value.shape, shape, strict=True))
        # Exporters take an open size of 1 for a static one.
        examples.append(torch.zeros([2 if size is None else size for size in shape], dtype=value.dtype))
    return examples if is_needed else None


def check_torch_shapes(program: torch.export.ExportedProgram, dynamic_batch: bool) -> None:
    """Raise if an input has an open size, other than a first one that may be."""
    import torch

    values = {n.name: n.meta["val"] for n in program.graph.nodes if n.op == "placeholder"}
    open_inputs = [
        f"--shape {name}={format_shape(values[name].shape)}"
        for name in program.graph_signature.user_inputs
        if isinstance(values.get(name), torch.Tensor)
        and any(isinstance(size, torch.SymInt) for size in values[name].shape[1 if dynamic_batch else 0 :])
    ]
    check_open(open_inputs)


def name_torch_layers(program: torch.export.ExportedProgram) -> None:
    """Make the importer's locations say the layer: it makes them of stack traces, which name files of PyTorch."""
    from .torch_graph import get_layer

    for node in program.graph.nodes:
        node.meta["stack_trace"] = f'File "{get_layer(node)}", line 0,'
