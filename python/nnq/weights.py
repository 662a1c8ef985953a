"""Weights and biases of layers, read from a network's text."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
STORED = re.compile(r'(%\w+) = arith\.constant dense_resource<"?([^">]+)"?> : tensor<([0-9x]+)xi8>')
CAST = re.compile(
    r"(%\w+) = quant\.scast (%\w+) : .*!quant\.uniform<i8(?:<[^>]*>)?:f32(?::(\d+))?, ?(\{[^}]*\}|[^>]*)>"
)
DEQUANTIZED = re.compile(r"(%\w+) = quant\.dcast (%\w+) ")
BITS = re.compile(r"nnq\.weight_bits = (\d+)")
VECTORS = re.compile(r"nnq\.weight_vectors = \{apart = (\d+) : i64, bits = (\d+) : i64, size = (\d+) : i64\}")
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


@dataclass(frozen=True)
class SharedWeights:
    """The integers of a layer whose weights are shared, what each is multiplied with, and what codebooks are of."""

    codes: NDArray[np.int8]
    scales: NDArray[np.float32]
    # There are at most 2^bits entries.
    bits: int
    # Weights of an entry, those of neighbouring input channels, and how far apart these are among the layer's inputs.
    vector: int = 1
    apart: int = 1


def shared_weights(model: Model) -> dict[str, SharedWeights]:
    """Return the weights of layers that take them from codebooks, by the layer's name."""
    text = model.to_mlir(constants=True)
    blobs = {name: bytes.fromhex(digits)[4:] for name, digits in BLOB.findall(text)}
    integers = {
        value: np.frombuffer(blobs[blob], np.int8).reshape([int(size) for size in sizes.split("x")])
        for value, blob, sizes in STORED.findall(text)
    }
    scaled = {}
    for value, source, axis, parameters in CAST.findall(text):
        if source not in integers:
            continue
        codes = integers[source]
        shape = [-1 if axis == str(i) else 1 for i in range(codes.ndim)]
        scales = [np.float32(each.partition(":")[0]) for each in parameters.strip("{}").split(",")]
        scaled[value] = codes, np.broadcast_to(np.array(scales, np.float32).reshape(shape), codes.shape)
    weights = {value: scaled[source] for value, source in DEQUANTIZED.findall(text) if source in scaled}
    found = {}
    for line in text.splitlines():
        layer, operands = LAYER.search(line), OPERANDS.search(line)
        bits, vectors = BITS.search(line), VECTORS.search(line)
        if not layer or not operands:
            continue
        if vectors:
            apart, entry_bits, size = map(int, vectors.groups())
        elif bits:
            apart, entry_bits, size = 1, int(bits[1]), 1
        else:
            continue
        for operand in operands[1].split(","):
            if operand.strip() in weights:
                found[layer[1]] = SharedWeights(*weights[operand.strip()], entry_bits, size, apart)
    return found
