"""The extension, with a word about what it needs."""

from __future__ import annotations

try:
    from . import _core as core
except ImportError as error:
    cause = str(error)
    if "libMLIR" in cause or "libLLVM" in cause:
        advice = "nnq uses the MLIR and LLVM libraries of Debian: apt-get install libmlir-22 libllvm22"
    elif "libnnq" in cause:
        advice = "the compiler's library is not beside the extension: install nnq again"
    else:
        advice = "the extension is not built for this Python: pip install . in the folder of nnq"
    raise ImportError(f"nnq cannot be loaded: {cause}; {advice}", name=error.name, path=error.path) from error

__all__ = ["core"]
