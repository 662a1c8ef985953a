// RUN: %python %inputs/make_arrays.py %t.npz x=f4:4x1:iota
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor weight-bits=4 accuracy-drop=10" --remarks-filter="nnq.*" -o %t.mlir 2>%t.txt
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=LADDER
// So it is where only some layers have 4 bits, and one that is to stay in f32.
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor layers=fc.=int4 accuracy-drop=10" | FileCheck %s
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor weight-bits=4 layers=fc1=f32 accuracy-drop=10" | FileCheck %s --check-prefix=F32
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor weight-bits=4 accuracy-drop=25" | FileCheck %s --check-prefix=ENOUGH

// With one scale of 4 bits, 4 becomes 0 beside -100, with one of 8 it does not:
// of (10.5, 12), the result of 3, the second is the larger.
// CHECK:  linalg.matmul {nnq.layer = "fc1", nnq.provenance = {{.*}}bits_after = 16>
// CHECK:  linalg.matmul {nnq.layer = "fc2", nnq.provenance = {{.*}}bits_after = 16>
// F32:    linalg.matmul {nnq.keep_f32 = "layers=fc1=f32", nnq.layer = "fc1"}
// F32:    linalg.matmul {nnq.layer = "fc2", nnq.provenance = {{.*}}bits_after = 16>
// ENOUGH: linalg.matmul {nnq.layer = "fc1", nnq.provenance = {{.*}}bits_after = 8>
// ENOUGH: linalg.matmul {nnq.layer = "fc2", nnq.provenance = {{.*}}bits_after = 16>

// LADDER:      0 of 2 layers in f32: accuracy drops by 25.00 points to 75.00 %
// LADDER:      2 of 2 layers with weights of 8 bits: accuracy drops by 0.00 points to 100.00 %
// LADDER:      Layer=fc1, Remark="with weights of 4 bits alone: signal to noise {{[0-9.]+}} dB"
// LADDER:      Layer=fc2, Remark="with weights of 4 bits alone: signal to noise {{[0-9.]+}} dB"
// LADDER:      1 of 2 layers with weights of 8 bits: accuracy drops by 0.00 points to 100.00 %
// LADDER:      [Missed] nnq-limit-drop
// LADDER-SAME:   Layer=fc1, Reason="accuracy-drop=10: with weights of 4 bits the accuracy drops by more, it has 8"
// LADDER-NOT:  [Missed] nnq-limit-drop
func.func @f(%x: tensor<1x1xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[-100.0, 4.0]]> : tensor<1x2xf32>
  %b1 = arith.constant dense<[[310.5, 0.0]]> : tensor<1x2xf32>
  %w2 = arith.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x1xf32>, tensor<1x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.add ins(%0, %b1 : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = linalg.matmul {nnq.layer = "fc2"} ins(%1, %w2 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
