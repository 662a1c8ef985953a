// RUN: nnq-opt %s --nnq-quantize=weight-range=reduced --split-input-file | FileCheck %s
// RUN: not nnq-opt %s --nnq-quantize="weight-range=reduced weights=asymmetric" --split-input-file 2>&1 \
// RUN:   | FileCheck %s --check-prefix=ASYMMETRIC

// ASYMMETRIC: error: weight-range=reduced is about symmetric weights; leave it out or pass weights=symmetric

#stats = #nnq.tensor_stats<min = -0.5, max = 2.05, mean = 0.0,
  second_moment = 1.0, count = 2, histogram = []>

// Seven bits: the first channel has -63.5, 0.25 and 0.75, the second is zero.
// CHECK-LABEL: @seven_bits
// CHECK: quant.scast %{{.+}} : tensor<3x2xi8> to tensor<3x2x!quant.uniform<i8<-63:63>:f32:1, {1.0079{{[0-9]+}},1.000000e+00}>>
// CHECK: w_q: "0x40000000C10000000100"
func.func @seven_bits(%x: tensor<1x3xf32> {nnq.stats = #stats}) -> tensor<1x2xf32> {
  %w = arith.constant dense_resource<w> : tensor<3x2xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc"} ins(%x, %w : tensor<1x3xf32>, tensor<3x2xf32>)
    outs(%f : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %0 : tensor<1x2xf32>
}
{-#
  dialect_resources: {
    builtin: {
      w: "0x0400000000007EC2000000000000803E000000000000403F00000000"
    }
  }
#-}

// -----

#stats = #nnq.tensor_stats<min = -0.5, max = 2.05, mean = 0.0,
  second_moment = 1.0, count = 2, histogram = []>

// Input channels 0, 1, 4 and 5 meet in one 16-bit sum. In the first channel
// they are 63 each, which is 252 instead of 128: the scale grows until they are
// 31 or 32. In the second 0 and 1 are 63 and 4 and 5 are -63, which fits; in
// the third the four large ones are 0, 1, 2 and 3.
// CHECK-LABEL: @neighbours
// CHECK: quant.scast %{{.+}} : tensor<3x8xi8> to tensor<3x8x!quant.uniform<i8<-63:63>:f32:0, {1.97{{[0-9]+}},1.000000e+00,1.000000e+00}>>
// CHECK: weights_q: "0x4000000020200000202000003F3F0000C1C100003F3F3F3F00000000"
func.func @neighbours(%x: tensor<1x8xf32> {nnq.stats = #stats}) -> tensor<1x3xf32> {
  %w = arith.constant dense<[[63.0, 63.0, 0.0, 0.0, 63.0, 63.0, 0.0, 0.0],
    [63.0, 63.0, 0.0, 0.0, -63.0, -63.0, 0.0, 0.0],
    [63.0, 63.0, 63.0, 63.0, 0.0, 0.0, 0.0, 0.0]]> : tensor<3x8xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x3xf32>) -> tensor<1x3xf32>
  %0 = linalg.generic {indexing_maps = [affine_map<(n, c, k) -> (n, k)>,
      affine_map<(n, c, k) -> (c, k)>, affine_map<(n, c, k) -> (n, c)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x8xf32>, tensor<3x8xf32>) outs(%f : tensor<1x3xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<1x3xf32>
  return %0 : tensor<1x3xf32>
}
