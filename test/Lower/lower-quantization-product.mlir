// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file | FileCheck %s
// RUN: nnq-opt %s --nnq-lower-quantization=activation-storage=u8 --split-input-file \
// RUN:   --remarks-filter-missed=nnq 2>&1 >/dev/null | FileCheck %s --check-prefix=REMARK

!q = !quant.uniform<u8:f32, 0.5:10>
!r = !quant.uniform<u8:f32, 0.25:20>
!o = !quant.uniform<u8:f32, 2.0:30>

// What products alone read, moved or not, is stored without its zero point.
// CHECK-LABEL: @centered
// CHECK: %[[X:.+]] = linalg.generic {{.*}} ins(%{{.+}} : tensor<2x4x3xf32>) outs({{.*}} : tensor<2x4x3xi16>)
// CHECK-DAG: arith.constant -1.000000e+01 : f32
// CHECK-DAG: arith.constant 2.450000e+02 : f32
// CHECK: %[[Y:.+]] = linalg.generic {{.*}} ins(%{{.+}} : tensor<2x5x3xf32>) outs({{.*}} : tensor<2x5x3xi16>)
// CHECK: %[[T:.+]] = linalg.transpose ins(%[[Y]] : tensor<2x5x3xi16>) outs({{.*}} : tensor<2x3x5xi16>) permutation = [0, 2, 1]
// CHECK: %[[ACC:.+]] = linalg.generic {{.*}} ins(%[[X]], %[[T]] : tensor<2x4x3xi16>, tensor<2x3x5xi16>) outs({{.*}} : tensor<2x4x5xi32>)
// CHECK: arith.extsi
// CHECK: arith.extsi
// CHECK: arith.muli
// CHECK: linalg.generic {{.*}} ins(%[[ACC]] : tensor<2x4x5xi32>) outs({{.*}} : tensor<2x4x5xf32>)
// CHECK-NEXT: ^bb0
// CHECK: arith.constant 1.250000e-01 : f32
// REMARK-NOT: centered
func.func @centered(%x: tensor<2x4x3xf32>, %y: tensor<2x5x3xf32>) -> tensor<2x4x5xf32> {
  %zero = arith.constant 0.0 : f32
  %xq = quant.qcast %x : tensor<2x4x3xf32> to tensor<2x4x3x!q>
  %xd = quant.dcast %xq : tensor<2x4x3x!q> to tensor<2x4x3xf32>
  %yq = quant.qcast %y : tensor<2x5x3xf32> to tensor<2x5x3x!r>
  %yd = quant.dcast %yq : tensor<2x5x3x!r> to tensor<2x5x3xf32>
  %te = tensor.empty() : tensor<2x3x5xf32>
  %t = linalg.transpose ins(%yd : tensor<2x5x3xf32>) outs(%te : tensor<2x3x5xf32>) permutation = [0, 2, 1]
  %tq = quant.qcast %t : tensor<2x3x5xf32> to tensor<2x3x5x!r>
  %td = quant.dcast %tq : tensor<2x3x5x!r> to tensor<2x3x5xf32>
  %e = tensor.empty() : tensor<2x4x5xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  %0 = linalg.batch_matmul ins(%xd, %td : tensor<2x4x3xf32>, tensor<2x3x5xf32>)
    outs(%f : tensor<2x4x5xf32>) -> tensor<2x4x5xf32>
  return %0 : tensor<2x4x5xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:10>
!o = !quant.uniform<u8:f32, 2.0:30>

// With another reader the storage is that of all activations; the zero point is
// subtracted for the product. The result is quantized at once.
// CHECK-LABEL: @other_reader
// CHECK: %[[X:.+]] = linalg.generic {{.*}} ins(%{{.+}} : tensor<4x4xf32>) outs({{.*}} : tensor<4x4xi8>)
// CHECK: %[[C:.+]] = linalg.generic {{.*}} ins(%[[X]] : tensor<4x4xi8>) outs({{.*}} : tensor<4x4xi16>)
// CHECK: arith.extui
// CHECK: arith.subi
// CHECK: arith.trunci
// CHECK: %[[ACC:.+]] = linalg.generic {{.*}} ins(%[[C]], %{{.+}} : tensor<4x4xi16>, tensor<4x4xi16>)
// CHECK: %[[OUT:.+]] = linalg.generic {{.*}} ins(%[[ACC]] : tensor<4x4xi32>) outs({{.*}} : tensor<4x4xi8>)
// CHECK: math.roundeven
func.func @other_reader(%x: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %xq = quant.qcast %x : tensor<4x4xf32> to tensor<4x4x!q>
  %xd = quant.dcast %xq : tensor<4x4x!q> to tensor<4x4xf32>
  %e = tensor.empty() : tensor<4x4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %0 = linalg.matmul ins(%xd, %xd : tensor<4x4xf32>, tensor<4x4xf32>)
    outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  %oq = quant.qcast %0 : tensor<4x4xf32> to tensor<4x4x!o>
  %od = quant.dcast %oq : tensor<4x4x!o> to tensor<4x4xf32>
  return %od, %xd : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:10>

// REMARK: [Missed]
// REMARK-SAME: Reason="the accumulator does not start at zero"
// CHECK-LABEL: @accumulates
// CHECK: linalg.matmul {{.*}}tensor<4x4xf32>, tensor<4x4xf32>
func.func @accumulates(%x: tensor<4x4xf32>, %f: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %xq = quant.qcast %x : tensor<4x4xf32> to tensor<4x4x!q>
  %xd = quant.dcast %xq : tensor<4x4x!q> to tensor<4x4xf32>
  %0 = linalg.matmul ins(%xd, %xd : tensor<4x4xf32>, tensor<4x4xf32>)
    outs(%f : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

// -----

!q = !quant.uniform<u8:f32, 0.5:10>

// REMARK: [Missed]
// REMARK-SAME: Reason="32 bits do not hold the sum of products"
// CHECK-LABEL: @too_long
// CHECK: linalg.matmul {{.*}}tensor<1x40000xf32>, tensor<40000x1xf32>
func.func @too_long(%x: tensor<1x40000xf32>, %y: tensor<40000x1xf32>) -> tensor<1x1xf32> {
  %zero = arith.constant 0.0 : f32
  %xq = quant.qcast %x : tensor<1x40000xf32> to tensor<1x40000x!q>
  %xd = quant.dcast %xq : tensor<1x40000x!q> to tensor<1x40000xf32>
  %yq = quant.qcast %y : tensor<40000x1xf32> to tensor<40000x1x!q>
  %yd = quant.dcast %yq : tensor<40000x1x!q> to tensor<40000x1xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %0 = linalg.matmul ins(%xd, %yd : tensor<1x40000xf32>, tensor<40000x1xf32>)
    outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %0 : tensor<1x1xf32>
}

// -----

!e = !quant.uniform<u8:f32, 0.00390625>
!v = !quant.uniform<i8:f32, 0.25>

// Without a zero point, u8 by s8 are the factors of vpdpbusd.
// CHECK-LABEL: @bytes
// CHECK: %[[E:.+]] = linalg.generic {{.*}} ins(%{{.+}} : tensor<4x8xf32>) outs({{.*}} : tensor<4x8xi8>)
// CHECK: %[[V:.+]] = linalg.generic {{.*}} ins(%{{.+}} : tensor<8x4xf32>) outs({{.*}} : tensor<8x4xi8>)
// CHECK: linalg.generic {{.*}} ins(%[[E]], %[[V]] : tensor<4x8xi8>, tensor<8x4xi8>)
// CHECK: arith.extui
// CHECK: arith.extsi
func.func @bytes(%e: tensor<4x8xf32>, %v: tensor<8x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %eq = quant.qcast %e : tensor<4x8xf32> to tensor<4x8x!e>
  %ed = quant.dcast %eq : tensor<4x8x!e> to tensor<4x8xf32>
  %vq = quant.qcast %v : tensor<8x4xf32> to tensor<8x4x!v>
  %vd = quant.dcast %vq : tensor<8x4x!v> to tensor<8x4xf32>
  %ye = tensor.empty() : tensor<4x4xf32>
  %yf = linalg.fill ins(%zero : f32) outs(%ye : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul ins(%ed, %vd : tensor<4x8xf32>, tensor<8x4xf32>) outs(%yf : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}

// -----

!e = !quant.uniform<u8:f32, 0.00390625>
!v = !quant.uniform<i8:f32, 0.25>

// Factors that another product reads with a zero point have 16 bits for both.
// CHECK-LABEL: @bytes_and_words
// CHECK: linalg.generic {{.*}} ins(%{{.+}} : tensor<4x4xf32>) outs({{.*}} : tensor<4x4xi16>)
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<4x4xi16>, tensor<4x4xi16>)
// CHECK: linalg.generic {{.*}} ins(%{{.+}}, %{{.+}} : tensor<4x4xi16>, tensor<4x4xi16>)
func.func @bytes_and_words(%e: tensor<4x4xf32>, %v: tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  %zero = arith.constant 0.0 : f32
  %eq = quant.qcast %e : tensor<4x4xf32> to tensor<4x4x!e>
  %ed = quant.dcast %eq : tensor<4x4x!e> to tensor<4x4xf32>
  %vq = quant.qcast %v : tensor<4x4xf32> to tensor<4x4x!v>
  %vd = quant.dcast %vq : tensor<4x4x!v> to tensor<4x4xf32>
  %ye = tensor.empty() : tensor<4x4xf32>
  %yf = linalg.fill ins(%zero : f32) outs(%ye : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul ins(%ed, %vd : tensor<4x4xf32>, tensor<4x4xf32>) outs(%yf : tensor<4x4xf32>) -> tensor<4x4xf32>
  %z = linalg.matmul ins(%vd, %vd : tensor<4x4xf32>, tensor<4x4xf32>) outs(%yf : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y, %z : tensor<4x4xf32>, tensor<4x4xf32>
}

// -----

!e = !quant.uniform<u8:f32, 0.00390625:100>
!v = !quant.uniform<i8:f32, 0.25>

// The zero point of the first factor stays in its bytes: it times the sums of
// columns of the second is subtracted, before rounding to f32.
// CHECK-LABEL: @first_zero_point
// CHECK: %[[E:.+]] = linalg.generic {{.*}} ins(%{{.+}} : tensor<4x8xf32>) outs({{.*}} : tensor<4x8xi8>)
// CHECK: arith.addi %{{.+}}, %c100_i32
// CHECK: %[[V:.+]] = linalg.generic {{.*}} ins(%{{.+}} : tensor<8x4xf32>) outs({{.*}} : tensor<8x4xi8>)
// CHECK: %[[SUM:.+]] = linalg.generic {{.*}} iterator_types = ["reduction", "parallel"]} ins(%[[V]] : tensor<8x4xi8>) outs({{.*}} : tensor<4xi32>)
// CHECK: arith.extsi
// CHECK: %[[SCALED:.+]] = linalg.generic {{.*}} ins(%[[SUM]] : tensor<4xi32>)
// CHECK: arith.muli %{{.+}}, %c-100_i32
// CHECK: %[[ACC:.+]] = linalg.generic {{.*}} ins(%[[E]], %[[V]] : tensor<4x8xi8>, tensor<8x4xi8>)
// CHECK: arith.extui
// CHECK: arith.extsi
// CHECK: linalg.generic {{.*}} ins(%[[ACC]], %[[SCALED]] : tensor<4x4xi32>, tensor<4xi32>) outs({{.*}} : tensor<4x4xf32>)
// CHECK: arith.addi
// CHECK: arith.sitofp
func.func @first_zero_point(%e: tensor<4x8xf32>, %v: tensor<8x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %eq = quant.qcast %e : tensor<4x8xf32> to tensor<4x8x!e>
  %ed = quant.dcast %eq : tensor<4x8x!e> to tensor<4x8xf32>
  %vq = quant.qcast %v : tensor<8x4xf32> to tensor<8x4x!v>
  %vd = quant.dcast %vq : tensor<8x4x!v> to tensor<8x4xf32>
  %ye = tensor.empty() : tensor<4x4xf32>
  %yf = linalg.fill ins(%zero : f32) outs(%ye : tensor<4x4xf32>) -> tensor<4x4xf32>
  %y = linalg.matmul ins(%ed, %vd : tensor<4x8xf32>, tensor<8x4xf32>) outs(%yf : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %y : tensor<4x4xf32>
}
