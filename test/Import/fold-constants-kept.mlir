// RUN: nnq-opt %s --nnq-fold-constants=max-bytes=64 --split-input-file \
// RUN:   --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>
// CHECK-LABEL: @result_larger_than_operands
// CHECK: arith.addf
func.func @result_larger_than_operands() -> tensor<5x5xf32> {
  %a = arith.constant dense<[0.0, 1.0, 2.0, 3.0, 4.0]> : tensor<5xf32>
  %e = tensor.empty() : tensor<5x5xf32>
  // expected-remark @below {{the result is larger than its operands}}
  %0 = linalg.generic {indexing_maps = [#row, #column, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%a, %a : tensor<5xf32>, tensor<5xf32>) outs(%e : tensor<5x5xf32>) {
    ^bb0(%x: f32, %y: f32, %out: f32):
      %r = arith.addf %x, %y : f32
      linalg.yield %r : f32
  } -> tensor<5x5xf32>
  return %0 : tensor<5x5xf32>
}

// -----

// CHECK-LABEL: @broadcast
// CHECK: linalg.broadcast
func.func @broadcast() -> tensor<2x2xf32> {
  %a = arith.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2x2xf32>
  %0 = linalg.broadcast ins(%a : tensor<2xf32>) outs(%e : tensor<2x2xf32>) dimensions = [0]
  return %0 : tensor<2x2xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: @run_time_operand
// CHECK: arith.addf
func.func @run_time_operand(%x: tensor<2xf32>) -> tensor<2xf32> {
  %a = arith.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%a, %x : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) {
    ^bb0(%in: f32, %y: f32, %out: f32):
      %r = arith.addf %in, %y : f32
      linalg.yield %r : f32
  } -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: @unknown_op
// CHECK: math.atan2
func.func @unknown_op() -> tensor<2xf32> {
  %a = arith.constant dense<[0.0, 1.0]> : tensor<2xf32>
  %e = tensor.empty() : tensor<2xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%a : tensor<2xf32>) outs(%e : tensor<2xf32>) {
    ^bb0(%in: f32, %out: f32):
      %r = math.atan2 %in, %in : f32
      linalg.yield %r : f32
  } -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

!q = !quant.uniform<i8:f32, 0.5>
// CHECK-LABEL: @quantized
// CHECK: quant.qcast
// CHECK: quant.dcast
func.func @quantized() -> tensor<2xf32> {
  %a = arith.constant dense<[0.1, 1.0]> : tensor<2xf32>
  %0 = quant.qcast %a : tensor<2xf32> to tensor<2x!q>
  %1 = quant.dcast %0 : tensor<2x!q> to tensor<2xf32>
  return %1 : tensor<2xf32>
}
