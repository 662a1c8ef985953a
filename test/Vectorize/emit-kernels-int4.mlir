// RUN: nnq-opt %s --nnq-pack-contractions --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" \
// RUN:   --buffer-results-to-out-params="hoist-static-allocs modify-public-functions" --canonicalize --cse --nnq-emit-kernels --split-input-file | FileCheck %s

#x = affine_map<(r, g, c, k) -> (r, g * 64 + k)>
#w = affine_map<(r, g, c, k) -> (g, k, c)>
#s = affine_map<(r, g, c, k) -> (r, g, c)>
#sums = affine_map<(r, c, g) -> (r, g, c)>
#scale = affine_map<(r, c, g) -> (g, c)>
#y = affine_map<(r, c, g) -> (r, c)>

// In registers: bytes are loaded, their halves multiplied one after the other and
// added up in 16 bits; scaled sums are carried from group to group.
// CHECK-LABEL: @registers
// CHECK-NOT: memref.alloc
// CHECK: scf.for {{.*}}iter_args({{.*}}) -> (vector<8xf32>)
// CHECK: %[[B:.+]] = vector.load {{.*}}vector<32xi8>
// CHECK: arith.andi %[[B]]
// CHECK: arith.shrui %[[B]]
// CHECK: vector.contract {{.*}}nnq.fits_i16{{.*}} : vector<2x2xi16>, vector<8x2x2xi16> into vector<8x2xi16>
// CHECK: vector.multi_reduction <add>, {{.*}} [1] : vector<8x2xi32> to vector<8xi32>
// CHECK: arith.sitofp {{.*}} : vector<8xi32> to vector<8xf32>
// CHECK: arith.mulf
// CHECK: arith.addf
// CHECK: scf.yield
// CHECK-NOT: linalg.generic
func.func @registers(%x: tensor<1x128xi8>) -> tensor<1x16xf32> {
  %w = arith.constant dense<-8> : tensor<2x64x16xi8>
  %scales = arith.constant dense<0.5> : tensor<2x16xf32>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x2x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x2x16xi32>) -> tensor<1x2x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x128xi8>, tensor<2x64x16xi8>) outs(%f : tensor<1x2x16xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 32, rows = 1, blocks = 1, bits = 4>, nnq.weight_bits = 4 : i64} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x2x16xi32>
  %e = tensor.empty() : tensor<1x16xf32>
  %zf = arith.constant 0.0 : f32
  %g = linalg.fill ins(%zf : f32) outs(%e : tensor<1x16xf32>) -> tensor<1x16xf32>
  %1 = linalg.generic {indexing_maps = [#sums, #scale, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %scales : tensor<1x2x16xi32>, tensor<2x16xf32>) outs(%g : tensor<1x16xf32>) attrs = {nnq.layer = "fc"} {
  ^bb0(%a: i32, %b: f32, %o: f32):
    %v = arith.sitofp %a : i32 to f32
    %m = arith.mulf %v, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x16xf32>
  return %1 : tensor<1x16xf32>
}

// -----

#x = affine_map<(r, g, c, k) -> (r, g * 64 + k)>
#w = affine_map<(r, g, c, k) -> (g, k, c)>
#s = affine_map<(r, g, c, k) -> (r, g, c)>
#sums = affine_map<(r, c, g) -> (r, g, c)>
#scale = affine_map<(r, c, g) -> (g, c)>
#y = affine_map<(r, c, g) -> (r, c)>

// In a panel: all weights of a tile are unpacked in front of the loop over rows.
// CHECK-LABEL: @panel
// CHECK: %[[PANEL:.+]] = memref.alloc() {{.*}} : memref<1x2x2x256xi8>
// CHECK: scf.for
// CHECK: arith.shrui
// CHECK: vector.store {{.*}}, %[[PANEL]]
// CHECK: scf.for
// CHECK-NOT: arith.shrui
// CHECK: vector.load %[[PANEL]]{{.*}}vector<32xi8>
// CHECK-NOT: linalg.generic
func.func @panel(%x: tensor<40x128xi8>) -> tensor<40x16xf32> {
  %w = arith.constant dense<-8> : tensor<2x64x16xi8>
  %scales = arith.constant dense<0.5> : tensor<2x16xf32>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<40x2x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<40x2x16xi32>) -> tensor<40x2x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<40x128xi8>, tensor<2x64x16xi8>) outs(%f : tensor<40x2x16xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 32, rows = 4, blocks = 1, bits = 4, panel = true>, nnq.weight_bits = 4 : i64} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<40x2x16xi32>
  %e = tensor.empty() : tensor<40x16xf32>
  %zf = arith.constant 0.0 : f32
  %g = linalg.fill ins(%zf : f32) outs(%e : tensor<40x16xf32>) -> tensor<40x16xf32>
  %1 = linalg.generic {indexing_maps = [#sums, #scale, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %scales : tensor<40x2x16xi32>, tensor<2x16xf32>) outs(%g : tensor<40x16xf32>) attrs = {nnq.layer = "fc"} {
  ^bb0(%a: i32, %b: f32, %o: f32):
    %v = arith.sitofp %a : i32 to f32
    %m = arith.mulf %v, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<40x16xf32>
  return %1 : tensor<40x16xf32>
}

// -----

#x = affine_map<(n, r, c, k) -> (n, r, k)>
#w = affine_map<(n, r, c, k) -> (c, k)>
#y = affine_map<(n, r, c, k) -> (n, r, c)>

// With channels outside the panel of a tile is unpacked once for all rows of all
// outer loops.
// CHECK-LABEL: @once
// CHECK: %[[PANEL:.+]] = memref.alloc() {{.*}}xi8>
// CHECK: arith.shrui
// CHECK: vector.store {{.*}}, %[[PANEL]]
// CHECK: %[[THREE:.+]] = arith.constant 3 : index
// CHECK: scf.for %{{.+}} = %{{.+}} to %[[THREE]]
// CHECK-NOT: arith.shrui
// CHECK: vector.load %[[PANEL]]
// CHECK-NOT: linalg.generic
func.func @once(%x: tensor<3x8x32xi8>) -> tensor<3x8x16xi32> {
  %w = arith.constant dense<-8> : tensor<16x32xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<3x8x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<3x8x16xi32>) -> tensor<3x8x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<3x8x32xi8>, tensor<16x32xi8>) outs(%f : tensor<3x8x16xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 8, rows = 4, blocks = 1, channels_outer = true, bits = 4, panel = true>, nnq.weight_bits = 4 : i64} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<3x8x16xi32>
  return %0 : tensor<3x8x16xi32>
}

// -----

#x = affine_map<(r, g, c, k) -> (r, g * 64 + k)>
#w = affine_map<(r, g, c, k) -> (g, k, c)>
#s = affine_map<(r, g, c, k) -> (r, g, c)>
#sums = affine_map<(r, c, g) -> (r, g, c)>
#scale = affine_map<(r, c, g) -> (g, c)>
#zero = affine_map<(r, c, g) -> (c)>
#y = affine_map<(r, c, g) -> (r, c)>

// What is subtracted from the sum of a group is the same for all rows: their
// accumulators start with it. Words of 16 bits are shifted, and both halves of
// bytes masked.
// CHECK-LABEL: @zero_point
// CHECK: %[[OF_ZERO:.+]] = arith.muli {{.*}}vector<16xi32>
// CHECK: %[[START:.+]] = arith.subi %{{.+}}, %[[OF_ZERO]] : vector<16xi32>
// CHECK: %[[LOW:.+]] = arith.andi
// CHECK: %[[WORDS:.+]] = arith.shrui {{.*}}vector<32xi16>
// CHECK: %[[BYTES:.+]] = vector.bitcast %[[WORDS]] : vector<32xi16> to vector<64xi8>
// CHECK: arith.andi %[[BYTES]]
// CHECK: vector.contract {{.*}}, %[[START]] :
// CHECK: vector.contract {{.*}}, %[[START]] :
// CHECK-NOT: arith.subi
// CHECK: arith.sitofp
// CHECK-NOT: linalg.generic
func.func @zero_point(%x: tensor<2x128xi8>, %zero: tensor<16xi32>) -> tensor<2x16xf32> {
  %w = arith.constant dense<-8> : tensor<2x64x16xi8>
  %scales = arith.constant dense<0.5> : tensor<2x16xf32>
  %of_weights = arith.constant dense<-512> : tensor<2x16xi16>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<2x2x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<2x2x16xi32>) -> tensor<2x2x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x128xi8>, tensor<2x64x16xi8>) outs(%f : tensor<2x2x16xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 8, rows = 2, blocks = 1, bits = 4>, nnq.weight_bits = 4 : i64} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<2x2x16xi32>
  %e = tensor.empty() : tensor<2x16xf32>
  %zf = arith.constant 0.0 : f32
  %g = linalg.fill ins(%zf : f32) outs(%e : tensor<2x16xf32>) -> tensor<2x16xf32>
  %1 = linalg.generic {indexing_maps = [#sums, #scale, #scale, #zero, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %scales, %of_weights, %zero : tensor<2x2x16xi32>, tensor<2x16xf32>, tensor<2x16xi16>, tensor<16xi32>) outs(%g : tensor<2x16xf32>) attrs = {nnq.layer = "fc"} {
  ^bb0(%a: i32, %b: f32, %c: i16, %d: i32, %o: f32):
    %wide = arith.extsi %c : i16 to i32
    %of_zero = arith.muli %wide, %d : i32
    %sum = arith.subi %a, %of_zero : i32
    %v = arith.sitofp %sum : i32 to f32
    %m = arith.mulf %v, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x16xf32>
  return %1 : tensor<2x16xf32>
}

// -----

#x = affine_map<(r, g, c, k) -> (r, g * 64 + k)>
#w = affine_map<(r, g, c, k) -> (g, k, c)>
#s = affine_map<(r, g, c, k) -> (r, g, c)>
#sums = affine_map<(r, c, g) -> (r, g, c)>
#scale = affine_map<(r, c, g) -> (g, c)>
#zero = affine_map<(r, c, g) -> (r)>
#y = affine_map<(r, c, g) -> (r, c)>

// Each row has a zero point of its own: it is subtracted behind the products.
// CHECK-LABEL: @zero_point_of_row
// CHECK-NOT: arith.subi
// CHECK: vector.contract
// CHECK: arith.subi {{.*}}vector<16xi32>
// CHECK: arith.sitofp
// CHECK-NOT: linalg.generic
func.func @zero_point_of_row(%x: tensor<2x128xi8>, %zero: tensor<2xi32>) -> tensor<2x16xf32> {
  %w = arith.constant dense<-8> : tensor<2x64x16xi8>
  %scales = arith.constant dense<0.5> : tensor<2x16xf32>
  %of_weights = arith.constant dense<-512> : tensor<2x16xi16>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<2x2x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<2x2x16xi32>) -> tensor<2x2x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<2x128xi8>, tensor<2x64x16xi8>) outs(%f : tensor<2x2x16xi32>) attrs = {nnq.layer = "fc", nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 8, rows = 2, blocks = 1, bits = 4>, nnq.weight_bits = 4 : i64} {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<2x2x16xi32>
  %e = tensor.empty() : tensor<2x16xf32>
  %zf = arith.constant 0.0 : f32
  %g = linalg.fill ins(%zf : f32) outs(%e : tensor<2x16xf32>) -> tensor<2x16xf32>
  %1 = linalg.generic {indexing_maps = [#sums, #scale, #scale, #zero, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %scales, %of_weights, %zero : tensor<2x2x16xi32>, tensor<2x16xf32>, tensor<2x16xi16>, tensor<2xi32>) outs(%g : tensor<2x16xf32>) attrs = {nnq.layer = "fc"} {
  ^bb0(%a: i32, %b: f32, %c: i16, %d: i32, %o: f32):
    %wide = arith.extsi %c : i16 to i32
    %of_zero = arith.muli %wide, %d : i32
    %sum = arith.subi %a, %of_zero : i32
    %v = arith.sitofp %sum : i32 to f32
    %m = arith.mulf %v, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x16xf32>
  return %1 : tensor<2x16xf32>
}
