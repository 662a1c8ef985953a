"""Training in PyTorch: with exactly the rounding of the compiler, and of what its pruning and its factors leave.

    prepared = nnq.torch.prepare_qat(module, example_inputs)
    ...                                               # a training loop
    m = nnq.from_torch(prepared, example_inputs)      # with the scales that were trained

`calibrate` finds ranges to start from, `freeze` ends the averaging of ranges and statistics.

    pruned = nnq.from_torch(module, example_inputs).prune("channels", macs=0.5)
    small = nnq.torch.prune_like(module, pruned)      # to be fine-tuned; nnq.from_torch takes it back

    factorized = nnq.from_torch(module, example_inputs).factorize(energy=0.9)
    small = nnq.torch.factorize_like(module, factorized)

`mask_weights` does the same for prune("weights"), with the masks of torch.nn.utils.prune.
`batch_norm_scales` and `weight_gradients` are what channels can be ranked by.
"""

from .factors import factorize_like
from .prepare import prepare_qat
from .pruning import KeptChannels, batch_norm_scales, kept_channels, mask_weights, prune_like, weight_gradients
from .quantizer import Quantizer
from .state import calibrate, freeze

__all__ = [
    "KeptChannels",
    "Quantizer",
    "batch_norm_scales",
    "calibrate",
    "factorize_like",
    "freeze",
    "kept_channels",
    "mask_weights",
    "prepare_qat",
    "prune_like",
    "weight_gradients",
]
