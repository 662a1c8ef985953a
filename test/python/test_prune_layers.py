"""Networks lose blocks: what is found, what is left, and what trained networks still know."""

from __future__ import annotations

import re

import nnq
import numpy as np
import pytest
import torch
from test_prune_accuracy import accuracy, load
from torch import nn
from torch.nn import functional


class Residual(nn.Module):
    """x + f(x) twice, a block that changes the shape, and a layer that does not."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.first = nn.Conv2d(8, 8, 3, padding=1)
        self.second = nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1))
        self.wide = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.shortcut = nn.Conv2d(8, 16, 1, stride=2)
        self.single = nn.Conv2d(16, 16, 3, padding=1)
        self.head = nn.Linear(16, 5)
        # The block that is left out.
        self.skipped = ""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Give five numbers an image."""
        x = functional.relu(self.stem(x))
        for name in ("first", "second"):
            if name != self.skipped:
                x = functional.relu(x + self.get_submodule(name)(x))
        x = functional.relu(self.shortcut(x) if self.skipped == "wide" else self.wide(x) + self.shortcut(x))
        if self.skipped != "single":
            x = functional.relu(self.single(x))
        return self.head(x.mean((2, 3)))


class Encoder(nn.Module):
    """Layers of a transformer without dropout."""

    def __init__(self, norm_first: bool) -> None:
        super().__init__()
        torch.manual_seed(4)
        layer = nn.TransformerEncoderLayer(16, 2, 32, 0.0, batch_first=True, norm_first=norm_first)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Encode rows of tokens."""
        return self.layers(x).mean(1)


def images(count: int = 32) -> torch.Tensor:
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(5))


def layers(model: nnq.Model) -> set[str]:
    names = re.findall(r'nnq\.layer = "([^"]*)"', model.run_pipeline("import").to_mlir())
    return {name for name in names if not name.startswith(("add", "relu", "pad"))}


@pytest.mark.parametrize("skipped", ["first", "second", "wide", "single"])
@pytest.mark.parametrize("batch", [1, None])
def test_network_works_without_a_block(skipped: str, batch: int | None):
    module = Residual().eval()
    options = {} if batch else {"dynamic_shapes": ({0: torch.export.Dim("batch")},)}
    dense = nnq.from_torch(module, [images(batch or 2)], **options)
    keep = [name for name in ("first", r"second\..*", "wide", "single") if not name.startswith(skipped)]
    pruned = dense.prune("layers", count=1, bridge=True, fit="none", exclude=",".join(keep), data=images().numpy())
    x = images(4)
    module.skipped = skipped
    with torch.no_grad():
        expected = module(x).numpy()
    program = pruned.compile()
    found = np.concatenate([program(row[None].numpy()).reshape(1, -1) for row in x])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    gone = layers(dense) - layers(pruned)
    assert gone
    assert all(skipped in name for name in gone)


def test_shape_changes_are_refused():
    dense = nnq.from_torch(Residual().eval(), [images(1)])
    with pytest.raises(nnq.Error, match="count=4: only 3 blocks can go"):
        dense.prune_layers(count=4, data=images().numpy())
    assert len(dense.prune_layers(count=4, bridge=True, data=images().numpy()).report().removed) == 4


@pytest.mark.parametrize("norm_first", [True, False])
def test_attention_and_feed_forward_layers_are_blocks(norm_first: bool):
    module = Encoder(norm_first).eval()
    x = torch.randn(16, 6, 16, generator=torch.Generator().manual_seed(6))
    dense = nnq.from_torch(module, [x[:1]])
    with pytest.raises(nnq.Error, match="only 4 blocks can go"):
        dense.prune("layers", count=9, data=x.numpy())
    pruned = dense.prune("layers", count=3, data=x.numpy())
    blocks = pruned.report().removed
    assert len(blocks) == 3
    assert any("self_attn" in block.name for block in blocks)
    assert any("linear1" in block.name for block in blocks)
    assert all(block.importance > 0 and block.macs > 0 and block.weights > 0 for block in blocks)
    fitted, plain = (
        dense.prune("layers", count=3, fit=fit, data=x.numpy()).compile() for fit in ("projection", "none")
    )
    with torch.no_grad():
        expected = module(x).numpy()
    errors = [
        np.square(np.concatenate([program(row[None].numpy()) for row in x]) - expected).sum()
        for program in (fitted, plain)
    ]
    assert errors[0] < 0.5 * errors[1]
    assert np.isfinite(pruned.quantize(data=x.numpy()).compile()(x[:1].numpy())).all()


def test_report_says_what_went():
    dense = nnq.from_torch(Residual().eval(), [images(1)])
    pruned = dense.prune("layers", count=1, exclude="first,single", data=images().numpy())
    (block,) = pruned.report().removed
    assert block.name == "second.0 to second.2"
    assert block.macs == 2 * 8 * 8 * 9 * 64
    assert block.weights == 2 * 8 * 8 * 9
    assert 0 < block.importance < 1
    text = str(pruned.quantize(data=images().numpy()).report())
    assert f"removed               {block.name} (73,728 MACs, 1,152 weights, importance {block.importance:.3g})" in text


def test_accuracy_bounds_how_many_go():
    dense = nnq.from_torch(Residual().eval(), [images(1)])
    data, bounds = images(64).numpy(), (0.0, 20.0, 100.0)
    counts = [len(dense.prune("layers", accuracy_drop=bound, data=data).report().removed) for bound in bounds]
    assert counts == sorted(counts)
    assert counts[-1] == 3
    labels = dense.compile()
    wrong = np.array([(labels(row[None]).argmax() + 1) % 5 for row in data])
    # The network is never right: nothing can be lost.
    assert len(dense.prune("layers", accuracy_drop=0, data=data, labels=wrong).report().removed) == 3


def test_loss_needs_labels():
    dense = nnq.from_torch(Residual().eval(), [images(1)])
    data = images().numpy()
    with pytest.raises(nnq.Error, match="criterion=loss compares with labels"):
        dense.prune("layers", count=1, criterion="loss", data=data)
    program = dense.compile()
    labels = np.array([program(row[None]).argmax() for row in data])
    (block,) = dense.prune("layers", count=1, criterion="loss", data=data, labels=labels).report().removed
    assert np.isfinite(block.importance)


def test_trained_network_loses_a_block():
    dense, samples = load("resnet20_cifar10.onnx")
    pruned = dense.prune("layers", count=1, data=samples.calib)
    (block,) = pruned.report().removed
    expected, result = accuracy(dense, samples), accuracy(pruned, samples)
    quantized = accuracy(pruned.quantize(data=samples.calib), samples)
    print(f"{expected:.2f} % of the images, {result:.2f} % without {block.name}, int8: {quantized:.2f} %")
    assert result > expected - 5
    assert quantized > result - 0.5
