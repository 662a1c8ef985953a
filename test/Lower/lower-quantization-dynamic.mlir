// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,U8
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=s8 --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,S8

!qw = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.5}>
#id = affine_map<(d0, d1) -> (d0, d1)>
#channel = affine_map<(d0, d1) -> (d1)>

// The range of the input and zero gives the parameters; the epilogue is in f32.
// CHECK-LABEL: @asymmetric
// CHECK-SAME: %[[X:.+]]: tensor<1x3xf32>
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "reduction"]} ins(%[[X]] :
// CHECK: arith.minimumf
// CHECK: %[[MIN:.+]] = tensor.extract
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "reduction"]} ins(%[[X]] :
// CHECK: arith.maximumf
// CHECK: %[[MAX:.+]] = tensor.extract
// CHECK: %[[SPAN:.+]] = arith.subf %[[MAX]], %[[MIN]]
// CHECK: %[[S:.+]] = arith.divf %[[SPAN]], %{{cst.*}} : f32
// CHECK: %[[NONE:.+]] = arith.cmpf oeq, %[[S]],
// CHECK: %[[SCALE:.+]] = arith.select %[[NONE]], %{{.+}}, %[[S]]
// CHECK: arith.negf %[[MIN]]
// CHECK: arith.divf %{{.+}}, %[[SCALE]]
// CHECK: math.roundeven
// CHECK: arith.fptosi
// U8: %[[ZP:.+]] = arith.addi %{{.+}}, %c0_i32
// S8: %[[ZP:.+]] = arith.addi %{{.+}}, %c-128_i32
// CHECK: %[[Q:.+]] = linalg.generic {{.*}} ins(%[[X]] :
// CHECK: arith.divf %{{.+}}, %[[SCALE]]
// CHECK: arith.addi %{{.+}}, %[[ZP]] : i32
// CHECK: %[[ACC:.+]] = linalg.generic {{.*}} ins(%[[Q]], %{{.+}} : tensor<1x3xi8>, tensor<3x2xi8>)
// U8: arith.extui
// S8: arith.extsi
// CHECK: linalg.generic {{.*}} ins(%[[ACC]],
// CHECK: %[[OFFSET:.+]] = arith.muli %{{.+}}, %[[ZP]]
// CHECK: %[[SUM:.+]] = arith.subi %{{.+}}, %[[OFFSET]]
// CHECK: %[[FLOAT:.+]] = arith.sitofp %[[SUM]]
// CHECK: %[[BOTH:.+]] = arith.mulf %{{.+}}, %[[SCALE]]
// CHECK: %[[SCALED:.+]] = arith.mulf %[[FLOAT]], %[[BOTH]]
// CHECK: %[[BIASED:.+]] = arith.addf %[[SCALED]],
// CHECK: arith.maximumf %[[BIASED]],
// CHECK-NOT: {{quant\.|nnq\.dynamic}}
// CHECK: fc_weight_sum: "0x40000000090000000C000000"
// CHECK: fc_scale: "0x400000000000803E0000003F"
// CHECK: fc_bias: "0x400000000000803F000000C0"
func.func @asymmetric(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %b = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %qw = quant.scast %w : tensor<3x2xi8> to tensor<3x2x!qw>
  %dw = quant.dcast %qw : tensor<3x2x!qw> to tensor<3x2xf32>
  %qx, %s, %zp = nnq.dynamic_qcast %x : tensor<1x3xf32> -> tensor<1x3xi8>
  %dx = nnq.dynamic_dcast %qx, %s, %zp : tensor<1x3xi8> -> tensor<1x3xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #channel, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%0, %b : tensor<1x2xf32>, tensor<2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %t = arith.addf %a, %c : f32
    linalg.yield %t : f32
  } -> tensor<1x2xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %t = arith.maximumf %a, %zero : f32
    linalg.yield %t : f32
  } -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}

// -----

// Symmetric: the larger magnitude over 127, and the offset of the storage as
// zero point. A reader in f32 gets the dequantized value.
// CHECK-LABEL: @symmetric
// CHECK: %[[NEG:.+]] = arith.negf
// CHECK: %[[SPAN:.+]] = arith.maximumf %{{.+}}, %[[NEG]]
// CHECK: %[[C127:.+]] = arith.constant 1.270000e+02
// CHECK: arith.divf %[[SPAN]], %[[C127]]
// U8: %[[ZP:.+]] = arith.constant 128 : i32
// S8: %[[ZP:.+]] = arith.constant 0 : i32
// CHECK: linalg.generic
// CHECK: arith.addi %{{.+}}, %[[ZP]]
// CHECK: linalg.generic
// U8: arith.extui
// S8: arith.extsi
// CHECK: arith.subi %{{.+}}, %[[ZP]]
// CHECK: arith.mulf
// CHECK-NOT: nnq.dynamic
func.func @symmetric(%x: tensor<4xf32>) -> tensor<4xf32> {
  %q, %s, %zp = nnq.dynamic_qcast %x {symmetric} : tensor<4xf32> -> tensor<4xi8>
  %d = nnq.dynamic_dcast %q, %s, %zp {symmetric} : tensor<4xi8> -> tensor<4xf32>
  return %d : tensor<4xf32>
}

// -----

!qw = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.5}>
!qy = !quant.uniform<u8:f32, 0.125:3>

// A static requantization behind dynamic parameters stays apart.
// CHECK-LABEL: @static_result
// CHECK: arith.muli
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x2xf32>)
// CHECK: linalg.generic {{.*}} ins(%[[Y]] : tensor<1x2xf32>)
// CHECK: arith.divf
// CHECK-NOT: quant.
func.func @static_result(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %qw = quant.scast %w : tensor<3x2xi8> to tensor<3x2x!qw>
  %dw = quant.dcast %qw : tensor<3x2x!qw> to tensor<3x2xf32>
  %qx, %s, %zp = nnq.dynamic_qcast %x : tensor<1x3xf32> -> tensor<1x3xi8>
  %dx = nnq.dynamic_dcast %qx, %s, %zp : tensor<1x3xi8> -> tensor<1x3xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %qy = quant.qcast %0 : tensor<1x2xf32> to tensor<1x2x!qy>
  %dy = quant.dcast %qy : tensor<1x2x!qy> to tensor<1x2xf32>
  return %dy : tensor<1x2xf32>
}
