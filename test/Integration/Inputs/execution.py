"""Compiles networks for a target and runs them, in whatever way this machine can.

- native: the machine has the instructions;
- emulated: LLVM IR for a target with VNNI or AMX is compiled for plain x86-64,
  with the intrinsics replaced by their definition;
- qemu: AArch64 by user-mode emulation.
"""

import os
import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


class Target:
    """`on_request`: differs from another one by some kernels only, which a kind
    of networks has."""

    def __init__(self, name, storage, runner, on_request=False):
        self.name, self.storage, self.runner = name, storage, runner
        self.on_request = on_request


FAMILIES = {
    "x86": [Target("x86-64-v3", "s16", "native"),
            Target("x86-64-v2", "s16", "native"),
            Target("znver4", "u8", "emulated"),
            Target("alderlake", "u8", "emulated"),
            Target("sapphirerapids", "u8", "emulated", on_request=True)],
    "aarch64": [Target("aarch64+dotprod", "s8", "qemu"),
                Target("aarch64+dotprod+i8mm", "s8", "qemu"),
                Target("aarch64", "s8", "qemu")]}


class Failure(Exception):
    """A program that was run did not succeed; says which and why."""


class Function:
    """An entry point of one input and one output, run on `samples` inputs."""

    def __init__(self, name, input_bytes, output_bytes, samples=1):
        self.name, self.samples = name, samples
        self.input_bytes, self.output_bytes = input_bytes, output_bytes


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], text=True,
                          capture_output=True, check=False, **options)
    if done.returncode:
        raise Failure("%s: exit code %d\n%s" % (
            " ".join(str(part) for part in command), done.returncode,
            (done.stdout + done.stderr)[-3000:]))
    return done.stdout


# VNNI without VNNI.

def part_products(part, parts, lanes, width, extends):
    """Lines for the product of one of `parts` factors of %a and %b in each of
    `lanes` lanes, which are `width` bits wide and are extended as told for each
    side."""
    vector, i32 = "<%d x i%d>" % (parts * lanes, width), "<%d x i32>" % lanes
    mask = ", ".join("i32 %d" % (parts * lane + part) for lane in range(lanes))
    lines = []
    for side, extend in zip("ab", extends):
        lines.append("  %%%s%d = shufflevector %s %%%s, %s poison, "
                     "<%d x i32> <%s>" %
                     (side, part, vector, side, vector, lanes, mask))
        lines.append("  %%%s%dw = %s <%d x i%d> %%%s%d to %s" %
                     (side, part, extend, lanes, width, side, part, i32))
    return lines + ["  %%p%d = mul %s %%a%dw, %%b%dw" % (part, i32, part, part)]


def clamp(value, lanes, bits, low, high):
    """Lines that bound integers, and the name of the result."""
    vector = "<%d x i%d>" % (lanes, bits)
    lines = []
    for bound, order in ((low, "slt"), (high, "sgt")):
        lines += ["  %s.c = icmp %s %s %s, splat (i%d %d)" %
                  (value, order, vector, value, bits, bound),
                  "  %s.s = select <%d x i1> %s.c, %s splat (i%d %d), %s %s" %
                  (value, lanes, value, vector, bits, bound, vector, value)]
        value += ".s"
    return lines, value


def vpdpbusd(bits):
    """Definition of the instruction in plain LLVM IR."""
    lanes, name = bits // 32, "@emulated_vpdpbusd_%d" % bits
    i32, i8 = "<%d x i32>" % lanes, "<%d x i8>" % (4 * lanes)
    lines = ["define internal %s %s(%s %%acc, %s %%a.in, %s %%b.in) "
             "alwaysinline {" % (i32, name, i32, i32, i32),
             "  %%a = bitcast %s %%a.in to %s" % (i32, i8),
             "  %%b = bitcast %s %%b.in to %s" % (i32, i8)]
    total = "%acc"
    for part in range(4):
        lines += part_products(part, 4, lanes, 8, ("zext", "sext"))
        lines.append("  %%s%d = add %s %s, %%p%d" % (part, i32, total, part))
        total = "%%s%d" % part
    return "\n".join(lines + ["  ret %s %s" % (i32, total), "}"])


def pmaddwd(lanes):
    """Definition of the instruction in plain LLVM IR."""
    i16, i32 = "<%d x i16>" % (2 * lanes), "<%d x i32>" % lanes
    lines = ["define internal %s @emulated_pmaddwd_%d(%s %%a, %s %%b) "
             "alwaysinline {" % (i32, lanes, i16, i16)]
    for part in range(2):
        lines += part_products(part, 2, lanes, 16, ("sext", "sext"))
    return "\n".join(lines + ["  %%s = add %s %%p0, %%p1" % i32,
                              "  ret %s %%s" % i32, "}"])


def pmaddubsw(lanes):
    """Definition of the instruction, which saturates, in plain LLVM IR."""
    i8, i16, i32 = ("<%d x i8>" % (2 * lanes), "<%d x i16>" % lanes,
                    "<%d x i32>" % lanes)
    lines = ["define internal %s @emulated_pmaddubsw_%d(%s %%a, %s %%b) "
             "alwaysinline {" % (i16, lanes, i8, i8)]
    for part in range(2):
        lines += part_products(part, 2, lanes, 8, ("zext", "sext"))
    lines.append("  %%s = add %s %%p0, %%p1" % i32)
    bounded, value = clamp("%s", lanes, 32, -32768, 32767)
    lines += bounded
    return "\n".join(lines + ["  %%r = trunc %s %s to %s" % (i32, value, i16),
                              "  ret %s %%r" % i16, "}"])


def pack(name, lanes, bits, low, high):
    """Definition in plain LLVM IR of an instruction that narrows integers of
    `bits` between bounds, and takes parts of 128 bits of both operands in
    turns."""
    part = 128 // bits
    narrow = "<%d x i%d>" % (2 * lanes, bits // 2)
    wide = "<%d x i%d>" % (lanes, bits)
    lines = ["define internal %s @emulated_%s_%d(%s %%a, %s %%b) "
             "alwaysinline {" % (narrow, name, lanes, wide, wide)]
    for side in "ab":
        bounded, value = clamp("%" + side, lanes, bits, low, high)
        lines += bounded
        lines.append("  %%%s.t = trunc %s %s to <%d x i%d>" %
                     (side, wide, value, lanes, bits // 2))
    mask = ", ".join("i32 %d" % (i // 2 * part + i % 2 * lanes + j)
                     for i in range(2 * lanes // part) for j in range(part))
    return "\n".join(lines + [
        "  %%r = shufflevector <%d x i%d> %%a.t, <%d x i%d> %%b.t, <%d x i32> <%s>" %
        (lanes, bits // 2, lanes, bits // 2, 2 * lanes, mask),
        "  ret %s %%r" % narrow, "}"])


def packssdw(lanes):
    return pack("packssdw", lanes, 32, -32768, 32767)


def packsswb(lanes):
    return pack("packsswb", lanes, 16, -128, 127)


def packuswb(lanes):
    return pack("packuswb", lanes, 16, 0, 255)


def cvtps2dq(lanes):
    """Definition of the instruction in plain LLVM IR; the wide one has a mask,
    all of which is set, and a rounding mode, the current one."""
    f32, i32 = "<%d x float>" % lanes, "<%d x i32>" % lanes
    rest = ", %s %%old, i16 %%mask, i32 %%mode" % i32 if lanes == 16 else ""
    return """define internal {i32} @emulated_cvtps2dq_{lanes}({f32} %x{rest}) alwaysinline {{
  ; Adding and taking away 1.5 * 2^23 rounds to even below 2^22, as far as the
  ; values that are converted reach.
  %a = fadd {f32} %x, splat (float 1.2582912e+07)
  %r = fsub {f32} %a, splat (float 1.2582912e+07)
  %i = fptosi {f32} %r to {i32}
  ret {i32} %i
}}""".format(i32=i32, f32=f32, lanes=lanes, rest=rest)


def lookup(name, count, find):
    """Definition of an instruction in plain LLVM IR that takes `count` bytes
    from places: `find` returns, of the i-th of them, what makes %index, and %r
    of the byte that is there."""
    i8 = "<%d x i8>" % count
    lines = ["define internal %s @emulated_%s_%d(%s %%a, %s %%at) {" %
             (i8, name, count, i8, i8),
             "  %%table = alloca %s" % i8,
             "  store %s %%a, ptr %%table" % i8]
    result = "zeroinitializer"
    for i in range(count):
        index, byte = find(i)
        lines += ["  %%at%d = extractelement %s %%at, i32 %d" % (i, i8, i)]
        lines += index
        lines += [
            "  %%wide%d = zext i8 %%index%d to i64" % (i, i),
            "  %%ptr%d = getelementptr i8, ptr %%table, i64 %%wide%d" % (i, i),
            "  %%byte%d = load i8, ptr %%ptr%d" % (i, i)]
        lines += byte
        lines += ["  %%v%d = insertelement %s %s, i8 %%r%d, i32 %d" %
                  (i, i8, result, i, i)]
        result = "%%v%d" % i
    return "\n".join(lines + ["  ret %s %s" % (i8, result), "}"])


def pshufb(count):
    """Bytes of the same 128 bits, or zero."""
    return lookup("pshufb", count, lambda i: (
        ["  %%zero%d = icmp slt i8 %%at%d, 0" % (i, i),
         "  %%low%d = and i8 %%at%d, 15" % (i, i),
         "  %%index%d = or i8 %%low%d, %d" % (i, i, i // 16 * 16)],
        ["  %%r%d = select i1 %%zero%d, i8 0, i8 %%byte%d" % (i, i, i)]))


def permb(count):
    """Bytes of the whole register."""
    return lookup("permb", count, lambda i: (
        ["  %%index%d = and i8 %%at%d, %d" % (i, i, count - 1)],
        ["  %%r%d = or i8 %%byte%d, 0" % (i, i)]))


PERMB = {"@llvm.x86.avx512.permvar.qi.512": 64}
PSHUFB = {"@llvm.x86.ssse3.pshuf.b.128": 16, "@llvm.x86.avx2.pshuf.b": 32,
          "@llvm.x86.avx512.pshuf.b.512": 64}
PACKSSDW = {"@llvm.x86.avx2.packssdw": 8,
            "@llvm.x86.avx512.packssdw.512": 16}
PMADDUBSW = {"@llvm.x86.avx2.pmadd.ub.sw": 16,
             "@llvm.x86.avx512.pmaddubs.w.512": 32}
PACKSSWB = {"@llvm.x86.avx512.packsswb.512": 32}
PACKUSWB = {"@llvm.x86.avx512.packuswb.512": 32}
PMADDWD = {"@llvm.x86.avx2.pmadd.wd": 8, "@llvm.x86.avx512.pmaddw.d.512": 16}

# Defined in matrices.c.
MATRICES = ("ldtilecfg", "tilerelease", "tilezero", "tileloadd64",
            "tilestored64", "tdpbusd")

CVTPS2DQ = {"@llvm.x86.avx.cvt.ps2dq.256": 8,
            "@llvm.x86.avx512.mask.cvtps2dq.512": 16}


def emulate(text):
    """LLVM IR that any x86-64 runs."""
    used = sorted(set(map(int, re.findall(
        r"@llvm\.x86\.avx512\.vpdpbusd\.(\d+)", text))))
    definitions = []
    for bits in used:
        name = "@llvm.x86.avx512.vpdpbusd.%d" % bits
        declaration = re.search(r"^declare .*%s\(.*$" % re.escape(name), text,
                                re.MULTILINE).group()
        text = text.replace(declaration, "")
        # Operands are bytes or words, by the version of LLVM.
        emulated = vpdpbusd(bits)
        if "i8>" in declaration:
            lanes = bits // 32
            i32, i8 = "<%d x i32>" % lanes, "<%d x i8>" % (4 * lanes)
            emulated = emulated.replace(
                "%s %%a.in, %s %%b.in" % (i32, i32),
                "%s %%a.in, %s %%b.in" % (i8, i8))
            emulated = emulated.replace("bitcast %s %%a.in" % i32,
                                        "bitcast %s %%a.in" % i8)
            emulated = emulated.replace("bitcast %s %%b.in" % i32,
                                        "bitcast %s %%b.in" % i8)
        definitions.append(emulated)
        text = text.replace(name + "(", "@emulated_vpdpbusd_%d(" % bits)
    for names, prefix, define in ((PMADDWD, "pmaddwd", pmaddwd),
                                  (PMADDUBSW, "pmaddubsw", pmaddubsw),
                                  (PACKSSDW, "packssdw", packssdw),
                                  (PACKSSWB, "packsswb", packsswb),
                                  (PACKUSWB, "packuswb", packuswb),
                                  (CVTPS2DQ, "cvtps2dq", cvtps2dq),
                                  (PSHUFB, "pshufb", pshufb),
                                  (PERMB, "permb", permb)):
        for name, lanes in names.items():
            if name + "(" not in text:
                continue
            text = re.sub(r"^declare .*%s\(.*$" % re.escape(name), "", text,
                          flags=re.MULTILINE)
            text = text.replace(name + "(",
                                "@emulated_%s_%d(" % (prefix, lanes))
            definitions.append(define(lanes))
    for name in MATRICES:
        text = text.replace("@llvm.x86.%s(" % name, "@emulated_%s(" % name)
    text = text.replace(" immarg", "")
    # SSE2 is part of every x86-64.
    rest = re.search(r"@llvm\.x86\.(?!sse2?\.)\S+", text)
    if rest:
        raise Failure("%s is not emulated" % rest.group())
    text = re.sub(r'"target-(cpu|features)"(="[^"]*")?', "", text)
    text = re.sub(r'"(prefer-vector-width|min-legal-vector-width|tune-cpu)"'
                  r'="[^"]*"', "", text)
    return text + "\n" + "\n\n".join(definitions) + "\n"


class Machine:
    """What this machine can run."""

    def __init__(self, folder):
        self.folder = folder
        flags = set()
        try:
            text = pathlib.Path("/proc/cpuinfo").read_text()
            found = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
            flags = set(found.group(1).split()) if found else set()
        except OSError:
            pass
        self.is_x86 = os.uname().machine in ("x86_64", "AMD64")
        self.avx2 = self.is_x86 and {"avx2", "fma"} <= flags
        self.qemu = shutil.which("qemu-aarch64-static")
        self.cross = shutil.which("aarch64-linux-gnu-gcc")

    def compiler(self, runner):
        return self.cross if runner == "qemu" else "cc"

    def harness(self, runner):
        """The main program and what it links to, compiled once."""
        names = ["harness"] + (["matrices"] if runner == "emulated" else [])
        objects = []
        for name in names:
            objects.append(self.folder / ("%s-%s.o" % (name, runner)))
            if not objects[-1].exists():
                run(self.compiler(runner), "-O1", "-c",
                    HERE / (name + ".c"), "-o", objects[-1])
        return objects

    def can_run(self, target):
        if target.runner == "qemu":
            return bool(self.qemu and self.cross)
        return self.is_x86 and (target.name != "x86-64-v3" or self.avx2)

    def table(self, base, functions):
        """The C source that tells the main program what to run."""
        path = base.with_suffix(".c")
        path.write_text(
            "#include <stddef.h>\n"
            "struct network { const char *name, *signature; void (*run)(const "
            "void *, void *, void *); size_t in, out, samples; };\n" +
            "".join("extern const char %s_nnq_signature[];\nvoid %s(const void "
                    "*, void *, void *);\n" % (f.name, f.name)
                    for f in functions) +
            "const struct network networks[] = {\n" +
            "".join('  {"%s", %s_nnq_signature, %s, %d, %d, %d},\n' %
                    (f.name, f.name, f.name, f.input_bytes, f.output_bytes,
                     f.samples) for f in functions) +
            "};\nconst size_t network_count = %d;\n" % len(functions))
        return path

    def execute(self, source, functions, data, base, target=None):
        """Outputs of each function of the MLIR file `source` on the inputs of
        the file `data`, compiled for `target` or by the reference. Files are
        named after the path `base`."""
        base = pathlib.Path(base)
        obj, program, output = (base.with_name(base.name + suffix)
                                for suffix in (".o", ".exe", ".out"))
        runner = target.runner if target else "native"
        how = ["--target=" + target.name] if target else [
            "--reference", "--target=" + ("x86-64" if self.is_x86 else "native")]
        if runner == "emulated":
            ir, plain, bitcode = (base.with_name(base.name + suffix)
                                  for suffix in (".ll", ".plain.ll", ".bc"))
            run("nnq-compile", source, *how, "-o", ir)
            plain.write_text(emulate(ir.read_text()))
            level = ["--mattr=+avx2,+fma"] if self.avx2 else []
            run("opt", "-O2", *level, plain, "-o", bitcode)
            run("llc", "-O2", *level, "--relocation-model=pic",
                "--filetype=obj", bitcode, "-o", obj)
        else:
            run("nnq-compile", source, *how, "-o", obj)
        run(self.compiler(runner), *self.harness(runner),
            self.table(base.with_name(base.name + ".table"), functions), obj,
            "-lm", "-o", program)
        command = [program]
        if runner == "qemu":
            command = [self.qemu, "-cpu", "max", "-L", "/usr/aarch64-linux-gnu",
                       program]
        run(*command, data, output)
        everything, results, at = output.read_bytes(), [], 0
        for function in functions:
            size = function.output_bytes * function.samples
            results.append(everything[at:at + size])
            at += size
        return results
