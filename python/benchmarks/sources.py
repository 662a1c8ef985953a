"""Networks ready to be timed: the trained ones of a folder (models.py) and well-known ones (architectures.py)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import models
import numpy as np
from numpy.typing import NDArray

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "python"))

Sample = list[NDArray]
BUILTIN = ("lenet", "resnet18", "resnet50", "mobilenetv2", "minilm32", "minilm128")
SCORED = 100


@dataclass
class Network:
    """A network as the contenders take it: MLIR for ours, ONNX of batch 1 for the others."""

    name: str
    mlir: str
    onnx: Path | None
    test: list[Sample]
    labels: NDArray[np.int64] | None
    calib: list[Sample]
    is_transformer: bool = False

    @property
    def macs(self) -> int:
        """Multiply-adds of one run."""
        return count_macs(self.onnx)


def samples(x: NDArray) -> list[Sample]:
    """Split a batch into inputs of batch 1."""
    return [[row[None]] for row in x]


def folder_models(folder: Path, only: Sequence[str]) -> list[models.Model]:
    """Return the networks of the folder, once where one is there in both forms."""
    found = models.folder_models(folder)
    with_onnx = {model.name for model in found if model.path.suffix == ".onnx"}
    chosen = [m for m in found if m.path.suffix == ".onnx" or m.name not in with_onnx]
    return [model for model in chosen if not only or model.name in only]


def folder_networks(folder: Path, scratch: Path, only: Sequence[str]) -> list[Callable[[], Network]]:
    """Return what makes the networks of a folder ready, one by one."""
    from nnq import importer
    from nnq.importer import onnx_frontend

    def make(model: models.Model) -> Network:
        data = model.load()
        path = scratch / f"{model.name}.onnx"
        if model.path.suffix == ".onnx":
            import onnx

            graph = onnx_frontend.load_onnx(model.path)
            onnx_frontend.fix_onnx_shapes(graph, {model.input: model.shape})
            onnx.save(onnx.shape_inference.infer_shapes(graph, data_prop=True), path)
        else:
            import torch

            export_onnx(torch.export.load(model.path).module(), [torch.zeros(model.shape)], path)
        text = importer.from_file(model.path, shapes={model.input: model.shape}, entry=entry_name(model.name))
        return Network(model.name, text, path, samples(data.x[:SCORED]), data.y, samples(data.calib[:200]))

    return [lambda model=model: make(model) for model in folder_models(folder, only)]


def builtin_network(name: str, scratch: Path, folder: Path | None) -> Network:
    """Build a well-known network."""
    import architectures
    import torch

    from nnq import importer

    generator = np.random.default_rng(0)
    path = scratch / f"{name}.onnx"
    if name.startswith("minilm"):
        length = int(name.removeprefix("minilm"))
        module = architectures.minilm()
        rows = token_rows(folder, length, generator)
        test, calib = rows[:SCORED], rows[SCORED : SCORED + 16]
    else:
        shape = (1, 1, 28, 28) if name == "lenet" else (1, 3, 224, 224)
        make = {
            "lenet": architectures.lenet,
            "resnet18": lambda: architectures.resnet([2, 2, 2, 2], bottleneck=False),
            "resnet50": lambda: architectures.resnet([3, 4, 6, 3], bottleneck=True),
            "mobilenetv2": architectures.mobilenet_v2,
        }[name]
        torch.manual_seed(0)
        module = architectures.randomize(make(), shape)
        images = generator.normal(size=(14, *shape)).astype(np.float32)
        test, calib = [[x] for x in images[:10]], [[x] for x in images[10:]]
    examples = [torch.from_numpy(x) for x in test[0]]
    export_onnx(module, examples, path)
    text = importer.from_torch(module, examples, entry=entry_name(name))
    return Network(name, text, path, test, None, calib, is_transformer=name.startswith("minilm"))


def token_rows(folder: Path | None, length: int, generator: np.random.Generator) -> list[Sample]:
    """Return token numbers and masks: sentences of the folder if it has them, padded to a length, else random."""
    file = folder / "data" / "sls_minilm_tok32.npz" if folder else None
    rows = []
    if file and file.exists():
        with np.load(file) as data:
            key = next(k for k in data.files if data[k].ndim == 2)
            tokens = data[key].astype(np.int64)
        for row in tokens[: SCORED + 16]:
            ids = np.zeros((1, length), np.int64)
            ids[0, : min(length, len(row))] = row[:length]
            rows.append([ids, (ids != 0).astype(np.int64)])
        return rows
    for _ in range(SCORED + 16):
        ids = generator.integers(1000, 30000, (1, length))
        rows.append([ids, np.ones((1, length), np.int64)])
    return rows


def export_onnx(module: object, examples: list, path: Path) -> None:
    """Write a PyTorch module as ONNX, with static shapes."""
    import torch

    from nnq.importer import lowering

    with lowering.quiet():
        torch.onnx.export(module, tuple(examples), path, dynamo=True, external_data=False, verbose=False)


def entry_name(name: str) -> str:
    """Return the name of the C function of a network."""
    from nnq import importer

    return importer.c_identifier(name)


def count_macs(path: Path) -> int:
    """Count the multiply-adds of an ONNX network with static shapes."""
    import onnx

    graph = onnx.shape_inference.infer_shapes(onnx.load(path), data_prop=True).graph
    shapes = {i.name: list(i.dims) for i in graph.initializer}
    for value in [*graph.input, *graph.value_info, *graph.output]:
        shapes[value.name] = [d.dim_value for d in value.type.tensor_type.shape.dim]
    macs = 0
    for node in graph.node:
        out = int(np.prod(shapes.get(node.output[0], [0]))) if node.output else 0
        if node.op_type == "Conv":
            macs += out * int(np.prod(shapes[node.input[1]][1:]))
        elif node.op_type == "ConvTranspose":
            macs += int(np.prod(shapes[node.input[0]])) * int(np.prod(shapes[node.input[1]][1:]))
        elif node.op_type == "MatMul":
            macs += out * shapes[node.input[0]][-1]
        elif node.op_type == "Gemm":
            transposed = any(a.name == "transA" and a.i for a in node.attribute)
            macs += out * shapes[node.input[0]][0 if transposed else 1]
    return macs
