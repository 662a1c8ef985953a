"""Import networks of PyTorch and ONNX: MLIR with linalg on tensors, one function whose batch alone may be dynamic.

    python -m nnq.importer net.onnx -o net.mlirbc --shape x=1x3x48x192    # or ?x3x48x192

Weights become resources; the names of layers become locations, which nnq shows in its messages. Needs torch-mlir, and
torch or onnx depending on the network, when a network is imported; bytecode needs mlir-opt 22.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import re
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import onnx
    import torch

# Sizes of inputs; None for a batch that stays dynamic.
Shapes = Mapping[str, Sequence[int | None]]

# The first opset whose normalization, dropout and the like are in the form that torch-mlir reads.
ONNX_OPSET = 17
# Decomposed, these come out as gathers and divisions of sizes.
LEGAL_OPS = ("aten.flatten.using_ints", "aten.adaptive_avg_pool1d", "aten.adaptive_avg_pool2d", "aten.unflatten.int")


class NetworkError(ValueError):
    """The network cannot be imported; the message says why, for all causes of one kind at once."""


def from_onnx(network: str | Path | onnx.ModelProto, *, shapes: Shapes | None = None, entry: str | None = None) -> str:
    """Return an ONNX network as MLIR text.

    `shapes` gives the sizes of inputs that the network leaves open, None for a first one that stays open as the batch;
    `entry` names the function, by default after the file.
    """
    import onnx
    import onnx.version_converter

    if isinstance(network, onnx.ModelProto):
        model, name = onnx.ModelProto(), network.graph.name
        model.CopyFrom(network)
    else:
        model, name = load_onnx(Path(network)), Path(network).stem
    fix_onnx_shapes(model, shapes or {})
    version = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), ONNX_OPSET)
    try:
        if version < ONNX_OPSET:
            model = onnx.version_converter.convert_version(model, ONNX_OPSET)
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except Exception as error:
        raise NetworkError(f"the network is no valid ONNX: {error}") from error
    for node in model.graph.node:
        node.name = node.name or node.output[0]
    model.graph.name = entry or c_identifier(name)
    return lower_onnx(model)


def from_torch(
    network: torch.nn.Module | torch.export.ExportedProgram,
    example_inputs: Sequence[torch.Tensor] | None = None,
    *,
    entry: str = "network",
    dynamic_batch: bool = False,
) -> str:
    """Return a PyTorch module or exported program as MLIR text, for inputs of the shapes of `example_inputs`.

    An exported program has shapes of its own. With `dynamic_batch` the first dimension of all inputs stays open, whose
    size in `example_inputs` is then at least 2.
    """
    import torch
    from torch_mlir.extras.fx_decomp_util import get_decomposition_table
    from torch_mlir.extras.fx_importer import FxImporter

    with quiet():
        if isinstance(network, torch.export.ExportedProgram):
            program = network
            if example_inputs is not None:
                program = export_torch(program.module(), example_inputs, dynamic_batch)
        elif example_inputs is None:
            raise NetworkError("a module needs example inputs")
        else:
            program = export_torch(network.eval(), example_inputs, dynamic_batch)
        decompositions = get_decomposition_table()
        # That of PyTorch computes the variance in f64; torch-mlir has one of its own.
        decompositions.pop(torch.ops.aten.native_layer_norm.default, None)
        program = program.run_decompositions(decompositions)
        check_torch_shapes(program, dynamic_batch)
        name_torch_layers(program)
        context = make_context()
        importer = FxImporter(context=context)
        importer.import_frozen_program(program, func_name=c_identifier(entry))
    module = importer.module.operation
    check_supported(module)
    run_pipeline(
        module,
        "builtin.module(func.func(torch-match-quantized-custom-ops),"
        "torchdynamo-export-to-torch-backend-pipeline{extra-library= })",
    )
    return lower_to_linalg(module)


def from_file(path: str | Path, *, shapes: Shapes | None = None, entry: str | None = None) -> str:
    """Return the network in a .onnx or .pt2 file as MLIR text."""
    path = Path(path)
    if not path.is_file():
        raise NetworkError(f"{path}: no such file")
    if path.suffix == ".onnx":
        return from_onnx(path, shapes=shapes, entry=entry)
    if path.suffix != ".pt2":
        raise NetworkError(f"{path}: neither .onnx nor .pt2")
    import torch

    try:
        program = torch.export.load(path)
    except Exception as error:
        raise NetworkError(f"{path}: no exported program of PyTorch: {error}") from error
    examples = make_examples(program, shapes) if shapes else None
    dynamic_batch = any(None in shape for shape in (shapes or {}).values())
    return from_torch(program, examples, entry=entry or path.stem, dynamic_batch=dynamic_batch)


def write(text: str, path: str | Path, mlir_opt: str | None = None) -> None:
    """Write MLIR text to a .mlir file, or as bytecode to any other, and check that MLIR 22 reads it."""
    path = Path(path)
    partial = path.with_name(path.name + ".partial")
    command = [mlir_opt or find_mlir_opt(), "-", "-o", str(partial)]
    if path.suffix != ".mlir":
        command.append("--emit-bytecode")
    try:
        result = subprocess.run(command, input=text, text=True, stderr=subprocess.PIPE, check=False)
        if result.returncode:
            raise NetworkError(f"MLIR 22 does not read the network: {result.stderr.strip()[:2000]}")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def find_mlir_opt() -> str:
    """Return the path of mlir-opt 22."""
    for name in ("mlir-opt-22", "/usr/lib/llvm-22/bin/mlir-opt", "mlir-opt"):
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("mlir-opt 22 is not installed (Debian: mlir-22-tools); name one with --mlir-opt")


def c_identifier(name: str) -> str:
    """Return the name of a C function that is as close to `name` as can be."""
    name = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "network"
    return f"_{name}" if name[0].isdigit() else name


# ONNX


def load_onnx(path: Path) -> onnx.ModelProto:
    """Load an ONNX file."""
    import onnx

    try:
        return onnx.load(path)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise NetworkError(f"{path}: no ONNX file: {error}") from error


def fix_onnx_shapes(model: onnx.ModelProto, shapes: Shapes) -> None:
    """Give all inputs of the network static shapes, but for a batch that stays open, in place."""
    initializers = {i.name for i in model.graph.initializer}
    inputs = {i.name: i.type.tensor_type.shape.dim for i in model.graph.input if i.name not in initializers}
    check_names(shapes, inputs)
    open_inputs = []
    for name, dims in inputs.items():
        shape = shapes.get(name)
        if shape is not None:
            described = [d.dim_value or d.dim_param or "?" for d in dims]
            fits = len(shape) == len(dims) and all(
                d.dim_value in (0, size) for d, size in zip(dims, shape, strict=True)
            )
            if not fits:
                raise NetworkError(f"input '{name}' is {format_shape(described)}, not {format_shape(shape)}")
            check_batch(name, shape)
            for dim, size in zip(dims, shape, strict=True):
                if size is None:
                    dim.dim_param = "batch"
                else:
                    dim.dim_value = size
        if any(not d.dim_value for d in dims[1 if shape and shape[0] is None else 0 :]):
            described = [d.dim_value or d.dim_param or "?" for d in dims]
            open_inputs.append(f"--shape {name}={format_shape(described)}")
    check_open(open_inputs)
    # Shapes that the file states for the rest may have open sizes; they are inferred again.
    if shapes:
        del model.graph.value_info[:]
        for output in model.graph.output:
            for dim in output.type.tensor_type.shape.dim:
                if not dim.dim_value:
                    dim.Clear()


def lower_onnx(model: onnx.ModelProto) -> str:
    """Return a prepared ONNX network as MLIR text."""
    from torch_mlir.extras import onnx_importer

    context = make_context()
    with context, quiet():
        info = onnx_importer.ModelInfo(model)
        module = info.create_module(context=context).operation
        try:
            onnx_importer.NodeImporter.define_function(info.main_graph, module).import_all()
        except onnx_importer.OnnxImportError as error:
            raise NetworkError(f"the network cannot be imported: {error}") from error
    # Partial: what has no conversion is left over.
    run_pipeline(module, "builtin.module(func.func(convert-torch-onnx-to-torch))")
    check_supported(module)
    run_pipeline(
        module, f"builtin.module(torch-onnx-to-torch-backend-pipeline{{backend-legal-ops={','.join(LEGAL_OPS)}}})"
    )
    return lower_to_linalg(module)


# PyTorch


def export_torch(
    module: torch.nn.Module, example_inputs: Sequence[torch.Tensor], dynamic_batch: bool
) -> torch.export.ExportedProgram:
    """Export a module for inputs of the shapes of examples, the first dimension of all open if `dynamic_batch`."""
    import torch

    if not dynamic_batch:
        return torch.export.export(module, tuple(example_inputs))
    batch = torch.export.Dim("batch")
    shapes = torch.export.ShapesCollection()
    for example in example_inputs:
        shapes[example] = {0: batch}
    try:
        return torch.export.export(module, tuple(example_inputs), dynamic_shapes=shapes)
    except Exception as error:
        raise NetworkError(f"the network does not work for any batch: {error}") from error


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
    for node in program.graph.nodes:
        modules = list((node.meta.get("nn_module_stack") or {}).values())
        layer = modules[-1][0] if modules else ""
        node.meta["stack_trace"] = f'File "{layer or node.name}", line 0,'


# torch-mlir


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


def run_pipeline(module: Any, pipeline: str) -> None:
    """Run passes of torch-mlir on a module."""
    from torch_mlir.ir import MLIRError
    from torch_mlir.passmanager import PassManager

    with module.context:
        try:
            PassManager.parse(pipeline).run(module)
        except MLIRError as error:
            causes = [
                f"{d.message.splitlines()[0]} in {location_name(d.location)}" for d in error.error_diagnostics
            ] or [str(error)]
            raise NetworkError(f"torch-mlir cannot lower the network: {'; '.join(dict.fromkeys(causes))}") from error


def lower_to_linalg(module: Any) -> str:
    """Return a module of torch ops as text with linalg on tensors."""
    run_pipeline(module, "builtin.module(torch-backend-to-linalg-on-tensors-backend-pipeline)")
    check_supported(module)
    out = io.StringIO()
    module.print(file=out, enable_debug_info=True)
    return re.sub(r'loc\("([^"]*)":0:0\)', r'loc("\1")', out.getvalue())


# Shapes


def check_names(shapes: Shapes, inputs: Mapping[str, Any]) -> None:
    """Raise if a shape is given for something that is no input."""
    unknown = [name for name in shapes if name not in inputs]
    if unknown:
        raise NetworkError(f"no input is called {', '.join(unknown)}; inputs: {', '.join(inputs)}")


def check_batch(name: str, shape: Sequence[int | None]) -> None:
    """Raise if a size other than the batch shall stay open."""
    if None in shape[1:]:
        raise NetworkError(f"input '{name}': only the first size may stay open, not {format_shape(shape)}")


def check_open(inputs: Sequence[str]) -> None:
    """Raise if there are inputs with open sizes."""
    if inputs:
        raise NetworkError(f"sizes of inputs are open, give numbers (or ? for the batch): {' '.join(inputs)}")


def format_shape(shape: Sequence[Any]) -> str:
    """Return a shape as it is written on the command line."""
    return "x".join("?" if size is None else str(size) for size in shape)


def parse_shape(text: str) -> tuple[str, list[int | None]]:
    """Parse NAME=1x3x224x224 or NAME=?x3x224x224."""
    name, _, sizes = text.rpartition("=")
    if not name or not re.fullmatch(r"(\?|[1-9]\d*)(x(\?|[1-9]\d*))*", sizes):
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form NAME=1x3x224x224")
    return name, [None if size == "?" else int(size) for size in sizes.split("x")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Import one file; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m nnq.importer", description="Import a network as MLIR.")
    parser.add_argument("network", type=Path, help=".onnx, or .pt2 of torch.export.save")
    parser.add_argument("-o", "--output", type=Path, required=True, help=".mlir for text, else bytecode")
    parser.add_argument(
        "--shape",
        type=parse_shape,
        action="append",
        default=[],
        help="sizes of an input: NAME=1x3x224x224, or NAME=?x3x224x224 for any batch",
    )
    parser.add_argument("--entry", help="name of the function (default: after the file)")
    parser.add_argument("--mlir-opt", metavar="PATH", help="mlir-opt 22 (default: the installed one)")
    args = parser.parse_args(arguments)
    try:
        text = from_file(args.network, shapes=dict(args.shape), entry=args.entry)
        write(text, args.output, args.mlir_opt)
    except (NetworkError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"error: {error}: pip install torch-mlir torch onnx", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
