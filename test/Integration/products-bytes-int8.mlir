// Products of u8, with and without a zero point, and s8, as vpdpbusd takes them,
// against the definition on f32, which is exact here. Sizes that are no multiples of lanes and
// groups, a transposed operand, single rows, and the ends of both ranges.
// RUN: %python %S/../Inputs/make_arrays.py %t.npz x=f4:1x640:iota
// RUN: nnq-run %s --data=%t.npz --compare=%s --compare-reference --max-diff=0 --repeat=0 | FileCheck %s
// RUN: nnq-run %s --data=%t.npz --compare=%s --compare-reference --max-diff=0 --repeat=0 \
// RUN:   --lower-to-llvm=threads=2 | FileCheck %s
// CHECK: largest difference    0

!u = !quant.uniform<u8:f32, 0.5>
!z = !quant.uniform<u8:f32, 0.5:137>
!s = !quant.uniform<i8:f32, 2.0>

#id = affine_map<(i, j) -> (i, j)>
func.func @products(%iota: tensor<1x640xf32>) -> (tensor<2x5x21xf32>, tensor<2x21xf32>, tensor<2x5x21xf32>) {
  %zero = arith.constant 0.0 : f32
  %shift = arith.constant -300.0 : f32
  %ie = tensor.empty() : tensor<1x640xf32>
  %in = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%iota : tensor<1x640xf32>) outs(%ie : tensor<1x640xf32>) {
  ^bb0(%a: f32, %o: f32):
    %b = arith.addf %a, %shift : f32
    linalg.yield %b : f32
  } -> tensor<1x640xf32>
  %x0 = tensor.extract_slice %in[0, 290] [1, 130] [1, 1] : tensor<1x640xf32> to tensor<130xf32>
  %x1 = tensor.expand_shape %x0 [[0, 1, 2]] output_shape [2, 5, 13] : tensor<130xf32> into tensor<2x5x13xf32>
  %y0 = tensor.extract_slice %in[0, 0] [1, 546] [1, 1] : tensor<1x640xf32> to tensor<546xf32>
  %y1 = tensor.expand_shape %y0 [[0, 1, 2]] output_shape [21, 2, 13] : tensor<546xf32> into tensor<21x2x13xf32>

  %xq = quant.qcast %x1 : tensor<2x5x13xf32> to tensor<2x5x13x!u>
  %xd = quant.dcast %xq : tensor<2x5x13x!u> to tensor<2x5x13xf32>
  %yq = quant.qcast %y1 : tensor<21x2x13xf32> to tensor<21x2x13x!s>
  %yd = quant.dcast %yq : tensor<21x2x13x!s> to tensor<21x2x13xf32>
  %te = tensor.empty() : tensor<2x13x21xf32>
  %t = linalg.transpose ins(%yd : tensor<21x2x13xf32>) outs(%te : tensor<2x13x21xf32>) permutation = [1, 2, 0]
  %tq = quant.qcast %t : tensor<2x13x21xf32> to tensor<2x13x21x!s>
  %td = quant.dcast %tq : tensor<2x13x21x!s> to tensor<2x13x21xf32>

  %e = tensor.empty() : tensor<2x5x21xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x5x21xf32>) -> tensor<2x5x21xf32>
  %0 = linalg.batch_matmul ins(%xd, %td : tensor<2x5x13xf32>, tensor<2x13x21xf32>)
    outs(%f : tensor<2x5x21xf32>) -> tensor<2x5x21xf32>

  // One row for each of a batch.
  %v0 = tensor.extract_slice %in[0, 420] [1, 26] [1, 1] : tensor<1x640xf32> to tensor<26xf32>
  %v1 = tensor.expand_shape %v0 [[0, 1]] output_shape [2, 13] : tensor<26xf32> into tensor<2x13xf32>
  %vq = quant.qcast %v1 : tensor<2x13xf32> to tensor<2x13x!u>
  %vd = quant.dcast %vq : tensor<2x13x!u> to tensor<2x13xf32>
  %ve = tensor.empty() : tensor<2x21xf32>
  %vf = linalg.fill ins(%zero : f32) outs(%ve : tensor<2x21xf32>) -> tensor<2x21xf32>
  %1 = linalg.batch_vecmat ins(%vd, %td : tensor<2x13xf32>, tensor<2x13x21xf32>)
    outs(%vf : tensor<2x21xf32>) -> tensor<2x21xf32>

  // With a zero point.
  %zq = quant.qcast %x1 : tensor<2x5x13xf32> to tensor<2x5x13x!z>
  %zd = quant.dcast %zq : tensor<2x5x13x!z> to tensor<2x5x13xf32>
  %2 = linalg.batch_matmul ins(%zd, %td : tensor<2x5x13xf32>, tensor<2x13x21xf32>)
    outs(%f : tensor<2x5x21xf32>) -> tensor<2x5x21xf32>
  return %0, %1, %2 : tensor<2x5x21xf32>, tensor<2x21xf32>, tensor<2x5x21xf32>
}
