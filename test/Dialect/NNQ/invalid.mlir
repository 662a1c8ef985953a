// RUN: nnq-opt %s --split-input-file --verify-diagnostics

func.func @observe_of_integers(%x: tensor<4xi8>) {
  // expected-error @below {{operand #0 must be tensor of 32-bit float values or memref of 32-bit float values}}
  nnq.observe %x {id = 0 : i64} : tensor<4xi8>
  return
}

// -----

func.func @observe_negative_id(%x: tensor<4xf32>) {
  // expected-error @below {{attribute 'id' failed to satisfy constraint: 64-bit signless integer attribute whose value is non-negative}}
  nnq.observe %x {id = -1 : i64} : tensor<4xf32>
  return
}

// -----

func.func @qcast_shape(%x: tensor<4xf32>) {
  // expected-error @below {{operand and result must have the same shape, got 'tensor<4xf32>' and 'tensor<5xi8>'}}
  %q, %s, %z = nnq.dynamic_qcast %x : tensor<4xf32> -> tensor<5xi8>
  return
}

// -----

func.func @qcast_rows(%x: tensor<4x8xf32>) {
  // expected-error @below {{parameters must be two numbers, or two for each row of 'tensor<4x8xf32>', got 'tensor<8xf32>' and 'tensor<4xi32>'}}
  %q, %s, %z = nnq.dynamic_qcast %x : tensor<4x8xf32> -> tensor<4x8xi8>, tensor<8xf32>, tensor<4xi32>
  return
}

// -----

func.func @dcast_rows(%q: tensor<4x8xi8>, %s: tensor<4xf32>, %z: i32) {
  // expected-error @below {{parameters must be two numbers, or two for each row of 'tensor<4x8xi8>', got 'tensor<4xf32>' and 'i32'}}
  %x = nnq.dynamic_dcast %q, %s, %z : tensor<4x8xi8> -> tensor<4x8xf32>, tensor<4xf32>, i32
  return
}

// -----

func.func @qcast_type(%x: tensor<4xf16>) {
  // expected-error @below {{operand #0 must be tensor of 32-bit float values}}
  %q, %s, %z = nnq.dynamic_qcast %x : tensor<4xf16> -> tensor<4xi8>
  return
}

// -----

func.func @dcast_shape(%q: tensor<4xi8>, %s: f32, %z: i32) {
  // expected-error @below {{operand and result must have the same shape}}
  %x = nnq.dynamic_dcast %q, %s, %z : tensor<4xi8> -> tensor<2x2xf32>
  return
}

// -----

// expected-error @below {{'triple' must not be empty}}
#t = #nnq.target<triple = "", cpu = "", features = "", vector_bits = 128, vector_registers = 16, dot = none>

// -----

// expected-error @below {{'vector_bits' must be a power of two of at least 64, got 96}}
#t = #nnq.target<triple = "a", cpu = "", features = "", vector_bits = 96, vector_registers = 16, dot = none>

// -----

// expected-error @below {{'vector_registers' must be positive}}
#t = #nnq.target<triple = "a", cpu = "", features = "", vector_bits = 128, vector_registers = 0, dot = none>

// -----

// expected-error @below {{'lanes', 'group', 'rows' and 'blocks' must be positive}}
#k = #nnq.kernel<dot = fma, lanes = 0, group = 1, rows = 1, blocks = 1>

// -----

// expected-error @below {{'min' must not exceed 'max'}}
#s = #nnq.tensor_stats<min = 1.0, max = 0.0, mean = 0.0, second_moment = 0.0, count = 1, histogram = []>

// -----

// expected-error @below {{'min' and 'max' must be finite}}
#s = #nnq.tensor_stats<min = 0.0, max = 0x7FF0000000000000 : f64, mean = 0.0, second_moment = 0.0, count = 1, histogram = []>

// -----

// expected-error @below {{'min' and 'max' must be finite}}
#s = #nnq.tensor_stats<min = 0x7FF8000000000000 : f64, max = 1.0, mean = 0.0, second_moment = 0.0, count = 1, histogram = []>

// -----

// expected-error @below {{'count' must be positive}}
#s = #nnq.tensor_stats<min = 0.0, max = 0.0, mean = 0.0, second_moment = 0.0, count = 0, histogram = []>

// -----

// expected-error @below {{'histogram' must not hold negative counts}}
#s = #nnq.tensor_stats<min = 0.0, max = 0.0, mean = 0.0, second_moment = 0.0, count = 1, histogram = [1, -1]>

// -----

// expected-error @below {{'moving_min' and 'moving_max' go together}}
#s = #nnq.tensor_stats<min = 0.0, max = 0.0, mean = 0.0, second_moment = 0.0, count = 1, histogram = [], moving_min = 1.0>

// -----

// expected-error @below {{statistics are f32 tensors of groups x numbers}}
#i = #nnq.input_stats<min = dense<0.0> : tensor<2xf32>, max = dense<0.0> : tensor<1x2xf32>, mean = dense<0.0> : tensor<1x2xf32>, second_moment = dense<0.0> : tensor<1x2xf32>, count = 1, output_mean = dense<0.0> : tensor<3xf32>, correlation = dense<0.0> : tensor<1x3xf32>>

// -----

// expected-error @below {{'max', 'mean' and 'second_moment' must be of the shape of 'min'}}
#i = #nnq.input_stats<min = dense<0.0> : tensor<1x2xf32>, max = dense<0.0> : tensor<1x2xf32>, mean = dense<0.0> : tensor<1x3xf32>, second_moment = dense<0.0> : tensor<1x2xf32>, count = 1, output_mean = dense<0.0> : tensor<3xf32>, correlation = dense<0.0> : tensor<1x3xf32>>

// -----

// expected-error @below {{'count' must be positive}}
#i = #nnq.input_stats<min = dense<0.0> : tensor<1x2xf32>, max = dense<0.0> : tensor<1x2xf32>, mean = dense<0.0> : tensor<1x2xf32>, second_moment = dense<0.0> : tensor<1x2xf32>, count = 0, output_mean = dense<0.0> : tensor<3xf32>, correlation = dense<0.0> : tensor<1x3xf32>>

// -----

// expected-error @below {{'output_mean' must be a vector of f32}}
#i = #nnq.input_stats<min = dense<0.0> : tensor<1x2xf32>, max = dense<0.0> : tensor<1x2xf32>, mean = dense<0.0> : tensor<1x2xf32>, second_moment = dense<0.0> : tensor<1x2xf32>, count = 1, output_mean = dense<0> : tensor<3xi32>, correlation = dense<0.0> : tensor<1x3xf32>>

// -----

// expected-error @below {{'correlation' must be a triangle for each group}}
#i = #nnq.input_stats<min = dense<0.0> : tensor<1x2xf32>, max = dense<0.0> : tensor<1x2xf32>, mean = dense<0.0> : tensor<1x2xf32>, second_moment = dense<0.0> : tensor<1x2xf32>, count = 1, output_mean = dense<0.0> : tensor<3xf32>, correlation = dense<0.0> : tensor<1x4xf32>>

// -----

// expected-error @below {{takes two bounds, got 3}}
#r = #nnq.quant_range<[0.0, 1.0, 2.0]>

// -----

// expected-error @below {{bounds must be finite}}
#r = #nnq.quant_range<[0.0, 0x7FF0000000000000]>

// -----

// expected-error @below {{the first bound must not exceed the second}}
#r = #nnq.quant_range<[1.0, 0.0]>

// -----

// expected-error @below {{'clipped' must be a share between 0 and 1}}
#r = #nnq.quant_range<[0.0, 1.0], clipped = 1.5>

// -----

// expected-error @+2 {{'tile' must be positive}}
func.func private @no_samples() attributes {
  nnq.batch = #nnq.batch<entry = "net", tile = 0, inputs = [true], outputs = [true]>}

// -----

// expected-error @+2 {{'entry' must not be empty}}
func.func private @no_entry() attributes {
  nnq.batch = #nnq.batch<entry = "", tile = 1, inputs = [true], outputs = [true]>}

// -----

// expected-error @below {{vpmaddubsw needs a 'group' of whole fours, got 6}}
#k = #nnq.kernel<dot = vpmaddubsw, lanes = 8, group = 6, rows = 1, blocks = 1>

// -----

// expected-error @below {{smull needs a 'group' of whole twos, got 3}}
#k = #nnq.kernel<dot = smull, lanes = 4, group = 3, rows = 1, blocks = 1>

// -----

// expected-error @+1 {{'winograd' must be 0, 2 or 4, got 3}}
#k = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, winograd = 3, strip = 1>

// -----

// expected-error @+1 {{'winograd' multiplies pairs of 16 bits by vpmaddwd}}
#k = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 4, rows = 4, blocks = 1, winograd = 4, strip = 1>

// -----

// expected-error @+1 {{'strip' must be positive with 'winograd'}}
#k = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, winograd = 4>

// -----

// expected-error @+1 {{expected 'channels_outer', 'winograd', 'strip', 'fused', 'bits', 'panel', 'sparse' or 'codebook'}}
#k = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, columns = 4>

// -----

// expected-error @+1 {{'bits' must be 0, 2 or 4, got 3}}
#k = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 4, rows = 4, blocks = 1, bits = 3>

// -----

// expected-error @+1 {{'bits' of 2 are places in a 'codebook'}}
#k = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 8, rows = 4, blocks = 1, bits = 2>

// -----

// expected-error @+1 {{'bits' needs a 'group' of a multiple of 4 parts of 2, got 4}}
#k = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 4, rows = 4, blocks = 1, bits = 2, codebook = true>

// -----

// expected-error @+1 {{'bits' needs a 'group' of a multiple of 2 parts of 4, got 12}}
#k = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 12, rows = 4, blocks = 1, bits = 4>

// -----

// expected-error @+1 {{'fused' is for 'winograd' of one block at a time}}
#k = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 2, winograd = 4, strip = 1, fused = true>

// -----

// expected-error @+1 {{'fused' is for 'winograd' of one block at a time}}
#k = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, fused = true>

// -----

// expected-error @+1 {{'winograd' transforms weights of 8 bits}}
#k = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 4, rows = 4, blocks = 1, winograd = 4, strip = 1, bits = 4>

// -----

// expected-error @+1 {{'sparse' goes neither with 'bits' nor with 'winograd'}}
#k = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 8, rows = 4, blocks = 1, bits = 4, sparse = block>

// -----

// expected-error @+1 {{expected one of [none, block, two_of_four, window, wide_window] for zeros that a kernel skips, got: blocks}}
#k = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 8, rows = 4, blocks = 1, sparse = blocks>

// -----

// expected-error @+1 {{'sparse = window' has no kernel by fma}}
#k = #nnq.kernel<dot = fma, lanes = 8, group = 1, rows = 4, blocks = 1, sparse = window>

// -----

// expected-error @+1 {{'sparse = wide_window' is for vpdpbusd of 16 lanes}}
#k = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 4, rows = 4, blocks = 1, sparse = wide_window>

// -----

// expected-error @+1 {{'sparse = two_of_four' needs a 'group' of whole 16, got 8}}
#k = #nnq.kernel<dot = vpdpbusd, lanes = 8, group = 8, rows = 4, blocks = 1, sparse = two_of_four>

// -----

// expected-error @+1 {{'panel' is about weights of fewer 'bits'}}
#k = #nnq.kernel<dot = vpmaddwd, lanes = 8, group = 2, rows = 4, blocks = 1, panel = true>

// -----

// expected-error @+1 {{weights have 4 or 8 bits, not 3}}
#w = #nnq.weight_format<scheme = symmetric, granularity = per_axis, range = full, bits = 3>

// -----

// expected-error @+1 {{groups are of 32, 64 or 128 weights, or 0 for none, not 16}}
#w = #nnq.weight_format<scheme = symmetric, granularity = per_axis, range = full, group = 16>

// -----

// expected-error @+1 {{per-tensor does not go with them}}
#w = #nnq.weight_format<scheme = symmetric, granularity = per_tensor, range = full, group = 64>

// -----

// expected-error @+1 {{a reduced range is about weights of 8 bits}}
#w = #nnq.weight_format<scheme = symmetric, granularity = per_axis, range = reduced, bits = 4>

// -----

// expected-error @+1 {{tdpbusd has 16 'lanes' and a 'group' of whole fours up to 64, got 16 and 68}}
#k = #nnq.kernel<dot = tdpbusd, lanes = 16, group = 68, rows = 16, blocks = 1>

// -----

// expected-error @+1 {{eight registers of tdpbusd do not hold matrices for 48 rows by 2 blocks and their factors}}
#k = #nnq.kernel<dot = tdpbusd, lanes = 16, group = 64, rows = 48, blocks = 2>

// -----

// expected-error @+1 {{tdpbusd multiplies all weights, as bytes}}
#k = #nnq.kernel<dot = tdpbusd, lanes = 16, group = 64, rows = 16, blocks = 1, bits = 4>

// -----

func.func @matrix_sizes() {
  // expected-error @+1 {{'rows' must be 8 numbers from 1 to 16}}
  nnq.matrix_configure rows = [16, 16, 16, 16, 16, 16, 16, 17] bytes = [64, 64, 64, 64, 64, 64, 64, 64]
  return
}

// -----

func.func @matrix_bytes() {
  // expected-error @+1 {{'bytes' must be 8 numbers from 1 to 64}}
  nnq.matrix_configure rows = [16, 16, 16, 16, 16, 16, 16, 16] bytes = [64, 64]
  return
}

// -----

func.func @matrix_indices(%x: memref<16x64xi8>) {
  // expected-error @+1 {{needs 2 indices}}
  nnq.matrix_load 0, %x[] by 64 : memref<16x64xi8>
  return
}

// -----

func.func @matrix_address(%x: !llvm.ptr, %i: index) {
  // expected-error @+1 {{needs 0 indices}}
  nnq.matrix_store 0, %x[%i] by 64 : !llvm.ptr
  return
}

// -----

func.func @matrix_number() {
  // expected-error @+1 {{attribute 'matrix' failed to satisfy constraint}}
  nnq.matrix_zero 8
  return
}
