// The ops of an ONNX graph: ReduceMean, Sub, Pow, ReduceMean, Add, Sqrt and Div.
// RUN: nnq-opt %s --nnq-quantize-norms | FileCheck %s

// Not the variance.
// RUN: sed 's/exponent = arith.constant 2.0/exponent = arith.constant 3.0/' %s | nnq-opt --nnq-quantize-norms | FileCheck %s --check-prefix=OTHER
// Not the number of elements.
// RUN: sed 's/n = arith.constant 8.0/n = arith.constant 9.0/' %s | nnq-opt --nnq-quantize-norms | FileCheck %s --check-prefix=OTHER
// Divided by what is of another row.
// RUN: sed 's/#divisor = affine_map<(d0, d1) -> (d0)>/#divisor = affine_map<(d0, d1) -> (d1)>/' %s | nnq-opt --nnq-quantize-norms | FileCheck %s --check-prefix=OTHER
// OTHER: func.func
// OTHER-NOT: quant.

#id = affine_map<(d0, d1) -> (d0, d1)>
#unit = affine_map<(d0, d1) -> (d0, 0)>
#row = affine_map<(d0, d1) -> (d0)>
#divisor = affine_map<(d0, d1) -> (d0)>
#stats = #nnq.tensor_stats<min = -1.0, max = 2.0, mean = 0.0, second_moment = 1.0, count = 9, histogram = []>

// CHECK-LABEL: @by_sqrt
// CHECK-SAME: %[[X:.+]]: tensor<8x8xf32>
// CHECK: quant.qcast %[[X]]
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<8x8xi16>)
// CHECK: quant.scast %[[Y]] : tensor<8x8xi16>
func.func @by_sqrt(%x: tensor<8x8xf32> {nnq.stats = #stats}) -> tensor<8x8xf32> {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 8.0 : f32
  %exponent = arith.constant 2.0 : f32
  %eps = arith.constant 1.0e-5 : f64
  %e = tensor.empty() : tensor<8x8xf32>
  %er = tensor.empty() : tensor<8x1xf32>
  %es = tensor.empty() : tensor<8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%es : tensor<8xf32>) -> tensor<8xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<8x8xf32>) outs(%f : tensor<8xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = arith.addf %o, %i : f32
    linalg.yield %t : f32
  } -> tensor<8xf32>
  %sums = tensor.expand_shape %sum [[0, 1]] output_shape [8, 1] : tensor<8xf32> into tensor<8x1xf32>
  %mean = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%sums : tensor<8x1xf32>) outs(%er : tensor<8x1xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = arith.divf %i, %n : f32
    linalg.yield %t : f32
  } -> tensor<8x1xf32>
  %c = linalg.generic {indexing_maps = [#id, #unit, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %mean : tensor<8x8xf32>, tensor<8x1xf32>) outs(%e : tensor<8x8xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %t = arith.subf %i, %j : f32
    linalg.yield %t : f32
  } -> tensor<8x8xf32>
  %square = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%c : tensor<8x8xf32>) outs(%e : tensor<8x8xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = math.powf %i, %exponent : f32
    linalg.yield %t : f32
  } -> tensor<8x8xf32>
  %sum2 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%square : tensor<8x8xf32>) outs(%f : tensor<8xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = arith.addf %o, %i : f32
    linalg.yield %t : f32
  } -> tensor<8xf32>
  %sums2 = tensor.expand_shape %sum2 [[0, 1]] output_shape [8, 1] : tensor<8xf32> into tensor<8x1xf32>
  %var = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%sums2 : tensor<8x1xf32>) outs(%er : tensor<8x1xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = arith.divf %i, %n : f32
    linalg.yield %t : f32
  } -> tensor<8x1xf32>
  %shifted = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%var : tensor<8x1xf32>) outs(%er : tensor<8x1xf32>) {
  ^bb0(%i: f32, %o: f32):
    %s = arith.truncf %eps : f64 to f32
    %t = arith.addf %i, %s : f32
    linalg.yield %t : f32
  } -> tensor<8x1xf32>
  %root = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%shifted : tensor<8x1xf32>) outs(%er : tensor<8x1xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = math.sqrt %i : f32
    linalg.yield %t : f32
  } -> tensor<8x1xf32>
  %roots = tensor.collapse_shape %root [[0, 1]] : tensor<8x1xf32> into tensor<8xf32>
  %y = linalg.generic {indexing_maps = [#id, #divisor, #id], iterator_types = ["parallel", "parallel"]}
      ins(%c, %roots : tensor<8x8xf32>, tensor<8xf32>) outs(%e : tensor<8x8xf32>)
      attrs = {nnq.stats = #stats} {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %t = arith.divf %i, %j : f32
    linalg.yield %t : f32
  } -> tensor<8x8xf32>
  return %y : tensor<8x8xf32>
}
