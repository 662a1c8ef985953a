// RUN: nnq-opt %s --nnq-fold-shifts --split-input-file | FileCheck %s

// CHECK-LABEL: @exact
// CHECK-SAME: %[[X:.+]]: vector<8xi32>, %[[S:.+]]: vector<8xf32>
// CHECK-DAG: %[[POWER:.+]] = arith.constant dense<1.562500e-02> : vector<8xf32>
// CHECK-DAG: %[[M:.+]] = arith.mulf %[[S]], %[[POWER]]
// CHECK-DAG: %[[F:.+]] = arith.sitofp %[[X]]
// CHECK: %[[R:.+]] = arith.mulf %[[F]], %[[M]]
// CHECK: return %[[R]]
func.func @exact(%x: vector<8xi32>, %s: vector<8xf32>) -> vector<8xf32> {
  %six = arith.constant dense<6> : vector<8xi32>
  %0 = arith.shrsi %x, %six exact : vector<8xi32>
  %1 = arith.sitofp %0 : vector<8xi32> to vector<8xf32>
  %2 = arith.mulf %1, %s : vector<8xf32>
  return %2 : vector<8xf32>
}

// Two registers that are shifted alike.
// CHECK-LABEL: @joined
// CHECK-SAME: %[[X:.+]]: vector<4xi32>, %[[Y:.+]]: vector<4xi32>
// CHECK-NOT: arith.shrsi
// CHECK: %[[XY:.+]] = vector.shuffle %[[X]], %[[Y]] [0, 1, 2, 3, 4, 5, 6, 7]
// CHECK-NOT: arith.shrsi
// CHECK: arith.sitofp %[[XY]] : vector<8xi32> to vector<8xf32>
func.func @joined(%x: vector<4xi32>, %y: vector<4xi32>, %s: vector<8xf32>) -> vector<8xf32> {
  %two = arith.constant dense<2> : vector<4xi32>
  %0 = arith.shrsi %x, %two exact : vector<4xi32>
  %1 = arith.shrsi %y, %two exact : vector<4xi32>
  %2 = vector.shuffle %0, %1 [0, 1, 2, 3, 4, 5, 6, 7] : vector<4xi32>, vector<4xi32>
  %3 = arith.sitofp %2 : vector<8xi32> to vector<8xf32>
  %4 = arith.mulf %3, %s : vector<8xf32>
  return %4 : vector<8xf32>
}

// Bits may be lost here, and none is multiplied there.
// CHECK-LABEL: @kept
// CHECK: arith.shrsi %{{.+}}, %{{.+}} : vector<8xi32>
// CHECK: arith.shrsi %{{.+}}, %{{.+}} exact : vector<8xi32>
func.func @kept(%x: vector<8xi32>, %s: vector<8xf32>) -> (vector<8xf32>, vector<8xf32>) {
  %six = arith.constant dense<6> : vector<8xi32>
  %0 = arith.shrsi %x, %six : vector<8xi32>
  %1 = arith.sitofp %0 : vector<8xi32> to vector<8xf32>
  %2 = arith.mulf %1, %s : vector<8xf32>
  %3 = arith.shrsi %x, %six exact : vector<8xi32>
  %4 = arith.sitofp %3 : vector<8xi32> to vector<8xf32>
  return %2, %4 : vector<8xf32>, vector<8xf32>
}
