"""The command line of the importer."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from .errors import NetworkError
from .files import from_file, write


def parse_shape(text: str) -> tuple[str, list[int | None]]:
    """Parse NAME=1x3x224x224 or NAME=?x3x224x224."""
    name, _, sizes = text.rpartition("=")
    if not name or not re.fullmatch(r"(\?|[1-9]\d*)(x(\?|[1-9]\d*))*", sizes):
        raise argparse.ArgumentTypeError(f"'{text}' is not of the form NAME=1x3x224x224")
    return name, [None if size == "?" else int(size) for size in sizes.split("x")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Import one file; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m nnq.importer", description="Import a network as MLIR.")
    parser.add_argument("network", type=Path, help=".onnx, or .pt2 of torch.export.save")
    parser.add_argument("-o", "--output", type=Path, required=True, help=".mlir for text, else bytecode")
    parser.add_argument(
        "--shape",
        type=parse_shape,
        action="append",
        default=[],
        help="sizes of an input: NAME=1x3x224x224, or NAME=?x3x224x224 for any batch",
    )
    parser.add_argument("--entry", help="name of the function (default: after the file)")
    parser.add_argument("--mlir-opt", metavar="PATH", help="mlir-opt 22 (default: the installed one)")
    args = parser.parse_args(arguments)
    try:
        text = from_file(args.network, shapes=dict(args.shape), entry=args.entry)
        write(text, args.output, args.mlir_opt)
    except (NetworkError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(f"error: {error}: pip install torch-mlir torch onnx", file=sys.stderr)
        return 1
    return 0
