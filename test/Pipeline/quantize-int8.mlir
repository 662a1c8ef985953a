// The network of reference, in every combination of schemes.
// RUN: nnq-opt %lenet/lenet.mlirbc --quantize-int8=data=%lenet/sample.npz \
// RUN:   --mlir-elide-resource-strings-if-larger=8 | FileCheck %s
// RUN: nnq-opt %lenet/lenet.mlirbc --quantize-int8=data=%lenet/sample.npz --quantize-int8 \
// RUN:   --mlir-elide-resource-strings-if-larger=8 | FileCheck %s
// RUN: nnq-opt %lenet/lenet.mlirbc --mlir-elide-resource-strings-if-larger=8 \
// RUN:   --quantize-int8="data=%lenet/sample.npz activations=symmetric" \
// RUN:   | FileCheck %s --check-prefix=SYMMETRIC
// RUN: nnq-opt %lenet/lenet.mlirbc --mlir-elide-resource-strings-if-larger=8 \
// RUN:   --quantize-int8="data=%lenet/sample.npz weights=asymmetric weight-granularity=per-tensor" \
// RUN:   | FileCheck %s --check-prefix=TENSOR
// RUN: nnq-opt %lenet/lenet.mlirbc --mlir-elide-resource-strings-if-larger=8 \
// RUN:   --quantize-int8 2>&1 | FileCheck %s --check-prefix=DYNAMIC

// Everything between two integer ops is integer.
// CHECK-LABEL: func.func @lenet
// CHECK: quant.qcast %arg0 : tensor<1x1x28x28xf32> to tensor<1x1x28x28x!quant.uniform<u8:f32, 0.012728{{[0-9]*}}:33>>
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}nnq.layer = "conv1", nnq.provenance
// CHECK: nnq.layer = "conv1.bias"
// CHECK: nnq.layer = "relu1"
// CHECK: %[[Q1:.+]] = quant.qcast
// CHECK: %[[D1:.+]] = quant.dcast %[[Q1]]
// CHECK: %[[P1:.+]] = linalg.pooling_nchw_max {{.*}} ins(%[[D1]],
// CHECK: %[[PQ1:.+]] = quant.qcast %[[P1]]
// CHECK: %[[PD1:.+]] = quant.dcast %[[PQ1]]
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}nnq.layer = "conv2"{{.*}} ins(%[[PD1]],
// CHECK: %[[P2:.+]] = linalg.pooling_nchw_max
// CHECK: %[[PQ2:.+]] = quant.qcast %[[P2]]
// CHECK: %[[C:.+]] = tensor.collapse_shape %[[PQ2]]
// CHECK: quant.dcast %[[C]]
// CHECK: quant.scast {{.*}} tensor<256x120x!quant.uniform<i8<-63:63>:f32:1, {
// CHECK: linalg.matmul {nnq.layer = "fc1"
// CHECK: linalg.matmul {nnq.layer = "fc2"
// CHECK: linalg.matmul {nnq.layer = "fc3"
// CHECK-NOT: quant.qcast

// SYMMETRIC: quant.qcast %arg0 : tensor<1x1x28x28xf32> to tensor<1x1x28x28x!quant.uniform<i8:f32, 0.0222{{[0-9]*}}>>
// SYMMETRIC-NOT: u8

// TENSOR: quant.scast {{.*}} tensor<6x1x5x5x!quant.uniform<i8:f32, 0.00{{[0-9]+}}:{{-?[0-9]+}}>>

// DYNAMIC: remark: 5 of 5 activations are quantized with parameters found at run time
// DYNAMIC-COUNT-5: nnq.dynamic_qcast
// DYNAMIC-NOT: quant.qcast
