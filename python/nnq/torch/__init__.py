"""Training in PyTorch: with the rounding of the compiler, and of what its pruning, its factors and its codebooks leave.

    prepared = nnq.torch.prepare_qat(module, example_inputs)
    ...                                               # a training loop
    m = nnq.from_torch(prepared, example_inputs)      # with the scales that were trained

`calibrate` finds ranges to start from, `freeze` ends the averaging of ranges and statistics.

    pruned = nnq.from_torch(module, example_inputs).prune("channels", macs=0.5)
    small = nnq.torch.prune_like(module, pruned)      # to be fine-tuned; nnq.from_torch takes it back

    factorized = nnq.from_torch(module, example_inputs).factorize(energy=0.9)
    small = nnq.torch.factorize_like(module, factorized)

    shared = nnq.from_torch(module, example_inputs).share(bits=4)
    small = nnq.torch.share_like(module, shared)      # its codebooks are trained

`mask_weights` does the same for prune("weights"), with the masks of torch.nn.utils.prune.
`batch_norm_scales` and `weight_gradients` are what channels can be ranked by.
"""

from .factors import factorize_like
from .prepare import prepare_qat
from .pruning import KeptChannels, batch_norm_scales, kept_channels, mask_weights, prune_like, weight_gradients
from .quantizer import Quantizer
from .sharing import Codebook, share_like
from .state import calibrate, freeze

__all__ = [
    "Codebook",
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
    "share_like",
    "weight_gradients",
]
