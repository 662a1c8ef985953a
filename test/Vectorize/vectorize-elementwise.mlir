// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-vectorize-elementwise \
// RUN:   --split-input-file | FileCheck %s --check-prefixes=CHECK,BITS256
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-vectorize-elementwise \
// RUN:   --nnq-vectorize-elementwise --split-input-file | FileCheck %s --check-prefixes=CHECK,BITS256
// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-vectorize-elementwise \
// RUN:   --split-input-file | FileCheck %s --check-prefixes=CHECK,BITS512
// RUN: nnq-opt %s --nnq-vectorize-elementwise --split-input-file \
// RUN:   | FileCheck %s --check-prefixes=CHECK,BITS256

#id = affine_map<(d0, d1) -> (d0, d1)>

// Vectors of the width of the target, and one shorter at the end.
// CHECK-LABEL: @tail
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<2x36xf32>, %[[Y:[a-z0-9]+]]: memref<2x36xf32>
// CHECK: scf.for %[[I:.+]] = %c0
// BITS256: scf.for %[[J:.+]] = %c0{{.*}} to %c32{{.*}} step %c8
// BITS256: %[[V:.+]] = vector.load %[[X]][%[[I]], %[[J]]] : memref<2x36xf32>, vector<8xf32>
// BITS256: %[[N:.+]] = arith.negf %[[V]]
// BITS256: vector.store %[[N]], %[[Y]][%[[I]], %[[J]]]
// BITS512: scf.for %{{.+}} = %c0{{.*}} to %c32{{.*}} step %c16
// BITS512: vector.load {{.*}} vector<16xf32>
// CHECK: %[[T:.+]] = vector.load %[[X]][%[[I]], %c32{{.*}}] : memref<2x36xf32>, vector<4xf32>
// CHECK: %[[M:.+]] = arith.negf %[[T]] : vector<4xf32>
// CHECK: vector.store %[[M]], %[[Y]][%[[I]], %c32{{.*}}]
// CHECK-NOT: linalg
func.func @tail(%x: memref<2x36xf32>, %y: memref<2x36xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<2x36xf32>) outs(%y : memref<2x36xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#column = affine_map<(d0, d1) -> (d1)>

// What does not move with the row is loaded once and broadcast, scalars of the
// function too.
// CHECK-LABEL: @broadcast
// CHECK-SAME: %[[A:[a-z0-9]+]]: memref<3xf32>, %[[B:[a-z0-9]+]]: memref<4xf32>, %[[S:[a-z0-9]+]]: f32
// CHECK: scf.for %[[I:.+]] =
// CHECK: %[[LOAD:.+]] = memref.load %[[A]][%[[I]]]
// CHECK: %[[VA:.+]] = vector.broadcast %[[LOAD]] : f32 to vector<4xf32>
// CHECK: %[[VB:.+]] = vector.load %[[B]][%c0{{.*}}] : memref<4xf32>, vector<4xf32>
// CHECK: %[[VC:.+]] = arith.constant dense<2.000000e+00> : vector<4xf32>
// CHECK: %[[SUM:.+]] = arith.addf %[[VA]], %[[VB]]
// CHECK: %[[DOUBLE:.+]] = arith.mulf %[[SUM]], %[[VC]]
// CHECK: %[[VS:.+]] = vector.broadcast %[[S]] : f32 to vector<4xf32>
// CHECK: arith.divf %[[DOUBLE]], %[[VS]]
func.func @broadcast(%a: memref<3xf32>, %b: memref<4xf32>, %s: f32, %y: memref<3x4xf32>) {
  linalg.generic {indexing_maps = [#row, #column, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a, %b : memref<3xf32>, memref<4xf32>) outs(%y : memref<3x4xf32>) {
  ^bb0(%c: f32, %d: f32, %o: f32):
    %two = arith.constant 2.0 : f32
    %t = arith.addf %c, %d : f32
    %u = arith.mulf %t, %two : f32
    %v = arith.divf %u, %s : f32
    linalg.yield %v : f32
  }
  return
}

// -----

#id = affine_map<(d0, d1) -> (d0, d1)>
#t = affine_map<(d0, d1) -> (d1, d0)>

// A transposed operand is gathered element by element, the result is a row.
// CHECK-LABEL: @gather
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<4x3xf32>, %[[Y:[a-z0-9]+]]: memref<3x4xf32>
// CHECK: scf.for %[[I:.+]] =
// CHECK: %[[E0:.+]] = memref.load %[[X]][%c0{{.*}}, %[[I]]]
// CHECK: %[[E1:.+]] = memref.load %[[X]][%c1{{.*}}, %[[I]]]
// CHECK: %[[E2:.+]] = memref.load %[[X]][%c2{{.*}}, %[[I]]]
// CHECK: %[[E3:.+]] = memref.load %[[X]][%c3{{.*}}, %[[I]]]
// CHECK: %[[V:.+]] = vector.from_elements %[[E0]], %[[E1]], %[[E2]], %[[E3]] : vector<4xf32>
// CHECK: vector.store %[[V]], %[[Y]][%[[I]], %c0{{.*}}]
func.func @gather(%x: memref<4x3xf32>, %y: memref<3x4xf32>) {
  linalg.generic {indexing_maps = [#t, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<4x3xf32>) outs(%y : memref<3x4xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

#id = affine_map<(d0, d1, d2) -> (d0, d1, d2)>

// The innermost loop of more than one step is the row.
// CHECK-LABEL: @inner_unit_dim
// CHECK: scf.for
// CHECK-NOT: scf.for
// CHECK: %[[V:.+]] = vector{{.*}} : vector<4xf32>
// CHECK: vector.store {{.*}} vector<4xf32>
// CHECK-NOT: linalg
func.func @inner_unit_dim(%x: memref<2x4x1xf32>, %y: memref<2x4x1xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<2x4x1xf32>) outs(%y : memref<2x4x1xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#id = affine_map<(d0) -> (d0)>

// An op that reads its result loads it.
// CHECK-LABEL: @accumulate
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<4xf32>, %[[Y:[a-z0-9]+]]: memref<4xf32>
// CHECK: %[[VX:.+]] = vector.load %[[X]]
// CHECK: %[[VY:.+]] = vector.load %[[Y]]
// CHECK: %[[S:.+]] = arith.addf %[[VX]], %[[VY]]
// CHECK: vector.store %[[S]], %[[Y]]
func.func @accumulate(%x: memref<4xf32>, %y: memref<4xf32>) {
  linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : memref<4xf32>) outs(%y : memref<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.addf %a, %o : f32
    linalg.yield %s : f32
  }
  return
}

// -----

// Fills and copies, of parts of a buffer too.
// CHECK-LABEL: @fill_and_copy
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<2x4xi8>, %[[Y:[a-z0-9]+]]: memref<2x6xi8>
// CHECK: scf.for
// CHECK: vector.broadcast %{{.+}} : i8 to vector<6xi8>
// CHECK: vector.store {{.*}} memref<2x6xi8>, vector<6xi8>
// CHECK: scf.for
// CHECK: vector.load %[[X]]{{.*}} vector<4xi8>
// CHECK: vector.store {{.*}} memref<2x4xi8, strided<[6, 1], offset: 1>>, vector<4xi8>
// CHECK-NOT: {{linalg|memref.copy}}
func.func @fill_and_copy(%x: memref<2x4xi8>, %y: memref<2x6xi8>) {
  %c = arith.constant 7 : i8
  linalg.fill ins(%c : i8) outs(%y : memref<2x6xi8>)
  %inner = memref.subview %y[0, 1] [2, 4] [1, 1] : memref<2x6xi8> to memref<2x4xi8, strided<[6, 1], offset: 1>>
  memref.copy %x, %inner : memref<2x4xi8> to memref<2x4xi8, strided<[6, 1], offset: 1>>
  return
}

// An embedding: the row of the table is found once, then read as vectors.
// CHECK-LABEL: @embedding
// CHECK-SAME: %[[IDS:[a-z0-9]+]]: memref<3xi64>, %[[T:[a-z0-9]+]]: memref<100x20xf32>
// CHECK: scf.for
// CHECK: %[[ID:.+]] = memref.load %[[IDS]]
// CHECK: %[[ROW:.+]] = arith.index_cast %[[ID]]
// CHECK: vector.load %[[T]][%[[ROW]], %{{.+}}] : memref<100x20xf32>, vector<
// CHECK: arith.addf {{.*}} : vector<
// CHECK: vector.store
// CHECK-NOT: linalg.
func.func @embedding(%ids: memref<3xi64>, %table: memref<100x20xf32>, %b: memref<20xf32>, %y: memref<3x20xf32>) {
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0)>, affine_map<(d0, d1) -> (d1)>,
      affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%ids, %b : memref<3xi64>, memref<20xf32>) outs(%y : memref<3x20xf32>) {
  ^bb0(%id: i64, %c: f32, %o: f32):
    %i = arith.index_cast %id : i64 to index
    %j = linalg.index 1 : index
    %e = memref.load %table[%i, %j] : memref<100x20xf32>
    %s = arith.addf %e, %c : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#planes = affine_map<(h, w, c) -> (c, h, w)>
#pixels = affine_map<(h, w, c) -> (h, w, c)>

// Three channels do not fill a vector: pixels of one channel do, and are stored
// in turns with those of the others.
// CHECK-LABEL: @interleave
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<3x2x16xf32>, %[[Y:[a-z0-9]+]]: memref<2x16x3xf32>
// CHECK: %[[OUT:.+]] = memref.collapse_shape %[[Y]] {{\[\[}}0], [1, 2]]
// CHECK: scf.for %[[H:.+]] = %c0
// BITS256: scf.for %[[W:.+]] = %c0{{.*}} to %c16{{.*}} step %c8
// BITS256: %[[V0:.+]] = vector.load %[[X]][%c0{{.*}}, %[[H]], %[[W]]] : memref<3x2x16xf32>, vector<8xf32>
// BITS256: %[[N0:.+]] = arith.negf %[[V0]] : vector<8xf32>
// BITS256: %[[V1:.+]] = vector.load %[[X]][%c1{{.*}}, %[[H]], %[[W]]]
// BITS256: %[[N1:.+]] = arith.negf %[[V1]]
// BITS256: %[[V2:.+]] = vector.load %[[X]][%c2{{.*}}, %[[H]], %[[W]]]
// BITS256: %[[N2:.+]] = arith.negf %[[V2]]
// BITS256: %[[LOW:.+]] = vector.shuffle %[[N0]], %[[N1]] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
// BITS256: %[[HIGH:.+]] = vector.shuffle %[[N2]], %[[N2]] [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
// BITS256: %[[ALL:.+]] = vector.shuffle %[[LOW]], %[[HIGH]] [0, 8, 16, 1, 9, 17, 2, 10, 18, {{.*}}, 7, 15, 23]
// BITS256: %[[AT:.+]] = affine.apply #{{.+}}(%[[W]])
// BITS256: vector.store %[[ALL]], %[[OUT]][%[[H]], %[[AT]]] : memref<2x48xf32>, vector<24xf32>
// BITS512: vector.load {{.*}} vector<16xf32>
// CHECK-NOT: linalg
func.func @interleave(%x: memref<3x2x16xf32>, %y: memref<2x16x3xf32>) {
  linalg.generic {indexing_maps = [#planes, #pixels], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<3x2x16xf32>) outs(%y : memref<2x16x3xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#planes = affine_map<(h, w, c) -> (c, h, w)>
#pixels = affine_map<(h, w, c) -> (h, w, c)>

// What is only moved, too.
// CHECK-LABEL: @move
// CHECK-COUNT-3: vector.load
// CHECK: vector.store {{.*}} memref<2x48xf32>
// CHECK-NOT: linalg
func.func @move(%x: memref<3x2x16xf32>, %y: memref<2x16x3xf32>) {
  linalg.generic {indexing_maps = [#planes, #pixels], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<3x2x16xf32>) outs(%y : memref<2x16x3xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

#planes = affine_map<(h, w, c) -> (c, h, w)>
#pixels = affine_map<(h, w, c) -> (h, w, c)>
#channel = affine_map<(h, w, c) -> (c)>

// Four rows, into the inside of a buffer; the factor of a channel is the same
// for all of its pixels.
// CHECK-LABEL: @interleave_four
// CHECK: memref.collapse_shape %{{.+}} {{\[\[}}0], [1, 2]] : memref<2x16x4xi16, strided<[72, 4, 1], offset: 76>> into memref<2x64xi16, strided<[72, 1], offset: 76>>
// CHECK: %[[S:.+]] = memref.load %{{.+}}[%c3{{.*}}] : memref<4xi16>
// CHECK: vector.broadcast %[[S]]
// BITS256: vector.shuffle %{{.+}}, %{{.+}} [0, 8, 16, 24, 1, 9, 17, 25, 2
// CHECK-NOT: linalg
func.func @interleave_four(%x: memref<4x2x16xi16>, %s: memref<4xi16>,
                           %y: memref<2x16x4xi16, strided<[72, 4, 1], offset: 76>>) {
  linalg.generic {indexing_maps = [#planes, #channel, #pixels], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x, %s : memref<4x2x16xi16>, memref<4xi16>)
      outs(%y : memref<2x16x4xi16, strided<[72, 4, 1], offset: 76>>) {
  ^bb0(%a: i16, %b: i16, %o: i16):
    %p = arith.muli %a, %b : i16
    linalg.yield %p : i16
  }
  return
}

// -----

#planes = affine_map<(h, w, c) -> (c, h, w)>
#pixels = affine_map<(h, w, c) -> (h, w, c)>

// Between pixels of the result there is room: they are stored one by one.
// CHECK-LABEL: @scatter
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<3x2x16xf32>, %[[Y:[a-z0-9]+]]:
// CHECK: scf.for %[[H:.+]] = %c0
// CHECK: scf.for %[[C:.+]] = %c0{{.*}} to %c3
// BITS256: scf.for %[[W:.+]] = %c0{{.*}} to %c16{{.*}} step %c8
// BITS256: %[[V:.+]] = vector.load %[[X]][%[[C]], %[[H]], %[[W]]] : memref<3x2x16xf32>, vector<8xf32>
// BITS256: %[[N:.+]] = arith.negf %[[V]] : vector<8xf32>
// BITS256: %[[FIRST:.+]] = vector.extract %[[N]][0]
// BITS256: memref.store %[[FIRST]], %[[Y]][%[[H]], %[[W]], %[[C]]]
// BITS256: %[[LAST:.+]] = vector.extract %[[N]][7]
// BITS256: memref.store %[[LAST]], %[[Y]][%[[H]], %{{.+}}, %[[C]]]
// BITS512: vector.load {{.*}} vector<16xf32>
// CHECK-NOT: linalg
func.func @scatter(%x: memref<3x2x16xf32>, %y: memref<2x16x3xf32, strided<[64, 4, 1]>>) {
  linalg.generic {indexing_maps = [#planes, #pixels], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<3x2x16xf32>) outs(%y : memref<2x16x3xf32, strided<[64, 4, 1]>>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  }
  return
}

// -----

#planes = affine_map<(h, w, c) -> (c, h, w)>
#pixels = affine_map<(h, w, c) -> (h, w, c)>

// Many rows would not fit in registers: what is only moved is gathered.
// CHECK-LABEL: @move_many
// CHECK: vector.from_elements %{{.+}}, %{{.+}}, %{{.+}}, %{{.+}}, %{{.+}} : vector<5xf32>
// CHECK: vector.store
// CHECK-NOT: linalg
func.func @move_many(%x: memref<5x2x16xf32>, %y: memref<2x16x5xf32>) {
  linalg.generic {indexing_maps = [#planes, #pixels], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<5x2x16xf32>) outs(%y : memref<2x16x5xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

// Pairs from two rows of eight, shuffled in vectors.
#two = affine_map<(g, l, v) -> (g * 2 + v, l)>
#pairs = affine_map<(g, l, v) -> (g, l, v)>
// CHECK-LABEL: @interleaved
// CHECK: %[[OUT:.+]] = memref.collapse_shape %{{.+}} {{\[\[}}0], [1, 2]]
// CHECK: %[[A:.+]] = vector.load %{{.+}} : memref<6x8xi16>, vector<8xi16>
// CHECK: %[[B:.+]] = vector.load %{{.+}} : memref<6x8xi16>, vector<8xi16>
// CHECK: %[[S:.+]] = vector.shuffle %[[A]], %[[B]] [0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15]
// CHECK: vector.store %[[S]], %[[OUT]]
func.func @interleaved(%x: memref<6x8xi16>, %y: memref<3x8x2xi16>) {
  linalg.generic {indexing_maps = [#two, #pairs], iterator_types = ["parallel", "parallel", "parallel"]}
      ins(%x : memref<6x8xi16>) outs(%y : memref<3x8x2xi16>) {
  ^bb0(%a: i16, %o: i16):
    linalg.yield %a : i16
  }
  return
}

// -----

#id1 = affine_map<(d0) -> (d0)>

// A vector of bits is packed, the buffer is not.
// CHECK-LABEL: @bits
// CHECK-NOT: vector.load
// CHECK: vector.from_elements {{.*}} : vector<8xi1>
// CHECK: arith.andi {{.*}} : vector<8xi1>
// CHECK-NOT: vector.store
// CHECK: memref.store %{{.+}}, %{{.+}} : memref<8xi1>
func.func @bits(%x: memref<8xi1>, %y: memref<8xi1>, %z: memref<8xi1>) {
  linalg.generic {indexing_maps = [#id1, #id1, #id1], iterator_types = ["parallel"]}
      ins(%x, %y : memref<8xi1>, memref<8xi1>) outs(%z : memref<8xi1>) {
  ^bb0(%a: i1, %b: i1, %o: i1):
    %s = arith.andi %a, %b : i1
    linalg.yield %s : i1
  }
  return
}
