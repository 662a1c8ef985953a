// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,U8
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s8 --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,S8
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s16 --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,S16

!q = !quant.uniform<u8:f32, 0.5:10>

// Max pooling between equal parameters compares the integers.
// CHECK-LABEL: @equal_parameters
// CHECK: arith.divf
// CHECK: linalg.generic
// CHECK-SAME: nnq.layer = "pool"
// U8: arith.maxui %{{.+}}, %{{.+}} : i8
// S8: arith.maxsi %{{.+}}, %{{.+}} : i8
// S16: arith.maxsi %{{.+}}, %{{.+}} : i16
// CHECK-NOT: maximumf
// CHECK-NOT: quant.
func.func @equal_parameters(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32> {
  %lowest = arith.constant 0xFF800000 : f32
  %q = quant.qcast %x : tensor<1x1x4x4xf32> to tensor<1x1x4x4x!q>
  %d = quant.dcast %q : tensor<1x1x4x4x!q> to tensor<1x1x4x4xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x1x2x2xf32>
  %f = linalg.fill ins(%lowest : f32) outs(%e : tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %p = linalg.pooling_nchw_max {nnq.layer = "pool", strides = dense<2> : vector<2xi64>}
    ins(%d, %window : tensor<1x1x4x4xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %qp = quant.qcast %p : tensor<1x1x2x2xf32> to tensor<1x1x2x2x!q>
  %dp = quant.dcast %qp : tensor<1x1x2x2x!q> to tensor<1x1x2x2xf32>
  return %dp : tensor<1x1x2x2xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:10>
!p = !quant.uniform<u8:f32, 0.25:10>

// CHECK-LABEL: @other_parameters
// CHECK: linalg.pooling_nchw_max
// CHECK: arith.divf
// CHECK-NOT: quant.
func.func @other_parameters(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32> {
  %lowest = arith.constant 0xFF800000 : f32
  %q = quant.qcast %x : tensor<1x1x4x4xf32> to tensor<1x1x4x4x!q>
  %d = quant.dcast %q : tensor<1x1x4x4x!q> to tensor<1x1x4x4xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x1x2x2xf32>
  %f = linalg.fill ins(%lowest : f32) outs(%e : tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %p = linalg.pooling_nchw_max {strides = dense<2> : vector<2xi64>}
    ins(%d, %window : tensor<1x1x4x4xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %qp = quant.qcast %p : tensor<1x1x2x2xf32> to tensor<1x1x2x2x!p>
  %dp = quant.dcast %qp : tensor<1x1x2x2x!p> to tensor<1x1x2x2xf32>
  return %dp : tensor<1x1x2x2xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:10>

// The maximum of a window and 1.0 is no pooling of the window alone.
// CHECK-LABEL: @starts_above_the_lowest_value
// CHECK: linalg.pooling_nchw_max
// CHECK-NOT: quant.
func.func @starts_above_the_lowest_value(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x2x2xf32> {
  %one = arith.constant 1.0 : f32
  %q = quant.qcast %x : tensor<1x1x4x4xf32> to tensor<1x1x4x4x!q>
  %d = quant.dcast %q : tensor<1x1x4x4x!q> to tensor<1x1x4x4xf32>
  %window = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x1x2x2xf32>
  %f = linalg.fill ins(%one : f32) outs(%e : tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %p = linalg.pooling_nchw_max {strides = dense<2> : vector<2xi64>}
    ins(%d, %window : tensor<1x1x4x4xf32>, tensor<2x2xf32>)
    outs(%f : tensor<1x1x2x2xf32>) -> tensor<1x1x2x2xf32>
  %qp = quant.qcast %p : tensor<1x1x2x2xf32> to tensor<1x1x2x2x!q>
  %dp = quant.dcast %qp : tensor<1x1x2x2x!q> to tensor<1x1x2x2xf32>
  return %dp : tensor<1x1x2x2xf32>
}
