// RUN: nnq-opt %s --nnq-fuse-elementwise | FileCheck %s
// RUN: nnq-opt %s --nnq-fuse-elementwise --nnq-fuse-elementwise | FileCheck %s

#id = affine_map<(d0, d1) -> (d0, d1)>
#channel = affine_map<(d0, d1) -> (d1)>
#x = affine_map<(m, n, k) -> (m, k)>
#w = affine_map<(m, n, k) -> (k, n)>
#y = affine_map<(m, n, k) -> (m, n)>

// CHECK-LABEL: @chain
// CHECK-SAME: %[[X:.+]]: tensor<2x7xf32>, %[[B:.+]]: tensor<7xf32>
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} ins(%[[X]], %[[B]] :
// CHECK: %[[S:.+]] = arith.addf
// CHECK: %[[N:.+]] = arith.negf %[[S]]
// CHECK: math.exp %[[N]]
// CHECK-NOT: linalg.generic
// CHECK: return %[[Y]]
func.func @chain(%x: tensor<2x7xf32>, %b: tensor<7xf32>) -> tensor<2x7xf32> {
  %e = tensor.empty() : tensor<2x7xf32>
  %0 = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %b : tensor<2x7xf32>, tensor<7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %2 : tensor<2x7xf32>
}

// Both readers would compute the negation.
// CHECK-LABEL: @second_reader
// CHECK: %[[N:.+]] = linalg.generic
// CHECK: arith.negf
// CHECK: linalg.generic {{.*}} ins(%[[N]] :
// CHECK: math.exp
func.func @second_reader(%x: tensor<2x7xf32>) -> (tensor<2x7xf32>, tensor<2x7xf32>) {
  %e = tensor.empty() : tensor<2x7xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %0, %1 : tensor<2x7xf32>, tensor<2x7xf32>
}

// A contraction keeps its plain multiply-add body on both sides.
// CHECK-LABEL: @contraction
// CHECK: %[[N:.+]] = linalg.generic
// CHECK: arith.negf
// CHECK: %[[MM:.+]] = linalg.generic {{.*}} ins(%[[N]],
// CHECK: %[[M:.+]] = arith.mulf
// CHECK-NEXT: %[[A:.+]] = arith.addf %{{.+}}, %[[M]]
// CHECK-NEXT: linalg.yield %[[A]]
// CHECK: linalg.generic {{.*}} ins(%[[MM]] :
// CHECK: math.exp
func.func @contraction(%x: tensor<2x5xf32>, %w: tensor<5x7xf32>, %f: tensor<2x7xf32>) -> tensor<2x7xf32> {
  %ex = tensor.empty() : tensor<2x5xf32>
  %e = tensor.empty() : tensor<2x7xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x5xf32>) outs(%ex : tensor<2x5xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<2x5xf32>
  %1 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%0, %w : tensor<2x5xf32>, tensor<5x7xf32>) outs(%f : tensor<2x7xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %2 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%1 : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %2 : tensor<2x7xf32>
}

// The layer of the consumer names the fused op.
// CHECK-LABEL: @layers
// CHECK: linalg.generic
// CHECK-SAME: nnq.layer = "act"
// CHECK: arith.negf
// CHECK: math.exp
func.func @layers(%x: tensor<2x7xf32>) -> tensor<2x7xf32> {
  %e = tensor.empty() : tensor<2x7xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) attrs = {nnq.layer = "neg"} {
  ^bb0(%a: f32, %o: f32):
    %s = arith.negf %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  %1 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<2x7xf32>) outs(%e : tensor<2x7xf32>) attrs = {nnq.layer = "act"} {
  ^bb0(%a: f32, %o: f32):
    %s = math.exp %a : f32
    linalg.yield %s : f32
  } -> tensor<2x7xf32>
  return %1 : tensor<2x7xf32>
}
