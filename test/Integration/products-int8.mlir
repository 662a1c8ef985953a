// Integer products of activations against the definition on f32, which is exact
// here: scales are powers of two and sums are short. Sizes that are no multiples
// of lanes and groups, a transposed operand, zero points on both sides, single
// rows, and a result quantized again for the next product.
// RUN: %python %S/../Inputs/make_arrays.py %t.npz x=f4:1x210:iota
// RUN: nnq-run %s --data=%t.npz --compare=%s --compare-reference --max-diff=0 --repeat=0 | FileCheck %s
// RUN: nnq-run %s --data=%t.npz --compare=%s --compare-reference --max-diff=0 --repeat=0 \
// RUN:   --lower-to-llvm=threads=2 | FileCheck %s
// CHECK: largest difference

!q = !quant.uniform<u8:f32, 0.5:250>
!r = !quant.uniform<u8:f32, 1.0:60>
!s = !quant.uniform<u8:f32, 512.0:100>

#id = affine_map<(i, j) -> (i, j)>
func.func @products(%iota: tensor<1x210xf32>) -> (tensor<2x5x7xf32>, tensor<2x5x7xf32>, tensor<2x7xf32>) {
  %zero = arith.constant 0.0 : f32
  %shift = arith.constant -100.0 : f32
  %ie = tensor.empty() : tensor<1x210xf32>
  %in = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
      ins(%iota : tensor<1x210xf32>) outs(%ie : tensor<1x210xf32>) {
  ^bb0(%a: f32, %o: f32):
    %b = arith.addf %a, %shift : f32
    linalg.yield %b : f32
  } -> tensor<1x210xf32>
  %x0 = tensor.extract_slice %in[0, 0] [1, 70] [1, 1] : tensor<1x210xf32> to tensor<70xf32>
  %x1 = tensor.expand_shape %x0 [[0, 1, 2]] output_shape [2, 5, 7] : tensor<70xf32> into tensor<2x5x7xf32>
  %y0 = tensor.extract_slice %in[0, 70] [1, 98] [1, 1] : tensor<1x210xf32> to tensor<98xf32>
  %y1 = tensor.expand_shape %y0 [[0, 1, 2]] output_shape [7, 2, 7] : tensor<98xf32> into tensor<7x2x7xf32>

  %xq = quant.qcast %x1 : tensor<2x5x7xf32> to tensor<2x5x7x!q>
  %xd = quant.dcast %xq : tensor<2x5x7x!q> to tensor<2x5x7xf32>
  %yq = quant.qcast %y1 : tensor<7x2x7xf32> to tensor<7x2x7x!r>
  %yd = quant.dcast %yq : tensor<7x2x7x!r> to tensor<7x2x7xf32>
  %te = tensor.empty() : tensor<2x7x7xf32>
  %t = linalg.transpose ins(%yd : tensor<7x2x7xf32>) outs(%te : tensor<2x7x7xf32>) permutation = [1, 2, 0]
  %tq = quant.qcast %t : tensor<2x7x7xf32> to tensor<2x7x7x!r>
  %td = quant.dcast %tq : tensor<2x7x7x!r> to tensor<2x7x7xf32>

  %e = tensor.empty() : tensor<2x5x7xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
  %0 = linalg.batch_matmul ins(%xd, %td : tensor<2x5x7xf32>, tensor<2x7x7xf32>)
    outs(%f : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
  %1 = linalg.batch_matmul ins(%xd, %td : tensor<2x5x7xf32>, tensor<2x7x7xf32>)
    outs(%f : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>
  %rq = quant.qcast %1 : tensor<2x5x7xf32> to tensor<2x5x7x!s>
  %rd = quant.dcast %rq : tensor<2x5x7x!s> to tensor<2x5x7xf32>
  %2 = linalg.batch_matmul ins(%rd, %td : tensor<2x5x7xf32>, tensor<2x7x7xf32>)
    outs(%f : tensor<2x5x7xf32>) -> tensor<2x5x7xf32>

  // One row for each of a batch.
  %v0 = tensor.extract_slice %in[0, 168] [1, 14] [1, 1] : tensor<1x210xf32> to tensor<14xf32>
  %v1 = tensor.expand_shape %v0 [[0, 1]] output_shape [2, 7] : tensor<14xf32> into tensor<2x7xf32>
  %vq = quant.qcast %v1 : tensor<2x7xf32> to tensor<2x7x!r>
  %vd = quant.dcast %vq : tensor<2x7x!r> to tensor<2x7xf32>
  %ve = tensor.empty() : tensor<2x7xf32>
  %vf = linalg.fill ins(%zero : f32) outs(%ve : tensor<2x7xf32>) -> tensor<2x7xf32>
  %3 = linalg.batch_vecmat ins(%vd, %td : tensor<2x7xf32>, tensor<2x7x7xf32>)
    outs(%vf : tensor<2x7xf32>) -> tensor<2x7xf32>
  return %0, %2, %3 : tensor<2x5x7xf32>, tensor<2x5x7xf32>, tensor<2x7xf32>
}
