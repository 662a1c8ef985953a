"""Import of ONNX files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .errors import NetworkError
from .lowering import c_identifier, check_supported, lower_to_linalg, make_context, quiet, run_pipeline
from .shapes import Shapes, check_batch, check_names, check_open, format_shape

if TYPE_CHECKING:
    import onnx

# The first opset whose normalization, dropout and the like are in the form that torch-mlir reads.
ONNX_OPSET = 17
# Decomposed, these come out as gathers and divisions of sizes.
LEGAL_OPS = ("aten.flatten.using_ints", "aten.adaptive_avg_pool1d", "aten.adaptive_avg_pool2d", "aten.unflatten.int")


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
