"""Import networks of PyTorch and ONNX: MLIR with linalg on tensors, one function whose batch alone may be dynamic.

    python -m nnq.importer net.onnx -o net.mlirbc --shape x=1x3x48x192    # or ?x3x48x192

Weights become resources; the names of layers become locations, which nnq shows in its messages. Needs torch-mlir, and
torch or onnx depending on the network, when a network is imported; bytecode needs mlir-opt 22.
"""

from .command import main
from .errors import NetworkError
from .files import find_mlir_opt, from_file, write
from .lowering import c_identifier
from .onnx_frontend import from_onnx
from .shapes import Shapes
from .torch_frontend import from_torch

__all__ = [
    "NetworkError",
    "Shapes",
    "c_identifier",
    "find_mlir_opt",
    "from_file",
    "from_onnx",
    "from_torch",
    "main",
    "write",
]
