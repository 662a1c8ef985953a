"""Writes a .npy or .npz file without numpy, whole or broken on purpose.

make_arrays.py OUT [--deflate] [--truncate=BYTES] NAME=DTYPE:SHAPE:FILL...

DTYPE is that of the .npy header (f4, i8, ...), SHAPE is 2x3, FILL is a number, `nan`, or `iota` for 0, 1, 2, ...
"""

from __future__ import annotations

import struct
import sys
import zipfile
from pathlib import Path

FORMATS = {"f4": "f", "f8": "d", "i1": "b", "u1": "B", "i2": "h", "i4": "i", "i8": "q"}


def make_array(text: str) -> bytes:
    """Return the bytes of a .npy file."""
    dtype, shape_text, fill = text.split(":")
    shape = [int(size) for size in shape_text.split("x") if size]
    count = 1
    for size in shape:
        count *= size
    number = float if dtype.startswith("f") else int
    values = range(count) if fill == "iota" else [number(fill)] * count
    dims = "".join(f"{size}, " for size in shape)
    header = f"{{'descr': '<{dtype}', 'fortran_order': False, 'shape': ({dims}), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    data = struct.pack(f"<{count}{FORMATS[dtype]}", *(number(value) for value in values))
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


def main(arguments: list[str]) -> None:
    """Write the file."""
    out = Path(arguments[0])
    options = [argument for argument in arguments[1:] if argument.startswith("--")]
    arrays = dict(argument.split("=") for argument in arguments[1:] if not argument.startswith("--"))
    if out.suffix == ".npy":
        out.write_bytes(make_array(next(iter(arrays.values()))))
    else:
        method = zipfile.ZIP_DEFLATED if "--deflate" in options else zipfile.ZIP_STORED
        with zipfile.ZipFile(out, "w", method) as archive:
            for name, text in arrays.items():
                archive.writestr(f"{name}.npy", make_array(text))
    for option in options:
        if option.startswith("--truncate="):
            out.write_bytes(out.read_bytes()[: int(option.split("=")[1])])


main(sys.argv[1:])
