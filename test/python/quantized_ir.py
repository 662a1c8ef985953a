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


def integers(model: nnq.Model) -> list[np.ndarray]:
    """Return the constants of 8 bits, as they are in the network."""
    text = model.to_mlir(constants=True)
    blobs = dict(re.findall(r'^ *"?([^":]+)"?: "0x([0-9A-Fa-f]*)"', text, re.MULTILINE))
    found = re.findall(r'arith\.constant dense_resource<"?([^">]+)"?> : tensor<((?:\d+x)*)i8>', text)
    # The first four bytes are the alignment.
    return [
        np.frombuffer(bytes.fromhex(blobs[name])[4:], np.int8).reshape([int(n) for n in sizes.split("x")[:-1]])
        for name, sizes in found
    ]
