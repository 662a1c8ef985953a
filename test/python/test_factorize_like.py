"""Factors of the compiler as modules of PyTorch: they compute the same, can be trained, and come back."""

from __future__ import annotations

import nnq
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

EXACT = {"round_to": 1, "objective": "none"}


class Network(nn.Module):
    """Convolutions of several kinds, with and without batch normalization, and linear layers."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(9)
        self.conv1 = nn.Conv2d(6, 12, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(12)
        self.conv2 = nn.Conv2d(12, 16, (3, 5), padding=(1, 2), dilation=(2, 1))
        self.point = nn.Conv2d(16, 16, 1, stride=2)
        self.row = nn.Conv2d(16, 12, (1, 5), padding=(0, 2))
        self.fc1 = nn.Linear(12 * 3 * 4, 12 * 3 * 4)
        self.fc2 = nn.Linear(12 * 3 * 4, 20)
        nn.init.uniform_(self.bn1.weight, 0.2, 2)
        nn.init.normal_(self.bn1.bias)
        nn.init.uniform_(self.bn1.running_var, 0.5, 2)
        nn.init.normal_(self.bn1.running_mean)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give twenty numbers an image."""
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.relu(self.point(functional.relu(self.conv2(x))))
        x = functional.relu(self.row(x)).flatten(1)
        return self.fc2(functional.relu(self.fc1(x)))


@pytest.fixture
def network() -> Network:
    return Network().eval()


def images(count: int = 8) -> torch.Tensor:
    return torch.randn(count, 6, 16, 16, generator=torch.Generator().manual_seed(8))


def run(model: nnq.Model, x: torch.Tensor) -> np.ndarray:
    program = model.compile()
    return np.concatenate([program(row[None].numpy()) for row in x])


@pytest.mark.parametrize("method", ["svd", "spatial-svd", "tucker", "cp"])
def test_module_computes_what_the_factorized_network_does(network: Network, method: str):
    x = images()
    rank = {"layers": "conv.*=tucker:5:7,row=tucker:5:7"} if method == "tucker" else {"method": method, "rank": 4}
    factorized = nnq.from_torch(network, [x[:1]]).factorize(**rank, **EXACT)
    small = nnq.torch.factorize_like(network, factorized)
    with torch.no_grad():
        np.testing.assert_allclose(small(x).numpy(), run(factorized, x), rtol=1e-4, atol=1e-4)
        assert np.abs(small(x).numpy() - network(x).numpy()).max() > 1e-2
    assert isinstance(small.conv2, nn.Sequential)
    assert len(small.conv2) == {"cp": 4, "tucker": 3}.get(method, 2)
    back = nnq.from_torch(small, [x[:1]])
    np.testing.assert_allclose(run(back, x), run(factorized, x), rtol=1e-4, atol=1e-4)
    assert {"conv2.0", "conv2.1"} <= {layer.name for layer in back.report().layers}


def test_factors_can_be_trained(network: Network):
    x = images()
    factorized = nnq.from_torch(network, [x[:1]]).factorize(rank=3, **EXACT)
    small = nnq.torch.factorize_like(network.train(), factorized)
    optimizer = torch.optim.Adam(small.parameters(), 1e-2)
    with torch.no_grad():
        wanted = network(x)
    losses = []
    for _ in range(20):
        loss = (small(x) - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert all(parameter.grad is not None for parameter in small.parameters())
    assert losses[-1] < 0.5 * losses[0]
    tuned = nnq.from_torch(small.eval(), [x[:1]])
    with torch.no_grad():
        np.testing.assert_allclose(run(tuned, x), small(x).numpy(), rtol=1e-4, atol=1e-4)


def test_module_has_to_be_that_of_the_network(network: Network):
    dense = nnq.from_torch(network, [images(1)])
    with pytest.raises(nnq.InputError, match="has no factors; factorize it first"):
        nnq.torch.factorize_like(network, dense)
    factorized = dense.factorize(rank=3, **EXACT)
    with pytest.raises(nnq.InputError, match=r"layer 'conv1' .* is no convolution or linear layer of Linear"):
        nnq.torch.factorize_like(nn.Linear(2, 2), factorized)
    network.fc1 = nn.Linear(40, 40)
    with pytest.raises(nnq.InputError, match="layer 'fc1': factors of .* are not those of the layer"):
        nnq.torch.factorize_like(network, factorized)
