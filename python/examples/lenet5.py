"""The network that the examples train."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn


def build_lenet5(channels: int, features: int) -> nn.Sequential:
    """Return LeNet-5 with ReLUs, untrained, for images of some channels of which convolutions leave some features."""
    layers = OrderedDict[str, nn.Module](
        conv1=nn.Conv2d(channels, 6, 5),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(6, 16, 5),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
        fc1=nn.Linear(features, 120),
        relu3=nn.ReLU(),
        fc2=nn.Linear(120, 84),
        relu4=nn.ReLU(),
        fc3=nn.Linear(84, 10),
    )
    return nn.Sequential(layers)
