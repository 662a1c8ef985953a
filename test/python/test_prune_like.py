"""What pruning asks of PyTorch, and what PyTorch gets back: the module without the channels that went."""

from __future__ import annotations

import re
from pathlib import Path

import nnq
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune


class Network(nn.Module):
    """Convolutions with batch normalization, one of them depthwise, and a linear layer behind a reshape."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(7)
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.deep = nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.bn2 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 12, 3, stride=2)
        self.fc1 = nn.Linear(12 * 9, 12 * 9)
        self.fc2 = nn.Linear(12 * 9, 5)
        for norm in (self.bn1, self.bn2):
            nn.init.uniform_(norm.weight, 0.2, 2)
            nn.init.normal_(norm.bias)
            nn.init.uniform_(norm.running_var, 0.5, 2)
            nn.init.normal_(norm.running_mean)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give five numbers an image."""
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.relu(self.bn2(self.deep(x)))
        x = functional.relu(self.conv2(x)).flatten(1)
        return self.fc2(functional.relu(self.fc1(x)))


@pytest.fixture
def network() -> Network:
    return Network().eval()


def images(count: int = 16) -> torch.Tensor:
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(8))


def run(model: nnq.Model, x: torch.Tensor) -> np.ndarray:
    program = model.compile()
    return np.concatenate([program(row[None].numpy()) for row in x])


@pytest.mark.parametrize("masks", [False, True])
def test_module_computes_what_the_pruned_network_does(network: Network, masks: bool):
    x = images()
    pruned = nnq.from_torch(network, [x[:1]]).prune("channels", ratio=0.4, round_to=1)
    small = nnq.torch.prune_like(network, pruned, masks=masks)
    with torch.no_grad():
        np.testing.assert_allclose(small(x).numpy(), run(pruned, x), rtol=1e-4, atol=1e-4)
        assert np.abs(small(x).numpy() - network(x).numpy()).max() > 1e-2
    kept = nnq.torch.kept_channels(pruned)
    assert len(kept["conv1"].outputs) < 8
    assert kept["deep"].outputs == kept["conv1"].outputs
    if masks:
        assert small.conv1.weight.shape == network.conv1.weight.shape
        assert int((small.conv1.weight_mask.sum((1, 2, 3)) > 0).sum()) == len(kept["conv1"].outputs)
    else:
        assert small.conv1.weight.shape[0] == small.deep.groups == len(kept["conv1"].outputs)
        back = nnq.from_torch(small, [x[:1]])
        np.testing.assert_allclose(run(back, x), run(pruned, x), rtol=1e-4, atol=1e-4)


def test_weights_that_were_fitted_come_back(network: Network):
    x = images(64)
    pruned = nnq.from_torch(network, [x[:1]]).prune("channels", ratio=0.4, round_to=1, data=x.numpy())
    fitted = nnq.torch.prune_like(network, pruned, fitted=True)
    plain = nnq.torch.prune_like(network, pruned)
    with torch.no_grad():
        np.testing.assert_allclose(fitted(x).numpy(), run(pruned, x), rtol=1e-3, atol=1e-3)
        assert (fitted(x) - network(x)).square().sum() < 0.5 * (plain(x) - network(x)).square().sum()
    with pytest.raises(nnq.OptionError, match="leave out masks"):
        nnq.torch.prune_like(network, pruned, masks=True, fitted=True)


def test_gradients_reach_the_slices(network: Network):
    pruned = nnq.from_torch(network, [images(1)]).prune("channels", ratio=0.4, round_to=1)
    small = nnq.torch.prune_like(network, pruned).train()
    small(images()).square().mean().backward()
    assert all(parameter.grad is not None for parameter in small.parameters())


def test_channels_are_those_before_all_pruning(network: Network):
    x = images()
    once = nnq.from_torch(network, [x[:1]]).prune("channels", ratio=0.3, round_to=1)
    twice = once.prune("channels", ratio=0.3, round_to=1)
    with torch.no_grad():
        expected = nnq.torch.prune_like(network, twice)(x).numpy()
    np.testing.assert_allclose(expected, run(twice, x), rtol=1e-4, atol=1e-4)
    assert set(nnq.torch.kept_channels(twice)["conv1"].outputs) < set(nnq.torch.kept_channels(once)["conv1"].outputs)


def test_module_has_to_be_that_of_the_network(network: Network):
    dense = nnq.from_torch(network, [images(1)])
    with pytest.raises(nnq.InputError, match="has lost no channels"):
        nnq.torch.prune_like(network, dense)
    with pytest.raises(nnq.InputError, match=r"layer 'conv1' .* is no convolution or linear layer of Linear"):
        nnq.torch.prune_like(nn.Linear(2, 2), dense.prune(ratio=0.4, round_to=1))


def test_the_smallest_scales_go(network: Network, tmp_path: Path):
    scales = nnq.torch.batch_norm_scales(network)
    assert set(scales) == {"conv1", "deep"}
    np.savez(tmp_path / "scales.npz", **scales)
    dense = nnq.from_torch(network, [images(1)])
    options = {"ratio": 0.25, "round_to": 1, "criterion": "bn-scale", "scales": tmp_path / "scales.npz"}
    pruned = dense.prune("channels", exclude="conv2,fc1", **options)
    # The depthwise layer makes no channels of its own.
    order = np.argsort(scales["conv1"])
    assert sorted(nnq.torch.kept_channels(pruned)["conv1"].outputs) == sorted(order[2:])
    with pytest.raises(nnq.Error, match=re.compile("layer 'conv2'.*there is none", re.DOTALL)):
        dense.prune("channels", **options)
    with pytest.raises(nnq.Error, match="criterion=bn-scale asks for scales=FILE.npz"):
        dense.prune("channels", ratio=0.25, criterion="bn-scale")
    np.savez(tmp_path / "short.npz", **{name: scale[1:] for name, scale in scales.items()})
    with pytest.raises(nnq.Error, match="has 7 numbers for its 8 channels"):
        dense.prune("channels", exclude="conv2,fc1", **{**options, "scales": tmp_path / "short.npz"})
    np.savez(tmp_path / "nan.npz", **{name: scale * np.nan for name, scale in scales.items()})
    with pytest.raises(nnq.Error, match="is not finite"):
        dense.prune("channels", exclude="conv2,fc1", **{**options, "scales": tmp_path / "nan.npz"})


def test_what_changes_the_loss_least_goes(network: Network, tmp_path: Path):
    x, y = images(), torch.arange(16) % 5
    gradients = nnq.torch.weight_gradients(network, [(x[:8], y[:8]), (x[8:], y[8:])])
    np.savez(tmp_path / "gradients.npz", **gradients)
    dense = nnq.from_torch(network, [images(1)])
    options = {"ratio": 0.25, "round_to": 1, "criterion": "taylor", "gradients": tmp_path / "gradients.npz"}
    kept = nnq.torch.kept_channels(dense.prune("channels", **options))
    # These have no batch normalization, and their weights are those of the module.
    for name in ("conv2", "fc1"):
        weight = network.get_submodule(name).weight.detach().numpy()
        scores = np.square((weight * gradients[name]).reshape(len(weight), -1).sum(1))
        stays = np.isin(np.arange(len(weight)), kept[name].outputs)
        assert stays.sum() == len(weight) - len(weight) // 4
        # Channels behind a ReLU that is never active are all alike.
        assert scores[~stays].max() <= scores[stays].min() * (1 + 1e-4)
    with pytest.raises(nnq.Error, match="criterion=taylor asks for gradients=FILE.npz"):
        dense.prune("channels", ratio=0.25, criterion="taylor")
    np.savez(tmp_path / "other.npz", **{name: gradient[1:] for name, gradient in gradients.items()})
    with pytest.raises(nnq.Error, match="gradients is of another shape than its weights"):
        dense.prune("channels", **{**options, "gradients": tmp_path / "other.npz"})


@pytest.mark.parametrize("options", [{"ratio": 0.6}, {"pattern": "2:4", "exclude": "conv1,deep"}])
def test_pruned_weights_stay_masked(network: Network, options: dict):
    x = images()
    pruned = nnq.from_torch(network, [x[:1]]).prune("weights", **options)
    masked = nnq.torch.mask_weights(network, pruned)
    assert prune.is_pruned(masked)
    assert not prune.is_pruned(network)
    np.testing.assert_allclose(masked(x).detach().numpy(), run(pruned, x), rtol=1e-3, atol=1e-4)
    optimizer = torch.optim.SGD(masked.parameters(), 0.1)
    masked(x).square().mean().backward()
    optimizer.step()
    masked(x)
    assert torch.equal(masked.fc1.weight == 0, masked.fc1.weight_mask == 0)
    assert not torch.equal(masked.fc1.weight[masked.fc1.weight != 0], network.fc1.weight[masked.fc1.weight != 0])
    for name in ("conv1", "deep"):
        assert hasattr(masked.get_submodule(name), "weight_mask") == ("exclude" not in options)
    if "pattern" in options:
        kept = masked.fc1.weight_mask.reshape(-1, 4).sum(1)
        assert kept.eq(2).all()
    # What comes back has as many zeros as went.
    again = nnq.from_torch(masked, [x[:1]])
    np.testing.assert_allclose(masked(x).detach().numpy(), run(again, x), rtol=1e-3, atol=1e-4)
    assert sum(layer.zeros for layer in again.report().layers) == sum(layer.zeros for layer in pruned.report().layers)


def test_masks_of_another_network(network: Network):
    x = images()
    model = nnq.from_torch(network, [x[:1]])
    pruned = model.prune("weights", ratio=0.5)
    with pytest.raises(nnq.Error, match="no layer of Sequential is in the pruned network"):
        nnq.torch.mask_weights(nn.Sequential(nn.Linear(4, 4)), pruned)
    narrow = nn.Module()
    narrow.fc1 = nn.Linear(4, 4)
    with pytest.raises(nnq.Error, match="layer 'fc1' of the pruned network has 11664 weights, that of Module 16"):
        nnq.torch.mask_weights(narrow, pruned)
