// RUN: %python %inputs/make_arrays.py %t.npz x=f4:40x1:iota
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor bisect=%t.layer.mlir" --remarks-filter=nnq -o %t.q.mlir 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: FileCheck %s --input-file=%t.layer.mlir --check-prefix=LAYER

// Alone it has the same noise, by the options that are in the file.
// RUN: nnq-opt %t.layer.mlir --quantize-int8 --lower-to-llvm -o %t.int8.mlir
// RUN: nnq-run %t.layer.mlir --data=%t.layer.npz --compare=%t.int8.mlir --json | FileCheck %s --check-prefix=ALONE
// ALONE: "sqnr_db": {{-?(0|[0-9.]+e-[0-9]+)}}

// Nothing of the network itself changes.
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor" -o %t.plain.mlir
// RUN: cmp %t.q.mlir %t.plain.mlir

// With a scale for each channel no layer is below; the worst one is written.
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest bisect=%t.worst.mlir" --remarks-filter=nnq -o /dev/null 2>&1 | FileCheck %s --check-prefix=WORST
// WORST: [Missed] nnq-bisect-noise
// WORST-SAME: quantized alone its signal to noise is {{[3-9][0-9.]+}} dB, the least; noise adds up over layers none of which is below 15 dB; it is written to
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest bisect=%t.high.mlir sqnr-floor=90" --remarks-filter=nnq -o /dev/null 2>&1 | FileCheck %s --check-prefix=FLOOR
// FLOOR: the first below 90 dB; it is written to

// RUN: not nnq-opt %s --nnq-bisect-noise=output=%t.txt 2>&1 | FileCheck %s --check-prefix=SUFFIX
// SUFFIX: error: cannot bisect: output={{.*}}.txt: the file for the layer ends in .mlir
// RUN: not nnq-opt %s --nnq-bisect-noise=output=%t.mlir 2>&1 | FileCheck %s --check-prefix=DATA
// DATA: error: cannot bisect: no data given; pass data=FILE

// fc1 makes the noise that fc2 shows: 0.3 beside -100 becomes 0, and a ReLU
// leaves that channel alone.
// REMARK:      [Missed] nnq-bisect-noise
// REMARK-SAME:   Layer=fc1, Reason="quantized alone its signal to noise is {{-?}}0.0 dB, the first below 15 dB: its channels share a scale, and their ranges differ by a factor of up to 333; it is written to {{.*}}.layer.mlir"

// LAYER:       func.func @layer(%{{.*}}: tensor<1x1xf32> {nnq.quant_range = {{.*}}, nnq.stats = {{.*}}}) -> tensor<1x2xf32> {
// LAYER:         linalg.matmul {nnq.layer = "fc1", nnq.weights = #nnq.weight_format<scheme = symmetric, granularity = per_tensor, range = full>}
// LAYER:         arith.maximumf
// LAYER-NOT:     linalg.matmul
// LAYER:         return %{{.*}} : tensor<1x2xf32>
func.func @f(%x: tensor<1x1xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[-100.0, 0.3]]> : tensor<1x2xf32>
  %w2 = arith.constant dense<[[0.0], [1.0]]> : tensor<2x1xf32>
  %e1 = tensor.empty() : tensor<1x2xf32>
  %z1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %e2 = tensor.empty() : tensor<1x1xf32>
  %z2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x1xf32>, tensor<1x2xf32>) outs(%z1 : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
      ins(%0 : tensor<1x2xf32>) outs(%e1 : tensor<1x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  } -> tensor<1x2xf32>
  %2 = linalg.matmul {nnq.layer = "fc2"} ins(%1, %w2 : tensor<1x2xf32>, tensor<2x1xf32>) outs(%z2 : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %2 : tensor<1x1xf32>
}
