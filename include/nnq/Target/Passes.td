//===- Passes.td - Passes of the Target stage --------------*- tablegen -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_TARGET_PASSES_TD
#define NNQ_TARGET_PASSES_TD

include "mlir/Pass/PassBase.td"

def SetTarget : Pass<"nnq-set-target", "::mlir::ModuleOp"> {
  let summary = "Writes the description of the target on the module";
  let description = [{
    All later decisions read the attribute `nnq.target` and never the machine
    that compiles. `target` is a short name: `native` (this machine),
    `x86-64-v2`, `x86-64-v3`, `x86-64-v4`, `aarch64`, or any cpu that LLVM
    knows, followed by any number of `+feature`. `triple`, `cpu` and `features`
    override its parts. Without any of them a target that is already there
    stays. `threads` is written as `nnq.threads` if there are several.

    Before, with `target=aarch64+dotprod`:
    ```mlir
    module {}
    ```
    After:
    ```mlir
    module attributes {
      nnq.target = #nnq.target<triple = "aarch64-unknown-linux-gnu",
        cpu = "generic", features = "+dotprod", vector_bits = 128,
        vector_registers = 32, dot = sdot>,
      llvm.target_triple = "aarch64-unknown-linux-gnu",
      llvm.data_layout = "e-m:e-..."} {}
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"",
           "Short name of the target; empty means this machine">,
    Option<"triple", "triple", "std::string", /*default=*/"",
           "LLVM target triple">,
    Option<"cpu", "cpu", "std::string", /*default=*/"", "LLVM cpu name">,
    Option<"features", "features", "std::string", /*default=*/"",
           "LLVM features, for example +avx2,+fma">,
    Option<"threads", "threads", "unsigned", /*default=*/"1",
           "Threads that share a large loop">];
  let dependentDialects = ["::nnq::NNQDialect", "::mlir::LLVM::LLVMDialect"];
}

def ExpandQuantReference
    : Pass<"nnq-expand-quant-reference", "::mlir::ModuleOp"> {
  let summary = "Writes quantization by definition, on storage types";
  let description = [{
    The judge of the fast path: every cast of the `quant` dialect and every
    dynamic cast of this one becomes a `linalg.generic` (or scalar arithmetic)
    that is the definition, word for word:

    - quantize: `clamp(roundeven(x / s) + zp, qmin, qmax)`, a true division,
      clamped in float before the conversion. NaN becomes qmin.
    - dequantize: `(q - zp) * s`.

    Scales may be per tensor, per axis or per block. All other ops on quantized
    types are retyped to the storage type, and `quant.scast` disappears.

    Before:
    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4x!quant.uniform<i8:f32, 0.5:3>> {
      %q = quant.qcast %x : tensor<4xf32> to tensor<4x!quant.uniform<i8:f32, 0.5:3>>
      return %q : tensor<4x!quant.uniform<i8:f32, 0.5:3>>
    }
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xi8> {
      %q = linalg.generic ... ins(%x : tensor<4xf32>) {
      ^bb0(%in: f32, %out: i8):
        %0 = arith.divf %in, %cst : f32       // x / 0.5
        %1 = math.roundeven %0 : f32
        %2 = arith.addf %1, %cst_0 : f32      // + 3
        %3 = arith.maxnumf %2, %cst_1 : f32   // -128
        %4 = arith.minnumf %3, %cst_2 : f32   // 127
        %5 = arith.fptosi %4 : f32 to i32
        %6 = arith.trunci %5 : i32 to i8
        linalg.yield %6 : i8
      } -> tensor<4xi8>
      return %q : tensor<4xi8>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"];
  let statistics = [
    Statistic<"numCasts", "casts", "Casts written by definition">,
    Statistic<"numRetyped", "retyped", "Ops moved to storage types">];
}

def DecomposeAggregate : Pass<"nnq-decompose-aggregate"> {
  let summary = "Writes linalg.softmax and its like as plain linalg ops";
  let description = [{
    Ops that stand for several linalg ops have no loops of their own.

    Before:
    ```mlir
    %1 = linalg.softmax dimension(1) ins(%x : tensor<2x4xf32>) outs(%0 : tensor<2x4xf32>) -> tensor<2x4xf32>
    ```
    After: a maximum, `exp(x - max)`, a sum and a division, each a
    `linalg.generic`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
    "::mlir::linalg::LinalgDialect", "::mlir::math::MathDialect",
    "::mlir::tensor::TensorDialect"];
  let statistics = [Statistic<"numOps", "ops", "Ops decomposed">];
}

def VerifyBufferizable : Pass<"nnq-verify-bufferizable", "::mlir::ModuleOp"> {
  let summary = "Checks that every op on tensors can work on buffers";
  let description = [{
    Runs before bufferization, which would name neither layer nor remedy.

    ```mlir
    // error: 'tosa.sigmoid' op of layer 'act' has no lowering to buffers
    %0 = tosa.sigmoid %x {nnq.layer = "act"} : (tensor<4xf32>) -> tensor<4xf32>
    ```
  }];
}

def ProtectInputs : Pass<"nnq-protect-inputs", "::mlir::ModuleOp"> {
  let summary = "Keeps bufferization from writing into a caller's inputs";
  let description = [{
    Bufferization may reuse the buffer of an argument for a result. That of an
    entry function belongs to the caller, who passes it as `const`.

    Before:
    ```mlir
    func.func @f(%x: tensor<4xf32>) -> tensor<4xf32>
    ```
    After:
    ```mlir
    func.func @f(%x: tensor<4xf32> {bufferization.writable = false}) -> tensor<4xf32>
    ```
  }];
}

def LowerObserve : Pass<"nnq-lower-observe", "::mlir::ModuleOp"> {
  let summary = "Makes nnq.observe a call of nnq_observe";
  let description = [{
    The C function `void nnq_observe(int64_t id, const float *data, int64_t
    count)` belongs to the program that runs the module.

    Before:
    ```mlir
    nnq.observe %x {id = 3 : i64} : memref<2x4xf32>
    ```
    After:
    ```mlir
    llvm.call @nnq_observe(%c3, %x_pointer, %c8) : (i64, !llvm.ptr, i64) -> ()
    ```
    A part of a larger buffer is observed run by run, in a loop.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect",
    "::mlir::scf::SCFDialect"];
  let statistics = [Statistic<"numCalls", "calls", "Calls written">];
}

def EncodeConstants : Pass<"nnq-encode-constants", "::mlir::ModuleOp"> {
  let summary = "Stores constants in fewer bits, and decodes them when used";
  let description = [{
    Constants of at most 256 numbers, such as int8 weights, those of a codebook or
    those of which most are zero, become a table of the numbers and a stream of
    entries of equal width: how many elements of the most frequent number come
    first, and the place of the next one in the table. Widths are those of the
    fewest bytes; without runs, entries are places alone. In front of the first op
    that reads the constant it is decoded into a buffer, at every call, which takes
    time: for `objective=size`. What is saved has to be worth the code of the
    decoder.

    Before:
    ```mlir
    memref.global "private" constant @w : memref<64x64xi8> = dense_resource<w>
    func.func @f(...) {
      %0 = memref.get_global @w : memref<64x64xi8>
    ```
    After:
    ```mlir
    memref.global "private" constant @w_code : memref<515xi8> = dense_resource<w_code>
    memref.global "private" constant @w_numbers : memref<2xi8> = dense_resource<w_numbers>
    func.func @f(...) {
      %0 = memref.alloc() : memref<64x64xi8>
      %flat = memref.collapse_shape %0 [[0, 1]] : memref<64x64xi8> into memref<4096xi8>
      scf.for %i = %c0 to %c4096 step %c1 iter_args(%at = %c0) -> (index) {
        ... // the bits of entry %i
        %number = memref.load %numbers[%place] : memref<2xi8>
        memref.store %number, %flat[%at] : memref<4096xi8>
        %next = arith.addi %at, %c1 : index
        scf.yield %next : index
      }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
  let statistics = [
    Statistic<"numDecoders", "decoders", "Number of constants that are decoded">,
    Statistic<"numMissed", "missed", "Number of constants that could be shorter">,
    Statistic<"bytes", "bytes", "Bytes of constants that are saved">];
}

def PlanMemory : Pass<"nnq-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Places all intermediate buffers in one arena";
  let description = [{
    Every `memref.alloc` of a public function becomes a view of one arena, which
    the caller passes as an additional last argument. Buffers that are not in
    use at the same time share bytes; views, casts and yields count as uses of
    what they refer to. Offsets are multiples of 64 bytes. The argument is added
    even if the arena is empty, so that all entry points look alike.

    A buffer of dynamic size, and one that outlives an iteration of the loop
    around it, is an error.

    Before:
    ```mlir
    func.func @f(%x: memref<16xf32>, %y: memref<16xf32>) {
      %a = memref.alloc() : memref<16xf32>
      memref.copy %x, %a : memref<16xf32> to memref<16xf32>
      memref.copy %a, %y : memref<16xf32> to memref<16xf32>
      return
    }
    ```
    After:
    ```mlir
    func.func @f(%x: memref<16xf32>, %y: memref<16xf32>,
                 %arena: memref<64xi8> {nnq.workspace}) {
      %c0 = arith.constant 0 : index
      %a = memref.view %arena[%c0][] : memref<64xi8> to memref<16xf32>
      memref.copy %x, %a : memref<16xf32> to memref<16xf32>
      memref.copy %a, %y : memref<16xf32> to memref<16xf32>
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect"];
  let statistics = [
    Statistic<"numBuffers", "buffers", "Buffers placed">,
    Statistic<"bytesTotal", "bytes-total", "Bytes of all buffers">,
    Statistic<"bytesArena", "bytes-arena", "Bytes of the arena">];
}

def MergeConstants : Pass<"nnq-merge-constants", "::mlir::ModuleOp"> {
  let summary = "Keeps equal constants once";
  let description = [{
    Functions for different tiles of a batch pack the same weights. Constants of
    equal type, alignment and bytes become one.

    Before:
    ```mlir
    memref.global "private" constant @w : memref<2xf32> = dense<[1.0, 2.0]>
    memref.global "private" constant @v : memref<2xf32> = dense<[1.0, 2.0]>
    ```
    After:
    ```mlir
    memref.global "private" constant @w : memref<2xf32> = dense<[1.0, 2.0]>
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
  let statistics = [Statistic<"numMerged", "merged", "Constants dropped">,
                    Statistic<"bytes", "bytes", "Bytes dropped">];
}

def LocateLayers : Pass<"nnq-locate-layers"> {
  let summary = "Writes the name of the layer into the location of its ops";
  let description = [{
    Loops and instructions that are made of an op inherit its location, but not
    its attributes.

    Before:
    ```mlir
    linalg.matmul {nnq.layer = "fc"} ins(...) outs(...) loc("net.mlir":3:5)
    ```
    After:
    ```mlir
    linalg.matmul {nnq.layer = "fc"} ins(...) outs(...) loc("fc"("net.mlir":3:5))
    ```
  }];
  let statistics = [Statistic<"numLocated", "located", "Ops located">];
}

def ProfileLayers : Pass<"nnq-profile-layers", "::mlir::ModuleOp"> {
  let summary = "Counts the time of each layer";
  let description = [{
    Entry functions read a clock of the processor wherever ops of another layer
    begin, and add the ticks since the reading before to the counter of the layer
    that ends: each tick counts once. The counters are the exported array
    `<function>_nnq_ticks`, which a caller may reset; `nnq.layers` on the function
    says what they count, and in `stored` how many bytes of constants a layer reads
    as they are in the object. The layer of an op is the name in its location. What
    belongs to none of `nnq.layers` of the module (copies, borders) is data
    movement for the next layer, at the end for the last one. Threads that call the
    function at the same time spoil the counters.

    Before:
    ```mlir
    module attributes {nnq.layers = {fc = {kind = "linear", macs = 6400 : i64, type = f32}}, ...} {
      func.func @f(...) {
        scf.for ... loc("fc")
        return
      }
    }
    ```
    After:
    ```mlir
    llvm.mlir.global external @f_nnq_ticks(dense<0> : tensor<1xi64>) : !llvm.array<1 x i64>
    func.func @f(...) attributes {nnq.layers = [{kind = "linear", macs = 6400 : i64, name = "fc", type = f32} ]} {
      %start = llvm.call_intrinsic "llvm.readcyclecounter"() : () -> i64
      scf.for ... loc("fc")
      %end = llvm.call_intrinsic "llvm.readcyclecounter"() : () -> i64
      // f_nnq_ticks[0] += %end - %start
      return
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
  let statistics = [
    Statistic<"numCounters", "counters", "Counters of time">,
    Statistic<"numReads", "reads", "Places at which the clock is read">];
}

def ExportEntry : Pass<"nnq-export-entry", "::mlir::ModuleOp"> {
  let summary = "Gives public functions a C interface";
  let description = [{
    Runs after `nnq-plan-memory`. Arguments of a public function are its inputs,
    then its outputs (marked `bufferize.result`), then the workspace. The pass
    checks that they can cross a C interface, marks them as not aliasing, and
    writes down what a caller must know: as `nnq.signature` on the function and
    as JSON in the exported constant `<function>_nnq_signature`. Functions that
    compute parts of a batch (`nnq.batch`) have one signature, that of the entry
    point which `nnq-loop-over-batch` makes, with the largest of their workspaces.
    The counters of `nnq-profile-layers` are described there, too.

    Before:
    ```mlir
    func.func @f(%x: memref<16xf32>, %y: memref<16xf32> {bufferize.result},
                 %arena: memref<64xi8> {nnq.workspace})
    ```
    After:
    ```mlir
    llvm.mlir.global external constant @f_nnq_signature("{\"entry\":\"f\",...}\00")
    func.func @f(%x: memref<16xf32> {llvm.noalias},
                 %y: memref<16xf32> {bufferize.result, llvm.noalias},
                 %arena: memref<64xi8> {llvm.align = 64 : i64, llvm.noalias, nnq.workspace})
      attributes {nnq.signature = {entry = "f", ...}}
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def LoopOverBatch : Pass<"nnq-loop-over-batch", "::mlir::ModuleOp"> {
  let summary = "Makes entry points that take any batch";
  let description = [{
    Runs on the LLVM dialect. Functions whose `nnq.batch` names the same entry
    point get it as their caller: it takes the number of samples in front of the
    workspace and calls the function of the largest tile as long as that many
    samples are left, then those of smaller ones. All calls use one workspace.

    ```mlir
    llvm.func @net_batch1(%x: !llvm.ptr, %y: !llvm.ptr, %arena: !llvm.ptr)
      attributes {nnq.batch = #nnq.batch<entry = "net", tile = 1, ...>}
    ```

    becomes

    ```mlir
    llvm.func @net(%x: !llvm.ptr, %y: !llvm.ptr, %batch: i64, %arena: !llvm.ptr) {
      ...
      llvm.call @net_batch1(%xi, %yi, %arena)
      ...
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
  let statistics = [Statistic<"numEntries", "entries", "Entry points made">];
}

def ExpandStridedCopy : Pass<"nnq-expand-strided-copy"> {
  let summary = "Writes copies of parts of buffers as loops";
  let description = [{
    Upstream lowers `memref.copy` of a buffer that is not contiguous to a call
    into a run-time library, which nnq does not have.

    Before:
    ```mlir
    memref.copy %a, %b : memref<4xf32, strided<[2]>> to memref<4xf32>
    ```
    After:
    ```mlir
    scf.for %i = %c0 to %c4 step %c1 {
      %0 = memref.load %a[%i] : memref<4xf32, strided<[2]>>
      memref.store %0, %b[%i] : memref<4xf32>
    }
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect"];
  let statistics = [Statistic<"numCopies", "copies", "Copies expanded">];
}

def LowerParallel : Pass<"nnq-lower-parallel", "::mlir::ModuleOp"> {
  let summary = "Lets a team of OpenMP threads run functions with parallel loops";
  let description = [{
    The body of a function with scf.parallel becomes a function that all threads
    of one team call: each does its part of the steps of parallel loops, and the
    first one what stands between them. Threads wait for each other only where
    one may write what another uses: buffers in one arena are told apart by
    their bytes, and arguments by `llvm.noalias`. To start a team takes as long
    as a small layer, and this barrier a seventh of it.

    Before:
    ```mlir
    scf.parallel (%i) = (%c0) to (%c8) step (%c1) { ... }
    ```
    After:
    ```mlir
    %end = arith.addi %id, %c1 : index
    %a = arith.muli %id, %c8 : index
    %b = arith.muli %end, %c8 : index
    %first = arith.divui %a, %count : index
    %last = arith.divui %b, %count : index
    scf.for %i = %first to %last step %c1 { ... }
    llvm.call @nnq_wait_for_team(%state, %n) : (!llvm.ptr, i32) -> ()
    ```

    Where one team cannot run all of a function, because threads would have to
    know what one of them has found, a team is started for each loop, with a
    `missed` remark.
  }];
  let options = [Option<"threads", "threads", "unsigned", /*default=*/"2",
                        "Threads of a team; OpenMP may give fewer">];
  let statistics = [
    Statistic<"numTeams", "teams", "Places at which a team is started">,
    Statistic<"numBarriers", "barriers", "Places at which threads wait">];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect",
                           "::mlir::LLVM::LLVMDialect",
                           "::mlir::omp::OpenMPDialect",
                           "::mlir::scf::SCFDialect"];
}

def LowerMatrices : Pass<"nnq-lower-matrices", "::mlir::ModuleOp"> {
  let summary = "Lowers matrices in registers to the instructions of AMX";
  let description = [{
    To configure the registers takes as long as some ten products: what all tiles
    of a loop configure alike is done once, in front of the loop, and again only
    where the sizes differ or another function may have changed them. Each thread
    does it for itself, and gives the registers back at the end of the function.
    Buffers of sums, of which a tile needs one, become one on the stack.

    Linux gives a process the registers on request, which a constructor makes
    (arch_prctl, ARCH_REQ_XCOMP_PERM).

    Before:
    ```mlir
    scf.for %i = %c0 to %c128 step %c16 {
      nnq.matrix_configure rows = [...] bytes = [...]
      nnq.matrix_dot 0, 4, 6
    }
    ```
    After:
    ```mlir
    llvm.call_intrinsic "llvm.x86.ldtilecfg"(%sizes) : (!llvm.ptr) -> ()
    scf.for %i = %c0 to %c128 step %c16 {
      llvm.call_intrinsic "llvm.x86.tdpbusd"(%0, %4, %6) : (i8, i8, i8) -> ()
    }
    llvm.call_intrinsic "llvm.x86.tilerelease"() : () -> ()
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
    "::mlir::memref::MemRefDialect"];
  let statistics = [
    Statistic<"numConfigurations", "configurations", "Configurations of the registers">,
    Statistic<"numDots", "dots", "Products of matrices">];
}

def LowerAccesses : Pass<"nnq-lower-accesses"> {
  let summary = "Writes loads and stores as those of LLVM";
  let description = [{
    Upstream multiplies out each index of each access. Unrolled kernels have
    thousands of accesses that differ by a constant, and most of what later
    passes do is about the arithmetic of their addresses. Here the accesses of
    a block share the part that is none.

    Before:
    ```mlir
    %0 = affine.apply affine_map<(d0) -> (d0 + 1)>(%i)
    %1 = vector.load %a[%i, %c0] : memref<4x8xf32>, vector<8xf32>
    %2 = vector.load %a[%0, %c0] : memref<4x8xf32>, vector<8xf32>
    ```
    After, with `%base` the address of `%a`:
    ```mlir
    %0 = affine.apply affine_map<(d0) -> (d0 * 8)>(%i)
    %1 = builtin.unrealized_conversion_cast %0 : index to i64
    %2 = llvm.getelementptr %base[%1] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %3 = llvm.load %2 : !llvm.ptr -> vector<8xf32>
    %4 = llvm.getelementptr %2[8] : (!llvm.ptr) -> !llvm.ptr, f32
    %5 = llvm.load %4 : !llvm.ptr -> vector<8xf32>
    ```

    Accesses of vectors of more than one dimension, and of buffers whose
    strides are no constants, stay.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
    "::mlir::LLVM::LLVMDialect"];
  let statistics = [Statistic<"numAccesses", "accesses", "Accesses lowered">];
}

def FinalizeLLVM : Pass<"nnq-finalize-llvm", "::mlir::ModuleOp"> {
  let summary = "Writes the attributes that LLVM reads, drops our own";
  let description = [{
    Each `llvm.func` with a body gets the cpu and the features of the target;
    those that are not entry points become internal. Constants become flat
    arrays, which LLVM stores as bytes. Attributes of nnq go, so that upstream
    `mlir-translate` accepts the module.

    Before:
    ```mlir
    module attributes {nnq.target = #nnq.target<...>} {
      llvm.func @f() attributes {nnq.signature = {...}}
    }
    ```
    After:
    ```mlir
    module {
      llvm.func @f() attributes {dso_local, target_cpu = "znver4",
        target_features = #llvm.target_features<["+avx512f"]>}
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect"];
}

def VerifyLLVM : Pass<"nnq-verify-llvm", "::mlir::ModuleOp"> {
  let summary = "Checks that only the LLVM dialect is left";
  let description = [{
    The edge of the target stage. OpenMP may be there, too: its regions become
    functions when LLVM IR is written. Reports the first op that has no lowering,
    with its layer.

    ```mlir
    // error: 'linalg.matmul' op of layer 'fc1' is not lowered to LLVM
    linalg.matmul {nnq.layer = "fc1"} ins(...) outs(...)
    ```
  }];
}

#endif // NNQ_TARGET_PASSES_TD
