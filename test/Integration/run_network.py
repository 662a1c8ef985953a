"""Runs a network of one input and one output on the samples of a .npz file for
any target, natively, with emulated VNNI, or in qemu, and writes the raw outputs:

    run_network.py NETWORK.mlir --data=sample.npz --entry=lenet \\
        --output-elements=10 --target=aarch64+dotprod --output=FILE
"""

import argparse
import ast
import pathlib
import shutil
import struct
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "Inputs"))
from execution import FAMILIES, Function, Machine  # noqa: E402


def read_f32(path, key):
    """Shape and raw bytes of an array."""
    data = zipfile.ZipFile(path).read(key + ".npy")
    size = struct.unpack("<H", data[8:10])[0]
    header = ast.literal_eval(data[10:10 + size].decode())
    if header["descr"] != "<f4" or header["fortran_order"]:
        sys.exit("%s of %s is not row-major f32" % (key, path))
    return header["shape"], data[10 + size:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network")
    parser.add_argument("--data", required=True)
    parser.add_argument("--entry", required=True)
    parser.add_argument("--output-elements", type=int, required=True)
    parser.add_argument("--target", required=True,
                        help="a target of execution.py, or `reference`")
    parser.add_argument("--output", required=True)
    parser.add_argument("--compare-key", help="array that is expected")
    parser.add_argument("--max-diff", type=float, default=0)
    arguments = parser.parse_args()

    shape, inputs = read_f32(arguments.data, "x")
    target = None
    if arguments.target != "reference":
        target = next(t for family in FAMILIES.values() for t in family
                      if t.name == arguments.target)
    function = Function(arguments.entry, len(inputs) // shape[0],
                        4 * arguments.output_elements, shape[0])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="nnq-"))
    (folder / "input").write_bytes(inputs)
    result, = Machine(folder).execute(arguments.network, [function],
                                      folder / "input", folder / "network",
                                      target)
    shutil.rmtree(folder)
    pathlib.Path(arguments.output).write_bytes(result)
    if arguments.compare_key:
        _, expected = read_f32(arguments.data, arguments.compare_key)
        if len(expected) != len(result):
            sys.exit("%d bytes of results, %d are expected" %
                     (len(result), len(expected)))
        pairs = zip(struct.iter_unpack("<f", result),
                    struct.iter_unpack("<f", expected))
        worst = max(abs(a - b) for (a,), (b,) in pairs)
        print("largest difference %g" % worst)
        if not worst <= arguments.max_diff:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
