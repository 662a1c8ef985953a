// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file \
// RUN:   | FileCheck %s

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.5}>
!qr = !quant.uniform<u8:f32, 0.375:7>
!qy = !quant.uniform<u8:f32, 0.125:3>
#id = affine_map<(d0, d1) -> (d0, d1)>

// Both terms of a residual sum come in steps of the result, whose scale divides
// their multipliers: nothing is divided at run time, and bounds are integers.
// CHECK-LABEL: @residual
// CHECK-SAME: %{{.+}}: tensor<1x3xf32>, %[[R:.+]]: tensor<1x2xi8>
// CHECK: %[[MULTIPLIER:.+]] = arith.constant dense_resource<fc_multiplier{{.*}}> : tensor<2xf32>
// CHECK: %[[TERM:.+]] = linalg.generic {{.*}} ins(%{{.+}}, %{{.+}}, %[[MULTIPLIER]] : tensor<1x2xi32>, tensor<2xi32>, tensor<2xf32>)
// CHECK: %[[SCALE:.+]] = arith.constant 3.000000e+00 : f32
// CHECK: %[[OTHER:.+]] = linalg.generic {{.*}} ins(%[[R]] : tensor<1x2xi8>)
// CHECK: arith.subi %{{.+}}, %c7_i32
// CHECK: arith.mulf %{{.+}}, %[[SCALE]]
// CHECK: %[[SUM:.+]] = linalg.generic {{.*}} ins(%[[TERM]], %[[OTHER]] : tensor<1x2xf32>, tensor<1x2xf32>)
// CHECK: arith.addf
// CHECK-NOT: arith.divf
// CHECK-NOT: arith.maximumf
// CHECK: linalg.generic {{.*}} ins(%[[SUM]] : tensor<1x2xf32>) outs(%{{.+}} : tensor<1x2xi8>)
// CHECK-NOT: arith.cmpf
// CHECK: math.roundeven
// CHECK: arith.fptosi
// CHECK: arith.addi %{{.+}}, %c3_i32{{.*}} : i32
// CHECK: arith.maxsi %{{.+}}, %c3_i32{{.*}} : i32
// 0.5 * 0.25 / 0.125 and 0.5 * 0.5 / 0.125
// CHECK: fc_multiplier{{.*}}: "0x400000000000803F00000040"
func.func @residual(%x: tensor<1x3xf32>, %r: tensor<1x2xi8>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %qw = quant.scast %w : tensor<3x2xi8> to tensor<3x2x!qw>
  %dw = quant.dcast %qw : tensor<3x2x!qw> to tensor<3x2xf32>
  %qx = quant.qcast %x : tensor<1x3xf32> to tensor<1x3x!qx>
  %dx = quant.dcast %qx : tensor<1x3x!qx> to tensor<1x3xf32>
  %qr = quant.scast %r : tensor<1x2xi8> to tensor<1x2x!qr>
  %dr = quant.dcast %qr : tensor<1x2x!qr> to tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0, %dr : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.maximumf %a, %zero : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  %qy = quant.qcast %2 : tensor<1x2xf32> to tensor<1x2x!qy>
  %dy = quant.dcast %qy : tensor<1x2x!qy> to tensor<1x2xf32>
  return %dy : tensor<1x2xf32>
}

// -----

!qr = !quant.uniform<u8:f32, 0.375:7>
!qy = !quant.uniform<u8:f32, 0.125:3>
#id = affine_map<(d0) -> (d0)>

// The sum has another reader, which wants it as it is.
// CHECK-LABEL: @read_twice
// CHECK: arith.divf
func.func @read_twice(%r: tensor<2xi8>) -> (tensor<2xf32>, tensor<2xf32>) {
  %qr = quant.scast %r : tensor<2xi8> to tensor<2x!qr>
  %dr = quant.dcast %qr : tensor<2x!qr> to tensor<2xf32>
  %e = tensor.empty() : tensor<2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%dr, %dr : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<2xf32>
  %qy = quant.qcast %1 : tensor<2xf32> to tensor<2x!qy>
  %dy = quant.dcast %qy : tensor<2x!qy> to tensor<2xf32>
  return %1, %dy : tensor<2xf32>, tensor<2xf32>
}

// -----

!qr = !quant.uniform<u8:f32, 0.375:7>
!qy = !quant.uniform<u8:f32, 0.125:3>
#id = affine_map<(d0) -> (d0)>

// One term is not an integer times a scale.
// CHECK-LABEL: @float_term
// CHECK: arith.divf
func.func @float_term(%r: tensor<2xi8>, %x: tensor<2xf32>) -> tensor<2xf32> {
  %qr = quant.scast %r : tensor<2xi8> to tensor<2x!qr>
  %dr = quant.dcast %qr : tensor<2x!qr> to tensor<2xf32>
  %e = tensor.empty() : tensor<2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%dr, %x : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<2xf32>
  %qy = quant.qcast %1 : tensor<2xf32> to tensor<2x!qy>
  %dy = quant.dcast %qy : tensor<2x!qy> to tensor<2xf32>
  return %dy : tensor<2xf32>
}
