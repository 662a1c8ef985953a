// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file \
// RUN:   --remarks-filter-missed=nnq --verify-diagnostics | FileCheck %s

// Parts of one scale are put together as integers.
!q = !quant.uniform<u8:f32, 0.5:10>
// CHECK-LABEL: @concat
// CHECK: %[[A:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<2xi8>)
// CHECK: %[[B:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<3xi8>)
// CHECK: %[[C:.+]] = tensor.concat dim(0) %[[A]], %[[B]] : (tensor<2xi8>, tensor<3xi8>) -> tensor<5xi8>
// CHECK: linalg.generic {{.*}} ins(%[[C]] : tensor<5xi8>)
func.func @concat(%x: tensor<2xf32>, %y: tensor<3xf32>) -> tensor<5xf32> {
  %qx = quant.qcast %x : tensor<2xf32> to tensor<2x!q>
  %dx = quant.dcast %qx : tensor<2x!q> to tensor<2xf32>
  %qy = quant.qcast %y : tensor<3xf32> to tensor<3x!q>
  %dy = quant.dcast %qy : tensor<3x!q> to tensor<3xf32>
  %c = tensor.concat dim(0) %dx, %dy : (tensor<2xf32>, tensor<3xf32>) -> tensor<5xf32>
  %q = quant.qcast %c : tensor<5xf32> to tensor<5x!q>
  %r = quant.dcast %q : tensor<5x!q> to tensor<5xf32>
  return %r : tensor<5xf32>
}

// -----

// So are those of an insertion; what they go into needs no value.
!q = !quant.uniform<u8:f32, 0.5:10>
// CHECK-LABEL: @insert
// CHECK-DAG: %[[E:.+]] = tensor.empty() : tensor<4xi8>
// CHECK-DAG: %[[A:.+]] = linalg.generic {{.*}} outs(%{{.+}} : tensor<2xi8>)
// CHECK: %[[P:.+]] = tensor.insert_slice %[[A]] into %[[E]][1] [2] [2] : tensor<2xi8> into tensor<4xi8>
// CHECK: linalg.generic {{.*}} ins(%[[P]] : tensor<4xi8>)
func.func @insert(%x: tensor<2xf32>) -> tensor<4xf32> {
  %e = tensor.empty() : tensor<4xf32>
  %qe = quant.qcast %e : tensor<4xf32> to tensor<4x!q>
  %de = quant.dcast %qe : tensor<4x!q> to tensor<4xf32>
  %qx = quant.qcast %x : tensor<2xf32> to tensor<2x!q>
  %dx = quant.dcast %qx : tensor<2x!q> to tensor<2xf32>
  %c = tensor.insert_slice %dx into %de[1] [2] [2] : tensor<2xf32> into tensor<4xf32>
  %q = quant.qcast %c : tensor<4xf32> to tensor<4x!q>
  %r = quant.dcast %q : tensor<4x!q> to tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:10>
!p = !quant.uniform<u8:f32, 0.25:10>
// CHECK-LABEL: @scales
// CHECK: tensor.concat {{.*}} -> tensor<4xf32>
func.func @scales(%x: tensor<2xf32>) -> tensor<4xf32> {
  %qx = quant.qcast %x : tensor<2xf32> to tensor<2x!q>
  %dx = quant.dcast %qx : tensor<2x!q> to tensor<2xf32>
  %px = quant.qcast %x : tensor<2xf32> to tensor<2x!p>
  %ex = quant.dcast %px : tensor<2x!p> to tensor<2xf32>
  // expected-remark @below {{an operand has other parameters than the result}}
  %c = tensor.concat dim(0) %dx, %ex : (tensor<2xf32>, tensor<2xf32>) -> tensor<4xf32>
  %q = quant.qcast %c : tensor<4xf32> to tensor<4x!q>
  %r = quant.dcast %q : tensor<4x!q> to tensor<4xf32>
  return %r : tensor<4xf32>
}
