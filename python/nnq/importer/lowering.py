"""From torch-mlir's dialects to linalg on tensors, with the names of layers."""

from __future__ import annotations

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import NetworkError

if TYPE_CHECKING:
    import numpy as np


def make_context() -> Any:
    """Return an MLIR context with the torch dialect."""
    from torch_mlir import ir
    from torch_mlir.dialects import torch as torch_dialect

    context = ir.Context()
    torch_dialect.register_dialect(context)
    return context


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence the warnings of exporters and importers."""
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)


def location_name(location: Any) -> str:
    """Return the layer that a location names."""
    found = re.search(r'loc\("([^"]*)"', str(location))
    return found[1] if found else "?"


def check_supported(module: Any) -> None:
    """Raise if there are ops that torch-mlir, or MLIR 22, does not know, with all of them in the message."""
    unknown: dict[str, list[str]] = {}

    def visit(operation: Any) -> None:
        name = operation.name
        if name == "torch.operator":
            name = str(operation.attributes["name"]).strip('"').removeprefix("onnx.")
        elif not name.startswith("tm_tensor.") or name == "tm_tensor.yield":
            name = None
        if name:
            unknown.setdefault(name, []).append(location_name(operation.location))
        for region in operation.regions:
            for block in region:
                for inner in block:
                    visit(inner.operation)

    visit(module)
    if unknown:
        kinds = [f"{name} in {', '.join(layers[:5])}{', ...' * (len(layers) > 5)}" for name, layers in unknown.items()]
        raise NetworkError(f"unsupported ops: {'; '.join(kinds)}")


def shorten(message: str) -> str:
    """Return the first line of a diagnostic without the op that it prints."""
    return message.splitlines()[0].partition(" that was explicitly marked illegal")[0]


def run_pipeline(module: Any, pipeline: str) -> None:
    """Run passes of torch-mlir on a module."""
    from torch_mlir.ir import MLIRError
    from torch_mlir.passmanager import PassManager

    with module.context:
        try:
            PassManager.parse(pipeline).run(module)
        except MLIRError as error:
            causes = [f"{shorten(d.message)} in {location_name(d.location)}" for d in error.error_diagnostics] or [
                str(error)
            ]
            raise NetworkError(f"torch-mlir cannot lower the network: {'; '.join(dict.fromkeys(causes))}") from error


def lower_to_linalg(module: Any, resources: Mapping[str, np.ndarray] | None = None, *, has_calls: bool = False) -> str:
    """Return a module of torch ops as text with linalg on tensors, and calls if it has some.

    `resources` gives the bytes of resources by their keys, if they are at hand: MLIR writes them one digit at a time.
    """
    run_pipeline(module, linalg_pipeline(module.context, with_verifier=not has_calls))
    check_supported(module)
    out = io.StringIO()
    module.print(file=out, enable_debug_info=True, large_resource_limit=None if resources is None else 0)
    text, mark, blobs = out.getvalue().partition("\n{-#")
    text = re.sub(r'loc\("([^"]*)":0:0\)', r'loc("\1")', text)
    if resources is None:
        return text + mark + blobs
    used = set(re.findall(r"dense_resource<([^>]+)>", text))
    # The number in front is the alignment.
    blobs = ",\n".join(f'      {key}: "0x04000000{resources[key].tobytes().hex()}"' for key in sorted(used))
    return f"{text}\n{{-#\n  dialect_resources: {{\n    builtin: {{\n{blobs}\n    }}\n  }}\n#-}}\n"


def resource_key(attribute: Any) -> str:
    """Return the key of a resource."""
    return re.fullmatch(r"dense_resource<([^>]+)> : .*", str(attribute))[1]


def mark_tensors(function: Any, inputs: Sequence[tuple[str, bool]], outputs: Sequence[tuple[str, bool]]) -> None:
    """Give a function the names of its inputs and outputs, and say which integers have no sign.

    The tensors of MLIR have neither. What has no name is called "".
    """
    from torch_mlir.ir import ArrayAttr, DictAttr, StringAttr, UnitAttr

    def describe(name: str, is_unsigned: bool) -> Any:
        attributes = {"nnq.tensor_name": StringAttr.get(name)} if name else {}
        return DictAttr.get(attributes | ({"nnq.unsigned": UnitAttr.get()} if is_unsigned else {}))

    with function.context:
        function.attributes["arg_attrs"] = ArrayAttr.get([describe(*each) for each in inputs])
        function.attributes["res_attrs"] = ArrayAttr.get([describe(*each) for each in outputs])


def linalg_pipeline(context: Any, *, with_verifier: bool) -> str:
    """Return torch-mlir's passes to linalg, with the verifier at their end, which knows no calls, or without."""
    from torch_mlir.passmanager import PassManager

    pipeline = str(
        PassManager.parse("builtin.module(torch-backend-to-linalg-on-tensors-backend-pipeline)", context=context)
    )
    return pipeline if with_verifier else pipeline.replace(",torch-verify-linalg-on-tensors-backend-contract", "")


def c_identifier(name: str) -> str:
    """Return the name of a C function that is as close to `name` as can be."""
    name = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "network"
    return f"_{name}" if name[0].isdigit() else name
