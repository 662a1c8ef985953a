"""Quantization-aware training in PyTorch with exactly the rounding of the compiler.

    prepared = nnq.torch.prepare_qat(module, example_inputs)
    ...                                               # a training loop
    m = nnq.from_torch(prepared, example_inputs)      # with the scales that were trained

`calibrate` finds ranges to start from, `freeze` ends the averaging of ranges and statistics.
"""

from .prepare import prepare_qat
from .quantizer import Quantizer
from .state import calibrate, freeze

__all__ = ["Quantizer", "calibrate", "freeze", "prepare_qat"]
