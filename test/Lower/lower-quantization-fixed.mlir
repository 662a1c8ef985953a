// RUN: nnq-opt %s --nnq-lower-quantization="activation-storage=s8 requant=fixed" --split-input-file --cse | FileCheck %s

!x = !quant.uniform<i8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32:1, {0.25, 20.0}>
!y = !quant.uniform<i8:f32, 2.0:-1>

// 0.5 * 0.25 / 2 = 2^30 * 2^-31 * 2^-3, 0.5 * 20 / 2 = 5/8 * 2^31 * 2^-31 * 2^3
// CHECK-LABEL: func.func @layer
// CHECK:         %[[B:.*]] = arith.constant dense_resource<fc_bias>
// CHECK:         %[[M:.*]] = arith.constant dense_resource<fc_multiplier>
// CHECK:         %[[R:.*]] = arith.constant dense_resource<fc_shift>
// CHECK:         %[[L:.*]] = arith.constant dense_resource<fc_left_shift>
// CHECK:         linalg.generic {{.*}} ins(%{{.*}}, %[[B]], %[[M]], %[[R]], %[[L]] : tensor<1x2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>, tensor<2xi32>)
// CHECK-NEXT:    ^bb0(%[[ACC:.*]]: i32, %[[BIAS:.*]]: i32, %[[FACTOR:.*]]: i32, %[[RIGHT:.*]]: i32, %[[LEFT:.*]]: i32, %{{.*}}: i8):
// CHECK-NEXT:      %[[SUM:.*]] = arith.addi %[[ACC]], %[[BIAS]]
// CHECK-NEXT:      %[[UP:.*]] = arith.shli %[[SUM]], %[[LEFT]]
// CHECK-DAG:       %[[UP64:.*]] = arith.extsi %[[UP]] : i32 to i64
// CHECK-DAG:       %[[F64:.*]] = arith.extsi %[[FACTOR]] : i32 to i64
// CHECK:           %[[P:.*]] = arith.muli %[[UP64]], %[[F64]]
// CHECK:           %[[PR:.*]] = arith.addi %[[P]], %c1073741824_i64
// CHECK:           %[[H:.*]] = arith.shrsi %[[PR]], %c31_i64
// CHECK:           arith.trunci %[[H]] : i64 to i32
// CHECK-NOT:     f32
// CHECK:           linalg.yield %{{.*}} : i8
// CHECK-DAG:     fc_left_shift: "0x400000000000000003000000"
// CHECK-DAG:     fc_multiplier: "0x400000000000004000000050"
// CHECK-DAG:     fc_shift: "0x400000000300000000000000"
func.func @layer(%x: tensor<1x8xi8>) -> tensor<1x2xi8> {
  %w = arith.constant dense<5> : tensor<8x2xi8>
  %zero = arith.constant 0.0 : f32
  %xq = quant.scast %x : tensor<1x8xi8> to tensor<1x8x!x>
  %xd = quant.dcast %xq : tensor<1x8x!x> to tensor<1x8xf32>
  %wq = quant.scast %w : tensor<8x2xi8> to tensor<8x2x!w>
  %wd = quant.dcast %wq : tensor<8x2x!w> to tensor<8x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%xd, %wd : tensor<1x8xf32>, tensor<8x2xf32>) outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %yq = quant.qcast %0 : tensor<1x2xf32> to tensor<1x2x!y>
  %y = quant.scast %yq : tensor<1x2x!y> to tensor<1x2xi8>
  return %y : tensor<1x2xi8>
}
