// RUN: nnq-opt %s --nnq-vectorize-elementwise --split-input-file --remarks-filter-missed=nnq \
// RUN:   --verify-diagnostics | FileCheck %s

// What has no rows becomes scalar loops, with a remark.

#id = affine_map<(d0, d1) -> (d0, d1)>
#sum = affine_map<(d0, d1) -> (d0)>

// CHECK-LABEL: @reduction
// CHECK: scf.for
// CHECK: scf.for
// CHECK: memref.load
// CHECK: arith.addf %{{.+}}, %{{.+}} : f32
// CHECK: memref.store
// CHECK-NOT: linalg
func.func @reduction(%x: memref<2x4xf32>, %y: memref<2xf32>) {
  // expected-remark @below {{Layer=sum, Reason="not an elementwise op with a contiguous result"}}
  linalg.generic {indexing_maps = [#id, #sum], iterator_types = ["parallel", "reduction"]}
      ins(%x : memref<2x4xf32>) outs(%y : memref<2xf32>) attrs = {nnq.layer = "sum"} {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#t = affine_map<(d0, d1) -> (d1, d0)>

// CHECK-LABEL: @transposed_result
// CHECK: memref.store
// CHECK-NOT: linalg
func.func @transposed_result(%x: memref<2x4xf32>, %y: memref<4x2xf32>) {
  // expected-remark @below {{not an elementwise op with a contiguous result}}
  linalg.generic {indexing_maps = [#id, #t], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<2x4xf32>) outs(%y : memref<4x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

#id = affine_map<(d0) -> (d0)>

// CHECK-LABEL: @index_in_body
// CHECK: memref.store
// CHECK-NOT: linalg
func.func @index_in_body(%y: memref<4xi64>) {
  // expected-remark @below {{not an elementwise op with a contiguous result}}
  linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%y : memref<4xi64>) {
  ^bb0(%o: i64):
    %i = linalg.index 0 : index
    %s = arith.index_cast %i : index to i64
    linalg.yield %s : i64
  }
  return
}

// -----

#id = affine_map<(d0) -> (d0)>

// CHECK-LABEL: @dynamic_shape
// CHECK: memref.store
// CHECK-NOT: linalg
func.func @dynamic_shape(%x: memref<?xf32>, %y: memref<?xf32>) {
  // expected-remark @below {{not an elementwise op with a contiguous result}}
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#id = affine_map<(d0) -> (d0)>

// A single element is no loss.
// CHECK-LABEL: @one_element
// CHECK: memref.load
// CHECK: arith.negf %{{.+}} : f32
// CHECK: memref.store
// CHECK-NOT: linalg
func.func @one_element(%x: memref<1xf32>, %y: memref<1xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<1xf32>) outs(%y : memref<1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// Neighbours in the result come from different rows of the table.
// CHECK-LABEL: @columns
// CHECK-NOT: vector.
func.func @columns(%ids: memref<3xi64>, %table: memref<100x20xf32>, %y: memref<20x3xf32>) {
  // expected-remark @below {{not an elementwise op with a contiguous result}}
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d1)>,
      affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%ids : memref<3xi64>) outs(%y : memref<20x3xf32>) {
  ^bb0(%id: i64, %o: f32):
    %i = arith.index_cast %id : i64 to index
    %j = linalg.index 0 : index
    %e = memref.load %table[%i, %j] : memref<100x20xf32>
    linalg.yield %e : f32
  }
  return
}
