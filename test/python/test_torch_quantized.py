"""Networks that PyTorch quantized, or trained for it, run with their scales in int8 kernels."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import Run
from nnq import importer
from torch import nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv2, self.linear = nn.Conv2d(8, 8, 3, padding=1), nn.Linear(128, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.max_pool2d(torch.relu(self.conv2(x) + x), 2)
        return self.linear(x.flatten(1))


def images(count: int) -> torch.Tensor:
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(count))


def check(module: nn.Module, run: Run, tools: Path, folder: Path, contractions: int) -> None:
    """Compare with PyTorch, with and without the pass that quantizes; count the integer contractions."""
    importer.write(importer.from_torch(module, images(1)), folder / "net.mlirbc")
    x = images(16)
    with torch.no_grad():
        expected = torch.cat([module(sample[None]) for sample in x]).numpy()
    np.savez(folder / "calib.npz", x=x.numpy())
    completed = folder / "completed.mlirbc"
    quantize = f"--quantize-int8=data={folder / 'calib.npz'}"
    command = [tools / "nnq-opt", folder / "net.mlirbc", quantize, "--emit-bytecode", "-o", completed]
    subprocess.run(command, check=True)
    for network in (folder / "net.mlirbc", completed):
        result = run(network, [x.numpy()])[0].reshape(expected.shape)
        noise = np.square(result - expected).sum()
        # PyTorch multiplies by the reciprocal of a scale, which moves what is halfway.
        assert np.square(expected).sum() > 1e4 * noise
    text = subprocess.run(
        [tools / "nnq-opt", folder / "net.mlirbc", "--import", "--nnq-lower-quantization"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert text.count("arith.muli") >= contractions


def make_quantizer(kind: str, qat: bool):
    pytest.importorskip("torchao")
    if kind == "x86":
        from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

        return x86.X86InductorQuantizer().set_global(x86.get_default_x86_inductor_quantization_config(is_qat=qat))
    from torchao.testing.pt2e import _xnnpack_quantizer as xnnpack

    config = xnnpack.get_symmetric_quantization_config(is_per_channel=True, is_qat=qat)
    return xnnpack.XNNPACKQuantizer().set_global(config)


@pytest.mark.parametrize("kind", ["x86", "xnnpack"])
def test_pt2e_program(kind: str, run_network: Run, tools: Path, tmp_path: Path):
    quantizer = make_quantizer(kind, qat=False)
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    torch.manual_seed(0)
    module = prepare_pt2e(torch.export.export(Net().eval(), (images(1),)).module(), quantizer)
    for sample in images(8):
        module(sample[None])
    check(convert_pt2e(module), run_network, tools, tmp_path, contractions=3)


def test_model_in_quantization_aware_training(run_network: Run, tools: Path, tmp_path: Path):
    import torch.ao.quantization as ao

    class Wrapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.quant, self.conv, self.bn, self.relu = ao.QuantStub(), nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()
            self.depthwise, self.linear = nn.Conv2d(8, 8, 3, groups=8), nn.Linear(128, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.relu(self.bn(self.conv(self.quant(x))))
            return self.linear(self.depthwise(x).flatten(1))

    torch.manual_seed(0)
    module = Wrapped().train()
    module.qconfig = ao.get_default_qat_qconfig("x86")
    module = ao.prepare_qat(ao.fuse_modules_qat(module, [["conv", "bn", "relu"]]))
    for _ in range(4):
        module(images(4))
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            # A negative scale, too.
            nn.init.uniform_(part.weight, -1.5, 1.5)
    module.apply(ao.disable_observer)
    importer.from_torch(module, images(1))
    assert all(part.training for part in module.modules())
    check(module.eval(), run_network, tools, tmp_path, contractions=3)


def test_model_without_scales_is_an_error():
    import torch.ao.quantization as ao

    module = nn.Sequential(nn.Linear(4, 4)).train()
    module.qconfig = ao.get_default_qat_qconfig("x86")
    module = ao.prepare_qat(module)
    module[0].weight_fake_quant.scale.fill_(float("nan"))
    with pytest.raises(importer.NetworkError, match="no scale is known, .*: 0.weight_fake_quant"):
        importer.from_torch(module, torch.zeros(1, 4))
