"""Kernels of convolutions that are multiples of fewer ones: the same results as of a network with these kernels."""

from __future__ import annotations

import nnq
import numpy as np
import pytest
import torch
from nnq.weights import layer_constants
from torch import nn

FORCED = {"objective": "none"}


def build(channels: int = 16, stride: int = 1) -> nn.Sequential:
    """Return a network of two convolutions."""
    torch.manual_seed(3)
    return nn.Sequential(
        nn.Conv2d(8, channels, 3, padding=1, stride=stride), nn.ReLU(), nn.Conv2d(channels, 12, 3)
    ).eval()


def images(count: int = 6) -> torch.Tensor:
    return torch.randn(count, 8, 12, 12, generator=torch.Generator().manual_seed(4))


def run(model: nnq.Model, x: torch.Tensor, **options: object) -> np.ndarray:
    program = model.compile(**options)
    return np.concatenate([program(row[None].numpy()) for row in x])


@torch.no_grad()
def clustered(network: nn.Sequential, shared: nnq.Model) -> nn.Sequential:
    """Set the weights of a network to those that the compiler has made."""
    constants = layer_constants(shared)
    for name, layer in network.named_children():
        if f"{name}.0" in constants:
            scales = torch.tensor(constants[f"{name}.1"]).flatten(1)
            kernels = torch.tensor(constants[f"{name}.0"])
            layer.weight.copy_((scales @ kernels.flatten(1)).reshape(layer.weight.shape))
            # A scale of its own for each kernel, of one matrix.
            assert ((scales != 0).sum(1) <= 1).all()
    return network


def count_macs(model: nnq.Model, layer: str) -> int:
    """Return the multiply-adds of a layer; padding in front has its name, too."""
    return sum(each.macs for each in model.report().layers if each.name == layer)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("groups", [1, 5, 8])
def test_results_are_those_of_the_clustered_weights(groups: int, stride: int):
    network, x = build(stride=stride), images()
    model = nnq.from_torch(network, [x[:1]])
    shared = model.share("kernels", groups=groups, **FORCED)
    with torch.no_grad():
        before = network(x).numpy()
        wanted = clustered(network, shared)(x).numpy()
    got = run(shared, x)
    assert np.abs(got - wanted).max() <= 1e-4 * np.abs(wanted).max()
    assert np.abs(wanted - before).max() > 1e-2
    # Fewer weights and multiply-adds, and those that remain are shared.
    assert count_macs(shared, "0.0") == count_macs(model, "0") * groups // 16
    assert shared.report().weight_bytes < model.report().weight_bytes


def test_multiples_are_found():
    network, x = build(), images()
    generator = torch.Generator().manual_seed(6)
    with torch.no_grad():
        base = torch.randn(4, 8, 3, 3, generator=generator)
        choice = torch.randint(4, (16,), generator=generator)
        scale = torch.randn(16, 1, 1, 1, generator=generator)
        network[0].weight.copy_(base[choice] * scale)
        wanted = network(x).numpy()
    shared = nnq.from_torch(network, [x[:1]]).share("kernels", groups=4, exclude="2", **FORCED)
    assert np.abs(run(shared, x) - wanted).max() <= 1e-4 * np.abs(wanted).max()


def test_data_weigh_the_error():
    network, x = build(), images()
    # Channels that are hardly ever there.
    x[:, 4:] *= 0.02
    model = nnq.from_torch(network, [x[:1]])
    with torch.no_grad():
        wanted = network(x).numpy()
    errors = []
    for data in ({}, {"data": x.numpy()}):
        shared = model.share("kernels", groups=6, exclude="2", **FORCED, **data)
        errors.append(np.square(run(shared, x) - wanted).mean())
    assert errors[1] < 0.9 * errors[0]


def test_quantization_follows():
    network, x = build(channels=32), images()
    shared = nnq.from_torch(network, [x[:1]]).share("kernels", ratio=0.5, **FORCED)
    int8 = shared.quantize(data=x.numpy())
    assert all(layer.is_integer for layer in int8.report().layers if layer.macs)
    f32 = run(shared, x)
    error = np.square(run(int8, x) - f32).mean() / np.square(f32).mean()
    assert error < 1e-2


def test_layers_that_would_not_be_faster_stay():
    model = nnq.from_torch(build(), [images(1)])
    with pytest.raises(nnq.Error, match=r"no layer has kernels to share(.|\n)*are no fewer than its 12 kernels"):
        model.share("kernels", groups=16)


def test_what_can_be_shared_is_told():
    model = nnq.from_torch(build(), [images(1)])
    with pytest.raises(nnq.OptionError, match="what='kernel' is none of weights, kernels; did you mean 'kernels'"):
        model.share("kernel", groups=2)
