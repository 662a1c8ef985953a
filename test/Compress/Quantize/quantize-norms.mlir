// RUN: nnq-opt %s --nnq-quantize-norms | FileCheck %s

// RUN: sed 's/, nnq.stats = #stats//' %s | nnq-opt --nnq-quantize-norms --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=UNKNOWN
// UNKNOWN: Layer=norm, Reason="there are no statistics of what it reads and makes; pass data=FILE to calibrate"
// UNKNOWN-NOT: quant.

// RUN: sed 's/"norm", /"norm", nnq.keep_f32 = "asked for", /' %s | nnq-opt --nnq-quantize-norms --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=KEPT
// KEPT-NOT: {{quant\.|Layer=}}

#id = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d0)>
#channel = affine_map<(d0, d1) -> (d1)>
#rows = affine_map<(d0) -> (d0)>
#stats = #nnq.tensor_stats<min = -1.0, max = 2.0, mean = 0.0, second_moment = 1.0, count = 9, histogram = []>

// As torch.nn.LayerNorm is imported. Steps are of twice the range by 32767; the
// other reader of what the norm reads gets the integers, too.
// CHECK-LABEL: @by_rsqrt
// CHECK: %[[X:.+]] = linalg.generic
// CHECK: %[[Q:.+]] = quant.qcast %[[X]] : tensor<4x8xf32> to tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 1.2207403779029846E-4>>
// CHECK-DAG: %[[I:.+]] = quant.scast %[[Q]] : {{.*}} to tensor<4x8xi16>
// CHECK-DAG: %[[READ:.+]] = quant.dcast %[[Q]]
// CHECK: %[[SUM:.+]] = linalg.generic {{.*}}["parallel", "reduction"]} ins(%[[I]] : tensor<4x8xi16>) outs(%{{.+}} : tensor<4xi32>) attrs = {nnq.layer = "norm"}
// CHECK: %[[MEAN:.+]] = linalg.generic {{.*}} ins(%[[SUM]] : tensor<4xi32>) outs(%{{.+}} : tensor<4xi32>)
// (sum + 2^15 * 8 + 4) / 8 - 2^15
// CHECK: arith.addi %{{.+}}, %[[UP:.+]] : i32
// CHECK: arith.divui
// CHECK: %[[SQUARES:.+]] = linalg.generic {{.*}}["parallel", "reduction"]} ins(%[[I]], %[[MEAN]] : {{.*}} outs(%{{.+}} : tensor<4xi64>)
// 8 * 1e-5 / step^2
// CHECK: %[[V:.+]] = linalg.generic {{.*}} ins(%[[SQUARES]] :
// CHECK: arith.constant 5368 : i64
// CHECK: %[[INVERSE:.+]] = linalg.generic {{.*}} ins(%[[V]] : tensor<4xi64>) outs(%{{.+}} : tensor<4xi32>)
// CHECK: math.ctlz
// CHECK-COUNT-32: arith.select
// CHECK: arith.divui
// CHECK: %[[DOWN:.+]] = linalg.generic {{.*}} ins(%[[V]] : tensor<4xi64>) outs(%{{.+}} : tensor<4xi64>)
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} ins(%[[I]], %[[MEAN]], %[[INVERSE]], %[[DOWN]], %{{.+}}, %{{.+}} : {{.*}}tensor<8xi32>, tensor<8xi64>) outs(%{{.+}} : tensor<4x8xi16>)
// CHECK-NOT: f32
// CHECK: %[[S:.+]] = quant.scast %[[Y]] : tensor<4x8xi16> to tensor<4x8x!quant.uniform<i16<-32767:32767>:f32, 1.2207403779029846E-4>>
// CHECK: %[[RESULT:.+]] = quant.dcast %[[S]]
// CHECK: return %[[RESULT]], %[[READ]]
func.func @by_rsqrt(%a: tensor<4x8xf32>) -> (tensor<4x8xf32>, tensor<4x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %n = arith.constant 0.125 : f32
  %eps = arith.constant 1.0e-5 : f32
  %scale = arith.constant dense<[1.0, 2.0, 0.5, -1.0, 1.0, 1.0, 1.0, 0.0]> : tensor<8xf32>
  %offset = arith.constant dense<[0.0, 1.0, 0.0, 0.0, -0.5, 0.0, 0.0, 0.25]> : tensor<8xf32>
  %e = tensor.empty() : tensor<4x8xf32>
  %er = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%er : tensor<4xf32>) -> tensor<4xf32>
  %x = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%a : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) attrs = {nnq.stats = #stats} {
  ^bb0(%i: f32, %o: f32):
    %t = arith.addf %i, %i : f32
    linalg.yield %t : f32
  } -> tensor<4x8xf32>
  %sum = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = arith.addf %i, %o : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  %mean = linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel"]}
      ins(%sum : tensor<4xf32>) outs(%er : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = arith.mulf %i, %n : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  %wide = tensor.expand_shape %mean [[0, 1]] output_shape [4, 1] : tensor<4xf32> into tensor<4x1xf32>
  %narrow = tensor.collapse_shape %wide [[0, 1]] : tensor<4x1xf32> into tensor<4xf32>
  %means = linalg.broadcast ins(%narrow : tensor<4xf32>) outs(%e : tensor<4x8xf32>) dimensions = [1]
  %c = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%x, %means : tensor<4x8xf32>, tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %t = arith.subf %i, %j : f32
    linalg.yield %t : f32
  } -> tensor<4x8xf32>
  %square = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%c : tensor<4x8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = arith.mulf %i, %i : f32
    linalg.yield %t : f32
  } -> tensor<4x8xf32>
  %sum2 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
      ins(%square : tensor<4x8xf32>) outs(%f : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = arith.addf %i, %o : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  %var = linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel"]}
      ins(%sum2 : tensor<4xf32>) outs(%er : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = arith.mulf %i, %n : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  %shifted = linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel"]}
      ins(%var : tensor<4xf32>) outs(%er : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = arith.addf %i, %eps : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  %r = linalg.generic {indexing_maps = [#rows, #rows], iterator_types = ["parallel"]}
      ins(%shifted : tensor<4xf32>) outs(%er : tensor<4xf32>) {
  ^bb0(%i: f32, %o: f32):
    %t = math.rsqrt %i : f32
    linalg.yield %t : f32
  } -> tensor<4xf32>
  %y = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
      ins(%c, %r : tensor<4x8xf32>, tensor<4xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %t = arith.mulf %i, %j : f32
    linalg.yield %t : f32
  } -> tensor<4x8xf32>
  %scaled = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel"]}
      ins(%y, %scale : tensor<4x8xf32>, tensor<8xf32>) outs(%e : tensor<4x8xf32>) {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %t = arith.mulf %i, %j : f32
    linalg.yield %t : f32
  } -> tensor<4x8xf32>
  %result = linalg.generic {indexing_maps = [#id, #channel, #id], iterator_types = ["parallel", "parallel"]}
      ins(%scaled, %offset : tensor<4x8xf32>, tensor<8xf32>) outs(%e : tensor<4x8xf32>)
      attrs = {nnq.layer = "norm", nnq.stats = #stats} {
  ^bb0(%i: f32, %j: f32, %o: f32):
    %t = arith.addf %i, %j : f32
    linalg.yield %t : f32
  } -> tensor<4x8xf32>
  return %result, %x : tensor<4x8xf32>, tensor<4x8xf32>
}
