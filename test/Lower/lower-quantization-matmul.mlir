// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file \
// RUN:   | FileCheck %s

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.5}>
!qy = !quant.uniform<u8:f32, 0.125:3>

// The channel is the last dimension; with neither bias nor ReLU the constant
// holds the zero point alone and the clamp is that of the type, in integers: no
// sum times its multiplier exceeds 32 bits.
// CHECK-LABEL: @requantized
// CHECK: %[[ACC:.+]] = linalg.generic {{.*}} iterator_types = ["parallel", "parallel", "reduction"]
// CHECK: arith.muli
// CHECK: linalg.generic {{.*}} ins(%[[ACC]], %{{.+}}, %{{.+}} : tensor<1x2xi32>, tensor<2xi32>, tensor<2xf32>) outs(%{{.+}} : tensor<1x2xi8>)
// CHECK: %[[SUM:.+]] = arith.addi %{{.+}}, %c3_i32
// CHECK: %[[ABOVE:.+]] = arith.maxsi %[[SUM]], %c0_i32
// CHECK: %[[BELOW:.+]] = arith.minsi %[[ABOVE]], %c255_i32
// CHECK: arith.trunci %[[BELOW]] : i32 to i8
// CHECK-NOT: quant.
// -10 * (1 + 3 + 5), -10 * (2 + 4 + 6)
// CHECK: fc_bias: "0x40000000A6FFFFFF88FFFFFF"
func.func @requantized(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %qw = quant.scast %w : tensor<3x2xi8> to tensor<3x2x!qw>
  %dw = quant.dcast %qw : tensor<3x2x!qw> to tensor<3x2xf32>
  %qx = quant.qcast %x : tensor<1x3xf32> to tensor<1x3x!qx>
  %dx = quant.dcast %qx : tensor<1x3x!qx> to tensor<1x3xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %qy = quant.qcast %0 : tensor<1x2xf32> to tensor<1x2x!qy>
  %dy = quant.dcast %qy : tensor<1x2x!qy> to tensor<1x2xf32>
  return %dy : tensor<1x2xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32, 0.25>
#id = affine_map<(d0, d1) -> (d0, d1)>
#channel = affine_map<(d0, d1) -> (d1)>

// What is not quantized again leaves the epilogue in f32; here the multiplier
// is the scale of the accumulator. Weights with one scale have it repeated.
// CHECK-LABEL: @f32_result
// CHECK: arith.muli
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x2xf32>)
// CHECK: arith.sitofp
// CHECK: %[[SCALED:.+]] = arith.mulf
// CHECK: arith.maximumf %[[SCALED]], %{{.+}} : f32
// CHECK-NEXT: linalg.yield
// CHECK: return %[[Y]]
// 1 / 0.125 - 90, -2 / 0.125 - 120
// CHECK: fc_bias: "0x40000000AEFFFFFF78FFFFFF"
// CHECK: fc_multiplier: "0x400000000000003E0000003E"
func.func @f32_result(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %b = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %qw = quant.scast %w : tensor<3x2xi8> to tensor<3x2x!qw>
  %dw = quant.dcast %qw : tensor<3x2x!qw> to tensor<3x2xf32>
  %qx = quant.qcast %x : tensor<1x3xf32> to tensor<1x3x!qx>
  %dx = quant.dcast %qx : tensor<1x3x!qx> to tensor<1x3xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.generic {indexing_maps = [#channel, #id, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%b, %0 : tensor<2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%c: f32, %a: f32, %o: f32):
    %s = arith.addf %c, %a : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.maximumf %a, %zero : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32, 0.25>
!qy = !quant.uniform<u8:f32, 0.125:3>
#id = affine_map<(d0, d1) -> (d0, d1)>

// With a second reader of the sum neither ReLU nor requantization is folded.
// CHECK-LABEL: @second_reader
// CHECK: arith.muli
// CHECK: %[[SUM:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x2xf32>)
// CHECK-NOT: arith.maximumf
// CHECK: linalg.generic {{.*}} ins(%[[SUM]] : tensor<1x2xf32>)
// CHECK: arith.maximumf
// CHECK: linalg.generic {{.*}} outs(%{{.+}} : tensor<1x2xi8>)
// CHECK: arith.divf
// CHECK: return %[[SUM]]
func.func @second_reader(%x: tensor<1x3xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %qw = quant.scast %w : tensor<3x2xi8> to tensor<3x2x!qw>
  %dw = quant.dcast %qw : tensor<3x2x!qw> to tensor<3x2xf32>
  %qx = quant.qcast %x : tensor<1x3xf32> to tensor<1x3x!qx>
  %dx = quant.dcast %qx : tensor<1x3x!qx> to tensor<1x3xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.maximumf %a, %zero : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  %qy = quant.qcast %1 : tensor<1x2xf32> to tensor<1x2x!qy>
  %dy = quant.dcast %qy : tensor<1x2x!qy> to tensor<1x2xf32>
  return %0, %dy : tensor<1x2xf32>, tensor<1x2xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32, 0.25>
#id = affine_map<(d0, d1) -> (d0, d1)>

// A bias of equal numbers that canonicalization has moved into the body.
// CHECK-LABEL: @scalar_bias
// CHECK-NOT: arith.addf
// 1 / 0.125 - 90, 1 / 0.125 - 120
// CHECK: fc_bias: "0x40000000AEFFFFFF90FFFFFF"
func.func @scalar_bias(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %qw = quant.scast %w : tensor<3x2xi8> to tensor<3x2x!qw>
  %dw = quant.dcast %qw : tensor<3x2x!qw> to tensor<3x2xf32>
  %qx = quant.qcast %x : tensor<1x3xf32> to tensor<1x3x!qx>
  %dx = quant.dcast %qx : tensor<1x3x!qx> to tensor<1x3xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %one : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32, 0.25>
#id = affine_map<(d0, d1) -> (d0, d1)>

// What is added is no constant: the sum stays behind the epilogue.
// CHECK-LABEL: @residual
// CHECK-SAME: %{{.+}}: tensor<1x3xf32>, %[[R:.+]]: tensor<1x2xf32>
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<1x2xf32>)
// CHECK: arith.sitofp
// CHECK: linalg.generic {{.*}} ins(%[[Y]], %[[R]] :
// CHECK: arith.addf
func.func @residual(%x: tensor<1x3xf32>, %r: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %qw = quant.scast %w : tensor<3x2xi8> to tensor<3x2x!qw>
  %dw = quant.dcast %qw : tensor<3x2x!qw> to tensor<3x2xf32>
  %qx = quant.qcast %x : tensor<1x3xf32> to tensor<1x3x!qx>
  %dx = quant.dcast %qx : tensor<1x3x!qx> to tensor<1x3xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul ins(%dx, %dw : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0, %r : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<1x2xf32>
  return %1 : tensor<1x2xf32>
}

// -----

!qx = !quant.uniform<u8:f32, 0.5:10>
!qw = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.5}>
!qy = !quant.uniform<u8:f32, 1.0e-9:3>

// A sum of 255 * 12 times 0.25 / 1e-9 exceeds 32 bits: clamped in float, and once
// more to what the storage holds, which is part of the instruction that narrows.
// CHECK-LABEL: @wide
// CHECK: arith.muli
// CHECK-DAG: %[[LOW:.+]] = arith.constant -3.0
// CHECK-DAG: %[[HIGH:.+]] = arith.constant 2.520000e+02
// CHECK: %[[ABOVE:.+]] = arith.maxnumf %{{.+}}, %[[LOW]]
// CHECK: %[[BELOW:.+]] = arith.minnumf %[[ABOVE]], %[[HIGH]]
// CHECK: math.roundeven %[[BELOW]]
// CHECK: arith.maxsi %{{.+}}, %c0_i32
// CHECK: arith.minsi %{{.+}}, %c255_i32
// CHECK-NOT: quant.
func.func @wide(%x: tensor<1x3xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %qw = quant.scast %w : tensor<3x2xi8> to tensor<3x2x!qw>
  %dw = quant.dcast %qw : tensor<3x2x!qw> to tensor<3x2xf32>
  %qx = quant.qcast %x : tensor<1x3xf32> to tensor<1x3x!qx>
  %dx = quant.dcast %qx : tensor<1x3x!qx> to tensor<1x3xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul ins(%dx, %dw : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  %qy = quant.qcast %0 : tensor<1x2xf32> to tensor<1x2x!qy>
  %dy = quant.dcast %qy : tensor<1x2x!qy> to tensor<1x2xf32>
  return %dy : tensor<1x2xf32>
}
