// RUN: nnq-opt %s --nnq-fill-borders --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-fill-borders --nnq-fill-borders --split-input-file | FileCheck %s

#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
#out = affine_map<(d0, d1, d2) -> (d0, d1, d2)>

// Two rows, then a column to the left of what is between them.
// CHECK-LABEL: @pad
// CHECK: %[[ALLOC:.+]] = memref.alloc
// CHECK-NEXT: %[[TOP:.+]] = memref.subview %[[ALLOC]][0, 0, 0] [1, 9, 4] [1, 1, 1]
// CHECK-NEXT: %[[TOP1:.+]] = memref.collapse_shape %[[TOP]] {{\[\[}}0, 1, 2]]
// CHECK-NEXT: linalg.fill {nnq.layer = "pad"} ins(%{{.+}} : f32) outs(%[[TOP1]] : memref<36xf32,
// CHECK-NEXT: %[[BOTTOM:.+]] = memref.subview %[[ALLOC]][9, 0, 0] [1, 9, 4] [1, 1, 1]
// CHECK-NEXT: %[[BOTTOM1:.+]] = memref.collapse_shape %[[BOTTOM]] {{\[\[}}0, 1, 2]]
// CHECK-NEXT: linalg.fill {nnq.layer = "pad"} ins(%{{.+}} : f32) outs(%[[BOTTOM1]] : memref<36xf32,
// CHECK-NEXT: %[[LEFT:.+]] = memref.subview %[[ALLOC]][1, 0, 0] [8, 1, 4] [1, 1, 1]
// CHECK-NEXT: %[[LEFT1:.+]] = memref.collapse_shape %[[LEFT]] {{\[\[}}0], [1, 2]]
// CHECK-NEXT: linalg.fill {nnq.layer = "pad"} ins(%{{.+}} : f32) outs(%[[LEFT1]] : memref<8x4xf32,
// CHECK-NEXT: memref.subview %[[ALLOC]][1, 1, 0] [8, 8, 4]
// CHECK-NOT: linalg.fill
func.func @pad(%x: memref<8x8x4xf32>) -> memref<10x9x4xf32> {
  %zero = arith.constant 0.0 : f32
  %alloc = memref.alloc() : memref<10x9x4xf32>
  linalg.fill {nnq.layer = "pad"} ins(%zero : f32) outs(%alloc : memref<10x9x4xf32>)
  %interior = memref.subview %alloc[1, 1, 0] [8, 8, 4] [1, 1, 1]
    : memref<10x9x4xf32> to memref<8x8x4xf32, strided<[36, 4, 1], offset: 40>>
  linalg.generic {indexing_maps = [#id, #out], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<8x8x4xf32>) outs(%interior : memref<8x8x4xf32, strided<[36, 4, 1], offset: 40>>) {
    ^bb0(%in: f32, %old: f32):
      %0 = arith.maximumf %in, %zero : f32
      linalg.yield %0 : f32
  }
  return %alloc : memref<10x9x4xf32>
}

// -----

// Copies and fills of the interior overwrite it, too.
// CHECK-LABEL: @copy
// CHECK: linalg.fill {{.*}} memref<4x1xf32
// CHECK: linalg.fill {{.*}} memref<4x1xf32
// CHECK-NOT: linalg.fill
// CHECK: memref.copy
func.func @copy(%x: memref<4x4xf32>) -> memref<4x6xf32> {
  %zero = arith.constant 0.0 : f32
  %alloc = memref.alloc() : memref<4x6xf32>
  linalg.fill ins(%zero : f32) outs(%alloc : memref<4x6xf32>)
  %interior = memref.subview %alloc[0, 1] [4, 4] [1, 1] : memref<4x6xf32> to memref<4x4xf32, strided<[6, 1], offset: 1>>
  memref.copy %x, %interior : memref<4x4xf32> to memref<4x4xf32, strided<[6, 1], offset: 1>>
  return %alloc : memref<4x6xf32>
}

// -----

// CHECK-LABEL: @whole_twice
// CHECK: linalg.fill {{.*}} memref<1xf32
// CHECK: linalg.fill {{.*}} memref<4xf32
// CHECK-NOT: linalg.fill
func.func @whole_twice() -> memref<5xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %alloc = memref.alloc() : memref<5xf32>
  linalg.fill ins(%zero : f32) outs(%alloc : memref<5xf32>)
  %interior = memref.subview %alloc[0] [4] [1] : memref<5xf32> to memref<4xf32, strided<[1]>>
  linalg.fill ins(%one : f32) outs(%interior : memref<4xf32, strided<[1]>>)
  return %alloc : memref<5xf32>
}

// -----

// CHECK-LABEL: @read_before
// CHECK: linalg.fill {{.*}} memref<6xf32>
func.func @read_before(%x: memref<4xf32>, %y: memref<6xf32>) -> memref<6xf32> {
  %zero = arith.constant 0.0 : f32
  %alloc = memref.alloc() : memref<6xf32>
  linalg.fill ins(%zero : f32) outs(%alloc : memref<6xf32>)
  %interior = memref.subview %alloc[1] [4] [1] : memref<6xf32> to memref<4xf32, strided<[1], offset: 1>>
  memref.copy %alloc, %y : memref<6xf32> to memref<6xf32>
  memref.copy %x, %interior : memref<4xf32> to memref<4xf32, strided<[1], offset: 1>>
  return %alloc : memref<6xf32>
}

// -----

// The body adds to what the fill has written.
// CHECK-LABEL: @accumulates
// CHECK: linalg.fill {{.*}} memref<6xf32>
func.func @accumulates(%x: memref<4xf32>) -> memref<6xf32> {
  %zero = arith.constant 0.0 : f32
  %alloc = memref.alloc() : memref<6xf32>
  linalg.fill ins(%zero : f32) outs(%alloc : memref<6xf32>)
  %interior = memref.subview %alloc[1] [4] [1] : memref<6xf32> to memref<4xf32, strided<[1], offset: 1>>
  linalg.generic {indexing_maps = [affine_map<(d0) -> (d0)>, affine_map<(d0) -> (d0)>], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%interior : memref<4xf32, strided<[1], offset: 1>>) {
    ^bb0(%in: f32, %old: f32):
      %0 = arith.addf %in, %old : f32
      linalg.yield %0 : f32
  }
  return %alloc : memref<6xf32>
}

// -----

// The source is a part of the buffer itself.
// CHECK-LABEL: @reads_itself
// CHECK: linalg.fill {{.*}} memref<8xf32>
func.func @reads_itself() -> memref<8xf32> {
  %zero = arith.constant 0.0 : f32
  %alloc = memref.alloc() : memref<8xf32>
  linalg.fill ins(%zero : f32) outs(%alloc : memref<8xf32>)
  %low = memref.subview %alloc[0] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1]>>
  %high = memref.subview %alloc[4] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 4>>
  memref.copy %low, %high : memref<4xf32, strided<[1]>> to memref<4xf32, strided<[1], offset: 4>>
  return %alloc : memref<8xf32>
}

// -----

// Steps of two leave holes; a place known only at run time, a small interior and
// a buffer of the caller stay as they are.
// CHECK-LABEL: @not_an_interior
// CHECK-COUNT-3: linalg.fill {{.*}} memref<8xf32>
// CHECK: linalg.fill {{.*}} memref<8xf32>
func.func @not_an_interior(%x: memref<4xf32>, %x1: memref<1xf32>, %n: index, %z: memref<8xf32>)
    -> (memref<8xf32>, memref<8xf32>, memref<8xf32>) {
  %zero = arith.constant 0.0 : f32
  %a = memref.alloc() : memref<8xf32>
  linalg.fill ins(%zero : f32) outs(%a : memref<8xf32>)
  %even = memref.subview %a[0] [4] [2] : memref<8xf32> to memref<4xf32, strided<[2]>>
  memref.copy %x, %even : memref<4xf32> to memref<4xf32, strided<[2]>>
  %b = memref.alloc() : memref<8xf32>
  linalg.fill ins(%zero : f32) outs(%b : memref<8xf32>)
  %anywhere = memref.subview %b[%n] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: ?>>
  memref.copy %x, %anywhere : memref<4xf32> to memref<4xf32, strided<[1], offset: ?>>
  %c = memref.alloc() : memref<8xf32>
  linalg.fill ins(%zero : f32) outs(%c : memref<8xf32>)
  %small = memref.subview %c[3] [1] [1] : memref<8xf32> to memref<1xf32, strided<[1], offset: 3>>
  memref.copy %x1, %small : memref<1xf32> to memref<1xf32, strided<[1], offset: 3>>
  linalg.fill ins(%zero : f32) outs(%z : memref<8xf32>)
  %most = memref.subview %z[0] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1]>>
  memref.copy %x, %most : memref<4xf32> to memref<4xf32, strided<[1]>>
  return %a, %b, %c : memref<8xf32>, memref<8xf32>, memref<8xf32>
}
