// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-select-strategy | FileCheck %s --check-prefix=LATENCY
// RUN: nnq-opt %s --nnq-set-target=target=znver4 --nnq-select-strategy=objective=size | FileCheck %s --check-prefix=SIZE

#x = affine_map<(n, c, k) -> (n, k)>
#w = affine_map<(n, c, k) -> (c, k)>
#y = affine_map<(n, c, k) -> (n, c)>

// For size channels are padded to what narrower lanes take.
// LATENCY-LABEL: @padded
// LATENCY: lanes = 16
// SIZE-LABEL: @padded
// SIZE: lanes = 8
func.func @padded(%x: tensor<1x64xi8>, %f: tensor<1x24xi32>) -> tensor<1x24xi32> {
  %w = arith.constant dense<1> : tensor<24x64xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x64xi8>, tensor<24x64xi8>) outs(%f : tensor<1x24xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x24xi32>
  return %0 : tensor<1x24xi32>
}

// Few channels in many are not worth the time of half as many lanes.
// LATENCY-LABEL: @little_padding
// LATENCY: lanes = 16
// SIZE-LABEL: @little_padding
// SIZE: lanes = 16
func.func @little_padding(%x: tensor<1x64xi8>, %f: tensor<1x1000xi32>) -> tensor<1x1000xi32> {
  %w = arith.constant dense<1> : tensor<1000x64xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x64xi8>, tensor<1000x64xi8>) outs(%f : tensor<1x1000xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %p = arith.extui %a : i8 to i32
    %q = arith.extsi %b : i8 to i32
    %m = arith.muli %p, %q : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<1x1000xi32>
  return %0 : tensor<1x1000xi32>
}
