// RUN: nnq-opt %lenet/lenet.mlirbc --import --mlir-elide-resource-strings-if-larger=8 \
// RUN:   | FileCheck %s
// RUN: nnq-opt %lenet/lenet.mlirbc --import --import \
// RUN:   --mlir-elide-resource-strings-if-larger=8 | FileCheck %s

// CHECK-LABEL: func.func @lenet
// CHECK-NOT: linalg.broadcast
// CHECK-NOT: linalg.transpose
// CHECK: %[[F:.+]] = linalg.fill
// CHECK: linalg.conv_2d_nchw_fchw {{.*}}nnq.layer = "conv1"{{.*}} outs(%[[F]]
// CHECK: linalg.generic {{.*}}nnq.layer = "conv1.bias"
// CHECK: arith.addf
// CHECK: linalg.generic {{.*}}nnq.layer = "relu1"
// CHECK: arith.maximumf
// CHECK: nnq.layer = "pool1"
// CHECK: tensor<256x120xf32>
// CHECK: linalg.matmul {nnq.layer = "fc1"}
// CHECK-NOT: linalg.transpose
