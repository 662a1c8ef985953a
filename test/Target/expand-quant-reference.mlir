// RUN: nnq-opt %s --nnq-expand-quant-reference --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-expand-quant-reference --nnq-expand-quant-reference --split-input-file | FileCheck %s

// CHECK-LABEL: func.func @quantize(
// CHECK-SAME: %[[X:.*]]: tensor<4xf32>) -> tensor<4xi8>
// CHECK-DAG: %[[S:.*]] = arith.constant 5.000000e-01 : f32
// CHECK-DAG: %[[ZP:.*]] = arith.constant 3 : i32
// CHECK: %[[Q:.*]] = linalg.generic
// CHECK-SAME: ins(%[[X]] : tensor<4xf32>)
// CHECK-SAME: nnq.layer = "conv1"
// CHECK: ^bb0(%[[IN:.*]]: f32, %{{.*}}: i8):
// CHECK: %[[D:.*]] = arith.divf %[[IN]], %[[S]]
// CHECK: %[[R:.*]] = math.roundeven %[[D]]
// CHECK: %[[Z:.*]] = arith.sitofp %[[ZP]] : i32 to f32
// CHECK: %[[A:.*]] = arith.addf %[[R]], %[[Z]]
// CHECK: %[[MIN:.*]] = arith.constant -1.280000e+02
// CHECK: %[[LOW:.*]] = arith.maxnumf %[[A]], %[[MIN]]
// CHECK: %[[MAX:.*]] = arith.constant 1.270000e+02
// CHECK: %[[HIGH:.*]] = arith.minnumf %[[LOW]], %[[MAX]]
// CHECK: %[[I:.*]] = arith.fptosi %[[HIGH]] : f32 to i32
// CHECK: %[[T:.*]] = arith.trunci %[[I]] : i32 to i8
// CHECK: linalg.yield %[[T]]
// CHECK: return %[[Q]] : tensor<4xi8>
!q = !quant.uniform<i8:f32, 0.5:3>
func.func @quantize(%x: tensor<4xf32>) -> tensor<4x!q> {
  %q = quant.qcast %x {nnq.layer = "conv1"} : tensor<4xf32> to tensor<4x!q>
  return %q : tensor<4x!q>
}

// -----

// An unsigned, narrow range; a constant through the storage cast.
// CHECK-LABEL: func.func @narrow
// CHECK: %[[W:.*]] = arith.constant dense_resource<w> : tensor<2xi8>
// CHECK: linalg.generic
// CHECK-SAME: ins(%[[W]] : tensor<2xi8>)
// CHECK: arith.extui %{{.*}} : i8 to i32
// CHECK: arith.subi
// CHECK: arith.sitofp
// CHECK: arith.mulf
// CHECK: linalg.generic
// CHECK: arith.constant 1.000000e+00
// CHECK: arith.constant 2.540000e+02
!u = !quant.uniform<u8<1:254>:f32, 0.1:128>
func.func @narrow(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2x!u>) {
  %w = arith.constant dense_resource<w> : tensor<2xi8>
  %s = quant.scast %w : tensor<2xi8> to tensor<2x!u>
  %d = quant.dcast %s : tensor<2x!u> to tensor<2xf32>
  %q = quant.qcast %x : tensor<2xf32> to tensor<2x!u>
  return %d, %q : tensor<2xf32>, tensor<2x!u>
}

{-# dialect_resources: { builtin: { w: "0x400000000102" } } #-}

// -----

// CHECK-DAG: #[[$AXIS:.*]] = affine_map<(d0, d1) -> (d1)>
// CHECK-DAG: #[[$BLOCK:.*]] = affine_map<(d0, d1) -> (d0, d1 floordiv 2)>
// CHECK-LABEL: func.func @per_axis_and_block
// CHECK: %[[S:.*]] = arith.constant dense<[5.000000e-01, 2.500000e-01]> : tensor<2xf32>
// CHECK: %[[P:.*]] = arith.constant dense<[0, 7]> : tensor<2xi32>
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[$AXIS]], #[[$AXIS]], #{{.*}}]
// CHECK-SAME: ins(%{{.*}}, %[[S]], %[[P]]
// CHECK: linalg.generic {indexing_maps = [#{{.*}}, #[[$BLOCK]], #[[$BLOCK]], #{{.*}}]
!a = !quant.uniform<i8:f32:1, {0.5, 0.25:7}>
!b = !quant.uniform<i8:f32:{0:1, 1:2}, {{0.5:1, 0.25:2}, {0.1:3, 0.2:4}}>
func.func @per_axis_and_block(%x: tensor<?x2xf32>, %w: tensor<2x4xi8>)
    -> (tensor<?x2x!a>, tensor<2x4xf32>) {
  %q = quant.qcast %x : tensor<?x2xf32> to tensor<?x2x!a>
  %b = quant.scast %w : tensor<2x4xi8> to tensor<2x4x!b>
  %d = quant.dcast %b : tensor<2x4x!b> to tensor<2x4xf32>
  return %q, %d : tensor<?x2x!a>, tensor<2x4xf32>
}

// -----

// Ops that only move elements work on storage; a scalar is one element.
// CHECK-LABEL: func.func @moved
// CHECK: tensor.collapse_shape %{{.*}} : tensor<2x4xi8> into tensor<8xi8>
// CHECK: tensor.extract_slice %{{.*}} : tensor<8xi8> to tensor<4xi8>
// CHECK: tensor.pad
// CHECK: tensor.yield %{{.*}} : i8
// CHECK: tensor<4xi8> to tensor<6xi8>
// CHECK: call @moved_callee(%{{.*}}) : (tensor<6xi8>) -> tensor<6xi8>
// CHECK-NOT: quant
!q = !quant.uniform<i8:f32, 0.5:3>
func.func @moved(%x: tensor<2x4x!q>, %s: f32) -> tensor<6x!q> {
  %c = tensor.collapse_shape %x [[0, 1]] : tensor<2x4x!q> into tensor<8x!q>
  %e = tensor.extract_slice %c[2] [4] [1] : tensor<8x!q> to tensor<4x!q>
  %z = quant.qcast %s : f32 to !q
  %p = tensor.pad %e low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %z : !q
  } : tensor<4x!q> to tensor<6x!q>
  %r = call @moved_callee(%p) : (tensor<6x!q>) -> tensor<6x!q>
  return %r : tensor<6x!q>
}
func.func private @moved_callee(%x: tensor<6x!q>) -> tensor<6x!q> {
  return %x : tensor<6x!q>
}

// -----

// Rounding is not undone: the pair stays.
// CHECK-LABEL: func.func @pair
// CHECK: math.roundeven
// CHECK: arith.mulf
// i32 does not fit f32: the clamp is in f64.
// CHECK-LABEL: func.func @bias
// CHECK: math.roundeven %{{.*}} : f32
// CHECK: arith.extf %{{.*}} : f32 to f64
// CHECK: arith.minnumf %{{.*}} : f64
// CHECK: arith.fptosi %{{.*}} : f64 to i64
!q = !quant.uniform<i8:f32, 0.5:3>
!i = !quant.uniform<i32:f32, 0.5>
func.func @pair(%x: tensor<4xf32>) -> tensor<4xf32> {
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!q>
  %d = quant.dcast %q : tensor<4x!q> to tensor<4xf32>
  return %d : tensor<4xf32>
}
func.func @bias(%x: tensor<4xf32>) -> tensor<4x!i> {
  %q = quant.qcast %x : tensor<4xf32> to tensor<4x!i>
  return %q : tensor<4x!i>
}

// -----

// CHECK-LABEL: func.func @dynamic
// CHECK: arith.minnumf
// CHECK: arith.maxnumf
// CHECK: arith.constant 2.550000e+02 : f32
// CHECK: %[[SCALE:.*]] = arith.select
// CHECK: %[[ZP:.*]] = arith.fptosi
// CHECK: arith.divf %{{.*}}, %[[SCALE]] : f32
// CHECK: arith.sitofp %[[ZP]]
// CHECK: arith.extui
// CHECK: arith.subi %{{.*}}, %[[ZP]]
// CHECK: arith.mulf %{{.*}}, %[[SCALE]]
// CHECK-LABEL: func.func @dynamic_symmetric
// CHECK: arith.constant 1.270000e+02 : f32
// CHECK: arith.constant -1.270000e+02 : f32
// CHECK: arith.extsi
// CHECK-NOT: nnq.
func.func @dynamic(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %q, %s, %z = nnq.dynamic_qcast %x : tensor<2x4xf32> -> tensor<2x4xi8>
  %d = nnq.dynamic_dcast %q, %s, %z : tensor<2x4xi8> -> tensor<2x4xf32>
  return %d : tensor<2x4xf32>
}
func.func @dynamic_symmetric(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %q, %s, %z = nnq.dynamic_qcast %x {symmetric} : tensor<2x4xf32> -> tensor<2x4xi8>
  %d = nnq.dynamic_dcast %q, %s, %z {symmetric} : tensor<2x4xi8> -> tensor<2x4xf32>
  return %d : tensor<2x4xf32>
}

// -----

// Each row has its own range, and so parameters.
// CHECK-LABEL: func.func @dynamic_rows
// CHECK-SAME: %[[X:.*]]: tensor<2x4xf32>
// CHECK: %[[MIN:.*]] = linalg.generic {{.*}}["parallel", "reduction"]} ins(%[[X]] {{.*}} outs(%{{.*}} : tensor<2xf32>)
// CHECK: arith.minnumf
// CHECK: %[[MAX:.*]] = linalg.generic {{.*}}["parallel", "reduction"]} ins(%[[X]] {{.*}} outs(%{{.*}} : tensor<2xf32>)
// CHECK: arith.maxnumf
// CHECK: %[[SCALE:.*]] = linalg.generic {{.*}} ins(%[[MIN]], %[[MAX]] : tensor<2xf32>, tensor<2xf32>)
// CHECK: %[[ZP:.*]] = linalg.generic {{.*}} ins(%[[MIN]], %[[SCALE]] : tensor<2xf32>, tensor<2xf32>)
// CHECK: %[[Q:.*]] = linalg.generic {{.*}} ins(%[[X]], %[[SCALE]], %[[ZP]] : tensor<2x4xf32>, tensor<2xf32>, tensor<2xi32>)
// CHECK: linalg.generic {{.*}} ins(%[[Q]], %[[SCALE]], %[[ZP]] : tensor<2x4xi8>, tensor<2xf32>, tensor<2xi32>)
// CHECK-NOT: nnq.
func.func @dynamic_rows(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %q, %s, %z = nnq.dynamic_qcast %x : tensor<2x4xf32> -> tensor<2x4xi8>, tensor<2xf32>, tensor<2xi32>
  %d = nnq.dynamic_dcast %q, %s, %z : tensor<2x4xi8> -> tensor<2x4xf32>, tensor<2xf32>, tensor<2xi32>
  return %d : tensor<2x4xf32>
}

// -----

// Constants of 4 bits take a byte each: 1, -2, 7 and -8.
// CHECK-LABEL: func.func @int4
// CHECK: %[[W:.*]] = arith.constant dense_resource<{{.*}}> : tensor<4xi8>
// CHECK-NOT: i4
// CHECK: ins(%[[W]] : tensor<4xi8>)
// CHECK: arith.extsi
// CHECK: "0x4000000001FE07F8"
!q4 = !quant.uniform<i4:f32, 0.5>
func.func @int4() -> tensor<4xf32> {
  %w = arith.constant dense<[1, -2, 7, -8]> : tensor<4xi4>
  %q = quant.scast %w : tensor<4xi4> to tensor<4x!q4>
  %d = quant.dcast %q : tensor<4x!q4> to tensor<4xf32>
  return %d : tensor<4xf32>
}
