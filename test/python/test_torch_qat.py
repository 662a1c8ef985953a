"""Quantization-aware training: the rounding of the compiler in PyTorch, and its scales in the compiler."""

from __future__ import annotations

import copy
import logging

import nnq
import numpy as np
import pytest
import torch
from nnq.torch.quantizer import ActivationQuantizer, WeightQuantizer
from nnq.torch.rounding import Scheme, activation_scheme, weight_scheme
from quantized_ir import integers, scales
from torch import nn
from torch.nn import functional
from torch.nn.utils import prune


class Net(nn.Module):
    """Batch normalization, a residual addition, groups, an average pool, and a functional layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8)
        self.conv2, self.bn2 = nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)
        self.depthwise, self.pool = nn.Conv2d(8, 8, 3, groups=8), nn.AdaptiveAvgPool2d(1)
        self.drop, self.linear = nn.Dropout(0.2), nn.Linear(8, 12)
        self.weight = nn.Parameter(torch.randn(10, 12))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)) + x)
        x = self.pool(torch.relu(self.depthwise(x)))
        return functional.linear(torch.relu(self.linear(self.drop(x.flatten(1)))), self.weight)


def images(count: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed))


def make_net() -> Net:
    torch.manual_seed(0)
    net = Net()
    # A negative scale, too, and a channel that is switched off.
    nn.init.uniform_(net.bn1.weight, -1.5, 1.5)
    net.bn2.weight.data[3] = 0
    return net


def train(prepared: nn.Module, steps: int) -> list[float]:
    optimizer = torch.optim.Adam(prepared.parameters(), 1e-2)
    x, losses = images(32), []
    y = torch.randint(0, 10, (len(x),), generator=torch.Generator().manual_seed(1))
    prepared.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = functional.cross_entropy(prepared(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def quantizers(prepared: nn.Module) -> list[nnq.torch.Quantizer]:
    return [part for part in prepared.modules() if isinstance(part, nnq.torch.Quantizer)]


def torch_scales(prepared: nn.Module) -> set[np.float32]:
    return {scale for part in quantizers(prepared) for scale in part.scale.reshape(-1).numpy()}


CASES = {
    "default": {},
    "per-tensor": {"weight_granularity": "per-tensor"},
    "symmetric": {"activations": "symmetric"},
    "asymmetric": {"weights": "asymmetric"},
    "reduced": {"weight_range": "reduced"},
    "reduced-per-tensor": {"weight_range": "reduced", "weight_granularity": "per-tensor"},
    "trained": {"train_scales": True},
    "trained-per-tensor": {"train_scales": True, "weight_granularity": "per-tensor", "activations": "symmetric"},
}


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_library_computes_what_was_trained(options):
    prepared = nnq.torch.prepare_qat(make_net(), images(1), **options)
    nnq.torch.calibrate(prepared, images(64).split(16))
    before = torch_scales(prepared)
    losses = train(prepared, 12)
    assert losses[-1] < losses[0] - 0.1
    nnq.torch.freeze(prepared)
    train(prepared, 2)
    model = nnq.from_torch(prepared, images(1))
    prepared.eval()
    assert scales(model) == torch_scales(prepared) != before
    # One scale for a tensor, or one for each channel: 5 weights and 6 activations.
    is_axis = options.get("weight_granularity") != "per-tensor"
    assert sum(part.scale.numel() for part in quantizers(prepared)) == (8 + 8 + 8 + 12 + 10 if is_axis else 5) + 6
    x = images(64, seed=2)
    with torch.no_grad():
        expected = prepared(x).numpy()
    completed = model.quantize(**{name: value for name, value in options.items() if name != "train_scales"})
    assert scales(completed) == scales(model)
    assert "keep_f32" not in completed.to_mlir()
    for network in (model, completed):
        program = network.compile()
        result = np.concatenate([program(sample[None]).numpy() for sample in x])
        # What lies halfway between integers of an inner layer may go either way.
        assert np.square(expected).sum() > 2e3 * np.square(result - expected).sum()
        # Of two classes that are equally likely so far, either may be the first.
        assert np.mean(result.argmax(1) == expected.argmax(1)) > 0.95


def test_a_layer_agrees_step_by_step():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 16, 3), nn.BatchNorm2d(16), nn.ReLU(), nn.AvgPool2d(1))
    prepared = nnq.torch.prepare_qat(network, images(1))
    nnq.torch.calibrate(prepared, [images(16)])
    train_on = images(16)
    for _ in range(3):
        prepared(train_on)
    model = nnq.from_torch(prepared, images(1))
    prepared.eval()
    # The result of a pool of one element is what the last quantizer makes.
    step = float(prepared.get_submodule("_2_quantizer").scale)
    program, x = model.compile(), images(32, seed=3)
    with torch.no_grad():
        steps = np.abs(np.concatenate([program(s[None]).numpy() for s in x]) - prepared(x).numpy()) / step
    assert steps.max() < 1.01
    assert np.mean(steps > 0.01) < 1e-3


def test_weights_are_those_of_the_pass():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 4, 3))
    # A channel of zeros.
    network[2].weight.data[1] = 0
    for options in CASES.values():
        if "train_scales" in options:
            continue
        prepared = nnq.torch.prepare_qat(network, images(1), **options)
        nnq.torch.calibrate(prepared, images(8).split(1))
        trained = nnq.from_torch(prepared, images(1)).run_pipeline("import")
        # In training the largest weight gives the scale.
        nearest = options | {"weight_calibration": "minmax", "weight_rounding": "nearest"}
        after = nnq.from_torch(network, images(1)).quantize(data=images(8), **nearest)
        ours, theirs = ({values.shape: values for values in integers(model)} for model in (trained, after))
        assert ours.keys() == theirs.keys() == {(8, 3, 3, 3), (4, 8, 3, 3)}
        for shape, values in ours.items():
            np.testing.assert_array_equal(values, theirs[shape])
        weights = [part for part in quantizers(prepared) if isinstance(part, WeightQuantizer)]
        assert {s for part in weights for s in part.scale.reshape(-1).numpy()} <= scales(after)


@pytest.mark.parametrize("scheme", [weight_scheme("symmetric", 0), weight_scheme("asymmetric", None)])
def test_rounding_is_half_to_even_of_a_true_quotient(scheme: Scheme):
    quantizer = WeightQuantizer(scheme, 4)
    weight = torch.randn(4, 1000, generator=torch.Generator().manual_seed(0)) * torch.logspace(-3, 3, 4)[:, None]
    quantizer.follow(weight)
    # Exactly halfway, and out of range.
    scale, zero = (t.reshape(-1, 1) for t in (quantizer.scale, quantizer.zero_point))
    weight = torch.cat([weight, (scale * torch.arange(-300, 300).div(2)).expand(4, -1)], dim=1)
    result = quantizer.round(weight).numpy()
    steps = np.rint(weight.numpy() / scale.numpy()) + zero.numpy().astype(np.float32)
    steps = np.clip(steps, scheme.low, scheme.high)
    np.testing.assert_array_equal(result, (steps - zero.numpy().astype(np.float32)) * scale.numpy())
    assert len(np.unique(steps)) > 100


def test_gradients_pass_straight_through():
    quantizer = ActivationQuantizer(activation_scheme("asymmetric"), averaging=0.1, train_scale=True).eval()
    quantizer.set_range(torch.tensor(-1.0), torch.tensor(1.55))
    x = torch.tensor([-2.0, -0.504, 0.506, 3.0], requires_grad=True)
    scale = float(quantizer.scale)
    assert scale == pytest.approx(0.01)
    quantizer(x).sum().backward()
    assert x.grad.tolist() == [0, 1, 1, 0]
    # Of the logarithm: the ends of the range move, in between it is the error of rounding.
    expected = -100 + (-50 + 50.4) + (51 - 50.6) + 155
    assert float(quantizer.log_scale.grad) == pytest.approx(scale * expected, rel=1e-3)


def test_observers_average_until_they_are_frozen():
    quantizer = ActivationQuantizer(activation_scheme("asymmetric"), averaging=0.25)
    with pytest.raises(nnq.Error, match="no scale yet"):
        quantizer.eval()(torch.ones(2))
    quantizer.train()
    quantizer(torch.tensor([0.0, 1.0]))
    quantizer(torch.tensor([-1.0, 3.0]))
    assert (float(quantizer.minimum), float(quantizer.maximum)) == (-0.25, 1.5)
    quantizer.eval()(torch.tensor([-9.0, 9.0]))
    quantizer.train()
    nnq.torch.freeze(quantizer)
    quantizer(torch.tensor([-9.0, 9.0]))
    assert float(quantizer.scale) == np.float32(1.75 / 255)


def test_batch_normalization_is_frozen():
    prepared = nnq.torch.prepare_qat(make_net(), images(1))
    prepared(images(16))
    nnq.torch.freeze(prepared)
    prepared.train()
    mean = prepared.conv1.norm.running_mean.clone()
    prepared(images(16, seed=5) + 3)
    assert torch.equal(prepared.conv1.norm.running_mean, mean)
    prepared.conv1.norm.weight.grad = None
    prepared(images(4)).sum().backward()
    assert prepared.conv1.norm.weight.grad.abs().sum() > 0


def test_layers_may_be_called_twice():
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.linear = nn.Conv2d(3, 3, 3, padding=1), nn.Linear(192, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.linear(torch.relu(self.conv(torch.relu(self.conv(x)))).flatten(1))

    torch.manual_seed(0)
    prepared = nnq.torch.prepare_qat(Twice(), images(1))
    losses = train(prepared, 8)
    assert losses[-1] < losses[0]
    assert len(quantizers(prepared)) == 2 + 3
    assert scales(nnq.from_torch(prepared, images(1))) == torch_scales(prepared)


def test_the_module_itself_stays_as_it_is():
    net = make_net().eval()
    state = copy.deepcopy(net.state_dict())
    prepared = nnq.torch.prepare_qat(net, images(1))
    assert prepared.training
    assert not net.training
    train(prepared, 2)
    for name, value in net.state_dict().items():
        assert torch.equal(value, state[name])


def test_exported_program_keeps_the_scales():
    prepared = nnq.torch.prepare_qat(make_net(), images(1))
    train(prepared, 3)
    program = torch.export.export(prepared.eval(), (images(1),))
    assert scales(nnq.from_torch(program)) == torch_scales(prepared)


def test_pruned_weights_stay_zero():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))
    pairs = [(network[0], "weight"), (network[3], "weight")]
    prune.global_unstructured(pairs, pruning_method=prune.L1Unstructured, amount=0.5)
    network(images(1)).sum().backward()
    prepared = nnq.torch.prepare_qat(network, images(1))
    masks = [prepared.get_submodule(name).layer.weight_mask for name in ("0", "3")]
    train(prepared, 4)
    model = nnq.from_torch(prepared, images(1))
    conv, linear = integers(model.run_pipeline("import"))
    linear = linear if linear.shape == masks[1].shape else linear.T
    for mask, values in zip(masks, (conv, linear), strict=True):
        assert not values[mask.numpy() == 0].any()
        assert values.any()


def test_what_has_no_scales_is_completed(caplog):
    class Mixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.up = nn.Conv2d(3, 4, 3), nn.ConvTranspose2d(4, 4, 2, stride=2)
            self.linear = nn.Linear(4 * 144, 5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.linear(torch.relu(self.up(torch.relu(self.conv(x)))).flatten(1))

    torch.manual_seed(0)
    with caplog.at_level(logging.WARNING, "nnq"):
        prepared = nnq.torch.prepare_qat(Mixed(), images(1))
    assert "trained in f32: up" in caplog.text
    nnq.torch.calibrate(prepared, [images(8)])
    model = nnq.from_torch(prepared, images(1))
    completed = model.quantize(data=images(8))
    assert scales(model) < scales(completed)
    layers = {layer.name: layer for layer in completed.report().layers if layer.macs}
    assert all(layer.is_integer for layer in layers.values())
    kept = {layer.name for layer in model.report().layers if layer.macs and not layer.is_integer}
    assert kept == {f"up.phase{i}" for i in range(4)}


def test_errors():
    with pytest.raises(nnq.OptionError, match="weights is one of symmetric, asymmetric, not 'int4'"):
        nnq.torch.prepare_qat(make_net(), images(1), weights="int4")
    with pytest.raises(nnq.Error, match="Net does not take the example inputs"):
        nnq.torch.prepare_qat(make_net(), torch.zeros(1, 5, 8, 8))

    class Branching(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.sum() > 0 else -x

    with pytest.raises(nnq.Error, match="PyTorch cannot trace Branching"):
        nnq.torch.prepare_qat(Branching(), images(1))
    prepared = nnq.torch.prepare_qat(make_net(), images(1))
    with pytest.raises(nnq.Error, match="no scale is known, .*: x_quantizer, relu_quantizer"):
        nnq.from_torch(prepared, images(1))
    with pytest.raises(nnq.InputError, match="no batches"):
        nnq.torch.calibrate(prepared, [])
