// RUN: nnq-opt %s --split-input-file --nnq-set-target=target=x86-64-v3 --nnq-select-strategy --remarks-filter-missed=nnq 2>%t.txt | FileCheck %s --check-prefix=SELECT
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=REMARK
// RUN: nnq-opt %s --split-input-file --nnq-set-target=target=x86-64-v3 --nnq-select-strategy=objective=size | FileCheck %s --check-prefix=SIZE
// RUN: nnq-opt %s --split-input-file --nnq-set-target=target=x86-64-v3 --nnq-select-strategy --nnq-pack-contractions | FileCheck %s --check-prefix=PACK

// Four bits and a table; zero, which fills up groups, is in it.
// SELECT-LABEL: @row
// SELECT: nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = {{[0-9]+}}, rows = 1, blocks = 1, bits = 4, codebook = true>
// PACK-LABEL: @row
// PACK: %[[T:.+]] = arith.constant dense_resource<fc_codebook> : tensor<1x16xi8>
// PACK: %[[P:.+]] = arith.constant dense_resource<fc_weights> : tensor<1x{{.+}}x8x4xi8>
// PACK: linalg.generic {{.*}}ins(%[[P]]
// PACK: %[[I:.+]] = arith.index_castui %{{.+}} : i8 to index
// PACK: tensor.extract %[[T]][%{{.+}}, %[[I]]]
// PACK: fc_codebook: "0x40000000E000202020
#x = affine_map<(r, c, k) -> (r, k)>
#w = affine_map<(r, c, k) -> (k, c)>
#y = affine_map<(r, c, k) -> (r, c)>
func.func @row(%x: tensor<1x64xi8>) -> tensor<1x8xi32> {
  %w = arith.constant dense<"0x20E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E0"> : tensor<8x8xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x8xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x8xi32>) -> tensor<1x8xi32>
  %s = tensor.extract_slice %x[0, 0] [1, 8] [1, 1] : tensor<1x64xi8> to tensor<1x8xi8>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%s, %w : tensor<1x8xi8>, tensor<8x8xi8>) outs(%f : tensor<1x8xi32>) attrs = {nnq.layer = "fc", nnq.weight_bits = 4 : i64} {
  ^bb0(%p: i8, %q: i8, %o: i32):
    %pe = arith.extui %p : i8 to i32
    %qe = arith.extsi %q : i8 to i32
    %m = arith.muli %pe, %qe : i32
    %sum = arith.addi %o, %m : i32
    linalg.yield %sum : i32
  } -> tensor<1x8xi32>
  return %0 : tensor<1x8xi32>
}

// -----

// More numbers than a table has.
// SELECT-LABEL: @many
// SELECT-NOT: codebook = true
// REMARK: [Missed] nnq-select-strategy | Category:nnq | Layer=fc, Reason="blocks of its output channels have more than 16 numbers: weights have 8 bits"
#x = affine_map<(r, c, k) -> (r, k)>
#w = affine_map<(r, c, k) -> (k, c)>
#y = affine_map<(r, c, k) -> (r, c)>
func.func @many(%x: tensor<1x8xi8>) -> tensor<1x4xi32> {
  %w = arith.constant dense<"0x0102030405060708090A0B0C0D0E0F100102030405060708090A0B0C0D0E0F10"> : tensor<8x4xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x4xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x4xi32>) -> tensor<1x4xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x8xi8>, tensor<8x4xi8>) outs(%f : tensor<1x4xi32>) attrs = {nnq.layer = "fc", nnq.weight_bits = 4 : i64} {
  ^bb0(%p: i8, %q: i8, %o: i32):
    %pe = arith.extui %p : i8 to i32
    %qe = arith.extsi %q : i8 to i32
    %m = arith.muli %pe, %qe : i32
    %sum = arith.addi %o, %m : i32
    linalg.yield %sum : i32
  } -> tensor<1x4xi32>
  return %0 : tensor<1x4xi32>
}

// -----

// Two bits: four weights to a byte.
// SELECT-LABEL: @quarters
// SELECT: nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 16, rows = 1, blocks = 1, bits = 2, codebook = true>
// PACK-LABEL: @quarters
// PACK: %[[P:.+]] = arith.constant dense_resource<quarters_weights> : tensor<1x1x1x8x4xi8>
// PACK: linalg.generic {{.*}}ins(%[[P]]
// PACK: -> tensor<1x1x4x8x4xi8>
// PACK: quarters_codebook: "0x40000000F00010101010
#x = affine_map<(r, c, k) -> (r, k)>
#w = affine_map<(r, c, k) -> (k, c)>
#y = affine_map<(r, c, k) -> (r, c)>
func.func @quarters(%x: tensor<1x16xi8>) -> tensor<1x8xi32> {
  %w = arith.constant dense<"0x10F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F010F0"> : tensor<16x8xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x8xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x8xi32>) -> tensor<1x8xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x16xi8>, tensor<16x8xi8>) outs(%f : tensor<1x8xi32>) attrs = {nnq.layer = "quarters", nnq.weight_bits = 2 : i64} {
  ^bb0(%p: i8, %q: i8, %o: i32):
    %pe = arith.extui %p : i8 to i32
    %qe = arith.extsi %q : i8 to i32
    %m = arith.muli %pe, %qe : i32
    %sum = arith.addi %o, %m : i32
    linalg.yield %sum : i32
  } -> tensor<1x8xi32>
  return %0 : tensor<1x8xi32>
}

// -----

// 16 bits hold the sums of four products of these, but not of eight.
// SELECT-LABEL: @halves
// SELECT: nnq.kernel = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = {{[0-9]+}}, rows = 1, blocks = 1, bits = 4, codebook = true>
// REMARK: [Missed] nnq-select-strategy | Category:nnq | Layer=halves, Reason="no dot instruction multiplies its weights four to a byte: they have 4 bits"
#x = affine_map<(r, c, k) -> (r, k)>
#w = affine_map<(r, c, k) -> (k, c)>
#y = affine_map<(r, c, k) -> (r, c)>
func.func @halves(%x: tensor<1x16xi8>) -> tensor<1x8xi32> {
  %w = arith.constant dense<"0x20E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E020E0"> : tensor<16x8xi8>
  %z = arith.constant 0 : i32
  %i = tensor.empty() : tensor<1x8xi32>
  %f = linalg.fill ins(%z : i32) outs(%i : tensor<1x8xi32>) -> tensor<1x8xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x16xi8>, tensor<16x8xi8>) outs(%f : tensor<1x8xi32>) attrs = {nnq.layer = "halves", nnq.weight_bits = 2 : i64} {
  ^bb0(%p: i8, %q: i8, %o: i32):
    %pe = arith.extui %p : i8 to i32
    %qe = arith.extsi %q : i8 to i32
    %m = arith.muli %pe, %qe : i32
    %sum = arith.addi %o, %m : i32
    linalg.yield %sum : i32
  } -> tensor<1x8xi32>
  return %0 : tensor<1x8xi32>
}

// -----

// What f32 multiplies is converted in either case: for time it is read as bytes.
// SELECT-LABEL: @f32
// SELECT: nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 1, blocks = 1>
// REMARK: to look its numbers up takes longer than to read them as 8 bits; objective=size keeps 4 bits
// SIZE-LABEL: @f32
// SIZE: nnq.kernel = #nnq.kernel<dot = fma, lanes = 8, group = {{[0-9]+}}, rows = 1, blocks = 1, bits = 4, codebook = true>
#x = affine_map<(r, c, k) -> (r, k)>
#w = affine_map<(r, c, k) -> (k, c)>
#y = affine_map<(r, c, k) -> (r, c)>
func.func @f32(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %w = arith.constant dense<"0xC80038F028E018D00840F830E820D810D00840F830E820D810C80038F028E018D810C80038F028E018D00840F830E820E018D00840F830E820D810C80038F028"> : tensor<8x8xi8>
  %z = arith.constant 0.0 : f32
  %i = tensor.empty() : tensor<1x8xf32>
  %f = linalg.fill ins(%z : f32) outs(%i : tensor<1x8xf32>) -> tensor<1x8xf32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %w : tensor<1x8xf32>, tensor<8x8xi8>) outs(%f : tensor<1x8xf32>) attrs = {nnq.layer = "fc", nnq.weight_bits = 4 : i64} {
  ^bb0(%p: f32, %q: i8, %o: f32):
    %qe = arith.sitofp %q : i8 to f32
    %m = arith.mulf %p, %qe : f32
    %sum = arith.addf %o, %m : f32
    linalg.yield %sum : f32
  } -> tensor<1x8xf32>
  return %0 : tensor<1x8xf32>
}
