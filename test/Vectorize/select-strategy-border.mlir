// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-strategy | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target=target=alderlake --nnq-select-strategy | FileCheck %s
// RUN: nnq-opt %s --nnq-set-target=target=aarch64+dotprod --nnq-select-strategy | FileCheck %s --check-prefix=ARM

// ARM-NOT: nnq.border

#x = affine_map<(n, h, w, c, kh, kw) -> (n, h + kh, w + kw, c)>
#x2 = affine_map<(n, h, w, c, kh, kw) -> (n, h * 2 + kh, w + kw, c)>
#w = affine_map<(n, h, w, c, kh, kw) -> (kh, kw, c)>
#y = affine_map<(n, h, w, c, kh, kw) -> (n, h, w, c)>

// Of five rows of taps two meet rows of the image.
// CHECK-LABEL: @few_rows
// CHECK: nnq.border = array<i64: 2, 4>, nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2
func.func @few_rows(%x: tensor<1x2x8x16xi16>, %w: tensor<5x5x16xi8>, %f: tensor<1x2x8x16xi32>)
    -> tensor<1x2x8x16xi32> {
  %zero_point = arith.constant 7 : i16
  %padded = tensor.pad %x low[0, 2, 2, 0] high[0, 2, 2, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero_point : i16
  } : tensor<1x2x8x16xi16> to tensor<1x6x12x16xi16>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%padded, %w : tensor<1x6x12x16xi16>, tensor<5x5x16xi8>) outs(%f : tensor<1x2x8x16xi32>) {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x2x8x16xi32>
  return %0 : tensor<1x2x8x16xi32>
}

// CHECK-LABEL: @strided
// CHECK: nnq.border = array<i64: 2, 7>
func.func @strided(%x: tensor<1x5x8x16xi16>, %w: tensor<5x5x16xi8>, %f: tensor<1x3x8x16xi32>)
    -> tensor<1x3x8x16xi32> {
  %zero_point = arith.constant 7 : i16
  %padded = tensor.pad %x low[0, 2, 2, 0] high[0, 2, 2, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero_point : i16
  } : tensor<1x5x8x16xi16> to tensor<1x9x12x16xi16>
  %0 = linalg.generic {indexing_maps = [#x2, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%padded, %w : tensor<1x9x12x16xi16>, tensor<5x5x16xi8>) outs(%f : tensor<1x3x8x16xi32>) {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x3x8x16xi32>
  return %0 : tensor<1x3x8x16xi32>
}

// Two of 48 rows of taps are not worth a loop of their own.
// CHECK-LABEL: @many_rows
// CHECK-NOT: nnq.border
// CHECK: return
func.func @many_rows(%x: tensor<1x16x8x16xi16>, %w: tensor<3x3x16xi8>, %f: tensor<1x16x8x16xi32>)
    -> tensor<1x16x8x16xi32> {
  %zero_point = arith.constant 7 : i16
  %padded = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero_point : i16
  } : tensor<1x16x8x16xi16> to tensor<1x18x10x16xi16>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%padded, %w : tensor<1x18x10x16xi16>, tensor<3x3x16xi8>) outs(%f : tensor<1x16x8x16xi32>) {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x16x8x16xi32>
  return %0 : tensor<1x16x8x16xi32>
}

// Three columns are one tile.
// CHECK-LABEL: @few_columns
// CHECK-NOT: nnq.border
// CHECK: return
func.func @few_columns(%x: tensor<1x2x3x16xi16>, %w: tensor<3x3x16xi8>, %f: tensor<1x2x3x16xi32>)
    -> tensor<1x2x3x16xi32> {
  %zero_point = arith.constant 7 : i16
  %padded = tensor.pad %x low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero_point : i16
  } : tensor<1x2x3x16xi16> to tensor<1x4x5x16xi16>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y],
      iterator_types = ["parallel", "parallel", "parallel", "parallel", "reduction", "reduction"]}
      ins(%padded, %w : tensor<1x4x5x16xi16>, tensor<3x3x16xi8>) outs(%f : tensor<1x2x3x16xi32>) {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x2x3x16xi32>
  return %0 : tensor<1x2x3x16xi32>
}
