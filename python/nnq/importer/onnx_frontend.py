"""Import of ONNX files."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import NetworkError
from .lowering import c_identifier, check_supported, location_name, lower_to_linalg, make_context, quiet, run_pipeline
from .shapes import Shapes, check_batch, check_names, check_open, format_shape

if TYPE_CHECKING:
    import onnx

    from .mlir_calls import Functions

# Decomposed, these come out as gathers and divisions of sizes.
LEGAL_OPS = ("aten.flatten.using_ints", "aten.adaptive_avg_pool1d", "aten.adaptive_avg_pool2d", "aten.unflatten.int")


def from_onnx(network: str | Path | onnx.ModelProto, *, shapes: Shapes | None = None, entry: str | None = None) -> str:
    """Return an ONNX network as MLIR text.

    `shapes` gives the sizes of inputs that the network leaves open, None for a first one that stays open as the batch;
    `entry` names the function, by default after the file.
    """
    import onnx

    from .onnx_checks import check_interface, check_structure
    from .onnx_prepare import name_nodes, prepare

    if isinstance(network, onnx.ModelProto):
        model, name = onnx.ModelProto(), network.graph.name
        model.CopyFrom(network)
    else:
        model, name = load_onnx(Path(network)), Path(network).stem
    check_structure(model)
    check_interface(model)
    fix_onnx_shapes(model, shapes or {})
    name_nodes(model)
    model.graph.name = entry or c_identifier(name)
    return lower_onnx(*prepare(model))


def load_onnx(path: Path) -> onnx.ModelProto:
    """Load an ONNX file, with the weights that it keeps in other files."""
    import onnx

    try:
        model = onnx.load(path, load_external_data=False)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise NetworkError(f"{path}: no ONNX file: {error}") from error
    if not model.graph.node:
        raise NetworkError(f"{path}: no ONNX file: it has no nodes")
    try:
        onnx.external_data_helper.load_external_data_for_model(model, str(path.parent))
    except Exception as error:
        raise NetworkError(f"{path}: its weights cannot be read: {error}") from error
    return model


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


def lower_onnx(model: onnx.ModelProto, functions: Functions) -> str:
    """Return a prepared ONNX network as MLIR text."""
    refused: set[str] = set()
    while True:
        module = import_nodes(model, refused)
        # Partial: what has no conversion is left over. A conversion that fails ends it, so that its layer is taken out
        # of the next attempt; all of them are reported.
        layers = find_failures(module, "builtin.module(func.func(convert-torch-onnx-to-torch))") - refused
        if not layers:
            break
        refused |= layers
    check_supported(module)
    run_pipeline(
        module, f"builtin.module(torch-onnx-to-torch-backend-pipeline{{backend-legal-ops={','.join(LEGAL_OPS)}}})"
    )
    return functions.define(lower_to_linalg(module, has_calls=bool(functions.texts)))


def import_nodes(model: onnx.ModelProto, refused: Set[str]) -> Any:
    """Return a module with the nodes of a network; those of the names `refused` are given types without conversion."""
    from torch_mlir.extras import onnx_importer

    from .mlir_calls import define_function
    from .onnx_graph import UNKNOWN_FORM

    for node in model.graph.node:
        if node.name in refused and not node.op_type.endswith(UNKNOWN_FORM):
            node.op_type += UNKNOWN_FORM
    context = make_context()
    with context, quiet():
        info = onnx_importer.ModelInfo(model)
        module = info.create_module(context=context).operation
        try:
            define_function(info.main_graph, module).import_all()
        except onnx_importer.OnnxImportError as error:
            raise NetworkError(f"the network cannot be imported: {error}") from error
    return module


def find_failures(module: Any, pipeline: str) -> set[str]:
    """Run passes; return the layers at which they failed."""
    from torch_mlir.ir import MLIRError
    from torch_mlir.passmanager import PassManager

    with module.context:
        try:
            PassManager.parse(pipeline).run(module)
        except MLIRError as error:
            layers = {location_name(diagnostic.location) for diagnostic in error.error_diagnostics} - {"?"}
            if layers:
                return layers
            raise NetworkError(f"torch-mlir cannot lower the network: {error}") from error
    return set()
