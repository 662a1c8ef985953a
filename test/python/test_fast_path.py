"""Networks of other packages, from torch and from ONNX: all of their layers have kernels, in f32 and in int8."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import nnq
import numpy as np
import pytest
import torch
from onnxruntime import InferenceSession
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_dynamic, quantize_static
from torch import nn
from torch.export import Dim
from torch_models import load_torchvision, make_encoder, make_maxvit, make_swin

IMAGE = (1, 3, 32, 32)


class Encoder(nn.Module):
    """An encoder of tokens that gives one tensor."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.encoder = make_encoder(name)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.encoder(input_ids=ids).last_hidden_state


def make_convnext() -> nn.Module:
    models = load_torchvision()
    blocks = [models.convnext.CNBlockConfig(16, 32, 2), models.convnext.CNBlockConfig(32, None, 2)]
    return models.ConvNeXt(blocks, num_classes=10, layer_scale=0.5).eval()


def make_vit() -> nn.Module:
    vit = load_torchvision().VisionTransformer(32, 8, 2, 4, 32, 64, num_classes=10)
    nn.init.normal_(vit.heads.head.weight, std=0.05)
    return vit.eval()


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "bert": lambda: Encoder("Bert"),
    "convnext": make_convnext,
    "maxvit": make_maxvit,
    "swin": make_swin,
    "vit": make_vit,
}


def find_missed(model: nnq.Model, tools: Path, folder: Path) -> list[str]:
    """Return what the compiler says of layers that no kernel computes, or of f32 where integers could be."""
    model.save(folder / "network.mlirbc")
    command = [tools / "nnq-opt", folder / "network.mlirbc", "--lower-to-llvm", "--remarks-filter-missed=nnq"]
    result = subprocess.run([*command, "-o", "/dev/null"], capture_output=True, text=True, check=True)
    passes = "nnq-(emit-kernels|select-strategy|pack-contractions|lower-quantization)"
    return re.findall(rf"\[Missed\] {passes}.*", result.stderr)


@pytest.mark.parametrize("source", ["torch", "onnx"])
@pytest.mark.parametrize("name", NETWORKS)
def test_layers_have_kernels(name: str, source: str, tools: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = NETWORKS[name]()
    x = torch.randint(0, 60, (1, 16)) if name == "bert" else torch.randn(IMAGE)
    if source == "torch":
        model = nnq.from_torch(network, [x])
    else:
        torch.onnx.export(network, (x,), tmp_path / "network.onnx", dynamo=True, verbose=False)
        model = nnq.from_onnx(tmp_path / "network.onnx")
    with torch.no_grad():
        wanted = network(x).numpy()
    np.testing.assert_allclose(model.compile()(x.numpy()), wanted, atol=1e-4 * np.abs(wanted).max())
    assert find_missed(model, tools, tmp_path) == []
    quantized = model.quantize(data=x.numpy(), weight_rounding="nearest")
    assert find_missed(quantized, tools, tmp_path) == []


@pytest.mark.parametrize("source", ["torch", "onnx"])
@pytest.mark.parametrize("name", NETWORKS)
def test_any_batch(name: str, source: str, tmp_path: Path) -> None:
    """Networks with an open batch give for all samples what torch gives, and for each what they give without one."""
    torch.manual_seed(0)
    network = NETWORKS[name]()
    x = torch.randint(0, 60, (5, 16)) if name == "bert" else torch.randn(5, *IMAGE[1:])
    if source == "torch":
        model = nnq.from_torch(network, [x[:2]], dynamic_shapes=({0: Dim("batch")},))
        single = nnq.from_torch(network, [x[:1]])
    else:
        path = tmp_path / "network.onnx"
        shapes = {("ids" if name == "bert" else "x"): (None, *x.shape[1:])}
        torch.onnx.export(network, (x[:2],), path, dynamo=True, verbose=False, dynamic_shapes=({0: Dim("batch")},))
        model = nnq.from_onnx(path, shapes=shapes)
        single = nnq.from_onnx(path, shapes={key: (1, *shape[1:]) for key, shape in shapes.items()})
    with torch.no_grad():
        wanted = network(x).numpy()
    x = x.numpy()
    np.testing.assert_allclose(model.compile()(x), wanted, atol=1e-4 * np.abs(wanted).max())
    program = model.quantize(data=x, weight_rounding="nearest").compile()
    # torch transposes the attention of MaxViT at other places if the batch is one.
    is_same_graph = (name, source) != ("maxvit", "torch")
    judge = single.quantize(data=x, weight_rounding="nearest").compile() if is_same_graph else program
    one_by_one = np.concatenate([judge(x[i : i + 1]) for i in range(len(x))])
    for samples in (1, 2, 5):
        np.testing.assert_array_equal(program(x[:samples]), one_by_one[:samples])


class Tokens(CalibrationDataReader):
    """Samples for the quantizer of ONNX Runtime."""

    def __init__(self) -> None:
        self.samples = iter([{"ids": np.random.default_rng(i).integers(0, 60, (1, 16))} for i in range(4)])

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.samples, None)


@pytest.mark.parametrize("form", ["QDQ", "QOperator", "dynamic"])
def test_encoders_that_onnxruntime_quantized(form: str, tools: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    ids = torch.randint(0, 60, (1, 16))
    f32, int8 = tmp_path / "f32.onnx", tmp_path / "int8.onnx"
    torch.onnx.export(Encoder("Bert"), (ids,), f32, dynamo=True, verbose=False)
    if form == "dynamic":
        quantize_dynamic(f32, int8)
    else:
        quantize_static(f32, int8, Tokens(), quant_format=QuantFormat[form], per_channel=form == "QDQ")
    feeds = {"ids": ids.numpy()}
    wanted, exact = (InferenceSession(path).run(None, feeds)[0] for path in (int8, f32))
    model = nnq.from_onnx(int8).quantize(foreign="keep", weight_rounding="nearest")
    result = model.compile()(ids.numpy())
    # As near to f32 as what was imported is.
    assert np.square(result - exact).mean() < 1.3 * np.square(wanted - exact).mean()
    assert find_missed(model, tools, tmp_path) == []
