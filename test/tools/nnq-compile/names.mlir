// Parameters of the C function are called as the network calls its tensors, as
// far as they can.
// RUN: nnq-compile %s --reference -o %t.o --header %t.h && FileCheck %s < %t.h
// RUN: echo '#include "%t.h"' > %t.c && clang-22 -std=c11 -Wall -Werror -fsyntax-only %t.c

// CHECK: * image_0: input 'image:0', float[4]
// CHECK-NEXT: * x1: input 'while', float[4]
// CHECK-NEXT: * x2: input 'image.0', float[4]
// CHECK-NEXT: * x3: input 'batch', float[4]
// CHECK-NEXT: * a__b: output 'a_/b', float[4]
// CHECK: void f(const float *image_0, const float *x1, const float *x2, const float *x3, float *a__b, void *workspace);
func.func @f(%a: tensor<4xf32> {nnq.tensor_name = "image:0"},
             %b: tensor<4xf32> {nnq.tensor_name = "while"},
             %c: tensor<4xf32> {nnq.tensor_name = "image.0"},
             %d: tensor<4xf32> {nnq.tensor_name = "batch"})
    -> (tensor<4xf32> {nnq.tensor_name = "a*/b"}) {
  %0 = linalg.add ins(%a, %b : tensor<4xf32>, tensor<4xf32>) outs(%a : tensor<4xf32>) -> tensor<4xf32>
  %1 = linalg.add ins(%0, %c : tensor<4xf32>, tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
  %2 = linalg.add ins(%1, %d : tensor<4xf32>, tensor<4xf32>) outs(%1 : tensor<4xf32>) -> tensor<4xf32>
  return %2 : tensor<4xf32>
}
