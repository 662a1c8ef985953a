// RUN: %python %inputs/make_arrays.py %t.npz x=f4:5x4:iota y=i8:5:3
// RUN: nnq-run %s --reference --data %t.npz --repeat=5 --json | FileCheck %s --check-prefix=JSON
// RUN: nnq-run %s --reference --data %t.npz --repeat=5 --warmup=2 | FileCheck %s --check-prefix=TABLE

// The array of a .npy needs no name; deflated arrays are the same.
// RUN: %python %inputs/make_arrays.py %t.npy x=f4:5x4:iota
// RUN: nnq-run %s --reference --data %t.npy --repeat=0 --output %t.out.npy
// RUN: %python %inputs/make_arrays.py %t.other.npz --deflate input=f4:5x4:iota label=u1:5:0
// RUN: nnq-run %s --reference --data %t.other.npz --input-key=input --labels-key=label \
// RUN:   --repeat=0 --compare %t.out.npy --max-diff=0 --json | FileCheck %s --check-prefix=SAME

// A library gives the same; so does its output.
// RUN: nnq-compile %s --reference -o %t.so
// RUN: nnq-run %t.so --data %t.npz --repeat=0 --entry=f --output %t.out.npz --compare %s --compare-reference --max-diff=0
// RUN: nnq-run %t.so --data %t.npz --repeat=0 --compare %t.out.npz --compare-key=output --max-diff=0

// Another result is told.
// RUN: not nnq-run %t.so --data %t.npz --repeat=0 --compare %t.npy --max-diff=1 2>&1 | FileCheck %s --check-prefix=DIFF

// JSON: "inputs": [
// JSON: "name": "",
// JSON-NEXT: "type": "f32[2, 4]"
// JSON: "outputs": [
// JSON: "samples": 5,
// JSON-NEXT: "accuracy": 1,
// JSON-NEXT: "time_us": {
// JSON-NEXT: "min": {{[0-9.e-]+}},
// JSON-NEXT: "median": {{[0-9.e-]+}}
// JSON-NEXT: },
// JSON-NEXT: "weight_bytes": 32,
// JSON-NEXT: "library_bytes": {{[0-9]+}},
// JSON-NEXT: "load_ms": {{[0-9.e-]+}},
// JSON-NEXT: "first_inference_ms": {{[0-9.e-]+}}
// JSON-NEXT: }

// TABLE: input                 f32[2, 4]
// TABLE: output                f32[2, 4]
// TABLE: samples               5
// TABLE: accuracy              100.00 %
// TABLE: time a sample         {{[0-9.]+}} us min, {{[0-9.]+}} us median
// TABLE: weights               32 bytes
// TABLE: library
// TABLE: load
// TABLE: load and first run

// SAME: "accuracy": 0
// SAME: "compare": {
// SAME-NEXT: "max_diff": 0,
// SAME-NEXT: "sqnr_db": null,
// SAME-NEXT: "top1_agreement": 1

// DIFF: largest difference    30
// DIFF: SQNR                  {{[0-9.]+}} dB
// DIFF: error: outputs differ by 30, more than --max-diff=1

// A batch of 2: the last one of 5 samples is filled up.
func.func @f(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  %w = arith.constant dense<[[2.0, 2.0, 2.0, 2.0], [2.0, 2.0, 2.0, 3.0]]> : tensor<2x4xf32>
  %0 = linalg.mul ins(%x, %w : tensor<2x4xf32>, tensor<2x4xf32>) outs(%x : tensor<2x4xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
