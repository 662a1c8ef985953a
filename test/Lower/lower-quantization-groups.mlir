// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s8 --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file | FileCheck %s --check-prefix=U8

!qx = !quant.uniform<i8<-127:127>:f32, 0.5>
!qw = !quant.uniform<i4:f32:{0:2, 1:1}, {{0.25, 0.5}, {1.0, 2.0}}>

// The sum of each group is an integer; sums are scaled and added up in f32.
// CHECK-DAG: #[[X:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d3 * 2 + d2)>
// CHECK-DAG: #[[W:.+]] = affine_map<(d0, d1, d2, d3) -> (d3, d2, d1)>
// CHECK-DAG: #[[S:.+]] = affine_map<(d0, d1, d2, d3) -> (d0, d3, d1)>
// CHECK-DAG: #[[SUMS:.+]] = affine_map<(d0, d1, d2) -> (d0, d2, d1)>
// CHECK-DAG: #[[SCALE:.+]] = affine_map<(d0, d1, d2) -> (d2, d1)>
// CHECK-LABEL: @groups
// CHECK: %[[WEIGHTS:.+]] = arith.constant dense_resource<{{.+}}> : tensor<2x2x2xi8>
// CHECK: %[[S32:.+]] = linalg.generic {indexing_maps = [#[[X]], #[[W]], #[[S]]], iterator_types = ["parallel", "parallel", "reduction", "parallel"]}
// CHECK-SAME: %[[WEIGHTS]] : tensor<1x4xi8>, tensor<2x2x2xi8>
// CHECK-SAME: nnq.weight_bits = 4
// CHECK: arith.muli
// CHECK: arith.addi
// CHECK: -> tensor<1x2x2xi32>
// CHECK: %[[Y:.+]] = linalg.generic {indexing_maps = [#[[SUMS]], #[[SCALE]], #{{.+}}], iterator_types = ["parallel", "parallel", "reduction"]}
// CHECK-SAME: ins(%[[S32]], %{{.+}} : tensor<1x2x2xi32>, tensor<2x2xf32>)
// CHECK-NOT: arith.subi
// CHECK: %[[V:.+]] = arith.sitofp
// CHECK: %[[M:.+]] = arith.mulf %[[V]]
// CHECK: arith.addf %{{.+}}, %[[M]]
// CHECK: linalg.generic {{.*}}ins(%[[Y]] :
// CHECK: arith.mulf %{{.+}}, %cst{{.*}} : f32
// With the zero point 128, sums of the weights are subtracted.
// U8-LABEL: @groups
// U8: arith.constant dense_resource<fc_weight_sum> : tensor<2x2xi16>
// U8: %[[E:.+]] = arith.extsi %{{.+}} : i16 to i32
// U8: %[[O:.+]] = arith.muli %[[E]], %c128
// U8: arith.subi %{{.+}}, %[[O]]
// CHECK: fc_scale: "0x400000000000803E0000003F0000803F00000040"
// U8: fc_weight_sum: "0x400000000400060004000600"
func.func @groups(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6], [-1, 0]]> : tensor<4x2xi4>
  %qw = quant.scast %w : tensor<4x2xi4> to tensor<4x2x!qw>
  %dw = quant.dcast %qw : tensor<4x2x!qw> to tensor<4x2xf32>
  %qx = quant.qcast %x : tensor<1x4xf32> to tensor<1x4x!qx>
  %dx = quant.dcast %qx : tensor<1x4x!qx> to tensor<1x4xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<1x4xf32>, tensor<4x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

!qx = !quant.uniform<i8<-127:127>:f32, 0.5>
!qw = !quant.uniform<i4:f32:{0:1, 1:2}, {{0.25:1, 0.5}, {1.0, 2.0:-3}}>

// Zero points of groups are multiplied with sums of the activation.
// CHECK-LABEL: @zero_points
// CHECK: %[[SPLIT:.+]] = tensor.expand_shape %{{.+}} {{.*}} : tensor<1x4xi8> into tensor<1x2x2xi8>
// CHECK: linalg.generic {{.*}}"reduction"]} ins(%[[SPLIT]]
// CHECK: arith.constant dense_resource<fc_weight_zero_point> : tensor<2x2xi32>
// CHECK: arith.muli
// CHECK: arith.subi
// CHECK: fc_weight_zero_point: "0x40000000010000000000000000000000FDFFFFFF"
func.func @zero_points(%x: tensor<1x4xf32>, %f: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2, 3, 4], [5, 6, -1, 0]]> : tensor<2x4xi4>
  %qw = quant.scast %w : tensor<2x4xi4> to tensor<2x4x!qw>
  %dw = quant.dcast %qw : tensor<2x4x!qw> to tensor<2x4xf32>
  %qx = quant.qcast %x : tensor<1x4xf32> to tensor<1x4x!qx>
  %dx = quant.dcast %qx : tensor<1x4x!qx> to tensor<1x4xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %g = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul
    indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>, affine_map<(m, n, k) -> (m, n)>]
    {nnq.layer = "fc"} ins(%dx, %dw : tensor<1x4xf32>, tensor<2x4xf32>) outs(%g : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

!qw = !quant.uniform<i4:f32:{0:2, 1:1}, {{0.25, 0.5}, {1.0, 2.0}}>

// Weights alone: f32 is multiplied with integers, which are not made f32 before.
// CHECK-LABEL: @weight_only
// CHECK-SAME: %[[X:.+]]: tensor<1x4xf32>
// CHECK: linalg.generic {{.*}}ins(%[[X]], %{{.+}} : tensor<1x4xf32>, tensor<2x2x2xi8>)
// CHECK-SAME: nnq.weight_bits = 4
// CHECK: %[[I:.+]] = arith.sitofp %{{.+}} : i8 to f32
// CHECK: arith.mulf %{{.+}}, %[[I]]
// CHECK: -> tensor<1x2x2xf32>
func.func @weight_only(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6], [-1, 0]]> : tensor<4x2xi4>
  %qw = quant.scast %w : tensor<4x2xi4> to tensor<4x2x!qw>
  %dw = quant.dcast %qw : tensor<4x2x!qw> to tensor<4x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %dw : tensor<1x4xf32>, tensor<4x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}

// -----

!qw = !quant.uniform<i8<-8:7>:f32:{0:2, 1:1}, {{0.25:3, 0.5}, {1.0, 2.0:-2}}>

// Zero points of weights alone are multiplied with sums of the activation, too.
// CHECK-LABEL: @weight_only_zero_points
// CHECK-SAME: %[[X:.+]]: tensor<1x4xf32>
// CHECK: %[[SPLIT:.+]] = tensor.expand_shape %[[X]] {{.*}} : tensor<1x4xf32> into tensor<1x2x2xf32>
// CHECK: linalg.generic {{.*}}"reduction"]} ins(%[[SPLIT]]
// CHECK: linalg.generic {{.*}}ins(%[[X]], %{{.+}} : tensor<1x4xf32>, tensor<2x2x2xi8>)
// CHECK-SAME: nnq.weight_bits = 4
// CHECK: arith.constant dense_resource<fc_weight_zero_point{{.*}}> : tensor<2x2xf32>
// CHECK: %[[OFFSET:.+]] = arith.mulf
// CHECK: arith.subf %{{.+}}, %[[OFFSET]]
func.func @weight_only_zero_points(%x: tensor<1x4xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6], [-1, 0]]> : tensor<4x2xi8>
  %qw = quant.scast %w : tensor<4x2xi8> to tensor<4x2x!qw>
  %dw = quant.dcast %qw : tensor<4x2x!qw> to tensor<4x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %dw : tensor<1x4xf32>, tensor<4x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
