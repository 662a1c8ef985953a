// What the network calls tensors is what arrays are called, in files for
// nnq-run and for calibration.
// RUN: %python %inputs/make_arrays.py %t.npz image=f4:5x4:iota mask=f4:5x4:iota
// RUN: nnq-run %s --reference --data %t.npz --repeat=0 --output %t.out.npz | FileCheck %s
// RUN: nnq-run %s --reference --data %t.npz --repeat=0 --compare %t.out.npz --max-diff=0
// RUN: nnq-run %s --reference --data %t.npz --repeat=0 --compare %t.out.npz --compare-key=sum,product --max-diff=0
// RUN: nnq-opt %s --calibrate=data=%t.npz | FileCheck %s --check-prefix=STATS

// Numbers do where the file has no such names; of half of the names none counts.
// RUN: %python %inputs/make_arrays.py %t.numbers.npz x0=f4:5x4:iota x1=f4:5x4:iota
// RUN: nnq-run %s --reference --data %t.numbers.npz --repeat=0 --compare %t.out.npz --max-diff=0
// RUN: nnq-opt %s --calibrate=data=%t.numbers.npz | FileCheck %s --check-prefix=STATS
// RUN: %python %inputs/make_arrays.py %t.half.npz image=f4:5x4:iota x1=f4:5x4:iota
// RUN: not nnq-run %s --reference --data %t.half.npz --repeat=0 2>&1 | FileCheck %s --check-prefix=HALF
// RUN: not nnq-opt %s --calibrate=data=%t.half.npz 2>&1 | FileCheck %s --check-prefix=HALF

// CHECK: input                 image: f32[1, 4]
// CHECK-NEXT: input                 mask: f32[1, 4]
// CHECK-NEXT: output                sum: f32[1, 4]
// CHECK-NEXT: output                product: f32[1, 4]

// STATS: func.func @f(%{{.*}} {{{.*}}max = 1.900000e+01{{.*}}nnq.tensor_name = "image"},

// HALF: error: {{.*}}x0

func.func @f(%x: tensor<1x4xf32> {nnq.tensor_name = "image"},
             %m: tensor<1x4xf32> {nnq.tensor_name = "mask"})
    -> (tensor<1x4xf32> {nnq.tensor_name = "sum"}, tensor<1x4xf32> {nnq.tensor_name = "product"}) {
  %0 = linalg.add ins(%x, %m : tensor<1x4xf32>, tensor<1x4xf32>) outs(%x : tensor<1x4xf32>) -> tensor<1x4xf32>
  %w = arith.constant dense<2.0> : tensor<4x4xf32>
  %zero = arith.constant dense<0.0> : tensor<1x4xf32>
  %1 = linalg.matmul ins(%x, %w : tensor<1x4xf32>, tensor<4x4xf32>) outs(%zero : tensor<1x4xf32>) -> tensor<1x4xf32>
  return %0, %1 : tensor<1x4xf32>, tensor<1x4xf32>
}
