// RUN: %python %inputs/make_arrays.py %t.npz x=f4:8x4:iota y=i8:8:0
// RUN: nnq-opt %s --nnq-select-blocks="count=1 data=%t.npz" --remarks-filter="nnq.*" -o %t.mlir 2>%t.txt
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --nnq-select-blocks="ratio=0.5 data=%t.npz" | FileCheck %s --check-prefix=HALF
// RUN: nnq-opt %s --nnq-select-blocks="count=2 bridge exclude=fc5 data=%t.npz" | FileCheck %s --check-prefix=BRIDGE
// RUN: nnq-opt %s --nnq-select-blocks="count=1 exclude=fc1 data=%t.npz" | FileCheck %s --check-prefix=EXCLUDE
// RUN: nnq-opt %s --nnq-select-blocks="count=1 criterion=loss labels=y exclude=fc5 data=%t.npz" | FileCheck %s
// RUN: nnq-opt %s --nnq-select-blocks="accuracy-drop=0 data=%t.npz" --remarks-filter="nnq.*" 2>&1 | FileCheck %s --check-prefix=LADDER

// fc1 adds a thousandth; fc2 and fc3 together turn the tensor around.
// CHECK-NOT: nnq.remove_block
// CHECK: nnq.layer = "add1", nnq.remove_block = {importance = {{[0-9.eE-]+}} : f64}
// CHECK-NOT: nnq.remove_block
// REMARK-DAG: Layer=add2, Remark="block fc2 to fc3: importance [[#%d,]].{{[0-9]+}}"
// REMARK-DAG: Layer=add1, Remark="block fc1: importance 0.0000"
// REMARK-DAG: Layer=relu5, Remark="block fc5: importance {{.+}}"
// REMARK-DAG: [Missed] nnq-select-blocks{{.*}}Layer=add4, Reason="block fc4 makes tensor<1x2xf32> of tensor<1x4xf32>; bridge keeps its shortcut, 'short'"
// REMARK-DAG: [Missed] nnq-select-blocks{{.*}}Layer=add6, Reason="'escape' reads what block fc6 has inside"
// Of three.
// HALF-COUNT-2: nnq.remove_block
// HALF-NOT: nnq.remove_block
// BRIDGE: nnq.layer = "add1", nnq.remove_block
// BRIDGE: nnq.layer = "add4", nnq.remove_block = {bridge = "short", importance
// EXCLUDE-NOT: nnq.layer = "add1", nnq.remove_block
// EXCLUDE: nnq.remove_block
// LADDER: without 1 of 3 blocks: accuracy drops by 0.00 points to 100.00 %

#id = affine_map<(d0, d1) -> (d0, d1)>
func.func @net(%x: tensor<1x4xf32>) -> (tensor<1x2xf32>, tensor<1x2xf32>) {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<0.0001> : tensor<4x4xf32>
  %w2 = arith.constant dense<[[-1.0, 0.0, 0.0, 0.0], [0.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 3.0]]> : tensor<4x4xf32>
  %w3 = arith.constant dense<[[3.0, 0.0, 0.0, 0.0], [0.0, 3.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]]> : tensor<4x4xf32>
  %w4 = arith.constant dense<0.5> : tensor<4x2xf32>
  %w5 = arith.constant dense<[[0.0, 1.0], [1.0, 0.5]]> : tensor<2x2xf32>
  %e4 = tensor.empty() : tensor<1x4xf32>
  %z4 = linalg.fill ins(%zero : f32) outs(%e4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %e2 = tensor.empty() : tensor<1x2xf32>
  %z2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x4xf32>, tensor<4x4xf32>) outs(%z4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %1 = linalg.add {nnq.layer = "add1"} ins(%0, %x : tensor<1x4xf32>, tensor<1x4xf32>) outs(%e4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %2 = linalg.matmul {nnq.layer = "fc2"} ins(%1, %w2 : tensor<1x4xf32>, tensor<4x4xf32>) outs(%z4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %3 = linalg.matmul {nnq.layer = "fc3"} ins(%2, %w3 : tensor<1x4xf32>, tensor<4x4xf32>) outs(%z4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  %4 = linalg.add {nnq.layer = "add2"} ins(%1, %3 : tensor<1x4xf32>, tensor<1x4xf32>) outs(%e4 : tensor<1x4xf32>) -> tensor<1x4xf32>
  // Two branches of one tensor; the shortcut has no weights.
  %5 = linalg.matmul {nnq.layer = "fc4"} ins(%4, %w4 : tensor<1x4xf32>, tensor<4x2xf32>) outs(%z2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %6 = tensor.extract_slice %4[0, 0] [1, 2] [1, 1] {nnq.layer = "short"} : tensor<1x4xf32> to tensor<1x2xf32>
  %7 = linalg.add {nnq.layer = "add4"} ins(%5, %6 : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  // A layer on its own.
  %8 = linalg.matmul {nnq.layer = "fc5"} ins(%7, %w5 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%z2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %9 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]} ins(%8 : tensor<1x2xf32>) outs(%e2 : tensor<1x2xf32>) attrs = {nnq.layer = "relu5"} {
  ^bb0(%in: f32, %out: f32):
    %m = arith.maximumf %in, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x2xf32>
  // What is inside has another reader.
  %10 = linalg.matmul {nnq.layer = "fc6"} ins(%9, %w5 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%z2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %11 = linalg.add {nnq.layer = "add6"} ins(%9, %10 : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %12 = linalg.exp {nnq.layer = "escape"} ins(%10 : tensor<1x2xf32>) outs(%e2 : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %11, %12 : tensor<1x2xf32>, tensor<1x2xf32>
}
