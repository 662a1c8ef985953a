"""Weights and biases of layers, read from a network's text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .model import Model

Weights = dict[str, NDArray[np.float32]]

CONSTANT = re.compile(
    r'(%\w+) = arith\.constant (?:dense_resource<"?([^">]+)"?>|dense<([^\s"\[\]]+)>) : tensor<([0-9x]+)xf32>'
)
BLOB = re.compile(r'^ *"?([^":]+)"?: "0x([0-9A-Fa-f]*)"', re.MULTILINE)
OPERANDS = re.compile(r"ins\(([^:)]*)[:)]")
LAYER = re.compile(r'nnq\.layer = "([^"]*)"')


def layer_constants(model: Model) -> Weights:
    """Return the constants of f32 that ops of a layer read, by the layer's name.

    Those of a bias have the name that the compiler gives to its addition: that of the layer with `.bias`.
    """
    text = model.to_mlir(constants=True)
    # The first four bytes are the alignment.
    blobs = {name: bytes.fromhex(digits)[4:] for name, digits in BLOB.findall(text)}
    constants = {}
    for value, blob, splat, sizes in CONSTANT.findall(text):
        shape = [int(size) for size in sizes.split("x")]
        if blob:
            constants[value] = np.frombuffer(blobs[blob], np.float32).reshape(shape)
        else:
            constants[value] = np.full(shape, float(splat), np.float32)
    found = {}
    for line in text.splitlines():
        layer, operands = LAYER.search(line), OPERANDS.search(line)
        if not layer or not operands:
            continue
        for operand in operands[1].split(","):
            if operand.strip() in constants:
                found[layer[1]] = constants[operand.strip()]
    return found
