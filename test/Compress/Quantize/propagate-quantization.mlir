// RUN: nnq-opt %s --nnq-propagate-quantization --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-propagate-quantization --nnq-propagate-quantization \
// RUN:   --split-input-file | FileCheck %s

!q = !quant.uniform<u8:f32, 0.5:3>
!p = !quant.uniform<u8:f32, 0.25:3>

// CHECK-LABEL: @equal_parameters
// CHECK-SAME: %[[X:.+]]: tensor<4x
// CHECK-NEXT: return %[[X]]
func.func @equal_parameters(%x: tensor<4x!q>) -> tensor<4x!q> {
  %0 = quant.dcast %x : tensor<4x!q> to tensor<4xf32>
  %1 = quant.qcast %0 : tensor<4xf32> to tensor<4x!q>
  return %1 : tensor<4x!q>
}

// CHECK-LABEL: @other_parameters
// CHECK-NEXT: quant.dcast
// CHECK-NEXT: quant.qcast
func.func @other_parameters(%x: tensor<4x!q>) -> tensor<4x!p> {
  %0 = quant.dcast %x : tensor<4x!q> to tensor<4xf32>
  %1 = quant.qcast %0 : tensor<4xf32> to tensor<4x!p>
  return %1 : tensor<4x!p>
}

// The pair rounds.
// CHECK-LABEL: @quantize_dequantize
// CHECK-NEXT: quant.qcast
// CHECK-NEXT: quant.dcast
func.func @quantize_dequantize(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = quant.qcast %x : tensor<4xf32> to tensor<4x!q>
  %1 = quant.dcast %0 : tensor<4x!q> to tensor<4xf32>
  return %1 : tensor<4xf32>
}

// CHECK-LABEL: @reshapes
// CHECK-NEXT: %[[Q:.+]] = quant.qcast %{{.+}} : tensor<2x6xf32> to tensor<2x6x!quant.uniform<u8:f32, 5.000000e-01:3>>
// CHECK-NEXT: %[[C:.+]] = tensor.collapse_shape %[[Q]] {{.*}} into tensor<12x!quant.uniform<u8:f32, 5.000000e-01:3>>
// CHECK-NEXT: %[[E:.+]] = tensor.expand_shape %[[C]] {{.*}} into tensor<3x4x!quant.uniform<u8:f32, 5.000000e-01:3>>
// CHECK-NEXT: return %[[E]]
func.func @reshapes(%x: tensor<2x6xf32>) -> tensor<3x4x!q> {
  %0 = tensor.collapse_shape %x [[0, 1]] : tensor<2x6xf32> into tensor<12xf32>
  %1 = tensor.expand_shape %0 [[0, 1]] output_shape [3, 4] : tensor<12xf32> into tensor<3x4xf32>
  %2 = quant.qcast %1 : tensor<3x4xf32> to tensor<3x4x!q>
  return %2 : tensor<3x4x!q>
}

// Channels have no meaning on the other side of a reshape.
// CHECK-LABEL: @reshape_per_axis
// CHECK-NEXT: tensor.collapse_shape
// CHECK-NEXT: quant.qcast
func.func @reshape_per_axis(%x: tensor<1x2xf32>) -> tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>> {
  %0 = tensor.collapse_shape %x [[0, 1]] : tensor<1x2xf32> into tensor<2xf32>
  %1 = quant.qcast %0 : tensor<2xf32> to tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
  return %1 : tensor<2x!quant.uniform<i8:f32:0, {0.5, 0.25}>>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: @max_pool
// CHECK: %[[Q:.+]] = quant.qcast %{{.+}} : tensor<1x2x4x4xf32>
// CHECK: %[[D:.+]] = quant.dcast %[[Q]]
// CHECK: %[[P:.+]] = linalg.pooling_nchw_max {{.*}} ins(%[[D]],
// CHECK: %[[PQ:.+]] = quant.qcast %[[P]] : tensor<1x2x2x2xf32>
// CHECK: %[[R:.+]] = tensor.collapse_shape %[[PQ]]
// CHECK: return %[[R]]
func.func @max_pool(%x: tensor<1x2x4x4xf32>) -> tensor<1x8x!q> {
  %lowest = arith.constant 0xFF800000 : f32
  %window = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %f = linalg.fill ins(%lowest : f32) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %0 = linalg.pooling_nchw_max {strides = dense<2> : vector<2xi64>}
    ins(%x, %window : tensor<1x2x4x4xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %1 = tensor.collapse_shape %0 [[0], [1, 2, 3]] : tensor<1x2x2x2xf32> into tensor<1x8xf32>
  %2 = quant.qcast %1 : tensor<1x8xf32> to tensor<1x8x!q>
  return %2 : tensor<1x8x!q>
}

// The f32 result is needed as it is.
// CHECK-LABEL: @max_pool_of_two_users
// CHECK-NOT: quant.dcast
// CHECK: linalg.pooling_nchw_max
// CHECK-NEXT: quant.qcast
func.func @max_pool_of_two_users(%x: tensor<1x2x4x4xf32>)
    -> (tensor<1x2x2x2x!q>, tensor<1x2x2x2xf32>) {
  %lowest = arith.constant 0xFF800000 : f32
  %window = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %f = linalg.fill ins(%lowest : f32) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %0 = linalg.pooling_nchw_max {strides = dense<2> : vector<2xi64>}
    ins(%x, %window : tensor<1x2x4x4xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %1 = quant.qcast %0 : tensor<1x2x2x2xf32> to tensor<1x2x2x2x!q>
  return %1, %0 : tensor<1x2x2x2x!q>, tensor<1x2x2x2xf32>
}

// A sum does not commute with rounding.
// CHECK-LABEL: @sum_pool
// CHECK-NOT: quant.dcast
// CHECK: linalg.pooling_nchw_sum
// CHECK-NEXT: quant.qcast
func.func @sum_pool(%x: tensor<1x2x4x4xf32>) -> tensor<1x2x2x2x!q> {
  %zero = arith.constant 0.0 : f32
  %window = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2x2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %0 = linalg.pooling_nchw_sum {strides = dense<2> : vector<2xi64>}
    ins(%x, %window : tensor<1x2x4x4xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x2x2x2xf32>) -> tensor<1x2x2x2xf32>
  %1 = quant.qcast %0 : tensor<1x2x2x2xf32> to tensor<1x2x2x2x!q>
  return %1 : tensor<1x2x2x2x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:200>

// CHECK-LABEL: @pad_with_zero
// CHECK: %[[Q:.+]] = quant.qcast %{{.+}} : tensor<4xf32>
// CHECK: %[[S:.+]] = quant.scast %[[Q]] : {{.*}} to tensor<4xi8>
// The zero point 200 as i8.
// CHECK: %[[Z:.+]] = arith.constant -56 : i8
// CHECK: %[[P:.+]] = tensor.pad %[[S]] low[1] high[2] {
// CHECK: tensor.yield %[[Z]] : i8
// CHECK: } : tensor<4xi8> to tensor<7xi8>
// CHECK: quant.scast %[[P]] : tensor<7xi8> to tensor<7x!quant.uniform<u8:f32, 5.000000e-01:200>>
func.func @pad_with_zero(%x: tensor<4xf32>) -> tensor<7x!q> {
  %zero = arith.constant 0.0 : f32
  %0 = tensor.pad %x low[1] high[2] {
    ^bb0(%i: index):
      tensor.yield %zero : f32
  } : tensor<4xf32> to tensor<7xf32>
  %1 = quant.qcast %0 : tensor<7xf32> to tensor<7x!q>
  return %1 : tensor<7x!q>
}

// Saturates.
// CHECK-LABEL: @pad_with_lowest
// CHECK: arith.constant 0 : i8
// CHECK: tensor.pad %{{.+}} low[1] high[0]
func.func @pad_with_lowest(%x: tensor<4xf32>) -> tensor<5x!q> {
  %lowest = arith.constant 0xFF800000 : f32
  %0 = tensor.pad %x low[1] high[0] {
    ^bb0(%i: index):
      tensor.yield %lowest : f32
  } : tensor<4xf32> to tensor<5xf32>
  %1 = quant.qcast %0 : tensor<5xf32> to tensor<5x!q>
  return %1 : tensor<5x!q>
}

// CHECK-LABEL: @pad_with_variable
// CHECK: tensor.pad {{.*}} {
// CHECK: tensor<4xf32> to tensor<5xf32>
// CHECK-NEXT: quant.qcast
func.func @pad_with_variable(%x: tensor<4xf32>, %v: f32) -> tensor<5x!q> {
  %0 = tensor.pad %x low[1] high[0] {
    ^bb0(%i: index):
      tensor.yield %v : f32
  } : tensor<4xf32> to tensor<5xf32>
  %1 = quant.qcast %0 : tensor<5xf32> to tensor<5x!q>
  return %1 : tensor<5x!q>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:3>

// CHECK-LABEL: @slice_concat
// CHECK-SAME: %[[X:[a-z0-9]+]]: tensor<4x2xf32>, %[[Y:[a-z0-9]+]]: tensor<4x!quant
// CHECK: %[[XQ:.+]] = quant.qcast %[[X]]
// CHECK-NEXT: %[[S:.+]] = tensor.extract_slice %[[XQ]]
// CHECK-NEXT: %[[YD:.+]] = quant.dcast %[[Y]]
// CHECK-NEXT: %[[SD:.+]] = quant.dcast %[[S]]
// CHECK-NEXT: %[[C:.+]] = tensor.concat dim(0) %[[SD]], %[[YD]]
// CHECK-NEXT: %[[CQ:.+]] = quant.qcast %[[C]]
// CHECK-NEXT: return %[[CQ]]
func.func @slice_concat(%x: tensor<4x2xf32>, %y: tensor<4x!q>) -> tensor<8x!q> {
  %0 = tensor.extract_slice %x[0, 1] [4, 1] [1, 1] : tensor<4x2xf32> to tensor<4xf32>
  // The other operand is integer already.
  %1 = quant.dcast %y : tensor<4x!q> to tensor<4xf32>
  %2 = tensor.concat dim(0) %0, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<8xf32>
  %3 = quant.qcast %2 : tensor<8xf32> to tensor<8x!q>
  return %3 : tensor<8x!q>
}

// CHECK-LABEL: @transpose
// CHECK: quant.qcast
// CHECK: %[[D:.+]] = quant.dcast
// CHECK: linalg.transpose ins(%[[D]]
// CHECK: quant.qcast
func.func @transpose(%x: tensor<4x2xf32>) -> tensor<2x4x!q> {
  %e = tensor.empty() : tensor<2x4xf32>
  %0 = linalg.transpose ins(%x : tensor<4x2xf32>) outs(%e : tensor<2x4xf32>) permutation = [1, 0]
  %1 = quant.qcast %0 : tensor<2x4xf32> to tensor<2x4x!q>
  return %1 : tensor<2x4x!q>
}

// Parameters found at run time stay where they are.
// CHECK-LABEL: @dynamic
// CHECK: tensor.collapse_shape
// CHECK-NEXT: nnq.dynamic_qcast
func.func @dynamic(%x: tensor<2x6xf32>) -> tensor<12xi8> {
  %0 = tensor.collapse_shape %x [[0, 1]] : tensor<2x6xf32> into tensor<12xf32>
  %q, %s, %z = nnq.dynamic_qcast %0 : tensor<12xf32> -> tensor<12xi8>
  return %q : tensor<12xi8>
}
