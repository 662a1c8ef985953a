"""What tests read of quantized networks in MLIR text: scales of types, and integers of constants."""

from __future__ import annotations

import re

import nnq
import numpy as np


def scales(model: nnq.Model) -> set[np.float32]:
    """Return the scales of all quantized types of a network."""
    text = model.run_pipeline("import").to_mlir()
    bodies = re.findall(r"!quant\.uniform<[iu]8(?:<[^>]*>)?:f32(?::\d+)?, ?(\{[^}]*\}|[^>]*)>", text)
    numbers = (entry.partition(":")[0] for body in bodies for entry in body.strip("{}").split(","))
    return {np.float32(number) for number in numbers}


def constants(model: nnq.Model, element: str, dtype: type) -> list[tuple[str, str, np.ndarray]]:
    """Return values, shapes and contents of the constants of a type, as they are in the network."""
    text = model.to_mlir(constants=True)
    blobs = dict(re.findall(r'^ *"?([^":]+)"?: "0x([0-9A-Fa-f]*)"', text, re.MULTILINE))
    pattern = rf'(%\w+) = arith\.constant dense_resource<"?([^">]+)"?> : tensor<((?:\d+x)*){element}>'
    return [
        # The first four bytes are the alignment.
        (
            value,
            sizes[:-1],
            np.frombuffer(bytes.fromhex(blobs[name])[4:], dtype).reshape([int(n) for n in sizes.split("x")[:-1]]),
        )
        for value, name, sizes in re.findall(pattern, text)
    ]


def integers(model: nnq.Model) -> list[np.ndarray]:
    """Return the constants of 8 bits, as they are in the network."""
    return [array for _, _, array in constants(model, "i8", np.int8)]


def f32_constants(model: nnq.Model) -> dict[str, np.ndarray]:
    """Return the constants of f32 by shape, as in 4x3."""
    return {shape: array for _, shape, array in constants(model, "f32", np.float32)}


def dequantized_constants(model: nnq.Model) -> dict[str, np.ndarray]:
    """Return what the constants of 8 bits stand for, by shape."""
    text = model.to_mlir()
    result = {}
    for value, shape, array in constants(model, "i8", np.int8):
        pattern = rf"quant\.scast {value} : .*!quant\.uniform<i8(?:<[^>]*>)?:f32(?::(\d+))?, ?(\{{[^}}]*\}}|[^>]*)>"
        axis, parameters = re.search(pattern, text).groups()
        pairs = [(*entry.split(":"), "0")[:2] for entry in parameters.strip("{}").split(",")]
        scales, zeros = (np.array([float(pair[i]) for pair in pairs]) for i in (0, 1))
        sizes = [1] * array.ndim
        if axis is not None:
            sizes[int(axis)] = -1
        result[shape] = (array - zeros.reshape(sizes)) * scales.reshape(sizes)
    return result
