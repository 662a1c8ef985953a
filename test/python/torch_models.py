"""Networks of other packages: torchvision beside a PyTorch without its ops, and small encoders of transformers."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn


def load_torchvision() -> Any:
    """Return torchvision.models; its build for CUDA imports when its ops are declared."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None:
        pytest.skip("no torchvision")
    if not hasattr(torch.ops.torchvision, "nms"):
        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", "(Tensor boxes, Tensor scores, float threshold) -> Tensor")
        registrations = (Path(spec.origin).parent / "_meta_registrations.py").read_text()
        for name in re.findall(r'@register_meta\("(\w+)"\)', registrations):
            torch.library.define(f"torchvision::{name}", "(Tensor x) -> Tensor")
    import torchvision

    return torchvision.models


def make_classifier(name: str, **arguments: Any) -> nn.Module:
    """Return a classifier of torchvision with random weights and statistics that are not 0 and 1."""
    torch.manual_seed(0)
    module = randomize_statistics(getattr(load_torchvision(), name)(weights=None, num_classes=10, **arguments))
    if hasattr(module, "heads"):
        nn.init.normal_(module.heads.head.weight, std=0.05)
    return module.eval()


def randomize_statistics(module: nn.Module) -> nn.Module:
    """Give batch normalization statistics that are not 0 and 1."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            nn.init.uniform_(part.running_mean, -0.1, 0.1)
            nn.init.uniform_(part.running_var, 0.5, 2)
    return module


def make_densenet() -> nn.Module:
    """Return a small DenseNet, whose last block has one pixel for images of 32x32."""
    torch.manual_seed(0)
    dense = load_torchvision().DenseNet(8, (2, 2, 2, 3), 16, num_classes=10)
    return randomize_statistics(dense).eval()


def make_swin(version: int = 1) -> nn.Module:
    """Return a small Swin transformer, whose windows are shifted in every second block."""
    swin = load_torchvision().swin_transformer
    parts = {} if version == 1 else {"block": swin.SwinTransformerBlockV2, "downsample_layer": swin.PatchMergingV2}
    return swin.SwinTransformer([4, 4], 32, [2, 2], [4, 8], [2, 2], num_classes=10, **parts).eval()


def make_maxvit() -> nn.Module:
    """Return a small MaxViT of two stages for images of 32x32."""
    return load_torchvision().MaxVit((32, 32), 16, 4, [16, 32], [1, 1], 8, 0.0, num_classes=10).eval()


SMALL = {
    "hidden_size": 32,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "intermediate_size": 64,
    "vocab_size": 60,
    "max_position_embeddings": 40,
}
DISTILBERT = {
    "dim": 32,
    "n_heads": 4,
    "n_layers": 2,
    "hidden_dim": 64,
    "vocab_size": 60,
    "max_position_embeddings": 40,
}
ENCODERS = {
    "Bert": SMALL,
    "DistilBert": DISTILBERT,
    "Roberta": {**SMALL, "pad_token_id": 1},
    "Albert": {**SMALL, "embedding_size": 16},
    "Electra": {**SMALL, "embedding_size": 16},
}


def make_encoder(name: str) -> nn.Module:
    """Return an encoder of transformers with random weights."""
    pytest.importorskip("transformers")
    load_torchvision()
    import transformers

    torch.manual_seed(0)
    module = getattr(transformers, f"{name}Model")(getattr(transformers, f"{name}Config")(**ENCODERS[name])).eval()
    for parameter in module.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, std=0.2)
    return module
