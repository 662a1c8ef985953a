"""Prints a small network for a batch of a given size, or for any (`?`), or writes samples for it.

batch_network.py BATCH [LAYERS]
batch_network.py --samples=COUNT OUT.npz

LAYERS are `conv,linear` by default. Most multiplications belong to the linear layers, if there are any.
"""

from __future__ import annotations

import random
import struct
import sys
import zipfile
from pathlib import Path

IMAGE, CHANNELS, FEATURES, CLASSES = (3, 8, 8), 8, 40, 10
RANDOM = random.Random(0)


def floats(count: int, scale: float) -> bytes:
    """Return random numbers."""
    return struct.pack(f"<{count}f", *(RANDOM.gauss(0, scale) for _ in range(count)))


def constant(name: str, shape: tuple[int, ...], scale: float) -> str:
    """Return a line that makes a random tensor."""
    count = 1
    for size in shape:
        count *= size
    text = floats(count, scale).hex().upper()
    return f'  %{name} = arith.constant dense<"0x{text}"> : tensor<{"x".join(map(str, shape))}xf32>\n'


def layer(op: str, x: str, name: str, shape: tuple[int, ...], axis: int) -> str:
    """Return lines for a convolution or product with bias and the maximum with zero, whose result is %name."""
    source, sizes = x.split(" : ")
    result = f"tensor<{BATCH}x{'x'.join(map(str, shape))}xf32>"
    loops = [f"d{i}" for i in range(len(shape) + 1)]
    whole, channel = (f"affine_map<({', '.join(loops)}) -> ({to})>" for to in (", ".join(loops), loops[axis]))
    weight = next(line for line in CONSTANTS if f"%{name}_w " in line).rsplit(" : ")[1].strip()
    return f"""  %{name}_e = tensor.empty({SIZE}) : {result}
  %{name}_f = linalg.fill ins(%zero : f32) outs(%{name}_e : {result}) -> {result}
  %{name}_0 = {op} ins({source}, %{name}_w : {sizes}, {weight}) outs(%{name}_f : {result}) -> {result}
  %{name} = linalg.generic {{indexing_maps = [{whole}, {channel}, {whole}],
      iterator_types = [{", ".join(['"parallel"'] * len(loops))}]}}
      ins(%{name}_0, %{name}_b : {result}, tensor<{shape[axis - 1]}xf32>) outs(%{name}_e : {result}) {{
  ^bb0(%in: f32, %bias: f32, %out: f32):
    %0 = arith.addf %in, %bias : f32
    %1 = arith.maximumf %0, %zero : f32
    linalg.yield %1 : f32
  }} -> {result}
"""


def network(layers: list[str]) -> str:
    """Return the network as MLIR."""
    conv, flat = (CHANNELS, 6, 6), CHANNELS * 36
    kernel = (CHANNELS, IMAGE[0], 3, 3)
    CONSTANTS.extend([constant("c_w", kernel, 0.2), constant("c_b", kernel[:1], 0.1)])
    CONSTANTS.extend([constant("l_w", (flat, FEATURES), 0.06), constant("l_b", (FEATURES,), 0.1)])
    CONSTANTS.extend([constant("m_w", (FEATURES, CLASSES), 0.2), constant("m_b", (CLASSES,), 0.1)])
    image = f"tensor<{BATCH}x{'x'.join(map(str, IMAGE))}xf32>"
    body = layer("linalg.conv_2d_nchw_fchw", f"%x : {image}", "c", conv, 1)
    body += f"  %y = tensor.collapse_shape %c [[0], [1, 2, 3]] : tensor<{BATCH}x{CHANNELS}x6x6xf32>"
    body += f" into tensor<{BATCH}x{flat}xf32>\n"
    result, value = flat, "y"
    if "linear" in layers:
        body += layer("linalg.matmul", f"%y : tensor<{BATCH}x{flat}xf32>", "l", (FEATURES,), 1)
        body += layer("linalg.matmul", f"%l : tensor<{BATCH}x{FEATURES}xf32>", "m", (CLASSES,), 1)
        result, value = CLASSES, "m"
    used = CONSTANTS if "linear" in layers else CONSTANTS[:2]
    type_ = f"tensor<{BATCH}x{result}xf32>"
    return f"""func.func @net(%x: {image}) -> {type_} {{
{"".join(used)}  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : {image}
{body}  return %{value} : {type_}
}}
"""


def samples(count: int) -> bytes:
    """Return a .npy file of random images."""
    shape = (count, *IMAGE)
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    data = floats(count * IMAGE[0] * IMAGE[1] * IMAGE[2], 1)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


CONSTANTS: list[str] = []
BATCH = sys.argv[1]
SIZE = "%n" if BATCH == "?" else ""
if BATCH.startswith("--samples="):
    with zipfile.ZipFile(Path(sys.argv[2]), "w") as archive:
        archive.writestr("x.npy", samples(int(BATCH.split("=")[1])))
else:
    print(network((sys.argv[2] if len(sys.argv) > 2 else "conv,linear").split(",")))
