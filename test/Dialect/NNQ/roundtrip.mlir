// RUN: nnq-opt %s | nnq-opt | FileCheck %s
// RUN: nnq-opt %s --mlir-print-op-generic | nnq-opt | FileCheck %s
// RUN: nnq-opt %s --emit-bytecode | nnq-opt | FileCheck %s

// CHECK: nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu", cpu = "znver4", features = "+avx512f", vector_bits = 512, vector_registers = 32, dot = vpdpbusd>
module attributes {nnq.target = #nnq.target<triple = "x86_64-unknown-linux-gnu",
    cpu = "znver4", features = "+avx512f", vector_bits = 512,
    vector_registers = 32, dot = vpdpbusd>} {

// CHECK-LABEL: @observe
// CHECK: nnq.observe %{{.+}} {id = 3 : i64} : tensor<1x6x12x12xf32>
// CHECK: nnq.observe %{{.+}} {id = 0 : i64} : memref<?xf32>
func.func @observe(%x: tensor<1x6x12x12xf32>, %m: memref<?xf32>) {
  nnq.observe %x {id = 3 : i64} : tensor<1x6x12x12xf32>
  nnq.observe %m {id = 0 : i64} : memref<?xf32>
  return
}

// CHECK-LABEL: @dynamic_rows
// CHECK: %[[Q:.+]], %[[S:.+]], %[[Z:.+]] = nnq.dynamic_qcast %{{.+}} : tensor<2x4x8xf32> -> tensor<2x4x8xi8>, tensor<2x4xf32>, tensor<2x4xi32>
// CHECK: nnq.dynamic_dcast %[[Q]], %[[S]], %[[Z]] : tensor<2x4x8xi8> -> tensor<2x4x8xf32>, tensor<2x4xf32>, tensor<2x4xi32>
func.func @dynamic_rows(%x: tensor<2x4x8xf32>) {
  %q, %s, %z = nnq.dynamic_qcast %x : tensor<2x4x8xf32> -> tensor<2x4x8xi8>, tensor<2x4xf32>, tensor<2x4xi32>
  %y = nnq.dynamic_dcast %q, %s, %z : tensor<2x4x8xi8> -> tensor<2x4x8xf32>, tensor<2x4xf32>, tensor<2x4xi32>
  return
}

// CHECK-LABEL: @dynamic
// CHECK: %[[Q:.+]], %[[S:.+]], %[[Z:.+]] = nnq.dynamic_qcast %{{.+}} : tensor<4x8xf32> -> tensor<4x8xi8>
// CHECK: nnq.dynamic_dcast %[[Q]], %[[S]], %[[Z]] : tensor<4x8xi8> -> tensor<4x8xf32>
// CHECK: nnq.dynamic_qcast %{{.+}} {symmetric} : tensor<4x8xf32> -> tensor<4x8xi8>
// CHECK: nnq.dynamic_dcast %{{.+}} {symmetric} : tensor<4x8xi8> -> tensor<4x8xf32>
func.func @dynamic(%x: tensor<4x8xf32>) {
  %q, %s, %z = nnq.dynamic_qcast %x : tensor<4x8xf32> -> tensor<4x8xi8>
  %y = nnq.dynamic_dcast %q, %s, %z : tensor<4x8xi8> -> tensor<4x8xf32>
  %q1, %s1, %z1 = nnq.dynamic_qcast %x {symmetric} : tensor<4x8xf32> -> tensor<4x8xi8>
  %y1 = nnq.dynamic_dcast %q1, %s1, %z1 {symmetric} : tensor<4x8xi8> -> tensor<4x8xf32>
  return
}

// CHECK-LABEL: @batch
// CHECK-SAME: nnq.batch = #nnq.batch<entry = "net", tile = 8, inputs = [true, false], outputs = [true]>
func.func private @batch() attributes {
  nnq.batch = #nnq.batch<entry = "net", tile = 8, inputs = [true, false], outputs = [true]>}

// CHECK-LABEL: @attributes
// CHECK-SAME: nnq.stats = #nnq.tensor_stats<min = -1.000000e+00 : f64, max = 2.500000e+00 : f64, mean = 5.000000e-01 : f64, second_moment = 7.500000e-01 : f64, count = 8, histogram = [4, 2, 2, 0]>
// CHECK: nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 4, rows = 6, blocks = 4>
// CHECK-SAME: nnq.other = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 6, blocks = 2, channels_outer = true, sparse = block>
// CHECK-SAME: nnq.places = [#nnq.kernel<dot = vpdpbusd, lanes = 16, group = 16, rows = 6, blocks = 1, sparse = two_of_four>, #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 1, blocks = 2, sparse = window>, #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 4, rows = 8, blocks = 2, sparse = wide_window>]
// CHECK-SAME: nnq.provenance = #nnq.provenance<layer = "fc", technique = "quantize-int8", bits_before = 32, bits_after = 8>
func.func @attributes(%x: tensor<1xf32> {nnq.stats = #nnq.tensor_stats<min = -1.0,
    max = 2.5, mean = 0.5, second_moment = 0.75, count = 8, histogram = [4, 2, 2, 0]>}) {
  return {nnq.kernel = #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 4, rows = 6, blocks = 4>,
    nnq.other = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 6, blocks = 2, channels_outer = true, sparse = block>,
    nnq.places = [#nnq.kernel<dot = vpdpbusd, lanes = 16, group = 16, rows = 6, blocks = 1, sparse = two_of_four>, #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 8, rows = 1, blocks = 2, sparse = window>, #nnq.kernel<dot = vpdpbusd, lanes = 16, group = 4, rows = 8, blocks = 2, sparse = wide_window>],
    nnq.provenance = #nnq.provenance<layer = "fc", technique = "quantize-int8",
      bits_before = 32, bits_after = 8>}
}

// CHECK-LABEL: @inputs
// CHECK: nnq.input_stats = #nnq.input_stats<min = dense<0.000000e+00> : tensor<1x2xf32>, max = dense<{{\[\[}}2.000000e+00, 1.000000e+00]]> : tensor<1x2xf32>, mean = dense<5.000000e-01> : tensor<1x2xf32>, second_moment = dense<1.000000e+00> : tensor<1x2xf32>, count = 8, output_mean = dense<1.000000e+00> : tensor<3xf32>, correlation = dense<{{\[\[}}1.000000e+00, 2.500000e-01, 1.000000e+00]]> : tensor<1x3xf32>>
func.func @inputs() {
  return {nnq.input_stats = #nnq.input_stats<min = dense<0.0> : tensor<1x2xf32>,
    max = dense<[[2.0, 1.0]]> : tensor<1x2xf32>, mean = dense<0.5> : tensor<1x2xf32>,
    second_moment = dense<1.0> : tensor<1x2xf32>, count = 8, output_mean = dense<1.0> : tensor<3xf32>,
    correlation = dense<[[1.0, 0.25, 1.0]]> : tensor<1x3xf32>>}
}

// CHECK-LABEL: @ranges
// CHECK-SAME: nnq.quant_range = #nnq.quant_range<[-1.000000e+00, 2.500000e+00], clipped = 1.250000e-01 : f64>
// CHECK-SAME: nnq.stats = #nnq.tensor_stats<{{.*}}, histogram = [], moving_min = -2.500000e-01 : f64, moving_max = 5.000000e-01 : f64>
// CHECK-SAME: nnq.quant_range = #nnq.quant_range<[0.000000e+00, 6.000000e+00]>
func.func private @ranges(
    tensor<1xf32> {nnq.quant_range = #nnq.quant_range<[-1.0, 2.5], clipped = 0.125>,
      nnq.stats = #nnq.tensor_stats<min = -1.0, max = 2.5, mean = 0.5, second_moment = 0.75, count = 8,
        histogram = [], moving_min = -0.25, moving_max = 0.5>},
    tensor<1xf32> {nnq.quant_range = #nnq.quant_range<[0.0, 6.0]>})

}

// CHECK-LABEL: @matrices
// CHECK: #nnq.kernel<dot = tdpbusd, lanes = 16, group = 64, rows = 28, blocks = 2>
// CHECK: nnq.matrix_configure rows = [16, 16, 16, 16, 16, 16, 8, 8] bytes = [64, 64, 64, 64, 32, 32, 64, 64]
// CHECK: nnq.matrix_zero 0
// CHECK: nnq.matrix_load 4, %{{.*}}[%{{.*}}, %{{.*}}] by 128 : memref<32x128xi8>
// CHECK: nnq.matrix_load 6, %{{.*}}[] by 64 : !llvm.ptr
// CHECK: nnq.matrix_dot 0, 4, 6
// CHECK: nnq.matrix_store 0, %{{.*}}[%{{.*}}, %{{.*}}] by 128 : memref<32x128xi8>
func.func @matrices(%x: memref<32x128xi8>, %w: !llvm.ptr, %i: index)
    attributes {test.kernel = #nnq.kernel<dot = tdpbusd, lanes = 16, group = 64, rows = 28, blocks = 2>} {
  nnq.matrix_configure rows = [16, 16, 16, 16, 16, 16, 8, 8] bytes = [64, 64, 64, 64, 32, 32, 64, 64]
  nnq.matrix_zero 0
  nnq.matrix_load 4, %x[%i, %i] by 128 : memref<32x128xi8>
  nnq.matrix_load 6, %w[] by 64 : !llvm.ptr
  nnq.matrix_dot 0, 4, 6
  nnq.matrix_store 0, %x[%i, %i] by 128 : memref<32x128xi8>
  return
}
