// RUN: nnq-opt %s --nnq-protect-inputs | FileCheck %s
// RUN: nnq-opt %s --nnq-protect-inputs --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" | FileCheck %s --check-prefix=BUFFER

// CHECK: func.func @entry(%{{.*}}: tensor<4xf32> {bufferization.writable = false}, %{{.*}}: f32)
// CHECK: func.func private @helper(%{{.*}}: tensor<4xf32>)

// The result goes elsewhere.
// BUFFER: func.func @entry(%[[X:.*]]: memref<4xf32>, %
// BUFFER: memref.alloc
// BUFFER-NOT: outs(%[[X]]
func.func @entry(%x: tensor<4xf32>, %s: f32) -> tensor<4xf32> {
  %0 = linalg.exp ins(%x : tensor<4xf32>) outs(%x : tensor<4xf32>) -> tensor<4xf32>
  %1 = call @helper(%0) : (tensor<4xf32>) -> tensor<4xf32>
  return %1 : tensor<4xf32>
}

func.func private @helper(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}
