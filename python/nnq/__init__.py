"""nnq from Python: networks of PyTorch and ONNX become small and fast programs for the CPU.

    m = nnq.from_onnx("net.onnx")
    program = m.quantize(data=samples).compile()
    y = program(x)

A Model never changes: what works on it returns a new one.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

from .errors import Diagnostic, Error, InputError, OptionError

if TYPE_CHECKING:
    from .frontends import from_onnx, from_torch, load
    from .model import Model
    from .program import Program, TensorInfo
    from .progress import show_progress
    from .recipe import Recipe
    from .report import LayerReport, Report
    from .search import search
    from .search_result import SearchResult
    from .statistics import InputStatistics, Statistics, TensorStatistics
    from .trial import Trial

# In a build tree the extension is in another folder.
__path__ = pkgutil.extend_path(__path__, __name__)

# Loaded when used: nnq.importer needs no compiler.
_LAZY = {
    "from_onnx": "frontends",
    "from_torch": "frontends",
    "load": "frontends",
    "Model": "model",
    "Program": "program",
    "TensorInfo": "program",
    "show_progress": "progress",
    "Recipe": "recipe",
    "LayerReport": "report",
    "Report": "report",
    "SearchResult": "search_result",
    "search": "search",
    "Trial": "trial",
    "InputStatistics": "statistics",
    "Statistics": "statistics",
    "TensorStatistics": "statistics",
}

__all__ = [
    "Diagnostic",
    "Error",
    "InputError",
    "InputStatistics",
    "LayerReport",
    "Model",
    "OptionError",
    "Program",
    "Recipe",
    "Report",
    "SearchResult",
    "Statistics",
    "TensorInfo",
    "TensorStatistics",
    "Trial",
    "from_onnx",
    "from_torch",
    "load",
    "search",
    "show_progress",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return importlib.import_module(".native", __name__).core.version()
    if name == "torch":
        try:
            return importlib.import_module(".torch", __name__)
        except ModuleNotFoundError as error:
            raise ModuleNotFoundError(f"{error}; pip install 'nnq[torch]'", name=error.name) from error
    if name not in _LAZY:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    value = getattr(importlib.import_module(f".{_LAZY[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__", "torch"})
