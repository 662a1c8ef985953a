// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file | FileCheck %s

!qw = !quant.uniform<i8<-127:127>:f32:1, {0.25, 0.5}>
#id = affine_map<(d0, d1) -> (d0, d1)>
#channel = affine_map<(d0, d1) -> (d1)>

// CHECK-DAG: #[[ROW:.+]] = affine_map<(d0, d1) -> (d0)>

// Ranges, scales and zero points are by row, and the epilogue reads them so.
// CHECK-LABEL: @asymmetric
// CHECK-SAME: %[[X:.+]]: tensor<4x3xf32>
// CHECK: %[[MIN:.+]] = linalg.generic {{.*}}["parallel", "reduction"]} ins(%[[X]] : {{.*}} outs(%{{.+}} : tensor<4xf32>)
// CHECK: arith.minimumf
// CHECK: %[[MAX:.+]] = linalg.generic {{.*}}["parallel", "reduction"]} ins(%[[X]] : {{.*}} outs(%{{.+}} : tensor<4xf32>)
// CHECK: arith.maximumf
// CHECK: %[[S:.+]] = linalg.generic {{.*}} ins(%[[MIN]], %[[MAX]] :
// CHECK: %[[Z:.+]] = linalg.generic {{.*}} ins(%[[MIN]], %[[S]] : {{.*}} outs(%{{.+}} : tensor<4xi32>)
// CHECK: %[[Q:.+]] = linalg.generic {{{.*}}#[[ROW]], #[[ROW]], {{.*}} ins(%[[X]], %[[S]], %[[Z]] : {{.*}} outs(%{{.+}} : tensor<4x3xi8>)
// CHECK: %[[ACC:.+]] = linalg.generic {{.*}} ins(%[[Q]], %{{.+}} : tensor<4x3xi8>, tensor<3x2xi8>)
// CHECK: linalg.generic {{{.*}}#[[ROW]], #[[ROW]], {{.*}} ins(%[[ACC]], %{{.+}}, %{{.+}}, %{{.+}}, %[[S]], %[[Z]] :
// CHECK-NEXT: ^bb0(%[[A:.+]]: i32, %[[SUM:.+]]: i32, %[[SW:.+]]: f32, %[[B:.+]]: f32, %[[SX:.+]]: f32, %[[ZX:.+]]: i32, %{{.+}}: f32):
// CHECK-NEXT: %[[OFFSET:.+]] = arith.muli %[[SUM]], %[[ZX]]
// CHECK-NEXT: %[[DIFF:.+]] = arith.subi %[[A]], %[[OFFSET]]
// CHECK-NEXT: %[[F:.+]] = arith.sitofp %[[DIFF]]
// CHECK-NEXT: %[[SCALE:.+]] = arith.mulf %[[SW]], %[[SX]]
// CHECK-NEXT: %[[Y:.+]] = arith.mulf %[[F]], %[[SCALE]]
// CHECK-NEXT: arith.addf %[[Y]], %[[B]]
// CHECK-NOT: {{quant\.|nnq\.dynamic}}
func.func @asymmetric(%x: tensor<4x3xf32>) -> tensor<4x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6]]> : tensor<3x2xi8>
  %b = arith.constant dense<[1.0, -2.0]> : tensor<2xf32>
  %qw = quant.scast %w : tensor<3x2xi8> to tensor<3x2x!qw>
  %dw = quant.dcast %qw : tensor<3x2x!qw> to tensor<3x2xf32>
  %qx, %s, %zp = nnq.dynamic_qcast %x : tensor<4x3xf32> -> tensor<4x3xi8>, tensor<4xf32>, tensor<4xi32>
  %dx = nnq.dynamic_dcast %qx, %s, %zp : tensor<4x3xi8> -> tensor<4x3xf32>, tensor<4xf32>, tensor<4xi32>
  %e = tensor.empty() : tensor<4x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x2xf32>) -> tensor<4x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<4x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<4x2xf32>) -> tensor<4x2xf32>
  %1 = linalg.generic {indexing_maps = [#id, #channel, #id],
      iterator_types = ["parallel", "parallel"]}
      ins(%0, %b : tensor<4x2xf32>, tensor<2xf32>) outs(%e : tensor<4x2xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %t = arith.addf %a, %c : f32
    linalg.yield %t : f32
  } -> tensor<4x2xf32>
  return %1 : tensor<4x2xf32>
}

// -----

// CHECK-DAG: #[[ROW:.+]] = affine_map<(d0, d1, d2) -> (d0, d1)>

// Symmetric rows share their zero point. A reader in f32 gets dequantized rows.
// CHECK-LABEL: @symmetric
// CHECK: %[[S:.+]] = linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<2x3xf32>, tensor<2x3xf32>)
// CHECK: arith.negf
// CHECK: %[[ZP:.+]] = arith.constant 128 : i32
// CHECK: %[[Q:.+]] = linalg.generic {{{.*}}#[[ROW]], {{.*}} ins(%{{.+}}, %[[S]] : tensor<2x3x4xf32>, tensor<2x3xf32>)
// CHECK: linalg.generic {{{.*}}#[[ROW]], {{.*}} ins(%[[Q]], %[[S]] : tensor<2x3x4xi8>, tensor<2x3xf32>)
// CHECK: arith.subi %{{.+}}, %[[ZP]]
// CHECK-NOT: nnq.dynamic
func.func @symmetric(%x: tensor<2x3x4xf32>) -> tensor<2x3x4xf32> {
  %q, %s, %zp = nnq.dynamic_qcast %x {symmetric} : tensor<2x3x4xf32> -> tensor<2x3x4xi8>, tensor<2x3xf32>, tensor<2x3xi32>
  %d = nnq.dynamic_dcast %q, %s, %zp {symmetric} : tensor<2x3x4xi8> -> tensor<2x3x4xf32>, tensor<2x3xf32>, tensor<2x3xi32>
  return %d : tensor<2x3x4xf32>
}

// -----

!qg = !quant.uniform<i8:f32:{0:2, 1:1}, {{0.25, 0.5}, {1.0, 2.0}}>

// CHECK-DAG: #[[ROW:.+]] = affine_map<(d0, d1, d2) -> (d0)>
// CHECK-DAG: #[[ROW2:.+]] = affine_map<(d0, d1) -> (d0)>

// Sums of groups lose the zero point of their row, and its scale comes last.
// CHECK-LABEL: @groups
// CHECK: %[[S:.+]] = linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<5xf32>, tensor<5xf32>)
// CHECK: %[[Z:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<5xi32>) {
// CHECK: %[[Y:.+]] = linalg.generic {{{.*}}#[[ROW]], {{.*}}["parallel", "parallel", "reduction"]} ins({{.*}}, %[[Z]] :
// CHECK: linalg.generic {{{.*}}#[[ROW2]], {{.*}} ins(%[[Y]], %[[S]] :
func.func @groups(%x: tensor<5x4xf32>) -> tensor<5x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<[[1, 2], [3, 4], [5, 6], [7, 8]]> : tensor<4x2xi8>
  %qw = quant.scast %w : tensor<4x2xi8> to tensor<4x2x!qg>
  %dw = quant.dcast %qw : tensor<4x2x!qg> to tensor<4x2xf32>
  %qx, %s, %zp = nnq.dynamic_qcast %x : tensor<5x4xf32> -> tensor<5x4xi8>, tensor<5xf32>, tensor<5xi32>
  %dx = nnq.dynamic_dcast %qx, %s, %zp : tensor<5x4xi8> -> tensor<5x4xf32>, tensor<5xf32>, tensor<5xi32>
  %e = tensor.empty() : tensor<5x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<5x2xf32>) -> tensor<5x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%dx, %dw : tensor<5x4xf32>, tensor<4x2xf32>)
    outs(%f : tensor<5x2xf32>) -> tensor<5x2xf32>
  return %0 : tensor<5x2xf32>
}
