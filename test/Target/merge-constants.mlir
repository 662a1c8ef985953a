// RUN: nnq-opt %s --nnq-merge-constants | FileCheck %s

// Other bytes, another type or alignment, and what can be written to, stay.
// CHECK: memref.global "private" constant @a
// CHECK-NEXT: memref.global "private" constant @other_bytes
// CHECK-NEXT: memref.global "private" constant @other_type
// CHECK-NEXT: memref.global "private" constant @aligned
// CHECK-NEXT: memref.global "private" @state
// CHECK-NEXT: memref.global constant @exported
// CHECK-NOT: memref.global
memref.global "private" constant @a : memref<2xf32> = dense<[1.0, 2.0]>
memref.global "private" constant @same : memref<2xf32> = dense<[1.0, 2.0]>
memref.global "private" constant @resource : memref<2xf32> = dense_resource<w>
memref.global "private" constant @other_bytes : memref<2xf32> = dense<[1.0, 3.0]>
memref.global "private" constant @other_type : memref<2xi32> = dense<[1065353216, 1073741824]>
memref.global "private" constant @aligned : memref<2xf32> = dense<[1.0, 2.0]> {alignment = 64 : i64}
memref.global "private" @state : memref<2xf32> = dense<[1.0, 2.0]>
memref.global constant @exported : memref<2xf32> = dense<[1.0, 2.0]>

// CHECK-LABEL: func.func @f
// CHECK-COUNT-3: memref.get_global @a : memref<2xf32>
// CHECK: memref.get_global @other_bytes
// CHECK: memref.get_global @exported
func.func @f() -> (memref<2xf32>, memref<2xf32>, memref<2xf32>, memref<2xf32>, memref<2xf32>) {
  %0 = memref.get_global @a : memref<2xf32>
  %1 = memref.get_global @same : memref<2xf32>
  %2 = memref.get_global @resource : memref<2xf32>
  %3 = memref.get_global @other_bytes : memref<2xf32>
  %4 = memref.get_global @exported : memref<2xf32>
  return %0, %1, %2, %3, %4 : memref<2xf32>, memref<2xf32>, memref<2xf32>, memref<2xf32>, memref<2xf32>
}

{-#
  dialect_resources: {
    builtin: {
      w: "0x040000000000803F00000040"
    }
  }
#-}
