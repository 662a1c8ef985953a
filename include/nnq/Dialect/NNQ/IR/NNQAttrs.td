//===- NNQAttrs.td - Attributes of the nnq dialect ---------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_ATTRS_TD
#define NNQ_ATTRS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/EnumAttr.td"
include "nnq/Dialect/NNQ/IR/NNQDialect.td"

class NNQ_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<NNQ_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

def NNQ_DotKind : I32EnumAttr<"DotKind", "Widest exact int8 dot product of a target", [
    I32EnumAttrCase<"None", 0, "none">,
    I32EnumAttrCase<"VPMADDWD", 1, "vpmaddwd">,
    I32EnumAttrCase<"VPDPBUSD", 2, "vpdpbusd">,
    I32EnumAttrCase<"SDOT", 3, "sdot">,
    I32EnumAttrCase<"SMMLA", 4, "smmla">,
    I32EnumAttrCase<"FMA", 5, "fma">,
    I32EnumAttrCase<"VPMADDUBSW", 6, "vpmaddubsw">,
    I32EnumAttrCase<"TDPBUSD", 7, "tdpbusd">,
    I32EnumAttrCase<"SMULL", 8, "smull">]> {
  let cppNamespace = "::nnq";
  let genSpecializedAttr = 0;
}
def NNQ_DotKindAttr : EnumAttr<NNQ_Dialect, NNQ_DotKind, "dot">;

def NNQ_SparseKind : I32EnumAttr<"SparseKind", "zeros that a kernel skips", [
    I32EnumAttrCase<"None", 0, "none">,
    I32EnumAttrCase<"Block", 1, "block">,
    I32EnumAttrCase<"TwoOfFour", 2, "two_of_four">,
    I32EnumAttrCase<"Window", 3, "window">,
    I32EnumAttrCase<"WideWindow", 4, "wide_window">]> {
  let cppNamespace = "::nnq";
  let genSpecializedAttr = 0;
}

def NNQ_TargetAttr : NNQ_Attr<"Target", "target"> {
  let summary = "The machine that code is made for";
  let description = [{
    Derived once from an LLVM triple, cpu and feature string; all later decisions
    read this attribute and never the host.

    - `vector_bits`: width in bits of the vector registers that kernels use.
    - `vector_registers`: number of architectural vector registers.
    - `dot`: the widest exact int8 dot product (see `DotKind`).

    ```mlir
    module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
      cpu = "znver4", features = "+avx512f,+avx512vnni", vector_bits = 512,
      vector_registers = 32, dot = vpdpbusd>} {}
    ```
  }];
  let parameters = (ins
    "::mlir::StringAttr":$triple, "::mlir::StringAttr":$cpu,
    "::mlir::StringAttr":$features, "unsigned":$vector_bits,
    "unsigned":$vector_registers, EnumParameter<NNQ_DotKind>:$dot);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def NNQ_KernelAttr : NNQ_Attr<"Kernel", "kernel"> {
  let summary = "The micro-kernel chosen for a contraction";
  let description = [{
    Written by `nnq-select-strategy`, applied by `nnq-pack-contractions` and
    `nnq-emit-kernels`; a user may write it by hand to override the choice.

    - `dot`: the instruction of the inner product.
    - `lanes`: output channels of one accumulator row (`oi` of the packed weights).
    - `group`: reduction elements that one dot product consumes (`v`). vpmaddubsw
      takes four and smull two; more are added up in 16 bits, which the weights
      must allow.
      tdpbusd takes up to 64.
    - `rows`, `blocks`: the tile of accumulators held in registers, in rows of the
      result and blocks of `lanes` channels. tdpbusd has matrices of up to 16 rows
      in a register: more are as many matrices of one size as it takes, which
      overlap where their rows do not add up. More rows than the innermost loop
      over rows has are several rows of an image.
    - `channels_outer`: the loop over tiles of channels is the outermost one, so
      that weights which no cache holds are read once, and the activation once a
      tile.
    - `winograd`: 0, or outputs m of F(m x m, 3 x 3), by which a convolution is
      computed in exact integers; `rows` and `blocks` are then the tile of the
      products of transformed factors.
    - `strip`: with `winograd`, rows of m x m tiles whose transformed activation
      is held at a time.
    - `fused`: with `winograd`, weights are transformed in registers and multiplied
      by `rows` tiles there, and not written to a buffer that all tiles read.
    - `bits`: 0, or 4 or 2 for weights that are packed two or four to a byte. The
      parts of a group that an instruction takes each are then a multiple of that
      in number; the first half or quarter of them is in the low bits.
    - `codebook`: with `bits`, these are places in a table of 16 numbers, or 4,
      which all channels share or, if they are more, each block of lanes has.
    - `panel`: with `bits`, weights of a tile of channels are unpacked into a
      buffer that all rows read, and not in registers for each tile of rows.
    - `sparse`: `none`, or which weights are neither stored nor multiplied.
      `block`: of the blocks of weights that `blocks` times `lanes` channels have
      for the elements that an instruction takes, those that are all zero. A list
      for each tile of channels says where the others are. A `group` of several
      such parts is made of neighbours in the list.
      `two_of_four`: two of four neighbouring weights of a channel, the others of
      which are zero. Each that is stored has its place among the four in 2 bits,
      by which lanes select what they multiply. An instruction takes twice as many
      reduction elements as it has weights, and a `group` is that of two of them,
      which are not added up in 16 bits.
      `window`: as many weights of each channel as an instruction takes have their
      places in 4 bits, in a window of 16 bytes of the activation that all channels
      of a tile read. A list for each tile says where its windows begin. A `group`
      of several parts is made of neighbours in the list.
      `wide_window`: the same with places in 8 bits, in a window of 32 bytes, which
      lanes fill better the more weights are zero. For vpdpbusd of 16 lanes; they
      select by vpermb (AVX512VBMI).

    ```mlir
    #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 4, rows = 6, blocks = 4>
    #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 2, winograd = 4, strip = 7>
    #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 2, fused = true>
    #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 32, rows = 4, blocks = 2, bits = 4, panel = true>
    #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 4, blocks = 2, sparse = block>
    #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 16, rows = 4, blocks = 2, sparse = two_of_four>
    #nnq.kernel<dot = tdpbusd, lanes = 16, group = 64, rows = 28, blocks = 2>
    ```
  }];
  let parameters = (ins EnumParameter<NNQ_DotKind>:$dot, "int64_t":$lanes,
    "int64_t":$group, "int64_t":$tile_rows, "int64_t":$tile_blocks,
    DefaultValuedParameter<"bool", "false">:$channels_outer,
    DefaultValuedParameter<"int64_t", "0">:$winograd,
    DefaultValuedParameter<"int64_t", "0">:$strip,
    DefaultValuedParameter<"bool", "false">:$fused,
    DefaultValuedParameter<"int64_t", "0">:$bits,
    DefaultValuedParameter<"bool", "false">:$panel,
    DefaultValuedParameter<"::nnq::SparseKind", "::nnq::SparseKind::None">:$sparse,
    DefaultValuedParameter<"bool", "false">:$codebook);
  let assemblyFormat = [{
    `<` `dot` `=` $dot `,` `lanes` `=` $lanes `,` `group` `=` $group `,`
    `rows` `=` $tile_rows `,` `blocks` `=` $tile_blocks
    `` custom<KernelOptions>($channels_outer, $winograd, $strip, $fused, $bits,
                             $panel, $sparse, $codebook) `>`
  }];
  let builders = [AttrBuilder<(ins "DotKind":$dot, "int64_t":$lanes, "int64_t":$group,
      "int64_t":$rows, "int64_t":$blocks, CArg<"bool", "false">:$channelsOuter,
      CArg<"int64_t", "0">:$bits, CArg<"bool", "false">:$panel,
      CArg<"SparseKind", "SparseKind::None">:$sparse,
      CArg<"bool", "false">:$codebook), [{
    return $_get($_ctxt, dot, lanes, group, rows, blocks, channelsOuter,
                 /*winograd=*/0, /*strip=*/0, /*fused=*/false, bits, panel,
                 sparse, codebook);
  }]>];
  let genVerifyDecl = 1;
}

def NNQ_BatchAttr : NNQ_Attr<"Batch", "batch"> {
  let summary = "The part of a batch that a function computes at a time";
  let description = [{
    Written by `nnq-tile-batch` on functions of static shape that together are one
    entry point, which `nnq-loop-over-batch` makes.

    - `entry`: the name of that entry point.
    - `tile`: the samples that a call of the function computes.
    - `inputs`, `outputs`: which of them hold samples, in their first dimension;
      the others are the same for all samples.

    ```mlir
    func.func @net_batch8(%x: tensor<8x4xf32>) -> tensor<8x2xf32> attributes {
      nnq.batch = #nnq.batch<entry = "net", tile = 8, inputs = [true], outputs = [true]>}
    ```
  }];
  let parameters = (ins "::mlir::StringAttr":$entry, "int64_t":$tile,
    "::mlir::DenseBoolArrayAttr":$inputs, "::mlir::DenseBoolArrayAttr":$outputs);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def NNQ_TensorStatsAttr : NNQ_Attr<"TensorStats", "tensor_stats"> {
  let summary = "What calibration saw of one tensor";
  let description = [{
    - `min`, `max`: range over all samples.
    - `mean`, `second_moment`: E[x] and E[x*x].
    - `count`: number of elements seen.
    - `histogram`: counts of equal bins; may be empty. With r the smallest power
      of two above max(|min|, |max|), they lie over [0, r) if `min` is not
      negative, else over [-r, r). Bins of a width that is a power of two merge
      in pairs without loss, so the order of the samples does not matter.
    - `moving_min`, `moving_max`: exponential moving averages of the extremes of
      each run, in the order of the samples; may be missing.

    ```mlir
    #nnq.tensor_stats<min = 0.0, max = 2.5, mean = 0.5, second_moment = 0.75,
      count = 8, histogram = [4, 2, 2, 0]>
    ```
  }];
  let parameters = (ins "::mlir::FloatAttr":$min, "::mlir::FloatAttr":$max,
    "::mlir::FloatAttr":$mean, "::mlir::FloatAttr":$second_moment,
    "int64_t":$count, "::mlir::DenseI64ArrayAttr":$histogram,
    OptionalParameter<"::mlir::FloatAttr">:$moving_min,
    OptionalParameter<"::mlir::FloatAttr">:$moving_max);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def NNQ_InputStatsAttr : NNQ_Attr<"InputStats", "input_stats"> {
  let summary = "What calibration saw of the numbers that one layer multiplies";
  let description = [{
    A number of the result of a layer is the product of a row of its weights, of
    length `k` (input channels, and taps in the order of the weights), and as many
    numbers of its input, zeros of padding among them. Rows of one group multiply
    the same numbers: all rows of a linear layer, each channel of a depthwise
    convolution by itself.

    - `min`, `max`, `mean`, `second_moment`: of each of these numbers, over all
      samples and positions, in tensors of groups x k.
    - `count`: how often each was seen.
    - `output_mean`: mean of each output channel, without its bias.
    - `correlation`: E[x x^T], the lower triangle row by row, groups x k(k+1)/2;
      may be missing.

    ```mlir
    #nnq.input_stats<min = dense<[[0.0, -1.0]]> : tensor<1x2xf32>,
      max = dense<[[2.0, 1.0]]> : tensor<1x2xf32>,
      mean = dense<[[1.0, 0.0]]> : tensor<1x2xf32>,
      second_moment = dense<[[1.5, 0.5]]> : tensor<1x2xf32>, count = 8,
      output_mean = dense<1.0> : tensor<1xf32>,
      correlation = dense<[[1.5, 0.2, 0.5]]> : tensor<1x3xf32>>
    ```
  }];
  let parameters = (ins "::mlir::ElementsAttr":$min, "::mlir::ElementsAttr":$max,
    "::mlir::ElementsAttr":$mean, "::mlir::ElementsAttr":$second_moment,
    "int64_t":$count, "::mlir::ElementsAttr":$output_mean,
    OptionalParameter<"::mlir::ElementsAttr">:$correlation);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

class NNQ_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::nnq";
  let genSpecializedAttr = 0;
}

def NNQ_QuantScheme : NNQ_Enum<"QuantScheme",
    "Whether integers lie symmetrically about zero", [
    I32EnumAttrCase<"Symmetric", 0, "symmetric">,
    I32EnumAttrCase<"Asymmetric", 1, "asymmetric">]>;
def NNQ_WeightGranularity : NNQ_Enum<"WeightGranularity",
    "How many weights share a scale", [
    I32EnumAttrCase<"PerAxis", 0, "per_axis">,
    I32EnumAttrCase<"PerTensor", 1, "per_tensor">]>;
def NNQ_WeightRange : NNQ_Enum<"WeightRange",
    "Which integers symmetric weights may take", [
    I32EnumAttrCase<"Full", 0, "full">,
    I32EnumAttrCase<"Reduced", 1, "reduced">]>;

def NNQ_WeightFormatAttr : NNQ_Attr<"WeightFormat", "weight_format"> {
  let summary = "How the weights of one layer are to be quantized";
  let description = [{
    Written by `nnq-select-precision` or by hand; `nnq-quantize` prefers it to its
    options, whose values these are.

    ```mlir
    linalg.matmul {nnq.weights = #nnq.weight_format<scheme = symmetric,
        granularity = per_tensor, range = full>} ins(...) outs(...)
    linalg.matmul {nnq.weights = #nnq.weight_format<scheme = symmetric,
        granularity = per_axis, range = full, bits = 4, group = 64>} ins(...) outs(...)
    ```
  }];
  let parameters = (ins EnumParameter<NNQ_QuantScheme>:$scheme,
    EnumParameter<NNQ_WeightGranularity>:$granularity,
    EnumParameter<NNQ_WeightRange>:$range,
    DefaultValuedParameter<"int64_t", "8">:$bits,
    DefaultValuedParameter<"int64_t", "0">:$group);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def NNQ_ActivationRange : NNQ_Enum<"ActivationRange",
    "When the range of an activation is found, and of what", [
    I32EnumAttrCase<"Static", 0, "static">,
    I32EnumAttrCase<"Dynamic", 1, "dynamic">,
    I32EnumAttrCase<"PerRow", 2, "per_row">]>;

def NNQ_ActivationFormatAttr : NNQ_Attr<"ActivationFormat", "activation_format"> {
  let summary = "How the activation of one layer is to be quantized";
  let description = [{
    Written by `nnq-select-precision` or by hand; `nnq-quantize` prefers it to its
    options. The range comes from statistics (`static`), or is found at run time of
    the tensor or of each row of what a product of matrices reads.

    ```mlir
    linalg.matmul {nnq.activation = #nnq.activation_format<scheme = symmetric,
        range = per_row>} ins(...) outs(...)
    ```
  }];
  let parameters = (ins EnumParameter<NNQ_QuantScheme>:$scheme,
    EnumParameter<NNQ_ActivationRange>:$range);
  let assemblyFormat = "`<` struct(params) `>`";
}

def NNQ_CodebookAttr : NNQ_Attr<"Codebook", "codebook"> {
  let summary = "Which weights of one layer are to share numbers";
  let description = [{
    Written by `nnq-select-codebooks` or by hand, applied by `nnq-share-weights`.

    - `bits`: the codebook has 2^bits numbers.
    - `channels`: neighbouring output channels that share a codebook; 0, the
      default, for all of them.
    - `zeros`: whether weights that are zero stay zero.
    - `vector`: neighbouring input channels whose weights an entry of the codebook
      is for, 1, 2 or 4.

    ```mlir
    linalg.matmul {nnq.codebook = #nnq.codebook<bits = 4>} ins(...) outs(...)
    linalg.matmul {nnq.codebook = #nnq.codebook<bits = 4, channels = 16>} ins(...) outs(...)
    linalg.matmul {nnq.codebook = #nnq.codebook<bits = 8, vector = 4>} ins(...) outs(...)
    ```
  }];
  let parameters = (ins "int64_t":$bits,
    DefaultValuedParameter<"int64_t", "0">:$channels,
    DefaultValuedParameter<"bool", "true">:$zeros,
    DefaultValuedParameter<"int64_t", "1">:$vector);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def NNQ_QuantRangeAttr : NNQ_Attr<"QuantRange", "quant_range"> {
  let summary = "The numbers that quantization of a tensor is to represent";
  let description = [{
    Written by `nnq-choose-ranges`, read by `nnq-quantize`, which extends it by
    zero; a user may write it by hand to override the choice. What lies outside
    is clipped to the nearest end.

    - `bounds`: the smallest and the largest number.
    - `clipped`: share of the elements seen in calibration that lie outside; 0 by
      default.

    ```mlir
    #nnq.quant_range<[0.0, 6.0]>
    #nnq.quant_range<[-1.5, 2.0], clipped = 1.0e-4>
    ```
  }];
  let parameters = (ins "::mlir::DenseF64ArrayAttr":$bounds,
    OptionalParameter<"::mlir::FloatAttr">:$clipped);
  let assemblyFormat = "`<` $bounds (`,` `clipped` `=` $clipped^)? `>`";
  let builders = [AttrBuilder<(ins "double":$low, "double":$high,
      CArg<"double", "0">:$clipped)>];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    double getLow() const { return getBounds()[0]; }
    double getHigh() const { return getBounds()[1]; }
  }];
}

def NNQ_ProvenanceAttr : NNQ_Attr<"Provenance", "provenance"> {
  let summary = "Where a compressed op came from";
  let description = [{
    - `layer`: name of the layer in the trained network.
    - `technique`: the pass that changed it, for example `quantize-int8`.
    - `bits_before`, `bits_after`: storage of its weights, in bits.
  }];
  let parameters = (ins "::mlir::StringAttr":$layer,
    "::mlir::StringAttr":$technique, "int64_t":$bits_before,
    "int64_t":$bits_after);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif // NNQ_ATTRS_TD
