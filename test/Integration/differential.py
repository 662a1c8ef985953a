"""Random networks, lowered in many ways, must give the same results.

Every network is compiled by the fast path for each target and by the reference
(upstream passes alone), as it is and quantized, and run on the same inputs:

- f32: fast against reference, within 1e-4 of the largest value;
- quantized: fast against the reference lowering of the same integer linalg (the
  IR after nnq-lower-quantization), bit for bit, for all targets and all storage
  types; with layers that stay in f32 (attention), or asymmetric weights of
  groups, within a step;
- quantized: integer against the definition of quantization (the reference
  lowering of quant ops), within a few steps of the scale of the result.

x86-64-v3 runs where the machine has AVX2. Targets with VNNI run on any x86-64:
their LLVM IR is compiled with the intrinsics replaced by their definition.
AArch64 targets run in qemu if it is there. What cannot run is named.

Prints `N passed, M failed`; a failed network is described and its files are
kept. NNQ_DIFFERENTIAL_COUNT in the environment is the number of networks of each
kind, NNQ_DIFFERENTIAL_SEED the seed of the first.
"""

import argparse
import os
import pathlib
import shutil
import struct
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "Inputs"))
import networks  # noqa: E402
from execution import FAMILIES, Failure, Function, Machine, run  # noqa: E402

# Networks that are compiled and run together.
BATCH = 10

F32_TOLERANCE = 1e-4
# Steps of 1/255 of the range of a result. Against the definition the bias is
# rounded to the scale of the accumulator, and a tie of one rounding is none of
# the other; either may move the next layer by a step, and so on.
QUANTIZED_TOLERANCE = 4.0


class Batch:
    """Networks in one module, compiled and run together."""

    def __init__(self, folder, nets, machine):
        self.folder, self.machine = folder, machine
        folder.mkdir(parents=True, exist_ok=True)
        self.source = folder / "f32.mlir"
        self.source.write_text("\n".join(net.text for net in nets))
        self.data = folder / "input"
        self.data.write_bytes(b"".join(net.input for net in nets))
        self.functions = [
            Function(net.name, 4 * networks.size(net.input_shape),
                     4 * networks.size(net.output_shape)) for net in nets]

    def quantize(self, options, share):
        path = self.folder / "quantized.mlir"
        run("nnq-opt", self.source,
            "--quantize-int8" + ("=" + options if options else ""),
            *(["--share-weights=" + share] if share else []), "-o", path)
        return path

    def lower_quantization(self, path, storage, requant):
        result = self.folder / ("integer-%s.mlir" % storage)
        run("nnq-opt", path,
            "--nnq-lower-quantization=activation-storage=%s requant=%s" %
            (storage, requant), "-o", result)
        return result

    def execute(self, source, tag, target=None):
        """Outputs of `source` for `target`, or by the reference."""
        return self.machine.execute(source, self.functions, self.data,
                                    self.folder / tag, target)


def floats(data):
    return struct.unpack("<%df" % (len(data) // 4), data)


def first_difference(a, b):
    for i, (x, y) in enumerate(zip(floats(a), floats(b))):
        if struct.pack("<f", x) != struct.pack("<f", y):
            return "element %d is %r, expected %r" % (i, x, y)
    return ""


def largest_difference(a, b):
    return max(abs(x - y) if x == x and y == y else float("inf")
               for x, y in zip(floats(a), floats(b)))


class Comparison:
    """Collects what is wrong with which network."""

    def __init__(self, nets):
        self.errors = {net.name: [] for net in nets}
        self.nets = nets

    def bits(self, name, got, expected):
        """Equal bits, but for layers that run in f32."""
        for net, a, b in zip(self.nets, got, expected):
            if a != b and not (net.has_f32_layers and largest_difference(
                    a, b) <= step_tolerance(floats(b))):
                self.errors[net.name].append(
                    "%s: %s" % (name, first_difference(a, b)))

    def near(self, name, got, expected, tolerance):
        for net, a, b in zip(self.nets, got, expected):
            difference = largest_difference(a, b)
            allowed = tolerance(floats(b))
            if not difference <= allowed:
                self.errors[net.name].append(
                    "%s: differs by %g, %g is allowed" %
                    (name, difference, allowed))


def step_tolerance(values):
    # Results have a range of about [-3, 3], see networks.py.
    return QUANTIZED_TOLERANCE / 255 * max(6.0, 2 * max(map(abs, values)))


def check_f32(batch, targets, comparison):
    reference = batch.execute(batch.source, "f32-reference")
    for target in targets:
        comparison.near(
            "f32 for " + target.name,
            batch.execute(batch.source, "f32-" + target.name, target), reference,
            lambda values: F32_TOLERANCE * max(1e-3, *map(abs, values), 0))


def check_quantized(batch, kind, targets, comparison):
    quantized = batch.quantize(kind.options, kind.share)
    integer, judges = {}, {}
    for storage in sorted({target.storage for target in targets}):
        integer[storage] = batch.lower_quantization(quantized, storage,
                                                    kind.requant)
        judges[storage] = batch.execute(integer[storage], "judge-" + storage)
    first = min(judges)
    for storage in judges:
        comparison.bits("storage %s against %s" % (storage, first),
                        judges[storage], judges[first])
    comparison.near("integer against definition", judges[first],
                    batch.execute(quantized, "definition"), step_tolerance)
    for target in targets:
        name = "quantized for " + target.name
        # Rescaling is decided with the storage.
        source = (quantized if kind.requant == "float" else
                  integer[target.storage])
        results = batch.execute(source, "quantized-" + target.name, target)
        comparison.bits(name, results, judges[target.storage])


class Kind:
    """Options of --quantize-int8 (None: not quantized), and how likely tensors
    of the i-th network have statistics: static, dynamic and mixed networks.
    Strategies in the network are for one target. `requant` says how accumulators
    are rescaled, `share` how weights are taken from codebooks then."""

    def __init__(self, options, static=(1.0,), network=networks.Network,
                 target=None, requant="float", share=None):
        self.options, self.static = options, static
        self.network, self.target = network, target
        self.requant, self.share = requant, share


KINDS = {
    "f32": Kind(None),
    "int8": Kind("", static=(1.0, 1.0, 0.7, 0.0)),
    "symmetric": Kind("activations=symmetric", static=(1.0, 0.7)),
    "per-tensor": Kind("weight-granularity=per-tensor"),
    "reduced": Kind("weight-range=reduced", static=(1.0, 0.7, 0.0)),
    # Activations between layers of both ranges are stored in both ways.
    "ranges": Kind("layers=.*[02468]=reduced", static=(1.0, 0.7, 0.0)),
    "asymmetric-weights": Kind("weights=asymmetric", static=(1.0, 1.0, 0.0),
                               network=networks.AsymmetricNetwork),
    "fixed": Kind("", static=(1.0, 1.0, 0.7), requant="fixed"),
    "depthwise": Kind("", static=(1.0, 1.0, 0.7),
                      network=networks.DepthwiseNetwork),
    "depthwise-reduced": Kind("weight-range=reduced",
                              network=networks.DepthwiseNetwork),
    "int4": Kind("weight-bits=4", static=(1.0, 0.7, 0.0)),
    "groups": Kind("", static=(1.0, 0.7, 0.0, 0.0),
                   network=networks.GroupNetwork),
    "rows": Kind("activation-granularity=per-row", static=(1.0, 0.0),
                 network=networks.GroupNetwork),
    "rows-symmetric": Kind("activation-granularity=per-row "
                           "activations=symmetric", static=(1.0, 0.7)),
    "norms": Kind("layer-norm=integer", network=networks.NormNetwork),
    "weight-only": Kind("compute=f32", network=networks.GroupF32Network),
    "shared": Kind("", static=(1.0, 1.0, 0.7, 0.0), share="bits=4"),
    "shared-2-bits": Kind("", static=(1.0, 0.7, 0.0), share="bits=2"),
    "shared-blocks": Kind("", static=(1.0, 0.7), share="bits=3 channels=8"),
    "winograd": Kind("", network=networks.WinogradNetwork, target="x86-64-v3"),
    "winograd-reduced": Kind("weight-range=reduced",
                             network=networks.WinogradNetwork,
                             target="x86-64-v3"),
    "matrices": Kind("", network=networks.MatrixNetwork,
                     target="sapphirerapids"),
    "sparse-f32": Kind(None, network=networks.SparseNetwork),
    "sparse": Kind("", static=(1.0, 1.0, 0.0), network=networks.SparseNetwork),
    "sparse-reduced": Kind("weight-range=reduced",
                           network=networks.SparseNetwork),
    "scattered": Kind("", static=(1.0, 1.0, 0.0),
                      network=networks.ScatteredNetwork),
    "scattered-reduced": Kind("weight-range=reduced", static=(1.0, 1.0, 0.0),
                              network=networks.ScatteredNetwork),
}


def check(name, folder, nets, machine, targets):
    """Errors by the name of the network."""
    comparison = Comparison(nets)
    batch = Batch(folder, nets, machine)
    if KINDS[name].options is None:
        check_f32(batch, targets, comparison)
    else:
        check_quantized(batch, KINDS[name], targets, comparison)
    return comparison.errors


def check_each(name, folder, nets, machine, targets):
    """As `check`; a failure that takes all networks down is looked for in each
    of them alone."""
    try:
        return check(name, folder, nets, machine, targets)
    except Failure as failure:
        if len(nets) == 1:
            return {nets[0].name: [str(failure)]}
    errors = {}
    for net in nets:
        errors.update(check_each(name, folder / net.name, [net], machine,
                                 targets))
    return errors


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", choices=FAMILIES, default="x86")
    parser.add_argument("--kinds", default=",".join(KINDS),
                        help="comma-separated, of %s" % ", ".join(KINDS))
    parser.add_argument("--targets", default="",
                        help="comma-separated names (default: all that run)")
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="keep all files there")
    arguments = parser.parse_args()
    for name in ("count", "seed"):
        value = os.environ.get("NNQ_DIFFERENTIAL_" + name.upper())
        if value:
            setattr(arguments, name, int(value))
    return arguments


def main():
    arguments = parse_arguments()
    root = pathlib.Path(arguments.folder or tempfile.mkdtemp(prefix="nnq-"))
    root.mkdir(parents=True, exist_ok=True)
    machine = Machine(root)
    targets = FAMILIES[arguments.family]
    chosen = bool(arguments.targets)
    if chosen:
        wanted = arguments.targets.split(",")
        targets = [target for target in targets if target.name in wanted]
    for target in targets:
        if not machine.can_run(target):
            print("skipped: this machine cannot run %s" % target.name)
    targets = [target for target in targets if machine.can_run(target)]

    passed = failed = 0
    for name in arguments.kinds.split(","):
        kind = KINDS[name]
        static = kind.static
        able = [target for target in targets
                if kind.target == target.name or
                not (kind.target or (target.on_request and not chosen))]
        if not able:
            continue
        nets = [kind.network("net%d" % i, arguments.seed + i,
                                 static[i % len(static)])
                for i in range(arguments.count)]
        errors = {}
        for i in range(0, len(nets), BATCH):
            errors.update(check_each(name, root / name / str(i),
                                     nets[i:i + BATCH], machine, able))
        for net in nets:
            if not errors[net.name]:
                passed += 1
                continue
            failed += 1
            print("FAILED %s, %s" % (name, net))
            for error in errors[net.name]:
                print("  " + error)
    if failed:
        print("files are in %s" % root)
    elif not arguments.folder:
        shutil.rmtree(root)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
