// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-strategy --split-input-file \
// RUN:   --remarks-filter-missed=nnq 2> %t | FileCheck %s
// RUN: FileCheck %s --check-prefix=REMARK --input-file=%t
// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-select-strategy --split-input-file 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix=WIDE
// RUN: nnq-opt %s --nnq-set-target=target=aarch64+dotprod --nnq-select-strategy --split-input-file 2>/dev/null \
// RUN:   | FileCheck %s --check-prefix=NEON

#x = affine_map<(b, m, n, k) -> (b, m, k)>
#y = affine_map<(b, m, n, k) -> (b, k, n)>
#o = affine_map<(b, m, n, k) -> (b, m, n)>
// CHECK-LABEL: @batch
// CHECK: nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 6, blocks = 2>
// WIDE-LABEL: @batch
// WIDE: nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 16, group = 2,
// NEON-LABEL: @batch
// NEON: nnq.kernel = #nnq.kernel<dot = none, lanes = 4, group = 1,
func.func @batch(%x: tensor<3x24x16xi16>, %y: tensor<3x16x32xi16>) -> tensor<3x24x32xi32> {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<3x24x32xi32>
  %f = linalg.fill ins(%c0 : i32) outs(%e : tensor<3x24x32xi32>) -> tensor<3x24x32xi32>
  %0 = linalg.generic {indexing_maps = [#x, #y, #o], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %y : tensor<3x24x16xi16>, tensor<3x16x32xi16>) outs(%f : tensor<3x24x32xi32>) {
  ^bb0(%a: i16, %b: i16, %acc: i32):
    %ea = arith.extsi %a : i16 to i32
    %eb = arith.extsi %b : i16 to i32
    %p = arith.muli %ea, %eb : i32
    %s = arith.addi %acc, %p : i32
    linalg.yield %s : i32
  } -> tensor<3x24x32xi32>
  return %0 : tensor<3x24x32xi32>
}

// -----

// Rows along a batch have nothing in common.
#x = affine_map<(b, n, k) -> (b, k)>
#y = affine_map<(b, n, k) -> (b, n, k)>
#o = affine_map<(b, n, k) -> (b, n)>
// CHECK-LABEL: @single_rows
// CHECK: nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 1,
func.func @single_rows(%x: tensor<12x16xi16>, %y: tensor<12x32x16xi16>) -> tensor<12x32xi32> {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<12x32xi32>
  %f = linalg.fill ins(%c0 : i32) outs(%e : tensor<12x32xi32>) -> tensor<12x32xi32>
  %0 = linalg.generic {indexing_maps = [#x, #y, #o], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %y : tensor<12x16xi16>, tensor<12x32x16xi16>) outs(%f : tensor<12x32xi32>) {
  ^bb0(%a: i16, %b: i16, %acc: i32):
    %ea = arith.extsi %a : i16 to i32
    %eb = arith.extsi %b : i16 to i32
    %p = arith.muli %ea, %eb : i32
    %s = arith.addi %acc, %p : i32
    linalg.yield %s : i32
  } -> tensor<12x32xi32>
  return %0 : tensor<12x32xi32>
}

// -----

#x = affine_map<(m, n, k) -> (k, m)>
#y = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
// REMARK: remark: [Missed] {{.*}}Reason="a product whose first activation is not read along rows, or whose second does not run along the result"
// CHECK-LABEL: @columns
// CHECK: nnq.kernel = #nnq.kernel<dot = none,
func.func @columns(%x: tensor<16x24xi16>, %y: tensor<16x32xi16>) -> tensor<24x32xi32> {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<24x32xi32>
  %f = linalg.fill ins(%c0 : i32) outs(%e : tensor<24x32xi32>) -> tensor<24x32xi32>
  %0 = linalg.generic {indexing_maps = [#x, #y, #o], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %y : tensor<16x24xi16>, tensor<16x32xi16>) outs(%f : tensor<24x32xi32>) {
  ^bb0(%a: i16, %b: i16, %acc: i32):
    %ea = arith.extsi %a : i16 to i32
    %eb = arith.extsi %b : i16 to i32
    %p = arith.muli %ea, %eb : i32
    %s = arith.addi %acc, %p : i32
    linalg.yield %s : i32
  } -> tensor<24x32xi32>
  return %0 : tensor<24x32xi32>
}

// -----

// Bytes, of which only the first have no sign.
#x = affine_map<(m, n, k) -> (m, k)>
#y = affine_map<(m, n, k) -> (k, n)>
#o = affine_map<(m, n, k) -> (m, n)>
// CHECK-LABEL: @bytes
// CHECK: nnq.kernel = #nnq.kernel<dot = none,
// WIDE-LABEL: @bytes
// WIDE: nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 4,
// NEON-LABEL: @bytes
// NEON: nnq.kernel = #nnq.kernel<dot = none,
func.func @bytes(%x: tensor<24x16xi8>, %y: tensor<16x32xi8>) -> tensor<24x32xi32> {
  %c0 = arith.constant 0 : i32
  %e = tensor.empty() : tensor<24x32xi32>
  %f = linalg.fill ins(%c0 : i32) outs(%e : tensor<24x32xi32>) -> tensor<24x32xi32>
  %0 = linalg.generic {indexing_maps = [#x, #y, #o], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %y : tensor<24x16xi8>, tensor<16x32xi8>) outs(%f : tensor<24x32xi32>) {
  ^bb0(%a: i8, %b: i8, %acc: i32):
    %ea = arith.extui %a : i8 to i32
    %eb = arith.extsi %b : i8 to i32
    %p = arith.muli %ea, %eb : i32
    %s = arith.addi %acc, %p : i32
    linalg.yield %s : i32
  } -> tensor<24x32xi32>
  return %0 : tensor<24x32xi32>
}
