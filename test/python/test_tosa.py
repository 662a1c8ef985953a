"""TOSA as input: networks of TensorFlow Lite's kind, and numbers from torch-mlir."""

from __future__ import annotations

import nnq
import numpy as np
import pytest
import torch
from tosa_networks import Network


def run_int8(text: str, x: np.ndarray) -> np.ndarray:
    return np.asarray(nnq.load(text).compile()(x.astype(np.int8))).astype(np.int64)


@pytest.mark.parametrize(
    ("channels", "size", "stride", "depthwise"),
    [(16, 3, 1, False), (24, 1, 1, False), (8, 5, 2, False), (12, 3, 1, True), (5, 3, 2, True)],
)
def test_convolution_within_one_step(channels: int, size: int, stride: int, depthwise: bool):
    rng = np.random.default_rng(channels)
    edge = 12 if stride == 1 else 13
    x = rng.integers(-128, 128, (1, edge, edge, channels if depthwise else 7))
    network = Network(x, rng)
    name, expected = network.conv("%x", x, channels, size, (-11, 5), stride=stride, depthwise=depthwise)
    result = run_int8(network.finish(name, expected), x)
    assert np.abs(result - expected).max() <= 1
    # Only ties are rounded another way.
    assert (result != expected).mean() < 0.005
    assert len(np.unique(expected)) > 100


def test_residual_network():
    rng = np.random.default_rng(3)
    x = rng.integers(-128, 128, (1, 16, 16, 3))
    network = Network(x, rng)
    a = network.max_pool(*network.conv("%x", x, 16, 3, (-3, -128)))
    b = network.conv(*a, 16, 3, (-128, 4), depthwise=True)
    b = network.conv(*b, 16, 1, (4, -9))
    c = network.add(a, b, (-128, -9, -20))
    c = network.flatten(*network.average(*c, -20))
    text = network.finish(*c)
    result = run_int8(text, x)
    assert result.shape == c[1].shape
    assert np.abs(result - c[1]).max() <= 2


def test_int8_layers_are_integer_kernels():
    """Convolutions are computed on integers, not on numbers that stand for them."""
    rng = np.random.default_rng(4)
    x = rng.integers(-128, 128, (1, 8, 8, 16))
    network = Network(x, rng)
    y = network.conv(*network.conv("%x", x, 16, 3, (0, 1)), 16, 3, (1, 2))
    layers = nnq.load(network.finish(*y)).report().layers
    types = [layer.type for layer in layers if layer.macs]
    assert len(types) == 2
    # How activations travel depends on the target.
    assert set(types) <= {"i8", "u8", "i16"}


def test_numbers_from_torch_mlir():
    """A network in f32 gives what PyTorch gives, and can be quantized."""
    from torch_mlir import fx

    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(8, 12, 3, stride=2), torch.nn.Sigmoid(), torch.nn.Flatten(), torch.nn.Linear(108, 10),
    ).eval()  # fmt: skip
    x = torch.randn(1, 3, 16, 16)
    text = str(fx.export_and_import(module, x, output_type=fx.OutputType.TOSA, func_name="net"))
    model = nnq.load(text)
    expected = module(x).detach().numpy()
    assert np.abs(model.compile()(x.numpy()) - expected).max() < 1e-4 * np.abs(expected).max()
    int8 = model.quantize(data=torch.randn(32, 3, 16, 16).numpy()).compile()(x.numpy())
    assert np.abs(int8 - expected).max() < 0.1 * np.abs(expected).max()


def test_operators_without_conversion_are_listed_at_once():
    custom = '{operator_name = "o", domain_name = "d", implementation_attrs = ""}'
    kind = "tensor<1x8xf32>"
    text = (
        f"func.func @net(%x: {kind}) -> {kind} {{\n"
        f'  %0 = tosa.custom %x {custom} : ({kind}) -> {kind} loc("first")\n'
        f'  %1 = tosa.custom %0 {custom} : ({kind}) -> {kind} loc("second")\n'
        f"  return %1 : {kind}\n}}\n"
    )
    with pytest.raises(nnq.Error, match="(?s)first.*second"):
        nnq.load(text).compile()
