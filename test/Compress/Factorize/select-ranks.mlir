// RUN: nnq-opt %s --nnq-select-ranks="rank=5 objective=none" --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=RANK
// RUN: nnq-opt %s --nnq-select-ranks="rank=6 objective=none" --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=EVEN
// RUN: nnq-opt %s --nnq-select-ranks="rank=5 round-to=1 objective=none" | FileCheck %s --check-prefix=EXACT
// RUN: nnq-opt %s --nnq-select-ranks="energy=0.9 round-to=1 objective=none exclude=conv" --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=ENERGY
// RUN: nnq-opt %s --nnq-select-ranks="ratio=0.5 round-to=1 objective=none exclude=conv" | FileCheck %s --check-prefix=RATIO
// RUN: nnq-opt %s --nnq-select-ranks="ratio=0.5 objective=none exclude=conv" --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=WIDTH
// RUN: nnq-opt %s --nnq-select-ranks="vbmf=true round-to=1 objective=none exclude=conv" | FileCheck %s --check-prefix=VBMF
// RUN: nnq-opt %s --nnq-select-ranks="layers=fc=svd:2,conv=tucker:3:4 round-to=1 objective=none" --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=LAYERS
// RUN: nnq-opt %s --nnq-select-ranks="layers=fc=svd:2 round-to=1" --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=LATENCY
// RUN: nnq-opt %s --nnq-select-ranks="rank=2 method=spatial-svd round-to=1 objective=size" --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: nnq-opt %s --nnq-select-ranks="rank=2 method=cp round-to=1 objective=none" --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=CP

module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu", cpu = "x86-64-v3", features = "+avx2,+fma", vector_bits = 256, vector_registers = 16, dot = vpmaddwd>} {

// A register holds 8: ranks are multiples, as far as break-even allows.
// RANK-DAG: Layer=conv, Remark="{{.*}}-svd of rank 8:
// RANK-DAG: Layer=depthwise, Reason="its groups have weights of their own"
// RANK-DAG: Layer=fc, Remark="svd of rank 5: 120 of 128 multiply-adds
// RANK: linalg.conv_2d_nchw_fchw {{{.*}}nnq.factorize = {method = "{{.*}}-svd", ranks = array<i64: 8>}
// EVEN: Layer=fc, Reason="svd of rank 6 has 144 multiply-adds, the layer 128"
// EXACT: linalg.matmul {nnq.factorize = {method = "svd", ranks = array<i64: 5>}, nnq.layer = "fc"}
// 100 + 9 of 100 + 9 + 4: the first one has 88 %.
// ENERGY: Layer=conv, Reason="stays as asked for"
// ENERGY: linalg.matmul {nnq.factorize = {method = "svd", ranks = array<i64: 2>}, nnq.layer = "fc"}
// 2 * (8 + 16) = 48 of 128 multiply-adds; 3 would be 72.
// RATIO: linalg.matmul {nnq.factorize = {method = "svd", ranks = array<i64: 2>}, nnq.layer = "fc"}
// WIDTH: linalg.matmul {nnq.factorize = {method = "svd", ranks = array<i64: 2>}, nnq.layer = "fc"}
// VBMF: linalg.matmul {nnq.factorize = {method = "svd", ranks = array<i64: 3>}, nnq.layer = "fc"}
// LAYERS-DAG: Layer=depthwise, Reason="its groups have weights of their own"
// LAYERS-DAG: Layer=fc, Remark="svd of rank 2: 48 of 128 multiply-adds, 48 of 128 weights, an estimated {{[0-9]+}} of {{[0-9]+}} cycles"
// LAYERS-DAG: Layer=conv, Remark="tucker of ranks 3 and 4: 4480 of 36864 multiply-adds, 220 of 2304 weights,
// LAYERS: linalg.conv_2d_nchw_fchw {{{.*}}nnq.factorize = {method = "tucker", ranks = array<i64: 3, 4>}
// LATENCY-DAG: Layer=conv, Reason="nothing says what its rank is"
// LATENCY-DAG: Layer=fc, Reason="svd of rank 2 is no faster: an estimated {{[0-9]+}} cycles, the layer {{[0-9]+}}"
// LATENCY-NOT: nnq.factorize =
// SIZE-DAG: Layer=conv, Remark="spatial-svd of rank 2: {{.*}} 192 of 2304 weights
// SIZE-DAG: Layer=fc, Reason="its window has fewer than two dimensions, which spatial-svd takes apart"
// CP-DAG: Layer=conv, Remark="cp of rank 2: {{.*}} 76 of 2304 weights
// CP-DAG: Layer=fc, Reason="it has no window, which cp is about; svd fits"
func.func @net(%x: tensor<1x16x6x6xf32>, %v: tensor<1x16xf32>) -> (tensor<1x16x4x4xf32>, tensor<1x16x4x4xf32>, tensor<1x8xf32>) {
  %zero = arith.constant 0.0 : f32
  %k = arith.constant dense<0.5> : tensor<16x16x3x3xf32>
  %kd = arith.constant dense<0.5> : tensor<16x3x3xf32>
  // Singular values 10, 3, 2.
  %w = arith.constant dense<[
    [0.0, 10.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -2.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]> : tensor<16x8xf32>
  %e = tensor.empty() : tensor<1x16x4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32>
  %0 = linalg.conv_2d_nchw_fchw {nnq.layer = "conv"} ins(%x, %k : tensor<1x16x6x6xf32>, tensor<16x16x3x3xf32>) outs(%f : tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32>
  %1 = linalg.depthwise_conv_2d_nchw_chw {nnq.layer = "depthwise"} ins(%x, %kd : tensor<1x16x6x6xf32>, tensor<16x3x3xf32>) outs(%f : tensor<1x16x4x4xf32>) -> tensor<1x16x4x4xf32>
  %e2 = tensor.empty() : tensor<1x8xf32>
  %f2 = linalg.fill ins(%zero : f32) outs(%e2 : tensor<1x8xf32>) -> tensor<1x8xf32>
  %2 = linalg.matmul {nnq.layer = "fc"} ins(%v, %w : tensor<1x16xf32>, tensor<16x8xf32>) outs(%f2 : tensor<1x8xf32>) -> tensor<1x8xf32>
  return %0, %1, %2 : tensor<1x16x4x4xf32>, tensor<1x16x4x4xf32>, tensor<1x8xf32>
}
}
