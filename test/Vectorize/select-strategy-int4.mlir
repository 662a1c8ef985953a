// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v3 --nnq-select-strategy | FileCheck %s --check-prefix=AVX2
// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-select-strategy | FileCheck %s --check-prefix=VNNI

// Weights of 4 bits leave room for 32 elements in 16 bits; the sum over groups is
// no kernel of its own. One row unpacks weights in registers, several once for
// all; beside products of 512 bits each tile of many rows unpacks them for itself.
#x = affine_map<(r, g, c, k) -> (r, g * 64 + k)>
#w = affine_map<(r, g, c, k) -> (g, k, c)>
#s = affine_map<(r, g, c, k) -> (r, g, c)>
#sums = affine_map<(r, c, g) -> (r, g, c)>
#scale = affine_map<(r, c, g) -> (g, c)>
#y = affine_map<(r, c, g) -> (r, c)>

// AVX2-LABEL: @row
// AVX2: nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 32, rows = 1, blocks = {{[0-9]+}}, bits = 4>
// VNNI-LABEL: @row
// VNNI: nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 8, rows = 1, blocks = {{[0-9]+}}, bits = 4>
func.func @row(%x: tensor<1x128xi8>) -> tensor<1x16xf32> {
  %w = arith.constant dense<-8> : tensor<2x64x16xi8>
  %scales = arith.constant dense<0.5> : tensor<2x16xf32>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x2x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x2x16xi32>) -> tensor<1x2x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x128xi8>, tensor<2x64x16xi8>) outs(%f : tensor<1x2x16xi32>) attrs = {nnq.layer = "fc", nnq.weight_bits = 4 : i64} {
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

// AVX2-LABEL: @rows
// AVX2: nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 32, rows = {{[0-9]+}}, blocks = 2, channels_outer = true, bits = 4, panel = true>
// VNNI-LABEL: @rows
// VNNI: nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 8, rows = {{([89]|1[0-6])}}, blocks = 1, bits = 4>
func.func @rows(%x: tensor<40x128xi8>) -> tensor<40x16xf32> {
  %w = arith.constant dense<-8> : tensor<2x64x16xi8>
  %scales = arith.constant dense<0.5> : tensor<2x16xf32>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<40x2x16xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<40x2x16xi32>) -> tensor<40x2x16xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #s], iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<40x128xi8>, tensor<2x64x16xi8>) outs(%f : tensor<40x2x16xi32>) attrs = {nnq.layer = "fc", nnq.weight_bits = 4 : i64} {
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
