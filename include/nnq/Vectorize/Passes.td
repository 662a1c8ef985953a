//===- Passes.td - Passes of the Vectorize stage ------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_VECTORIZE_PASSES_TD
#define NNQ_VECTORIZE_PASSES_TD

include "mlir/Pass/PassBase.td"

def SelectStrategy : Pass<"nnq-select-strategy", "::mlir::func::FuncOp"> {
  let summary = "Decides the micro-kernel of each contraction";
  let description = [{
    Annotates every reduction with `nnq.kernel` (see `#nnq.kernel`): the dot
    instruction that its element types and `nnq.target` allow, and the lanes and
    register tile of least estimated cost. A convolution of 3x3 taps multiplied by
    vpmaddwd is computed by F(m x m, 3 x 3) where that takes fewer cycles and the
    range of the activation (`nnq.range`) and the weights show that no number
    overflows, so that the result is the same. A product of two activations of 16
    bits takes vpmaddwd, too. Weights of 4 or 2 bits (`nnq.weight_bits`) stay packed,
    two or four to a byte: of u8 by such weights vpmaddubsw adds up 32 products in 16
    bits without saturating. AArch64 without dotprod multiplies s8 by smull in the
    same way, with as many products as the weights allow. With `objective=size`
    weights have 8 bits where `nnq-encode-constants` makes them fewer bytes, no
    weights are transformed, and narrower lanes are taken where channels would be
    padded by more than a sixteenth.
    Weights that are zero are skipped where that takes fewer cycles: blocks of output
    channels of a tile by the elements that an instruction takes (`sparse = block`),
    two of four neighbours (`two_of_four`), or any others (`window` and, with
    AVX512VBMI, `wide_window`), for which lanes select what they multiply. A layer of
    many zeros that are multiplied gets a `missed` remark with the densities below
    which they would not be. Cores with two units of 512 bits get tiles that load
    less for each product, and where lines of an image are short and weights come
    from the second-level cache a tile takes several lines. Nothing is rewritten; an
    attribute that is already there is kept, so a choice can be made by hand. A
    contraction of integers without a dot instruction gets a `missed` remark. Where
    many taps of an integer depthwise convolution on x86 read rows of padding,
    `nnq.border` says which rows are none: the others add the same to a whole row of
    the result.
  }];
  let options = [
    Option<"objective", "objective", "::nnq::CodeObjective",
           "::nnq::CodeObjective::Latency",
           "What kernels are chosen for", "::nnq::codeObjectiveValues()">];
  let statistics = [
    Statistic<"kernels", "kernels", "Contractions with a micro-kernel">,
    Statistic<"transformed", "transformed", "Convolutions by F(m x m, 3 x 3)">,
    Statistic<"ofMatrices", "of-matrices", "Contractions by matrices in registers">,
    Statistic<"sparse", "sparse", "Contractions that skip zeros">,
    Statistic<"unpacked", "unpacked", "Contractions whose weights of few bits have 8">,
    Statistic<"unskipped", "unskipped", "Contractions that multiply many zeros">,
    Statistic<"borders", "borders", "Depthwise convolutions that skip rows of padding">,
    Statistic<"withoutDot", "without-dot", "Integer contractions without a dot instruction">];
}

def PackContractions : Pass<"nnq-pack-contractions", "::mlir::func::FuncOp"> {
  let summary = "Packs constant weights for their micro-kernel";
  let description = [{
    With `lanes` L and `group` V of `nnq.kernel`, a contraction

    ```
    out(n, oh, ow, oc) += x(n, oh + kh, ow + kw, ic) * w(oc, ic, kh, kw)
    ```

    becomes one over contiguous runs r = (kw, ic) of the activation, cut in groups
    of V and padded with zero weights:

    ```
    out(n, oh, ow, oc) += x(n, oh + kh, ow * IC + rb * V + v)
                          * w(oc / L, kh, rb, oc mod L, v)
    ```

    Blocks of lanes begin anew in each group of a convolution over groups; groups of
    few channels share a block, with zeros as weights for each other's input.
    Without a run, as in a dilated window over one channel, elements are taken one
    at a time. Weights that many rows share are widened for vpmaddwd here instead of in the
    kernel. It stays a linalg.generic that any lowering can execute. Weights are packed
    over raw bytes into a 64-byte aligned resource. Integer depthwise weights
    are packed in pairs of taps, which vpmaddwd multiplies at a time. Constants of
    other reductions with a kernel are transposed so that lanes are contiguous.
    The second factor of an integer product of two activations is copied to blocks
    and groups at run time, with zeros behind what is no multiple of these. Where a
    run reads past the end of a row, the activation gets rows with slack; its
    producer writes into them directly after bufferization.

    Weights with `bits = 4` are packed two to a byte, as their distance from -8: of
    the elements of a group in a block of lanes, the first half is in the low bits.
    A linalg.generic in front of the contraction unpacks them, which the kernel
    takes in. With `codebook` they are places in a table of 16 numbers, one for all
    channels or for each block of lanes. Scales of groups are packed by blocks of lanes, too.

    With `winograd` and `fused` the first and the third of three taps are neighbours,
    and the second ones a constant of their own, which a linalg.generic puts
    together, so that one instruction multiplies bytes of two taps and adds them up.

    With `sparse = block` weights are stored as lists, one for each tile of channels
    and step of the reductions outside of the run: of the blocks that are not zero,
    and the part of the run that each of them multiplies, in integers of 8, 16 or 32
    bits. A linalg.generic in front of the contraction makes all weights of them,
    which the kernel takes in:

    ```
    w(b, s, oi, v) += k >= bounds(b / blocks, 0) and k < bounds(b / blocks, 1) and
                      steps(k) == s ? values(k, b mod blocks, oi, v) : 0
    ```

    With `sparse = two_of_four` two weights of each four neighbours are stored, and
    their places among the four in 2 bits each, with `sparse = window` lists of
    windows of 16 bytes of the run, in each of which a channel has as many weights
    as an instruction takes, with places of 4 bits. Here, too, a linalg.generic
    makes all weights of them.
  }];
  let statistics = [
    Statistic<"packed", "packed", "Contractions packed">,
    Statistic<"paddingBytes", "padding-bytes", "Bytes of zero weights added">,
    Statistic<"skippedBytes", "skipped-bytes",
              "Bytes of zero weights that are not stored">];
  let dependentDialects = ["::mlir::affine::AffineDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def DecomposeConcats : Pass<"nnq-decompose-concats", "::mlir::func::FuncOp"> {
  let summary = "tensor.concat to insert_slices behind the producers";
  let description = [{
    Each operand is inserted as soon as it is there, so that its producer then
    writes into its part of the result, and no copy is made:

    ```
    %whole = tensor.empty() ...
    %a = linalg.generic ...
    %part = tensor.insert_slice %a into %whole[0, 0, 0, 0] ...
    %b = linalg.generic ...
    %both = tensor.insert_slice %b into %part[0, 0, 0, 16] ...
    ```
  }];
  let statistics = [Statistic<"decomposed", "decomposed", "Number of concatenations">];
  let dependentDialects = ["::mlir::tensor::TensorDialect"];
}

def DecomposePads : Pass<"nnq-decompose-pads", "::mlir::func::FuncOp"> {
  let summary = "tensor.pad to a fill and an insert_slice";
  let description = [{
    The producer of the padded tensor then writes into the interior of the padded
    buffer, and no copy is made. What else reads the tensor reads the interior:

    ```
    %padded = tensor.insert_slice %x into %filled[0, 1, 1, 0] ...
    %same = tensor.extract_slice %padded[0, 1, 1, 0] ...      // for other uses of %x
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def SeparateInits : Pass<"nnq-separate-inits", "::mlir::func::FuncOp"> {
  let summary = "Gives each op an empty or filled tensor of its own to write into";
  let description = [{
    CSE joins equal `tensor.empty` and `linalg.fill` ops. Bufferization would make
    one buffer of them and copies of it, and a kernel could not tell that its
    accumulator starts from the fill.
  }];
  let statistics = [Statistic<"copied", "copied", "Ops made for one use">];
  let dependentDialects = ["::mlir::linalg::LinalgDialect", "::mlir::tensor::TensorDialect"];
}

def FillBorders : Pass<"nnq-fill-borders", "::mlir::func::FuncOp"> {
  let summary = "Fills only the borders of padded buffers";
  let description = [{
    Where an op overwrites a part of an allocated buffer right after a fill of the
    whole, only the slabs around that part are filled. The part must be static, and
    the slabs at most half of the buffer.

    Where depthwise kernels alone read the rows above and below the part, and only
    their first columns (`nnq.border`), no more than these are filled. How many they
    are becomes the third number of `nnq.border`, which `nnq-emit-kernels` keeps to.

    ```mlir
    linalg.fill ins(%zero : f32) outs(%padded : memref<6x8xf32>)
    %interior = memref.subview %padded[1, 0] [4, 8] [1, 1] : ...
    memref.copy %x, %interior : ...
    ```

    becomes

    ```mlir
    %top = memref.subview %padded[0, 0] [1, 8] [1, 1] : ...
    linalg.fill ins(%zero : f32) outs(%top : ...)
    %bottom = memref.subview %padded[5, 0] [1, 8] [1, 1] : ...
    linalg.fill ins(%zero : f32) outs(%bottom : ...)
    %interior = memref.subview %padded[1, 0] [4, 8] [1, 1] : ...
    memref.copy %x, %interior : ...
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
    "::mlir::memref::MemRefDialect"];
  let statistics = [Statistic<"numFills", "fills", "Fills cut down to borders">,
    Statistic<"numUnread", "unread", "Borders that kernels read only a part of">];
}

def EmitKernels : Pass<"nnq-emit-kernels", "::mlir::func::FuncOp"> {
  let summary = "Reductions with a kernel on buffers to register-tiled vector loops";
  let description = [{
    Takes a reduction with `nnq.kernel` together with the elementwise epilogue that
    alone reads its result. Accumulators are values carried by the reduction loops;
    the epilogue acts on them in registers, and only the final result is stored.
    Integers start from the bias that the epilogue would add. Taps of a depthwise
    convolution that read padding (`nnq.border`) are added up once for a row of the
    result.

    - Packed contractions: inner products are `vector.contract` ops of one row by
      L lanes (L x 8 in pairs of rows for smmla), which `nnq-lower-contract-to-dot`
      maps to instructions. A max pool between contraction and epilogue is taken
      along. Steps that read whole cache lines of weights which no cache holds ask
      for those of the next tile.
    - Packed contractions by tdpbusd: products of matrices in registers
      (`nnq.matrix_dot`). Sums of a tile go through a buffer on the stack, from
      which a loop over a few rows at a time takes them to the epilogue.
    - Weights of 4 bits are unpacked in registers or, with `panel`, into a buffer in
      front of the loop over rows. Sums of groups are scaled as soon as they are
      complete and carried on in f32.
    - Weights in lists of blocks: a loop over the list of the tile, whose entries say
      where the activation is read; entries have sets of accumulators in turn where
      the latency of a dot would be seen. What is zero and skipped is taken to be
      multiplied by finite numbers.
    - Epilogues with functions that become polynomials act on several rows at
      once, so that their chains of operations are interleaved.
    - Convolutions with `winograd`: F(m x m, 3 x 3) in exact integers. The
      activation is transformed tile by tile in 16 bits, the weights tile of
      channels by tile of channels (they are stored as they were) or, with `fused`,
      point by point in the registers that multiply them; sums of products and
      their transform are exact modulo 2^32, and the result is that of the
      convolution.
    - Reductions whose lanes are neighbours in the result, such as depthwise
      convolutions, pools and products of activations: windows are unrolled, so
      that rows share reads where windows overlap.
    - Sums and maxima of contiguous rows: lanes are joined at the end, so f32
      additions happen in another order than in a scalar loop.
  }];
  let statistics = [
    Statistic<"emitted", "emitted", "Kernels emitted">,
    Statistic<"fusedEpilogues", "fused-epilogues", "Epilogues fused">,
    Statistic<"fusedPools", "fused-pools", "Pools fused">,
    Statistic<"fusedScalings", "fused-scalings", "Sums of scaled groups fused">,
    Statistic<"transformed", "transformed", "Convolutions by F(m x m, 3 x 3)">];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::ub::UBDialect", "::mlir::vector::VectorDialect"];
}

def VectorizeElementwise : Pass<"nnq-vectorize-elementwise", "::mlir::func::FuncOp"> {
  let summary = "Elementwise ops, fills and copies on buffers to vector loops";
  let description = [{
    The loop along which the result is contiguous is cut in vectors with one
    shorter vector at the end; operands are loaded, broadcast, or gathered by
    their strides. Where that loop is shorter than a vector, as that of the
    channels of an image is, a longer one along which operands are contiguous is
    cut instead: up to four rows whose elements the result has in turns, without
    room between them, are computed together and shuffled; the results of others
    are stored one by one. Embeddings, whose body reads a table at a computed row,
    load that row. Other structured ops become scalar loops, and a `missed` remark
    says so.
  }];
  let statistics = [
    Statistic<"vectorized", "vectorized", "Ops vectorized">,
    Statistic<"scalar", "scalar", "Ops left to scalar loops">];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

def FuseLoops : Pass<"nnq-fuse-loops", "::mlir::func::FuncOp"> {
  let summary = "Makes one loop of neighbors that work on the same rows";
  let description = [{
    Where two loops follow each other, run through the same indices, and each
    step of one touches only what the same step of the other wrote, one loop does
    the work of both: the rows of a layer norm stay in the first-level cache from
    the mean to the last product, the heads of an attention in the second-level
    one, and threads start once. Steps of different length become blocks of the
    longer one. Loops inside of those that were fused are, too.

    Loops stay apart if the weights that each of their steps reads do not fit into
    the second-level cache together (a `missed` remark), if threads cannot share
    their steps evenly, and if times of layers are measured and they are of
    different layers. Inside of fused loops those with reductions stay apart: the
    latency of one row hides behind the next.

    Before:
    ```mlir
    scf.for %i = %c0 to %c8 step %c1 { ... memref.store %s, %sums[%i] ... }
    scf.for %i = %c0 to %c8 step %c8 { ... vector.load %sums[%i] : ..., vector<8xf32> ... }
    ```
    After:
    ```mlir
    scf.for %i = %c0 to %c8 step %c8 {
      %end = arith.addi %i, %c8 overflow<nsw> : index
      scf.for %j = %i to %end step %c1 { ... memref.store %s, %sums[%j] ... }
      ... vector.load %sums[%i] : ..., vector<8xf32> ...
    }
    ```
  }];
  let statistics = [
    Statistic<"numFused", "fused", "Loops that joined the one in front">,
    Statistic<"numDependent", "dependent", "Loops that need other steps of the one in front">,
    Statistic<"numLarge", "large", "Loops whose weights would leave the cache">,
    Statistic<"numUneven", "uneven", "Loops whose steps threads do not share evenly">];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::scf::SCFDialect"];
}

def ShrinkBuffers : Pass<"nnq-shrink-buffers", "::mlir::func::FuncOp"> {
  let summary = "Gives loops buffers of the size of one step";
  let description = [{
    Where one loop alone uses a buffer, and each step a part of it, as the loops
    that `nnq-fuse-loops` makes do, one part is enough for all steps: it stays in
    the cache, and the workspace is smaller. Threads get a part each, by a loop
    over them that they share.

    Before:
    ```mlir
    %rows = memref.alloc() : memref<12x128xf32>
    scf.for %i = %c0 to %c12 step %c1 { ... %rows[%i, %j] ... }
    ```
    After:
    ```mlir
    %row = memref.alloc() : memref<1x128xf32>
    scf.for %i = %c0 to %c12 step %c1 { ... %row[%c0, %j] ... }
    ```
  }];
  let statistics = [
    Statistic<"numShrunk", "shrunk", "Buffers that hold one step">,
    Statistic<"bytesSaved", "bytes-saved", "Bytes that the buffers are smaller by">];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
}

def OutlineKernels : Pass<"nnq-outline-kernels", "::mlir::ModuleOp"> {
  let summary = "Makes functions of loops, one of equal ones";
  let description = [{
    Networks repeat layers, which differ in their buffers and weights only. Loops
    that do the same become one private function of these: it is compiled once,
    and is in the library once. A large loop becomes a function even if it is the
    only one, for LLVM takes less time for many functions than for a long one.
    Sizes, strides and offsets stay constants of the function. Its arguments do
    not alias, for they are whole buffers.

    Before:
    ```mlir
    func.func @net(%x: memref<8xf32>, %y: memref<8xf32>) {
      %w = memref.get_global @w : memref<8xf32>
      scf.for %i = %c0 to %c8 step %c1 { ... %x[%i] ... %w[%i] ... %y[%i] ... }
    ```
    After:
    ```mlir
    func.func private @net_kernel(%x: memref<8xf32> {llvm.noalias, ...},
                                  %w: memref<8xf32> {llvm.noalias, ...},
                                  %y: memref<8xf32> {llvm.noalias, ...}) {
      %c0 = arith.constant 0 : index
      ...
      scf.for %i = %c0 to %c8 step %c1 { ... %x[%i] ... %w[%i] ... %y[%i] ... }
      return
    }
    func.func @net(%x: memref<8xf32>, %y: memref<8xf32>) {
      %w = memref.get_global @w : memref<8xf32>
      call @net_kernel(%x, %w, %y) : ...
    ```

    A loop that needs a value of its surroundings or a buffer of its own stays,
    with a `missed` remark, as do loops that threads may share: OpenMP would hide
    from LLVM that their buffers do not overlap.
  }];
  let options = [
    Option<"minOps", "min-ops", "int64_t", /*default=*/"24",
           "Least number of ops for which loops share a function">,
    Option<"minUniqueOps", "min-unique-ops", "int64_t", /*default=*/"512",
           "Least number of ops for which a loop has a function to itself">];
  let statistics = [
    Statistic<"numFunctions", "functions", "Functions made">,
    Statistic<"numMerged", "merged", "Loops that share a function">,
    Statistic<"numKept", "kept", "Loops that cannot be a function">];
  let dependentDialects = ["::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect"];
}

def LowerContractToDot : Pass<"nnq-lower-contract-to-dot", "::mlir::func::FuncOp"> {
  let summary = "vector.contract to dot product instructions of the target";
  let description = [{
    | target | operands | instruction |
    |---|---|---|
    | x86 with VNNI | u8 x s8, groups of 4 | vpdpbusd |
    | x86 | s16 x s8, groups of 2 | vpmaddwd, vpaddd |
    | AArch64 dotprod | s8 x s8, groups of 4 | sdot |
    | AArch64 i8mm | s8 x s8, 2 x 8 by 8 x 2 | smmla |
    | all | f32 | fma |

    All integer forms are exact. The patterns are public
    (`populateContractToX86DotPatterns`, `populateContractToAArch64DotPatterns`).
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::vector::VectorDialect"];
}

def FoldShifts : Pass<"nnq-fold-shifts", "::mlir::func::FuncOp"> {
  let summary = "Exact shifts of sums become powers of two of their multiplier";
  let description = [{
    A shift that drops zeros alone is a division, and goes into the multiplier that
    integers meet in f32. Powers of two change no digit of a product:

    ```mlir
    %s = arith.shrsi %x, %c6 exact : vector<8xi32>
    %f = arith.sitofp %s : vector<8xi32> to vector<8xf32>
    %r = arith.mulf %f, %multiplier : vector<8xf32>
    // becomes
    %f = arith.sitofp %x : vector<8xi32> to vector<8xf32>
    %m = arith.mulf %multiplier, %cst_0.015625 : vector<8xf32>
    %r = arith.mulf %f, %m : vector<8xf32>
    ```

    Many products share a multiplier. Those that lie near the least f32 would lose
    digits: their products are zero in any format that is quantized to.
  }];
  let statistics = [
    Statistic<"folded", "shifts-folded", "Number of shifts that went into a "
        "multiplier">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
    "::mlir::vector::VectorDialect"];
}

def LowerLookup : Pass<"nnq-lower-lookup", "::mlir::func::FuncOp"> {
  let summary = "Looks numbers up by the permutations of the target";
  let description = [{
    A table of 16 bytes fits in a register, and one instruction looks up as many
    numbers as another has: vpshufb on x86-64, tbl on AArch64.

    ```mlir
    %w = nnq.lookup %table, %indices : vector<16xi8>
    // becomes
    %w = llvm.call_intrinsic "llvm.x86.ssse3.pshuf.b.128"(%table, %indices)
        : (vector<16xi8>, vector<16xi8>) -> vector<16xi8>
    ```

    Other targets look them up one by one. The patterns are public
    (`populateLookupToVpshufbPatterns`, `populateLookupToTblPatterns`).
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::vector::VectorDialect"];
  let statistics = [Statistic<"numScalar", "scalar", "Lookups without an instruction">];
}

def LowerRoundToInt : Pass<"nnq-lower-round-to-int", "::mlir::func::FuncOp"> {
  let summary = "Rounds and converts f32 vectors in one instruction on x86";
  let description = [{
    `fptosi(roundeven(x))` is two dependent instructions in LLVM's x86 back end
    and one in the instruction set:

    ```mlir
    %r = math.roundeven %x : vector<8xf32>
    %i = arith.fptosi %r : vector<8xf32> to vector<8xi32>
    // becomes
    %i = llvm.call_intrinsic "llvm.x86.avx.cvt.ps2dq.256"(%x)
        : (vector<8xf32>) -> vector<8xi32>
    ```

    The pattern is public (`populateRoundToCvtps2dqPatterns`).
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::vector::VectorDialect"];
}

def LowerSaturation : Pass<"nnq-lower-saturation", "::mlir::func::FuncOp"> {
  let summary = "Narrows integers with saturation in one instruction on x86";
  let description = [{
    packssdw narrows two registers to one, and puts four numbers of the first and
    four of the second into each 128 bits. Where a kernel holds its results in that
    order, they come out in order. LLVM would sort them before, and narrow then:

    ```mlir
    %x = vector.shuffle %a, %b [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15]
        : vector<8xi32>, vector<8xi32>
    %least = arith.maxsi %x, %c-32768 : vector<16xi32>
    %most = arith.minsi %least, %c32767 : vector<16xi32>
    %i = arith.trunci %most : vector<16xi32> to vector<16xi16>
    // becomes
    %i = llvm.call_intrinsic "llvm.x86.avx2.packssdw"(%a, %b)
        : (vector<8xi32>, vector<8xi32>) -> vector<16xi16>
    ```

    A zero point that was added before is added to the narrow numbers, with
    saturation, where bounds show that it makes no difference. Four registers of
    AVX-512 side by side, bounded to bytes, are narrowed in two steps to one, whose
    fours of bytes are sorted at the end. Both patterns are public
    (`populateNarrowToPackssdwPatterns`).
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::LLVM::LLVMDialect",
    "::mlir::vector::VectorDialect"];
}

def ApproximateMath : Pass<"nnq-approximate-math", "::mlir::func::FuncOp"> {
  let summary = "Computes functions of f32 without calls of libm";
  let description = [{
    `math.tanh` and `log` of f32, in vectors or not, become upstream's polynomials,
    within a few units in the last place, and so does `exp` by a shorter one that
    is zero below the normal numbers; `erf` becomes a quotient of two polynomials,
    off by less than 4e-7. LLVM would call libm for each lane.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def Parallelize : Pass<"nnq-parallelize", "::mlir::func::FuncOp"> {
  let summary = "Gives the steps of large loops to threads";
  let description = [{
    In a module with `nnq.threads` the loops over tiles and rows carry
    `nnq.parallel`: their steps are independent. The outermost of them becomes
    scf.parallel if its work is worth a start of threads, together with as many
    loops directly inside of it as it takes to share the steps evenly:

    ```
    scf.for %i = %c0 to %c7 step %c1 {
      scf.for %j = %c0 to %c8 step %c1 { ... } {nnq.parallel}
    } {nnq.parallel}
    ```

    with two threads becomes

    ```
    scf.parallel (%i, %j) = (%c0, %c0) to (%c7, %c8) step (%c1, %c1) { ... }
    ```

    Every number is computed as by one thread. Other loops stay, with a `missed`
    remark.
  }];
  let options = [
    Option<"minWork", "min-work", "int64_t", /*default=*/"6000",
           "Least number of instructions for which threads are started">];
  let statistics = [
    Statistic<"numParallel", "parallel", "Loops that threads share">,
    Statistic<"numSequential", "sequential", "Loops left to one thread">];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
}

def VerifyVectorized : Pass<"nnq-verify-vectorized", "::mlir::func::FuncOp"> {
  let summary = "Edge of the Vectorize stage: no tensors, no structured ops";
  let description = [{
    Fails with the layer and location of the first tensor value, linalg op or
    `vector.contract` that is left.
  }];
}

#endif // NNQ_VECTORIZE_PASSES_TD
