"""How lit finds and runs the tests of nnq."""

import ctypes
import os
import platform
import shutil

import lit.formats
import lit.util

config.name = "nnq"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.dirname(__file__)

# Tests run anywhere: no setting of the user's shell reaches them.
path = [config.nnq_tools, config.llvm_tools, "/usr/local/bin", "/usr/bin",
        "/bin"]
config.environment["PATH"] = os.pathsep.join(path)
# Nor do they leave times of layers behind.
config.environment["XDG_CACHE_HOME"] = os.path.join(config.test_exec_root,
                                                    "cache")

shared = os.environ.get(
    "NNQ_SHARED", os.path.join(config.nnq_source, os.pardir, "shared"))
config.substitutions += [
    ("%shared", shared),
    ("%lenet", os.path.join(config.nnq_source, "python/examples/lenet")),
    ("%cmake", '"%s"' % config.cmake),
    ("%configure", config.configure),
    ("%build", config.build),
    ("%source", config.nnq_source),
    ("%readme", os.path.join(config.nnq_source, "README.md")),
    ("%lib", os.path.join(config.nnq_tools, os.pardir, "lib")),
    ("%inputs", os.path.join(config.test_source_root, "Inputs")),
    ("%python", '"%s"' % config.python),
]


def host_flags():
    try:
        with open("/proc/cpuinfo") as cpuinfo:
            for line in cpuinfo:
                if line.split(":")[0].strip() in ("flags", "Features"):
                    return set(line.split(":")[1].split())
    except OSError:
        pass
    return set()


flags = host_flags()
machine = platform.machine()
config.available_features.add({"AMD64": "x86_64"}.get(machine, machine))
for feature, flag in [("host-avx2", "avx2"), ("host-avx512vnni", "avx512_vnni"),
                      ("host-avxvnni", "avx_vnni"), ("host-amx", "amx_int8"),
                      ("host-dotprod", "asimddp"),
                      ("host-i8mm", "i8mm")]:
    if flag in flags:
        config.available_features.add(feature)

if os.path.isdir(os.path.join(shared, "models")):
    config.available_features.add("shared-models")
if shutil.which("qemu-aarch64-static") and shutil.which("aarch64-linux-gnu-gcc"):
    config.available_features.add("qemu-aarch64")
if os.path.exists(os.path.join(config.llvm_tools, "mlir-opt")):
    config.available_features.add("mlir-opt")
if shutil.which("cc"):
    config.available_features.add("cc")
try:
    ctypes.CDLL("libomp.so.5")
    config.available_features.add("host-openmp")
except OSError:
    pass
try:
    import numpy  # noqa: F401  The python of lit stands for that of the tests.
    config.available_features.add("numpy")
except ImportError:
    pass
