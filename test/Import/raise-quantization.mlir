// RUN: nnq-opt %s --nnq-raise-quantization --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-raise-quantization --nnq-raise-quantization \
// RUN:   --split-input-file | FileCheck %s

// The pair of an activation, as torch-mlir writes it: u8, half to even.
#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: @activation
// CHECK-SAME: (%[[X:.+]]: tensor<2x8xf32>)
// CHECK: %[[Q:.+]] = quant.qcast %[[X]] : tensor<2x8xf32>
// CHECK-SAME: to tensor<2x8x!quant.uniform<u8:f32, 2.500000e-01:163>>
// CHECK: %[[D:.+]] = quant.dcast %[[Q]]
// CHECK: return %[[D]]
func.func @activation(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %s = arith.constant 0.25 : f32
  %z = arith.constant 163.0 : f32
  %zi = arith.constant 163 : i64
  %low = arith.constant 0.0 : f32
  %high = arith.constant 255.0 : f32
  %e = tensor.empty() : tensor<2x8xi8>
  %q = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x8xf32>) outs(%e : tensor<2x8xi8>) {
    ^bb0(%in: f32, %out: i8):
      %0 = arith.divf %in, %s : f32
      %1 = math.roundeven %0 : f32
      %2 = arith.addf %1, %z : f32
      %3 = arith.maximumf %2, %low : f32
      %4 = arith.minimumf %3, %high : f32
      %5 = arith.fptoui %4 : f32 to i8
      linalg.yield %5 : i8
  } -> tensor<2x8xi8>
  %f = tensor.empty() : tensor<2x8xf32>
  %d = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%q : tensor<2x8xi8>) outs(%f : tensor<2x8xf32>) {
    ^bb0(%in: i8, %out: f32):
      %0 = arith.extui %in : i8 to i64
      %1 = arith.subi %0, %zi : i64
      %2 = arith.sitofp %1 : i64 to f32
      %3 = arith.mulf %2, %s : f32
      linalg.yield %3 : f32
  } -> tensor<2x8xf32>
  return %d : tensor<2x8xf32>
}

// -----

// The smaller range of the quantization is that of the pair.
#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: @reduced_range
// CHECK: %[[Q:.+]] = quant.qcast
// CHECK-SAME: to tensor<2x8x!quant.uniform<u8<0:127>:f32, 2.500000e-01>>
// CHECK: quant.dcast %[[Q]] : tensor<2x8x!quant.uniform<u8<0:127>:f32, 2.500000e-01>>
func.func @reduced_range(%x: tensor<2x8xf32>) -> tensor<2x8xf32> {
  %s = arith.constant 0.25 : f32
  %low = arith.constant 0.0 : f32
  %high = arith.constant 127.0 : f32
  %e = tensor.empty() : tensor<2x8xi8>
  %q = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x8xf32>) outs(%e : tensor<2x8xi8>) {
    ^bb0(%in: f32, %out: i8):
      %0 = arith.divf %in, %s : f32
      %1 = math.roundeven %0 : f32
      %2 = arith.minimumf %1, %high : f32
      %3 = arith.maximumf %2, %low : f32
      %4 = arith.fptoui %3 : f32 to i8
      linalg.yield %4 : i8
  } -> tensor<2x8xi8>
  %f = tensor.empty() : tensor<2x8xf32>
  %d = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%q : tensor<2x8xi8>) outs(%f : tensor<2x8xf32>) {
    ^bb0(%in: i8, %out: f32):
      %0 = arith.uitofp %in : i8 to f32
      %1 = arith.mulf %0, %s : f32
      linalg.yield %1 : f32
  } -> tensor<2x8xf32>
  return %d : tensor<2x8xf32>
}

// -----

// Weights with a scale for each channel; unsigned ones become signed.
#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: @weights
// CHECK-DAG: %[[A:.+]] = arith.constant dense<{{\[\[}}1, -127], [3, 4]]> : tensor<2x2xi8>
// CHECK-DAG: quant.scast %[[A]] : tensor<2x2xi8> to tensor<2x2x!quant.uniform<i8<-127:127>:f32:0, {5.000000e-01,2.500000e-01}>>
// CHECK-DAG: quant.scast %{{.+}} : tensor<2x2xi8> to tensor<2x2x!quant.uniform<i8:f32, 5.000000e-01:2>>
func.func @weights() -> (tensor<2x2xf32>, tensor<2x2xf32>) {
  %w = arith.constant dense<[[1, -127], [3, 4]]> : tensor<2x2xi8>
  %u = arith.constant dense<[[-128, 127], [1, -1]]> : tensor<2x2xi8>
  %s = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %half = arith.constant 0.5 : f32
  %z = arith.constant dense<0> : tensor<2xi64>
  %zu = arith.constant 130.0 : f32
  %f = tensor.empty() : tensor<2x2xf32>
  %a = linalg.generic {indexing_maps = [#id, #row, #row, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%w, %s, %z : tensor<2x2xi8>, tensor<2xf32>, tensor<2xi64>)
      outs(%f : tensor<2x2xf32>) {
    ^bb0(%in: i8, %scale: f32, %zero: i64, %out: f32):
      %0 = arith.extsi %in : i8 to i64
      %1 = arith.subi %0, %zero : i64
      %2 = arith.sitofp %1 : i64 to f32
      %3 = arith.mulf %2, %scale : f32
      linalg.yield %3 : f32
  } -> tensor<2x2xf32>
  %b = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%u : tensor<2x2xi8>) outs(%f : tensor<2x2xf32>) {
    ^bb0(%in: i8, %out: f32):
      %0 = arith.uitofp %in : i8 to f32
      %1 = arith.subf %0, %zu : f32
      %2 = arith.mulf %1, %half : f32
      linalg.yield %2 : f32
  } -> tensor<2x2xf32>
  return %a, %b : tensor<2x2xf32>, tensor<2x2xf32>
}

// -----

// Weights that are still f32 are quantized at once: 0.75 / 0.5 and 1.25 / 0.5
// are rounded to even.
#id = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-LABEL: @fake_quantized_weights
// CHECK: arith.constant dense_resource<[[W:.+]]> : tensor<1x4xi8>
// CHECK: quant.scast
// CHECK: [[W]]: "0x40000000{{.*}}0202807F"
func.func @fake_quantized_weights() -> tensor<1x4xf32> {
  %w = arith.constant dense<[[0.75, 1.25, -100.0, 100.0]]> : tensor<1x4xf32>
  %s = arith.constant 0.5 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %e = tensor.empty() : tensor<1x4xi8>
  %q = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%w : tensor<1x4xf32>) outs(%e : tensor<1x4xi8>) {
    ^bb0(%in: f32, %out: i8):
      %0 = arith.divf %in, %s : f32
      %1 = math.roundeven %0 : f32
      %2 = arith.maximumf %1, %low : f32
      %3 = arith.minimumf %2, %high : f32
      %4 = arith.fptosi %3 : f32 to i8
      linalg.yield %4 : i8
  } -> tensor<1x4xi8>
  %f = tensor.empty() : tensor<1x4xf32>
  %d = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%q : tensor<1x4xi8>) outs(%f : tensor<1x4xf32>) {
    ^bb0(%in: i8, %out: f32):
      %0 = arith.sitofp %in : i8 to f32
      %1 = arith.mulf %0, %s : f32
      linalg.yield %1 : f32
  } -> tensor<1x4xf32>
  return %d : tensor<1x4xf32>
}

// -----

// Truncation, no bounds, and scales that are no constants or not positive stay
// arithmetic.
#id = affine_map<(d0) -> (d0)>
// CHECK-LABEL: @kept
// CHECK-NOT: quant.
// CHECK: return
func.func @kept(%x: tensor<4xf32>, %q: tensor<4xi8>, %t: tensor<4xf32>)
    -> (tensor<4xi8>, tensor<4xi8>, tensor<4xf32>, tensor<4xf32>) {
  %s = arith.constant 0.5 : f32
  %negative = arith.constant -0.5 : f32
  %low = arith.constant -128.0 : f32
  %high = arith.constant 127.0 : f32
  %e = tensor.empty() : tensor<4xi8>
  %f = tensor.empty() : tensor<4xf32>
  %a = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xi8>) {
    ^bb0(%in: f32, %out: i8):
      %0 = arith.divf %in, %s : f32
      %1 = arith.maximumf %0, %low : f32
      %2 = arith.minimumf %1, %high : f32
      %3 = arith.fptosi %2 : f32 to i8
      linalg.yield %3 : i8
  } -> tensor<4xi8>
  %b = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel"]}
      ins(%x : tensor<4xf32>) outs(%e : tensor<4xi8>) {
    ^bb0(%in: f32, %out: i8):
      %0 = arith.divf %in, %s : f32
      %1 = math.roundeven %0 : f32
      %2 = arith.fptosi %1 : f32 to i8
      linalg.yield %2 : i8
  } -> tensor<4xi8>
  %c = linalg.generic {indexing_maps = [#id, #id, #id],
      iterator_types = ["parallel"]}
      ins(%q, %t : tensor<4xi8>, tensor<4xf32>) outs(%f : tensor<4xf32>) {
    ^bb0(%in: i8, %scale: f32, %out: f32):
      %0 = arith.sitofp %in : i8 to f32
      %1 = arith.mulf %0, %scale : f32
      linalg.yield %1 : f32
  } -> tensor<4xf32>
  %d = linalg.generic {indexing_maps = [#id, #id],
      iterator_types = ["parallel"]}
      ins(%q : tensor<4xi8>) outs(%f : tensor<4xf32>) {
    ^bb0(%in: i8, %out: f32):
      %0 = arith.sitofp %in : i8 to f32
      %1 = arith.mulf %0, %negative : f32
      linalg.yield %1 : f32
  } -> tensor<4xf32>
  return %a, %b, %c, %d : tensor<4xi8>, tensor<4xi8>, tensor<4xf32>, tensor<4xf32>
}
