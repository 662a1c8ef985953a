// RUN: %python %inputs/make_arrays.py %t.npz x=f4:40x1:iota
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor measure-noise" --remarks-filter=nnq 2>%t.txt | FileCheck %s
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest measure-noise" --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=GOOD
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest measure-noise" --lower-to-llvm=profile -o - | FileCheck %s --check-prefix=SIGNATURE
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest measure-noise sqnr-floor=90 calibration=percentile percentile=90" --remarks-filter=nnq -o /dev/null 2>&1 | FileCheck %s --check-prefix=FLOOR
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest measure-noise sqnr-floor=200 weight-granularity=per-tensor weight-range=reduced" --remarks-filter=nnq -o /dev/null 2>&1 | FileCheck %s --check-prefix=CAUSES
// RUN: not nnq-opt %s --nnq-measure-noise 2>&1 | FileCheck %s --check-prefix=DATA
// DATA: error: cannot measure noise: no data given; pass data=FILE

// The channel that fc2 reads loses all of its weight, 0.3 beside -100. The first
// layer's own result hardly shows it.
// CHECK:       linalg.matmul {nnq.layer = "fc1", {{.*}}nnq.sqnr = [[#]].{{[0-9]+}} : f32}
// CHECK:       linalg.matmul {nnq.layer = "fc2", {{.*}}nnq.sqnr = {{0|0.0+e\+00|-?[0-9.]+e-[0-9]+}} : f32}
// REMARK-NOT:  fc1, Reason="the first layer
// REMARK:      [Missed] nnq-measure-noise
// REMARK-SAME:   Layer=fc2, Reason="the first layer whose signal to noise, {{-?}}0.0 dB, is below 15 dB: the noise comes with its input; bisect=FILE looks for the layer that makes it; layers=REGEX=f32 keeps layers in f32"

// With a scale for each channel nothing is lost.
// GOOD-NOT:    nnq-measure-noise
// GOOD:        linalg.matmul {nnq.layer = "fc2", {{.*}}nnq.sqnr = {{[3-9]}}

// FLOOR:       Layer=fc1, Reason="the first layer whose signal to noise, {{.*}} dB, is below 90 dB: {{[0-9.]+}} % of its input is clipped; layers=
// CAUSES:      Layer=fc1, Reason="the first layer {{.*}} is below 200 dB: its channels share a scale, and their ranges differ by a factor of up to 333, its weights are integers of -63 to 63; layers=

// SIGNATURE:   \22clipped\22:0,\22factors\22:2,\22input_range\22:[0,{{[^]]*}}],\22input_scheme\22:\22asymmetric\22,
// SIGNATURE-SAME: \22name\22:\22fc2\22{{[^}]*}}\22sqnr\22:{{[3-9][0-9]\.[^}]*}}\22weight_scheme\22:\22symmetric per-axis\22
func.func @f(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[-100.0, 0.3]]> : tensor<1x2xf32>
  %w2 = arith.constant dense<[[0.0], [1.0]]> : tensor<2x1xf32>
  %e1 = tensor.empty() : tensor<1x2xf32>
  %z1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %e2 = tensor.empty() : tensor<1x1xf32>
  %z2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x1xf32>, tensor<1x2xf32>) outs(%z1 : tensor<1x2xf32>) -> tensor<1x2xf32>
  // A ReLU leaves the poor channel alone.
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<1x2xf32>) outs(%e1 : tensor<1x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x2xf32>
  %2 = linalg.matmul {nnq.layer = "fc2"} ins(%1, %w2 : tensor<1x2xf32>, tensor<2x1xf32>) outs(%z2 : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}
