// What came in f32 with a quantized network stays so, or is quantized, too.
// RUN: nnq-opt %s --split-input-file --nnq-select-precision=foreign=keep --nnq-quantize --remarks-filter-missed=nnq 2>%t | FileCheck %s --check-prefixes=CHECK,KEEP
// RUN: FileCheck %s --input-file=%t --check-prefix=REMARK
// RUN: nnq-opt %s --split-input-file --nnq-select-precision --nnq-quantize | FileCheck %s --check-prefixes=CHECK,COMPLETE
// RUN: not nnq-opt %s --nnq-select-precision=foreign=drop 2>&1 | FileCheck %s --check-prefix=INVALID

// INVALID: foreign

// REMARK:     [Missed] nnq-select-precision {{.*}}Layer=fc2, Reason="stays in f32: foreign=keep
// REMARK-NOT: [Missed]

!x = !quant.uniform<i8:f32, 0.5:3>
!w = !quant.uniform<i8<-127:127>:f32, 0.25>

// CHECK-LABEL: func.func @partly
// CHECK:         linalg.matmul {nnq.layer = "fc1"}
// KEEP-NOT:      quant
// KEEP-NOT:      nnq.dynamic_qcast
// KEEP:          linalg.matmul {nnq.keep_f32 = "foreign=keep", nnq.layer = "fc2"}
// COMPLETE:      linalg.matmul {nnq.layer = "fc2", nnq.provenance
func.func @partly(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %w = arith.constant dense<5> : tensor<8x8xi8>
  %v = arith.constant dense<0.5> : tensor<8x8xf32>
  %zero = arith.constant 0.0 : f32
  %xq = quant.qcast %x : tensor<1x8xf32> to tensor<1x8x!x>
  %xd = quant.dcast %xq : tensor<1x8x!x> to tensor<1x8xf32>
  %wq = quant.scast %w : tensor<8x8xi8> to tensor<8x8x!w>
  %wd = quant.dcast %wq : tensor<8x8x!w> to tensor<8x8xf32>
  %e = tensor.empty() : tensor<1x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x8xf32>) -> tensor<1x8xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%xd, %wd : tensor<1x8xf32>, tensor<8x8xf32>) outs(%f : tensor<1x8xf32>) -> tensor<1x8xf32>
  %1 = linalg.matmul {nnq.layer = "fc2"} ins(%0, %v : tensor<1x8xf32>, tensor<8x8xf32>) outs(%f : tensor<1x8xf32>) -> tensor<1x8xf32>
  return %1 : tensor<1x8xf32>
}

// -----

// There is nothing foreign here.
// CHECK-LABEL: func.func @none
// CHECK:         linalg.matmul {nnq.layer = "alone", nnq.provenance
func.func @none(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %v = arith.constant dense<0.5> : tensor<8x8xf32>
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<1x8xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x8xf32>) -> tensor<1x8xf32>
  %0 = linalg.matmul {nnq.layer = "alone"} ins(%x, %v : tensor<1x8xf32>, tensor<8x8xf32>) outs(%f : tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}
