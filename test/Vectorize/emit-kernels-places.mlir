// RUN: nnq-opt %s --nnq-pack-contractions --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" \
// RUN:   --buffer-results-to-out-params="hoist-static-allocs modify-public-functions" --canonicalize --cse --nnq-emit-kernels --split-input-file | FileCheck %s

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Two parts of a group have their places in 16 bytes, in which fours are two bits
// further; both rows select by them.
// CHECK-LABEL: @two_of_four
// CHECK-NOT: memref.alloc
// CHECK: %[[M:.+]] = vector.load {{.*}}vector<16xi8>
// CHECK: vector.shuffle %{{.+}}, %{{.+}} [0, 1, 2, 3, 0, 1, 2, 3] : vector<4xi32>, vector<4xi32>
// CHECK: arith.shrui %{{.+}} : vector<8xi32>
// CHECK: %[[PLACES:.+]] = arith.andi {{.*}} : vector<32xi8>
// CHECK: %[[BOTH:.+]] = arith.ori %[[PLACES]], %{{.+}} : vector<32xi8>
// CHECK: %[[LOW:.+]] = arith.andi %[[BOTH]], %{{.+}} : vector<32xi8>
// CHECK: %[[HIGH:.+]] = arith.shrui %[[BOTH]], %{{.+}} : vector<32xi8>
// CHECK: vector.load {{.*}}vector<8xi8>
// CHECK: vector.shuffle {{.*}} : vector<8xi8>, vector<8xi8>
// CHECK: nnq.lookup %{{.+}}, %[[LOW]] : vector<16xi8>, vector<32xi8>
// CHECK: vector.contract {{.*}} : vector<8x4xi32>, vector<8x4xi32> into vector<8xi32>
// CHECK: nnq.lookup %{{.+}}, %[[LOW]] :
// CHECK: nnq.lookup %{{.+}}, %[[HIGH]] :
// CHECK: nnq.lookup %{{.+}}, %[[HIGH]] :
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @two_of_four(%x: tensor<2x16xi8>) -> tensor<2x8xi32> {
  %w = arith.constant dense<"0x0001000201000200000100020100020001000200000100020100020000010002000100020100020000010002010002000100020000010002010002000001000200010002010002000001000201000200010002000001000201000200000100020001000201000200000100020100020001000200000100020100020000010002"> : tensor<8x16xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<2x8xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<2x8xi32>) -> tensor<2x8xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x16xi8>, tensor<8x16xi8>) outs(%f : tensor<2x8xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 16, rows = 2, blocks = 1, sparse = two_of_four>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<2x8xi32>
  return %0 : tensor<2x8xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Sums of pairs of 16 bits are widened at once.
// CHECK-LABEL: @pairs
// CHECK: nnq.lookup
// CHECK: vector.contract {{.*}}nnq.fits_i16{{.*}} : vector<8x2x2xi16>, vector<8x2x2xi16> into vector<8x2xi16>
// CHECK: vector.multi_reduction <add>
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @pairs(%x: tensor<1x16xi8>) -> tensor<1x8xi32> {
  %w = arith.constant dense<"0x0001000201000200000100020100020001000200000100020100020000010002000100020100020000010002010002000100020000010002010002000001000200010002010002000001000201000200010002000001000201000200000100020001000201000200000100020100020001000200000100020100020000010002"> : tensor<8x16xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x8xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x8xi32>) -> tensor<1x8xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x16xi8>, tensor<8x16xi8>) outs(%f : tensor<1x8xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 16, rows = 1, blocks = 1, sparse = two_of_four>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x8xi32>
  return %0 : tensor<1x8xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Numbers of 16 bits are selected by two bytes each.
// CHECK-LABEL: @wide
// CHECK: vector.load {{.*}}vector<8xi8>
// CHECK: arith.muli {{.*}} : vector<16xi16>
// CHECK: vector.load {{.*}}vector<4xi16>
// CHECK: nnq.lookup {{.*}} : vector<16xi8>, vector<32xi8>
// CHECK: vector.contract {{.*}} : vector<8x2xi32>, vector<8x2xi32> into vector<8xi32>
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @wide(%x: tensor<1x16xi16>) -> tensor<1x8xi32> {
  %w = arith.constant dense<"0x0001000201000200000100020100020001000200000100020100020000010002000100020100020000010002010002000100020000010002010002000001000200010002010002000001000201000200010002000001000201000200000100020001000201000200000100020100020001000200000100020100020000010002"> : tensor<8x16xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x8xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x8xi32>) -> tensor<1x8xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x16xi16>, tensor<8x16xi8>) outs(%f : tensor<1x8xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 8, rows = 1, blocks = 1, sparse = two_of_four>} {
  ^bb0(%a: i16, %b: i8, %o: i32):
    %p = arith.extsi %a : i16 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x8xi32>
  return %0 : tensor<1x8xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// A loop over the windows of a list, which say where they begin.
// CHECK-DAG: #[[TILE:.+]] = affine_map<(d0) -> (d0 floordiv 8)>
// CHECK-LABEL: @windows
// CHECK: affine.apply #[[TILE]]
// CHECK: scf.for %[[K:.+]] = %{{.+}} to %{{.+}} step %c2
// CHECK-COUNT-2: memref.load {{.*}}xi8
// CHECK: vector.load {{.*}}vector<16xi8>
// CHECK: nnq.lookup {{.*}} : vector<16xi8>, vector<32xi8>
// CHECK: vector.contract {{.*}}nnq.fits_i16
// CHECK: nnq.lookup
// CHECK: vector.contract {{.*}}nnq.fits_i16
// CHECK: vector.multi_reduction <add>
// CHECK-NOT: vector.multi_reduction
// CHECK: scf.yield
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @windows(%x: tensor<1x32xi8>) -> tensor<1x16xi32> {
  %w = arith.constant dense<"0x0000000000000800010008000004040007020801000400030400000400000600000600000606000000000001000000000000000000000004000000000000060002090000000000000002000000000009000600000001000003000007000708000009000000000700090000000005000000060000000000080500000100000005000000000000000000000000000000060000000000090000000000000300000300080003030000000000040607000000000000000009000000000000000007000000000000020000000000000000000000000005000001000000080801000009000800050000080000000000030000000906000000050000090700000000000000000000050000000700000000090000000000040200000700000002020005000003000402000002000007080000000509090002000500040000000100010200000000000907030000000008000700060000000000000700000400000104080000000000000000030700000003000001000000010000000604000400000000000000060804040000000001000001000000000208080400000007000000000900040600030000010000000000010000000002080500000200000000000800040000000600000500000000000000000007000000080002000002030000010704000300090000070006000701000000000007000104000000050000000000000000"> : tensor<16x32xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x16xi32>) -> tensor<1x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x32xi8>, tensor<16x32xi8>) outs(%f : tensor<1x16xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 1, blocks = 1, sparse = window>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x16xi32>
  return %0 : tensor<1x16xi32>
}

// -----

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// Places in a window of 32 bytes are stored as they are looked up.
// CHECK-LABEL: @wide_windows
// CHECK: %[[PLACES:.+]] = vector.load {{.*}}vector<64xi8>
// CHECK: %[[WINDOW:.+]] = vector.load {{.*}}vector<32xi8>
// CHECK: %[[TABLE:.+]] = vector.bitcast %[[WINDOW]]
// CHECK: nnq.lookup %[[TABLE]], %[[PLACES]] : vector<32xi8>, vector<64xi8>
// CHECK: vector.contract
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @wide_windows(%x: tensor<1x32xi8>) -> tensor<1x16xi32> {
  %w = arith.constant dense<"0x0000000000000800010008000004040007020801000400030400000400000600000600000606000000000001000000000000000000000004000000000000060002090000000000000002000000000009000600000001000003000007000708000009000000000700090000000005000000060000000000080500000100000005000000000000000000000000000000060000000000090000000000000300000300080003030000000000040607000000000000000009000000000000000007000000000000020000000000000000000000000005000001000000080801000009000800050000080000000000030000000906000000050000090700000000000000000000050000000700000000090000000000040200000700000002020005000003000402000002000007080000000509090002000500040000000100010200000000000907030000000008000700060000000000000700000400000104080000000000000000030700000003000001000000010000000604000400000000000000060804040000000001000001000000000208080400000007000000000900040600030000010000000000010000000002080500000200000000000800040000000600000500000000000000000007000000080002000002030000010704000300090000070006000701000000000007000104000000050000000000000000"> : tensor<16x32xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x16xi32>) -> tensor<1x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x32xi8>, tensor<16x32xi8>) outs(%f : tensor<1x16xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 4, rows = 1, blocks = 1, sparse = wide_window>} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x16xi32>
  return %0 : tensor<1x16xi32>
}
