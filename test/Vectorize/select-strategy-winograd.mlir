// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-strategy | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-select-strategy | FileCheck %s --check-prefix=VNNI
// RUN: nnq-opt %s --nnq-set-target="target=znver4 threads=2" --nnq-select-strategy | FileCheck %s --check-prefix=SHARED

// Convolutions of 3x3 taps whose exactness constants show are computed by
// F(m x m, 3 x 3), where vpmaddwd multiplies and where vpdpwssd adds up, too.
#x = affine_map<(n, h, w, c, i, j, k) -> (n, h + i, w + j, k)>
#x2 = affine_map<(n, h, w, c, i, j, k) -> (n, h * 2 + i, w * 2 + j, k)>
#w = affine_map<(n, h, w, c, i, j, k) -> (c, i, j, k)>
#y = affine_map<(n, h, w, c, i, j, k) -> (n, h, w, c)>

// Tiles of 4x4 take a quarter of the products.
// CHECK-LABEL: @tiles
// CHECK: #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = {{[0-9]+}}, blocks = {{[0-9]+}}, winograd = 4, strip = {{[0-9]+}}>
func.func @tiles(%x: tensor<1x34x34x16xi16>, %f: tensor<1x32x32x16xi32>) -> tensor<1x32x32x16xi32> {
  %w = arith.constant dense<1> : tensor<16x3x3x16xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x34x34x16xi16>, tensor<16x3x3x16xi8>) outs(%f : tensor<1x32x32x16xi32>) attrs = {nnq.range = array<i64: 0, 255>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x32x32x16xi32>
  return %0 : tensor<1x32x32x16xi32>
}

// Whatever the storage of the activation is. Threads share strips: each
// transforms weights in its registers instead of waiting for another.
// SHARED-LABEL: @bytes
// SHARED: #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 4, fused = true>
// VNNI-LABEL: @bytes
// VNNI: #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 8, blocks = 1, winograd = 4, strip = {{[0-9]+}}>
// CHECK-LABEL: @bytes
// CHECK: #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = {{[0-9]+}}, blocks = {{[0-9]+}}, winograd = 4, strip = {{[0-9]+}}>
func.func @bytes(%x: tensor<1x34x34x16xi8>, %f: tensor<1x32x32x16xi32>) -> tensor<1x32x32x16xi32> {
  %w = arith.constant dense<1> : tensor<16x3x3x16xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x34x34x16xi8>, tensor<16x3x3x16xi8>) outs(%f : tensor<1x32x32x16xi32>) attrs = {nnq.range = array<i64: 0, 255>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x32x32x16xi32>
  return %0 : tensor<1x32x32x16xi32>
}

// 2304 products of 255 and 127 take 28 bits, of which a division by 576 leaves
// 26: only tiles of 2x2 are exact.
// CHECK-LABEL: @long_sums
// CHECK: #nnq.kernel<dot = vpmaddwd, {{.*}}, winograd = 2, strip = {{[0-9]+}}>
func.func @long_sums(%x: tensor<1x16x16x256xi16>, %f: tensor<1x14x14x64xi32>) -> tensor<1x14x14x64xi32> {
  %w = arith.constant dense<127> : tensor<64x3x3x256xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x16x16x256xi16>, tensor<64x3x3x256xi8>) outs(%f : tensor<1x14x14x64xi32>) attrs = {nnq.range = array<i64: 0, 255>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x14x14x64xi32>
  return %0 : tensor<1x14x14x64xi32>
}

// The result has no whole tile of 4x4.
// CHECK-LABEL: @small
// CHECK: #nnq.kernel<dot = vpmaddwd, {{.*}}, winograd = 2, strip = {{[0-9]+}}>
func.func @small(%x: tensor<1x14x5x64xi16>, %f: tensor<1x12x3x64xi32>) -> tensor<1x12x3x64xi32> {
  %w = arith.constant dense<1> : tensor<64x3x3x64xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x14x5x64xi16>, tensor<64x3x3x64xi8>) outs(%f : tensor<1x12x3x64xi32>) attrs = {nnq.range = array<i64: 0, 255>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x12x3x64xi32>
  return %0 : tensor<1x12x3x64xi32>
}

// Nothing is known of the activation.
// CHECK-LABEL: @no_range
// CHECK: nnq.kernel = #nnq.kernel<
// CHECK-NOT: winograd
// CHECK: return
func.func @no_range(%x: tensor<1x34x34x16xi16>, %f: tensor<1x32x32x16xi32>) -> tensor<1x32x32x16xi32> {
  %w = arith.constant dense<1> : tensor<16x3x3x16xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x34x34x16xi16>, tensor<16x3x3x16xi8>) outs(%f : tensor<1x32x32x16xi32>) {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x32x32x16xi32>
  return %0 : tensor<1x32x32x16xi32>
}

// Sums of activations of 12 bits do not fit in 16 bits.
// CHECK-LABEL: @wide_range
// CHECK: nnq.kernel = #nnq.kernel<
// CHECK-NOT: winograd
// CHECK: return
func.func @wide_range(%x: tensor<1x34x34x16xi16>, %f: tensor<1x32x32x16xi32>) -> tensor<1x32x32x16xi32> {
  %w = arith.constant dense<1> : tensor<16x3x3x16xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x34x34x16xi16>, tensor<16x3x3x16xi8>) outs(%f : tensor<1x32x32x16xi32>) attrs = {nnq.range = array<i64: 0, 32767>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x32x32x16xi32>
  return %0 : tensor<1x32x32x16xi32>
}

// A stride of 2 has no such form here.
// CHECK-LABEL: @strided
// CHECK: nnq.kernel = #nnq.kernel<
// CHECK-NOT: winograd
// CHECK: return
func.func @strided(%x: tensor<1x33x33x16xi16>, %f: tensor<1x16x16x16xi32>) -> tensor<1x16x16x16xi32> {
  %w = arith.constant dense<1> : tensor<16x3x3x16xi8>
  %0 = linalg.generic {indexing_maps = [#x2, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x33x33x16xi16>, tensor<16x3x3x16xi8>) outs(%f : tensor<1x16x16x16xi32>) attrs = {nnq.range = array<i64: 0, 255>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x16x16x16xi32>
  return %0 : tensor<1x16x16x16xi32>
}

// Three channels do not fill a register.
// CHECK-LABEL: @few_inputs
// CHECK: nnq.kernel = #nnq.kernel<
// CHECK-NOT: winograd
// CHECK: return
func.func @few_inputs(%x: tensor<1x34x34x3xi16>, %f: tensor<1x32x32x16xi32>) -> tensor<1x32x32x16xi32> {
  %w = arith.constant dense<1> : tensor<16x3x3x3xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x34x34x3xi16>, tensor<16x3x3x3xi8>) outs(%f : tensor<1x32x32x16xi32>) attrs = {nnq.range = array<i64: 0, 255>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x32x32x16xi32>
  return %0 : tensor<1x32x32x16xi32>
}

// A buffer of transformed weights takes what it saves where few tiles multiply
// them: they are transformed in registers, where the sums of four tiles over
// four points fit beside them.
// CHECK-LABEL: @few_tiles
// CHECK: winograd = 4
// CHECK-NOT: fused
// CHECK: return
// VNNI-LABEL: @few_tiles
// VNNI: #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2, rows = 4, blocks = 1, winograd = 4, strip = 2, fused = true>
func.func @few_tiles(%x: tensor<1x9x9x256xi8>, %f: tensor<1x7x7x256xi32>) -> tensor<1x7x7x256xi32> {
  %w = arith.constant dense<1> : tensor<256x3x3x256xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<1x9x9x256xi8>, tensor<256x3x3x256xi8>) outs(%f : tensor<1x7x7x256xi32>) attrs = {nnq.range = array<i64: 0, 255>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x7x7x256xi32>
  return %0 : tensor<1x7x7x256xi32>
}
