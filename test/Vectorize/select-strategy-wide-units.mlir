// RUN: nnq-opt %s --nnq-set-target=target=sapphirerapids --nnq-select-strategy | FileCheck %s --check-prefixes=CHECK,TWO
// RUN: nnq-opt %s --nnq-set-target=target=skylake-avx512 --nnq-select-strategy | FileCheck %s --check-prefixes=CHECK,TWO
// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-select-strategy | FileCheck %s --check-prefixes=CHECK,ONE
// RUN: nnq-opt %s --nnq-set-target=target=x86-64-v4 --nnq-select-strategy | FileCheck %s --check-prefixes=CHECK,ONE

#x = affine_map<(h, w, c, i, j, k) -> (h + i, w + j, k)>
#w = affine_map<(h, w, c, i, j, k) -> (c, i, j, k)>
#y = affine_map<(h, w, c, i, j, k) -> (h, w, c)>

// One load for each of 28 products is as much as two units do meanwhile; they
// need both factors from registers.
// CHECK-LABEL: @wide
// TWO: nnq.kernel = #nnq.kernel<dot = fma, lanes = 16, group = 1, rows = 14, blocks = 2>
// ONE: nnq.kernel = #nnq.kernel<dot = fma, lanes = 16, group = 1, rows = 28, blocks = 1>
func.func @wide(%x: tensor<58x58x64xf32>, %w: tensor<64x3x3x64xf32>,
    %f: tensor<56x56x64xf32>) -> tensor<56x56x64xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<58x58x64xf32>, tensor<64x3x3x64xf32>)
      outs(%f : tensor<56x56x64xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<56x56x64xf32>
  return %0 : tensor<56x56x64xf32>
}

// Weights that stream past lines of 7 pixels: two lines at once read them half
// as often, which one unit has the time for anyway.
// CHECK-LABEL: @short_lines
// TWO: nnq.kernel = #nnq.kernel<dot = fma, lanes = 16, group = 1, rows = 14, blocks = 2, channels_outer = true>
// ONE: nnq.kernel = #nnq.kernel<dot = fma, lanes = 16, group = 1, rows = 7, blocks = {{[23]}}, channels_outer = true>
func.func @short_lines(%x: tensor<9x9x512xf32>, %w: tensor<512x3x3x512xf32>,
    %f: tensor<7x7x512xf32>) -> tensor<7x7x512xf32> {
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types =
      ["parallel", "parallel", "parallel", "reduction", "reduction", "reduction"]}
      ins(%x, %w : tensor<9x9x512xf32>, tensor<512x3x3x512xf32>)
      outs(%f : tensor<7x7x512xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<7x7x512xf32>
  return %0 : tensor<7x7x512xf32>
}
