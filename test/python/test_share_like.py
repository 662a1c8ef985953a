"""Shared weights of the compiler as modules of PyTorch: they compute the same, can be trained, and come back."""

from __future__ import annotations

import nnq
import numpy as np
import pytest
import torch
from nnq.weights import SharedWeights, shared_weights
from test_factorize_like import images, run
from torch import nn
from torch.nn import functional


class Network(nn.Module):
    """Convolutions with and without batch normalization, and linear layers."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(5)
        self.conv1 = nn.Conv2d(6, 12, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(12)
        self.conv2 = nn.Conv2d(12, 16, 3)
        self.fc1 = nn.Linear(16 * 6 * 6, 24)
        self.fc2 = nn.Linear(24, 20)
        nn.init.normal_(self.bn1.weight)
        nn.init.normal_(self.bn1.bias)
        nn.init.uniform_(self.bn1.running_var, 0.5, 2)
        nn.init.normal_(self.bn1.running_mean)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give twenty numbers an image."""
        x = functional.relu(self.bn1(self.conv1(x)))
        x = functional.relu(self.conv2(x)).flatten(1)
        return self.fc2(functional.relu(self.fc1(x)))


@pytest.fixture
def network() -> Network:
    return Network().eval()


def train(module: nn.Module, x: torch.Tensor, wanted: torch.Tensor, steps: int = 30) -> list[float]:
    """Train a module and return the losses."""
    optimizer = torch.optim.Adam(module.parameters(), 1e-3)
    losses = []
    for _ in range(steps):
        loss = (module(x) - wanted).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize(
    "options",
    [
        {"bits": 2},
        {"bits": 4},
        {"bits": 3, "channels": 8},
        {"bits": 6},
        {"bits": 5, "vector": 2},
        {"bits": 6, "vector": 4},
        {"bits": 4, "vector": 4, "channels": 8},
    ],
)
def test_module_computes_what_the_shared_network_does(network: Network, options: dict):
    x = images()
    shared = nnq.from_torch(network, [x[:1]]).share(**options)
    small = nnq.torch.share_like(network, shared)
    with torch.no_grad():
        np.testing.assert_allclose(small(x).numpy(), run(shared, x), rtol=1e-4, atol=1e-4)
        assert np.abs(small(x).numpy() - network(x).numpy()).max() > 1e-4
    # A codebook is all that a layer has to train, beside its bias.
    tables = {"conv2": 2, "fc1": 3} if options.get("channels") else {"conv2": 1, "fc1": 1}
    for name, count in tables.items():
        numbers = small.get_submodule(name).parametrizations.weight.original.numel()
        assert numbers <= count * (1 << options["bits"]) * options.get("vector", 1)
    back = nnq.from_torch(small, [x[:1]])
    np.testing.assert_allclose(run(back, x), run(shared, x), rtol=1e-4, atol=1e-4)


def test_gradients_are_sums_over_indices(network: Network):
    x = images(2)
    small = nnq.torch.share_like(network, nnq.from_torch(network, [x[:1]]).share(bits=3))
    layer = small.fc1
    book = layer.parametrizations.weight[0]
    weight = layer.weight.detach().requires_grad_()
    hidden = functional.relu(small.conv2(functional.relu(small.bn1(small.conv1(x))))).flatten(1)
    small.fc2(functional.relu(functional.linear(hidden, weight, layer.bias))).square().sum().backward()
    wanted = torch.zeros_like(layer.parametrizations.weight.original)
    scaled = weight.grad * book.scale[:, None] / book.unit
    wanted.index_add_(0, book.indices.flatten(), scaled.flatten())
    wanted[book.fixed] = 0
    small(x).square().sum().backward()
    torch.testing.assert_close(layer.parametrizations.weight.original.grad, wanted, rtol=1e-3, atol=1e-4)


def test_trained_codebooks_come_back(network: Network):
    x = images()
    shared = nnq.from_torch(network, [x[:1]]).share(bits=2)
    small = nnq.torch.share_like(network.train(), shared)
    with torch.no_grad():
        wanted = network.eval()(x)
    losses = train(small, x, wanted)
    assert losses[-1] < 0.7 * losses[0]
    small.eval()
    back = nnq.from_torch(small, [x[:1]])
    with torch.no_grad():
        np.testing.assert_allclose(run(back, x), small(x).numpy(), rtol=1e-4, atol=1e-4)
    before, after = shared_weights(shared), shared_weights(back.run_pipeline("import"))
    assert before.keys() == after.keys() == {"conv1", "conv2", "fc1", "fc2"}
    moved = 0
    for name, was in before.items():
        now = after[name]
        assert now.bits == was.bits == 2
        np.testing.assert_array_equal(now.scales, was.scales)
        # The same weights share a number, if another one.
        pairs = set(zip(was.codes.flat, now.codes.flat, strict=True))
        assert len(pairs) == len(np.unique(was.codes))
        moved += sum(a != b for a, b in pairs)
    assert moved > 0
    # Quantization takes them as they are.
    quantized = shared_weights(back.quantize(data=x.numpy()))
    for name, now in after.items():
        np.testing.assert_array_equal(quantized[name].codes, now.codes)


def entries(weights: SharedWeights) -> np.ndarray:
    """Return the vectors of a layer, those of an output channel after the other's."""
    rows = weights.codes.T if weights.codes.ndim == 2 else weights.codes.reshape(len(weights.codes), -1)
    apart = weights.apart * int(np.prod(weights.codes.shape[2:]))
    return rows.reshape(len(rows), -1, weights.vector, apart).swapaxes(2, 3).reshape(-1, weights.vector)


@pytest.mark.parametrize(("bits", "vector"), [(5, 2), (6, 4)])
def test_trained_vectors_come_back(network: Network, bits: int, vector: int):
    x = images()
    shared = nnq.from_torch(network, [x[:1]]).share(bits=bits, vector=vector, exclude="conv1")
    small = nnq.torch.share_like(network.train(), shared)
    with torch.no_grad():
        wanted = network.eval()(x)
    losses = train(small, x, wanted)
    assert losses[-1] < 0.7 * losses[0]
    back = nnq.from_torch(small.eval(), [x[:1]])
    with torch.no_grad():
        np.testing.assert_allclose(run(back, x), small(x).numpy(), rtol=1e-4, atol=1e-4)
    before, after = shared_weights(shared), shared_weights(back.run_pipeline("import"))
    assert before.keys() == {"conv2", "fc1", "fc2"}
    # Few vectors of few weights are taken for chance.
    assert after.keys() == before.keys() - ({"fc2"} if vector == 4 else set())
    for name, now in after.items():
        was = before[name]
        assert now.vector == was.vector == vector
        assert now.apart == was.apart == (36 if name == "fc1" else 1)
        assert now.bits <= was.bits == bits
        np.testing.assert_array_equal(now.scales, was.scales)
        # The same weights share a vector, if another one.
        pairs = {(tuple(a), tuple(b)) for a, b in zip(entries(was), entries(now), strict=True)}
        assert len(pairs) == len(np.unique(entries(was), axis=0)) <= 1 << bits
        assert any(a != b for a, b in pairs)
    # As few bytes as before.
    networks = (nnq.from_torch(network, [x[:1]]), shared, back)
    reports = [each.quantize(data=x.numpy()).report(objective="size") for each in networks]
    dense, untrained, trained = (report.weight_bytes for report in reports)
    assert abs(trained - untrained) < 0.03 * untrained
    assert trained < 0.7 * dense
    # Decoders have the name of their layer, too.
    formats = {layer.weight_format for layer in reports[2].layers if layer.name == "fc1" and layer.macs}
    assert formats == {f"codebook, {bits} bits, vectors of {vector}"}


def test_vectors_of_zeros_stay(network: Network):
    x = images()
    with torch.no_grad():
        network.conv2.weight[:, :8] = 0
    shared = nnq.from_torch(network, [x[:1]]).share(bits=4, vector=4, exclude="conv1|fc.*")
    small = nnq.torch.share_like(network, shared)
    with torch.no_grad():
        wanted = network(x) + 1
    train(small.train(), x, wanted)
    weight = small.conv2.weight.detach()
    assert not weight[:, :8].any()
    assert (weight[:, 8:] != 0).float().mean() > 0.9


def test_zeros_of_pruning_stay(network: Network):
    x = images()
    pruned = nnq.from_torch(network, [x[:1]]).prune("weights", ratio=0.7)
    shared = pruned.share(bits=3)
    small = nnq.torch.share_like(nnq.torch.mask_weights(network, pruned), shared)
    with torch.no_grad():
        wanted = network(x)
    train(small.train(), x, wanted)
    back = shared_weights(nnq.from_torch(small.eval(), [x[:1]]).run_pipeline("import"))
    for name, was in shared_weights(shared).items():
        assert (was.codes == 0).mean() > 0.6
        assert not back[name].codes[was.codes == 0].any()
    assert any((back[name].codes != was.codes).any() for name, was in shared_weights(shared).items())


def test_state_can_be_loaded(network: Network):
    x = images()
    shared = nnq.from_torch(network, [x[:1]]).share(bits=2)
    small = nnq.torch.share_like(network, shared)
    with torch.no_grad():
        wanted = network(x)
    train(small, x, wanted)
    other = nnq.torch.share_like(network, shared)
    other.load_state_dict(small.state_dict())
    with torch.no_grad():
        np.testing.assert_allclose(run(nnq.from_torch(other, [x[:1]]), x), small(x).numpy(), rtol=1e-4, atol=1e-4)


def test_module_has_to_be_that_of_the_network(network: Network):
    dense = nnq.from_torch(network, [images(1)])
    with pytest.raises(nnq.InputError, match="has no shared weights; share them first"):
        nnq.torch.share_like(network, dense)
    shared = dense.share(bits=2)
    with pytest.raises(nnq.InputError, match=r"layer 'conv1' .* is no convolution or linear layer of Linear"):
        nnq.torch.share_like(nn.Linear(2, 2), shared)
    network.fc1 = nn.Linear(40, 40)
    with pytest.raises(nnq.InputError, match="layer 'fc1' of the shared network has .* weights, that of the module"):
        nnq.torch.share_like(network, shared)
