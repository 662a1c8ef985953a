// RUN: nnq-opt %s --nnq-infer-no-nan | FileCheck %s
// RUN: nnq-opt %s --nnq-infer-no-nan --nnq-infer-no-nan | FileCheck %s

#id = affine_map<(d0) -> (d0)>

// A hard swish of integers by finite multipliers.
// CHECK-LABEL: @hard_swish
// CHECK: arith.maximumf {{.*}} fastmath<nnan>
// CHECK: arith.minnumf {{.*}} fastmath<nnan>
func.func @hard_swish(%x: tensor<2xi32>) -> tensor<2xf32> {
  %m = arith.constant dense<[0.5, 0.25]> : tensor<2xf32>
  %c0 = arith.constant 0.0 : f32
  %c3 = arith.constant 3.0 : f32
  %c6 = arith.constant 6.0 : f32
  %e = tensor.empty() : tensor<2xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %m : tensor<2xi32>, tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%a: i32, %s: f32, %o: f32):
    %f = arith.sitofp %a : i32 to f32
    %y = arith.mulf %f, %s : f32
    %1 = arith.addf %y, %c3 : f32
    %2 = arith.maximumf %1, %c0 : f32
    %3 = arith.minnumf %2, %c6 : f32
    %4 = arith.mulf %3, %y : f32
    linalg.yield %4 : f32
  } -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// CHECK-LABEL: @any_f32
// CHECK: arith.maximumf %{{.+}}, %{{.+}} : f32
func.func @any_f32(%x: tensor<2xf32>) -> tensor<2xf32> {
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%x : tensor<2xf32>) outs(%e : tensor<2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %1 = arith.maximumf %a, %c0 : f32
    linalg.yield %1 : f32
  } -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// Multipliers that are no numbers, or large enough to overflow.
// CHECK-LABEL: @multipliers
// CHECK: arith.maximumf %{{.+}}, %{{.+}} : f32
// CHECK: arith.maximumf %{{.+}}, %{{.+}} : f32
// CHECK: arith.maximumf %{{.+}}, %{{.+}} : f32
func.func @multipliers(%x: tensor<2xi32>) -> tensor<2xf32> {
  %nan = arith.constant dense<[0.5, 0x7FC00000]> : tensor<2xf32>
  %inf = arith.constant dense<[0.5, 0x7F800000]> : tensor<2xf32>
  %large = arith.constant dense<[0.5, 1.0e+30]> : tensor<2xf32>
  %c0 = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<2xf32>
  %0 = linalg.generic {indexing_maps = [#id, #id, #id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %nan, %inf, %large : tensor<2xi32>, tensor<2xf32>, tensor<2xf32>, tensor<2xf32>)
      outs(%e : tensor<2xf32>) {
  ^bb0(%a: i32, %s: f32, %t: f32, %u: f32, %o: f32):
    %f = arith.sitofp %a : i32 to f32
    %1 = arith.mulf %f, %s : f32
    %2 = arith.maximumf %1, %c0 : f32
    %3 = arith.mulf %f, %t : f32
    %4 = arith.maximumf %3, %c0 : f32
    %5 = arith.mulf %f, %u : f32
    %6 = arith.maximumf %5, %c0 : f32
    %7 = arith.addf %2, %4 : f32
    %8 = arith.addf %6, %7 : f32
    linalg.yield %8 : f32
  } -> tensor<2xf32>
  return %0 : tensor<2xf32>
}
