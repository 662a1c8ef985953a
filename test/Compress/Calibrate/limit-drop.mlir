// RUN: %python %inputs/make_arrays.py %t.npz x=f4:4x1:iota y=i8:4:0 short=i8:3:0 words=f4:4:0
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor accuracy-drop=10" --remarks-filter="nnq.*" -o %t.mlir 2>%t.txt
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=LADDER
// One sample in four is another matter than one in two.
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor accuracy-drop=25" | FileCheck %s --check-prefix=ENOUGH
// By these labels int8 is right more often than f32.
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor accuracy-drop=0 labels=y" | FileCheck %s --check-prefix=ENOUGH
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor" | FileCheck %s --check-prefix=ENOUGH
// Neither 4 bits nor 8 are enough.
// RUN: nnq-opt %s --quantize-int8="data=%t.npz weight-rounding=nearest weight-granularity=per-tensor weight-bits=4 accuracy-drop=10" --remarks-filter="nnq.*" -o %t.bits.mlir 2>%t.bits.txt
// RUN: FileCheck %s --input-file=%t.bits.mlir --check-prefix=BITS
// RUN: FileCheck %s --input-file=%t.bits.txt --check-prefix=RUNGS

// RUN: not nnq-opt %s --quantize-int8="data=%t.npz accuracy-drop=1 labels=z" 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not nnq-opt %s --quantize-int8="data=%t.npz accuracy-drop=1 labels=short" 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: not nnq-opt %s --quantize-int8="data=%t.npz accuracy-drop=1 labels=words" 2>&1 | FileCheck %s --check-prefix=WORDS
// RUN: not nnq-opt %s --nnq-limit-drop 2>&1 | FileCheck %s --check-prefix=DATA
// RUN: not nnq-opt %s --nnq-limit-drop=accuracy-drop=-1 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// ABSENT:   error: cannot limit the drop: {{.*}}.npz, array 'z': there is none; the file has: x, y, short, words
// SHORT:    error: cannot limit the drop: {{.*}}.npz, array 'short': has 3 labels for 4 samples
// WORDS:    error: cannot limit the drop: {{.*}}.npz, array 'words'{{.+}}
// DATA:     error: cannot limit the drop: no data given; pass data=FILE
// NEGATIVE: error: cannot limit the drop: accuracy-drop is negative

// With one scale for all weights, 0.3 becomes 0 beside -100: of (0.5, 0.9), the
// result of 3, the second is the larger.
// CHECK:  linalg.matmul {nnq.keep_f32 = "accuracy-drop=10", nnq.layer = "fc1"}
// CHECK:  linalg.matmul {nnq.layer = "fc2", nnq.provenance
// BITS:   linalg.matmul {nnq.keep_f32 = "accuracy-drop=10", nnq.layer = "fc1"
// BITS:   linalg.matmul {nnq.layer = "fc2", nnq.provenance = {{.*}}bits_after = 32>
// RUNGS:      0 of 2 layers in f32: accuracy drops by 25.00 points
// RUNGS:      2 of 2 layers with weights of 8 bits: accuracy drops by 25.00 points
// RUNGS:      [Missed] nnq-limit-drop {{.*}}Layer=fc1, Reason="accuracy-drop=10: with weights of 4 bits the accuracy drops by more, it has 8"
// RUNGS:      [Missed] nnq-limit-drop {{.*}}Layer=fc2, Reason="accuracy-drop=10: with weights of 4 bits the accuracy drops by more, it has 8"
// RUNGS:      1 of 2 layers in f32: accuracy drops by 0.00 points
// RUNGS:      Layer=fc1, Reason="accuracy-drop=10: without it the accuracy drops by more"
// ENOUGH-NOT: keep_f32
// ENOUGH: return

// LADDER:      0 of 2 layers in f32: accuracy drops by 25.00 points to 75.00 %, signal to noise [[ALL:[0-9.]+]] dB
// LADDER:      Layer=fc1, Remark="quantized alone: signal to noise {{[0-9.]+}} dB"
// LADDER:      Layer=fc2, Remark="quantized alone: signal to noise {{[0-9.]+}} dB"
// LADDER:      1 of 2 layers in f32: accuracy drops by 0.00 points to 100.00 %
// LADDER:      [Missed] nnq-limit-drop
// LADDER-SAME:   Layer=fc1, Reason="accuracy-drop=10: without it the accuracy drops by more"
// Trials leave no remarks of their own.
// LADDER:      layer 'fc2' is quantized
// LADDER-NOT:  layer 'fc2' is quantized
func.func @f(%x: tensor<1x1xf32>) -> tensor<1x2xf32> {
  %zero = arith.constant 0.0 : f32
  %w1 = arith.constant dense<[[-100.0, 0.3]]> : tensor<1x2xf32>
  %b1 = arith.constant dense<[[300.5, 0.0]]> : tensor<1x2xf32>
  %w2 = arith.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2xf32>
  %z = linalg.fill ins(%zero : f32) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %w1 : tensor<1x1xf32>, tensor<1x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
  %1 = linalg.add ins(%0, %b1 : tensor<1x2xf32>, tensor<1x2xf32>) outs(%e : tensor<1x2xf32>) -> tensor<1x2xf32>
  %2 = linalg.matmul {nnq.layer = "fc2"} ins(%1, %w2 : tensor<1x2xf32>, tensor<2x2xf32>) outs(%z : tensor<1x2xf32>) -> tensor<1x2xf32>
  return %2 : tensor<1x2xf32>
}
