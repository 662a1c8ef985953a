//===- NNQDialect.td - The nnq dialect ---------------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_DIALECT_TD
#define NNQ_DIALECT_TD

include "mlir/IR/DialectBase.td"

def NNQ_Dialect : Dialect {
  let name = "nnq";
  let cppNamespace = "::nnq";
  let summary = "Network compression: what the upstream `quant` dialect lacks";
  let description = [{
    Compute stays `linalg` and quantized values keep the upstream `quant` types,
    so that other compilers can read the IR between any two passes. This dialect
    adds only observers and their statistics, quantization parameters that are
    known at run time, the provenance of a compressed op, and the description of
    the target and of the micro-kernel that was chosen for an op.

    Discardable attributes:

    | name | on | meaning |
    |---|---|---|
    | `nnq.layer` | any op | name of the layer of the network it came from |
    | `nnq.stats` | producer of a tensor, or function argument | `#nnq.tensor_stats` |
    | `nnq.input_stats` | convolution or contraction | `#nnq.input_stats` |
    | `nnq.quant_range` | producer of a tensor, or function argument | `#nnq.quant_range`; may be written by hand |
    | `nnq.quant_clipped` | linalg op | share of its input that calibration saw outside of the range chosen |
    | `nnq.provenance` | compressed op | `#nnq.provenance` |
    | `nnq.remove_channels` | layer that makes channels | those that `nnq-remove-channels` removes; may be written by hand |
    | `nnq.kept_channels` | function | of each layer with weights, the channels of the network before pruning that it still has: dictionaries of `layer` and, where not all stay, `output` and `input`; masked ones do not count |
    | `nnq.sparsity` | convolution or contraction | pattern and number of the zeros that `nnq-prune-weights` or `nnq-prune-gradually` makes: a dictionary of `pattern` and `zeros`; may be written by hand |
    | `nnq.remove_block` | last op of a block | that `nnq-remove-blocks` removes it: a dictionary of `importance`, `bridge`, `weights` and `bias`, all of them optional; may be written by hand |
    | `nnq.removed_blocks` | function | what has been removed: dictionaries of `name`, `macs`, `weights`, `importance` |
    | `nnq.refused` | function | compression of layers that would not have paid: dictionaries of `layer`, `technique` and `reason` |
    | `nnq.invariants` | function | between the steps of a recipe, what each layer has become: dictionaries |
    | `nnq.factorize` | convolution or contraction | method and ranks by which `nnq-factorize-layers` replaces it; may be written by hand |
    | `nnq.keep_f32` | linalg op | why it is not quantized; may be written by hand |
    | `nnq.sqnr` | linalg op | signal to noise of its result once quantized, in dB |
    | `nnq.weights` | linalg op | `#nnq.weight_format`, its own; may be written by hand |
    | `nnq.kernel` | linalg op | `#nnq.kernel`, the strategy; may be written by hand |
    | `nnq.codebook` | convolution or contraction | `#nnq.codebook`, by which `nnq-share-weights` takes its weights from a codebook; may be written by hand |
    | `nnq.kernel_groups` | convolution | number of kernels that `nnq-share-kernels` makes all of its kernels multiples of; may be written by hand |
    | `nnq.weight_bits` | convolution or contraction with integer weights | bits that tell its weights apart, if they are fewer than those of their storage |
    | `nnq.weight_vectors` | convolution or contraction with integer weights | that these are at most 2^`bits` vectors of `size` neighbouring input channels, which are `apart` along their dimension: a dictionary |
    | `nnq.weight_sqnr` | convolution or contraction | signal to noise of its weights since they are shared, in dB |
    | `nnq.range` | contraction of integers | least and largest number in its activation |
    | `nnq.border` | depthwise convolution of integers | rows [low, high) of its activation that are no padding; with a third number, only so many columns of the other rows hold it |
    | `nnq.fits_i16` | vector.contract of integers | 16 bits hold the sums that vpmaddubsw or smull form |
    | `nnq.target` | module | `#nnq.target` |
    | `nnq.threads` | module | on how many threads it runs, if on several |
    | `nnq.parallel` | loop | its steps are independent |
    | `nnq.batch` | function | `#nnq.batch`, what it computes of an entry point |
    | `nnq.layers` | module, entry function | kind, type and multiply-adds of layers, for a profile |
    | `nnq.signature` | entry function | shapes and types of the C entry point |
    | `nnq.workspace` | last argument of an entry function | it is the arena |
    | `nnq.unsigned` | argument or result of an entry function | its integers have no sign |
    | `nnq.tensor_name` | argument or result of an entry function | what the network calls it |
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::quant::QuantDialect"];
  let extraClassDeclaration = "void registerAttributes();";
}

#endif // NNQ_DIALECT_TD
