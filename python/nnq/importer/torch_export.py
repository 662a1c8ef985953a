"""Export of modules: in evaluation, for examples whose batch may stay open."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.utils import _pytree as pytree

from .errors import NetworkError
from .torch_checks import check_tensors
from .torch_quantized import plain_fake_quantization


def export_module(
    module: torch.nn.Module,
    example_inputs: torch.Tensor | Sequence[Any] | None,
    example_kwargs: Mapping[str, Any] | None,
    dynamic_batch: bool,
    dynamic_shapes: Any,
) -> torch.export.ExportedProgram:
    """Export a module for inputs of the shapes of examples, whose first dimensions may stay open."""
    if dynamic_batch and dynamic_shapes is not None:
        raise NetworkError("dynamic_batch and dynamic_shapes say the same; give one of them")
    arguments = (example_inputs,) if isinstance(example_inputs, torch.Tensor) else tuple(example_inputs or ())
    keywords = dict(example_kwargs or {})
    state = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    check_tensors("parameters", state)
    named = pytree.tree_flatten_with_path((arguments, keywords))[0]
    check_tensors("inputs", {name_of(path): leaf for path, leaf in named if isinstance(leaf, torch.Tensor)})
    if dynamic_shapes is not None:
        check_dynamic_shapes(dynamic_shapes)
    # Exporters take one tensor in two places for one input.
    seen: set[int] = set()
    arguments, keywords = pytree.tree_map_only(torch.Tensor, lambda t: keep_apart(t, seen), (arguments, keywords))
    is_open = dynamic_batch or dynamic_shapes is not None
    if is_open:
        # Exporters take an open size of 1 for a static one.
        arguments, keywords = pytree.tree_map_only(torch.Tensor, repeat_single, (arguments, keywords))
    if dynamic_batch:
        batch = torch.export.Dim("batch")
        dynamic_shapes = torch.export.ShapesCollection()
        for leaf in pytree.tree_leaves((arguments, keywords)):
            if isinstance(leaf, torch.Tensor):
                dynamic_shapes[leaf] = {0: batch}
    with evaluation(module), plain_fake_quantization(module):
        try:
            return torch.export.export(module, arguments, keywords, dynamic_shapes=dynamic_shapes)
        except Exception as error:
            cause = str(error).strip().split("\n\n")[0] or type(error).__name__
            if is_open:
                raise NetworkError(f"the network does not work for any batch: {cause}") from error
            raise NetworkError(f"PyTorch cannot export the network: {cause}") from error


def name_of(path: tuple) -> str:
    """Return the name of an example: its number, or its keyword."""
    kind, *rest = path
    keys = [getattr(key, "key", getattr(key, "idx", key)) for key in rest]
    return ("input " if kind.idx == 0 else "") + ".".join(map(str, keys))


def keep_apart(tensor: torch.Tensor, seen: set[int]) -> torch.Tensor:
    """Return a tensor, or a copy of one that was seen before."""
    if id(tensor) in seen:
        return tensor.clone()
    seen.add(id(tensor))
    return tensor


def repeat_single(tensor: torch.Tensor) -> torch.Tensor:
    """Return an example of at least two samples."""
    return tensor.repeat(2, *[1] * (tensor.dim() - 1)) if tensor.dim() and tensor.shape[0] == 1 else tensor


def check_dynamic_shapes(shapes: Any) -> None:
    """Raise if sizes other than one batch, the first of its tensors, are open."""
    batches: set[str] = set()

    def visit(value: Any, where: str) -> None:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                if isinstance(key, int):
                    visit_size(key, inner, where)
                else:
                    visit(inner, f"{where}.{key}" if where else str(key))
        elif isinstance(value, list | tuple):
            # Sizes of one tensor, or what a sequence of inputs has.
            are_sizes = any(is_open_size(inner) or isinstance(inner, int) for inner in value)
            for i, inner in enumerate(value):
                if are_sizes:
                    visit_size(i, inner, where)
                else:
                    visit(inner, f"{where}.{i}" if where else f"input {i}")

    def visit_size(position: int, size: Any, where: str) -> None:
        if not is_open_size(size):
            return
        if position:
            raise NetworkError(f"{where}: size {position} cannot stay open, only the first one, the batch")
        if type(size).__name__ == "_DerivedDim":
            raise NetworkError(f"{where}: the batch cannot be {size.__name__}, which is derived from another size")
        batches.add(getattr(size, "__name__", "batch"))

    visit(shapes, "")
    if len(batches) > 1:
        raise NetworkError(f"all inputs have one batch, not {', '.join(sorted(batches))}")
    if not batches:
        raise NetworkError("dynamic_shapes leaves no size open")


def is_open_size(size: Any) -> bool:
    """Return whether a size is one of torch.export that stays open."""
    if isinstance(size, torch.export.Dim):
        return True
    return type(size).__name__ in ("_DimHint", "_DerivedDim") and size != torch.export.Dim.STATIC


@contextlib.contextmanager
def evaluation(module: torch.nn.Module) -> Iterator[None]:
    """Put a module in evaluation mode for a while."""
    modes = {part: part.training for part in module.modules()}
    try:
        # Modules that come out of an exporter are in the mode that they were exported in.
        with contextlib.suppress(NotImplementedError):
            # Also where all are in it: weights may have been trained or loaded since.
            module.eval()
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode
