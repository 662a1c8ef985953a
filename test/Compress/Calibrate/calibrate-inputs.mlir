// Several inputs, of integers, too, are as many arrays of an .npz.
// RUN: %python %S/../../Inputs/make_arrays.py %t.npz x0=i8:4x2:3 x1=f4:4x2:0.5
// RUN: nnq-opt %s --nnq-calibrate=data=%t.npz | FileCheck %s
// RUN: %python %S/../../Inputs/make_arrays.py %t-named.npz ids=i8:4x2:3 weight=f4:4x2:0.5
// RUN: nnq-opt %s --quantize-int8="data=%t-named.npz key=ids,weight" -o /dev/null
// RUN: nnq-opt %s --nnq-calibrate="data=%t-named.npz key=ids,weight" | FileCheck %s

// CHECK: nnq.stats = #nnq.tensor_stats<min = 1.500000e+00 : f64, max = 1.500000e+00 : f64
// CHECK-SAME: count = 8

// RUN: not nnq-opt %s --nnq-calibrate="data=%t-named.npz key=a,b,c" 2>&1 | FileCheck %s --check-prefix=COUNT
// COUNT: error: cannot calibrate: function 'f' takes 2 inputs, key= names 3
// RUN: not nnq-opt %s --nnq-calibrate="data=%t-named.npz" 2>&1 | FileCheck %s --check-prefix=KEY
// KEY: error: cannot calibrate: {{.*}}, array 'x0': there is none; the file has: ids, weight; choose the input with key=NAME,NAME...
// RUN: %python %S/../../Inputs/make_arrays.py %t-uneven.npz x0=i8:4x2:3 x1=f4:3x2:0.5
// RUN: not nnq-opt %s --nnq-calibrate="data=%t-uneven.npz" 2>&1 | FileCheck %s --check-prefix=UNEVEN
// UNEVEN: error: cannot calibrate: {{.*}}array 'x1': has 3 samples, {{.*}}array 'x0' has 4
// RUN: %python %S/../../Inputs/make_arrays.py %t-nan.npz x0=i8:4x2:3 x1=f4:4x2:nan
// RUN: not nnq-opt %s --nnq-calibrate="data=%t-nan.npz" 2>&1 | FileCheck %s --check-prefix=NAN
// NAN: error: cannot calibrate: {{.*}}array 'x1': NaN in sample 0, element 0

#id = affine_map<(d0, d1) -> (d0, d1)>

func.func @f(%ids: tensor<1x2xi64>, %weight: tensor<1x2xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<1.0> : tensor<2x1xf32>
  %zero = arith.constant 0.0 : f32
  %e2 = tensor.empty() : tensor<1x2xf32>
  %x = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%ids, %weight : tensor<1x2xi64>, tensor<1x2xf32>) outs(%e2 : tensor<1x2xf32>) {
  ^bb0(%a: i64, %b: f32, %o: f32):
    %c = arith.sitofp %a : i64 to f32
    %m = arith.mulf %c, %b : f32
    linalg.yield %m : f32
  } -> tensor<1x2xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul ins(%x, %w : tensor<1x2xf32>, tensor<2x1xf32>) outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}
