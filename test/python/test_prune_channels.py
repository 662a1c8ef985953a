"""Networks of torchvision lose channels: what is left computes what the network does with these channels at zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nnq
import numpy as np
import pytest
import torch
from nnq.report import describe_layers
from torch import nn
from torch_models import load_torchvision, make_classifier, make_maxvit, make_swin

RATIO = 0.3
TOLERANCE = 1e-4


def named(name: str, **arguments: Any) -> Callable[[], nn.Module]:
    return lambda: make_classifier(name, **arguments)


def narrow(name: str) -> nn.Module:
    """Return a network without the millions of weights behind its convolutions."""
    module = make_classifier(name)
    inputs = next(part for part in module.classifier if isinstance(part, nn.Linear)).in_features
    module.classifier = nn.Sequential(nn.Linear(inputs, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 10)).eval()
    return module


def enliven(module: nn.Module, size: int) -> nn.Module:
    """Let what a network is given reach its results, which random weights alone are too weak for."""
    torch.manual_seed(2)
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(part.weight)
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 1.0
            nn.init.uniform_(part.weight, 0.5, 1.5)
            nn.init.normal_(part.bias, std=0.2)
    with torch.no_grad():
        module.train()(torch.randn(16, 3, size, size))
    return module.eval()


def make_resnext() -> nn.Module:
    resnet = load_torchvision().resnet
    return resnet.ResNet(resnet.Bottleneck, [1, 1, 1, 1], num_classes=10, groups=32, width_per_group=4)


def make_densenet() -> nn.Module:
    return load_torchvision().DenseNet(block_config=(2, 2, 2, 2), num_classes=10)


def make_convnext() -> nn.Module:
    convnext = load_torchvision().convnext
    stages = [convnext.CNBlockConfig(32, 64, 1), convnext.CNBlockConfig(64, None, 2)]
    return convnext.ConvNeXt(stages, num_classes=10, layer_scale=0.5)


def make_vit() -> nn.Module:
    models = load_torchvision()
    return models.VisionTransformer(32, 8, 2, 4, 64, 128, num_classes=10)


# The network, the size of its images, and layers whose channels a layer norm counts: with them nothing is as it was
# with zeros in their place.
NETWORKS = {
    "alexnet": (lambda: narrow("alexnet"), 64, ""),
    "vgg": (lambda: narrow("vgg11_bn"), 32, ""),
    "resnet": (named("resnet18"), 32, ""),
    "resnext": (make_resnext, 32, ""),
    "densenet": (make_densenet, 32, ""),
    "squeezenet": (named("squeezenet1_1"), 32, ""),
    "googlenet": (named("googlenet", init_weights=False, aux_logits=False), 32, ""),
    "inception": (named("inception_v3", init_weights=False, aux_logits=False), 75, ""),
    "mobilenet_v2": (named("mobilenet_v2"), 32, ""),
    "mobilenet_v3": (named("mobilenet_v3_small"), 32, ""),
    "mnasnet": (named("mnasnet0_5"), 32, ""),
    "shufflenet": (named("shufflenet_v2_x0_5"), 32, ""),
    "efficientnet": (named("efficientnet_b0"), 32, ""),
    "regnet": (named("regnet_y_400mf"), 32, ""),
    "convnext": (make_convnext, 32, r"features\.0\.0,features\.2\.1"),
    "vit": (make_vit, 32, "conv_proj"),
    "swin": (make_swin, 32, r"features\.0\.0,features\.2\.reduction"),
    "maxvit": (make_maxvit, 32, r"blocks\..*MBconv\.proj\.1"),
}


def count(program: nnq.Program) -> np.ndarray:
    """Return the multiply-adds and the bytes of the weights."""
    layers = describe_layers(program.signature, ())
    return np.array([sum(layer.macs for layer in layers), sum(layer.weight_bytes or 0 for layer in layers)])


@pytest.mark.parametrize("name", NETWORKS)
def test_network_is_its_mask(name: str):
    make, size, normalized = NETWORKS[name]
    module = enliven(make(), size)
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    dense = nnq.from_torch(module, [x[:1]])
    exclude = normalized or None
    pruned = dense.prune("channels", ratio=RATIO, exclude=exclude).compile(level=1, profile=True)
    masked = dense.prune("channels", ratio=RATIO, exclude=exclude, mask=True).compile(level=1, profile=True)
    results = np.stack([pruned(sample[None].numpy()) for sample in x])
    expected = np.stack([masked(sample[None].numpy()) for sample in x])
    scale = np.abs(expected).max()
    assert np.abs(results - expected).max() <= TOLERANCE * scale
    # The weights that went did something, and those that stay do.
    with torch.no_grad():
        assert np.abs(module(x).numpy().reshape(expected.shape) - expected).max() > 1e-3 * scale
    assert np.abs(expected[0] - expected[1]).max() > 1e-3 * scale
    after, before = count(pruned), count(masked)
    assert (after < (0.95 if normalized else 0.75) * before).all()


@pytest.mark.parametrize("name", [name for name, (_, _, normalized) in NETWORKS.items() if normalized])
def test_layer_norm_counts_what_is_left(name: str):
    make, size, _ = NETWORKS[name]
    x = torch.randn(1, 3, size, size, generator=torch.Generator().manual_seed(1))
    dense = nnq.from_torch(enliven(make(), size), [x])
    pruned = dense.prune(ratio=RATIO).compile(level=1, profile=True)
    assert np.isfinite(pruned(x.numpy())).all()
    assert pruned(x.numpy()).size == 10
    # Dimensions that are read and made both shrink.
    assert count(pruned)[1] < 0.78 * count(dense.compile(level=1, profile=True))[1]


def test_prune_says_what_it_knows():
    model = nnq.from_torch(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)), [torch.zeros(1, 4)])
    assert model.prune("channels", ratio=0.5, round_to=1).steps[-1].pipeline == "prune-channels"
    known = r"what='chanels' is none of channels, layers, weights; did you mean 'channels'\?"
    with pytest.raises(nnq.OptionError, match=known):
        model.prune("chanels", ratio=0.5)
    with pytest.raises(nnq.OptionError, match=r"has no option ration; did you mean 'ratio'\?"):
        model.prune(ration=0.5)
    assert "round_to: " in nnq.Model.prune.__doc__
