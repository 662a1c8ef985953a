// RUN: nnq-opt %s --nnq-resolve-batch --split-input-file --verify-diagnostics
// RUN: nnq-opt %s --nnq-tile-batch --split-input-file --verify-diagnostics

// expected-error @below {{has an input of type 'tensor<?x?xf32>', but only the first size may be open, so the batch cannot be dynamic; import the network with static shapes (--shape)}}
func.func @two_open_sizes(%x: tensor<?x?xf32>) {
  return
}

// -----

// expected-error @below {{has an input of type 'tensor<4x?xf32>'}}
func.func @not_first(%x: tensor<4x?xf32>) {
  return
}

// -----

func.func @reduction(%x: tensor<?x4xf32>) -> tensor<4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4xf32>) -> tensor<4xf32>
  // expected-error @below {{'linalg.reduce' op of layer 'mean' reduces over the batch}}
  %0 = linalg.reduce { arith.addf } ins(%x : tensor<?x4xf32>) outs(%f : tensor<4xf32>) dimensions = [0]
    {nnq.layer = "mean"}
  return %0 : tensor<4xf32>
}

// -----

func.func @all_pairs(%x: tensor<?x4xf32>, %y: tensor<?x4xf32>) -> tensor<?x8xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x8xf32>
  // expected-error @below {{'linalg.generic' op of layer 'attention' pairs samples with each other}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2) -> (d0, d2)>,
        affine_map<(d0, d1, d2) -> (d1, d2)>, affine_map<(d0, d1, d2) -> (d0, d1)>],
      iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %y : tensor<?x4xf32>, tensor<?x4xf32>) outs(%e : tensor<?x8xf32>)
      attrs = {nnq.layer = "attention"} {
  ^bb0(%a: f32, %b: f32, %out: f32):
    linalg.yield %a : f32
  } -> tensor<?x8xf32>
  return %0 : tensor<?x8xf32>
}

// -----

func.func @window(%x: tensor<?xf32>, %w: tensor<3xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %e = tensor.empty(%n) : tensor<?xf32>
  // expected-error @below {{has a window over the batch}}
  %0 = linalg.conv_1d ins(%x, %w : tensor<?xf32>, tensor<3xf32>) outs(%e : tensor<?xf32>) -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>
func.func @parts(%x: tensor<?xf32>, %y: tensor<?x2xf32>) -> tensor<?xf32> {
  %rows = tensor.collapse_shape %y [[0, 1]] : tensor<?x2xf32> into tensor<?xf32>
  // expected-error @below {{pairs samples with parts of samples}}
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%rows : tensor<?xf32>) outs(%x : tensor<?xf32>) {
  ^bb0(%a: f32, %out: f32):
    linalg.yield %a : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>
func.func @number_of_the_sample(%x: tensor<?xi64>) -> tensor<?xi64> {
  // expected-error @below {{computes with the number of the sample}}
  %0 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%x : tensor<?xi64>) {
  ^bb0(%out: i64):
    %i = linalg.index 0 : index
    %0 = arith.index_cast %i : index to i64
    linalg.yield %0 : i64
  } -> tensor<?xi64>
  return %0 : tensor<?xi64>
}

// -----

#id = affine_map<(d0) -> (d0)>
func.func @other_sample(%x: tensor<?xf32>, %order: tensor<?xindex>) -> tensor<?xf32> {
  // expected-error @below {{reads samples at an index that is computed}}
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%order : tensor<?xindex>) outs(%x : tensor<?xf32>) {
  ^bb0(%i: index, %out: f32):
    %0 = tensor.extract %x[%i] : tensor<?xf32>
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>
func.func @mean_by_size(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %i = arith.index_cast %n : index to i64
  %count = arith.sitofp %i : i64 to f32
  // expected-error @below {{computes with the size of the batch}}
  %0 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%x : tensor<?xf32>) {
  ^bb0(%out: f32):
    %0 = arith.divf %out, %count : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// The size of one is told from others by more than the number of the sample.
#id = affine_map<(d0) -> (d0)>
func.func @special_case(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  // expected-error @below {{computes with the size of the batch}}
  %0 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%x : tensor<?xf32>) {
  ^bb0(%out: f32):
    %one = arith.cmpi eq, %n, %c1 : index
    %0 = arith.select %one, %zero, %out : f32
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @returned_size(%x: tensor<?xf32>) -> index {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  // expected-error @below {{computes with the size of the batch}}
  return %n : index
}

// -----

func.func @one_element(%x: tensor<?xf32>) -> f32 {
  %c0 = arith.constant 0 : index
  // expected-error @below {{'tensor.extract' op is not known to keep samples apart}}
  %0 = tensor.extract %x[%c0] : tensor<?xf32>
  return %0 : f32
}

// -----

func.func @checked(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %ok = arith.cmpi sle, %n, %c8 : index
  // expected-error @below {{checks the size of the batch (at most 8)}}
  cf.assert %ok, "at most 8"
  return %x : tensor<?xf32>
}

// -----

func.func @merged(%x: tensor<?x4xf32>) -> tensor<?xf32> {
  %0 = tensor.collapse_shape %x [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
  // expected-error @below {{returns a tensor of type 'tensor<?xf32>' whose first dimension is not the batch}}
  return %0 : tensor<?xf32>
}

// -----

// A batch inside of a dimension has to come out of it again.
func.func @merged_inside(%x: tensor<?x4xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<4x?xf32>
  %t = linalg.transpose ins(%x : tensor<?x4xf32>) outs(%e : tensor<4x?xf32>) permutation = [1, 0]
  %0 = tensor.collapse_shape %t [[0, 1]] : tensor<4x?xf32> into tensor<?xf32>
  // expected-error @below {{returns a tensor of type 'tensor<?xf32>' whose first dimension is not the batch}}
  return %0 : tensor<?xf32>
}

// -----

func.func @split(%x: tensor<?x4xf32>, %half: index) -> tensor<?x2x4xf32> {
  // expected-error @below {{splits the batch across samples}}
  %0 = tensor.expand_shape %x [[0, 1], [2]] output_shape [%half, 2, 4] : tensor<?x4xf32> into tensor<?x2x4xf32>
  return %0 : tensor<?x2x4xf32>
}

// -----

func.func @split_outside(%x: tensor<?x4xf32>, %half: index) -> tensor<2x?x4xf32> {
  // expected-error @below {{splits the batch across samples}}
  %0 = tensor.expand_shape %x [[0, 1], [2]] output_shape [2, %half, 4] : tensor<?x4xf32> into tensor<2x?x4xf32>
  return %0 : tensor<2x?x4xf32>
}

// -----

// Four parts that hold all samples are not split as four rows of each.
func.func @split_inside(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<4x?xf32>
  %t = linalg.transpose ins(%x : tensor<?x4xf32>) outs(%e : tensor<4x?xf32>) permutation = [1, 0]
  %0 = tensor.collapse_shape %t [[0, 1]] : tensor<4x?xf32> into tensor<?xf32>
  // expected-error @below {{splits the batch across samples}}
  %1 = tensor.expand_shape %0 [[0, 1]] output_shape [%n, 4] : tensor<?xf32> into tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>
func.func @rows_of_parts(%x: tensor<?x4xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %rows = arith.muli %n, %c4 : index
  %e = tensor.empty(%n) : tensor<4x?xf32>
  %t = linalg.transpose ins(%x : tensor<?x4xf32>) outs(%e : tensor<4x?xf32>) permutation = [1, 0]
  %inside = tensor.collapse_shape %t [[0, 1]] : tensor<4x?xf32> into tensor<?xf32>
  %outside = tensor.collapse_shape %x [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
  %f = tensor.empty(%rows) : tensor<?xf32>
  // expected-error @below {{pairs samples with parts of samples}}
  %0 = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
      ins(%inside, %outside : tensor<?xf32>, tensor<?xf32>) outs(%f : tensor<?xf32>) {
  ^bb0(%a: f32, %b: f32, %out: f32):
    %s = arith.addf %a, %b : f32
    linalg.yield %s : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

#id = affine_map<(d0) -> (d0)>
func.func @read_at_parts(%x: tensor<?x4xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<4x?xf32>
  %t = linalg.transpose ins(%x : tensor<?x4xf32>) outs(%e : tensor<4x?xf32>) permutation = [1, 0]
  %inside = tensor.collapse_shape %t [[0, 1]] : tensor<4x?xf32> into tensor<?xf32>
  %outside = tensor.collapse_shape %x [[0, 1]] : tensor<?x4xf32> into tensor<?xf32>
  // expected-error @below {{pairs samples with parts of samples}}
  %0 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%inside : tensor<?xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %a = tensor.extract %outside[%i] : tensor<?xf32>
    %s = arith.addf %a, %out : f32
    linalg.yield %s : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

// Sample 0 of two rows a sample, with a batch of one, is not the first row.
#id = affine_map<(d0) -> (d0)>
func.func @first_row(%x: tensor<?x2xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %x, %c0 : tensor<?x2xf32>
  %rows = tensor.collapse_shape %x [[0, 1]] : tensor<?x2xf32> into tensor<?xf32>
  // expected-error @below {{computes with the size of the batch}}
  %0 = linalg.generic {indexing_maps = [#id], iterator_types = ["parallel"]} outs(%rows : tensor<?xf32>) {
  ^bb0(%out: f32):
    %i = linalg.index 0 : index
    %one = arith.cmpi eq, %n, %c1 : index
    %at = arith.select %one, %c0, %i : index
    %0 = tensor.extract %rows[%at] : tensor<?xf32>
    linalg.yield %0 : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @reshape_across(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %shape = tensor.from_elements %n, %c2 : tensor<2xindex>
  // expected-error @below {{reshapes samples across their borders}}
  %0 = tensor.reshape %x(%shape) : (tensor<?x4xf32>, tensor<2xindex>) -> tensor<?x2xf32>
  return %0 : tensor<?x2xf32>
}

// -----

func.func @some_samples(%x: tensor<?x4xf32>, %n: index) -> tensor<?x4xf32> {
  // expected-error @below {{takes some of the samples}}
  %0 = tensor.extract_slice %x[0, 0] [%n, 4] [1, 1] : tensor<?x4xf32> to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @first_sample(%x: tensor<?x4xf32>) -> tensor<4xf32> {
  // expected-error @below {{takes some of the samples}}
  %0 = tensor.extract_slice %x[0, 0] [1, 4] [1, 1] : tensor<?x4xf32> to tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @written(%x: tensor<?x4xf32>, %y: tensor<2x4xf32>) -> tensor<?x4xf32> {
  // expected-error @below {{joins samples with what is not of the batch}}
  %0 = tensor.insert_slice %y into %x[0, 0] [2, 4] [1, 1] : tensor<2x4xf32> into tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @joined(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @below {{joins batches}}
  %0 = tensor.concat dim(0) %x, %x : (tensor<?x4xf32>, tensor<?x4xf32>) -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @padded(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %zero = arith.constant 0.0 : f32
  // expected-error @below {{pads by a number of samples}}
  %0 = tensor.pad %x low[0, 0] high[1, 0] {
  ^bb0(%i: index, %j: index):
    tensor.yield %zero : f32
  } : tensor<?x4xf32> to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @other_size(%n: index) -> tensor<?xf32> {
  // expected-error @below {{makes a tensor whose size is not the batch}}
  %0 = tensor.empty(%n) : tensor<?xf32>
  return %0 : tensor<?xf32>
}

// -----

func.func @fixed(%x: tensor<?x4xf32>) -> tensor<2x4xf32> {
  // expected-error @below {{'tensor.cast' op is not known to keep samples apart}}
  %0 = tensor.cast %x : tensor<?x4xf32> to tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @hidden(%x: tensor<?xf32>, %c: i1) -> f32 {
  %zero = arith.constant 0.0 : f32
  // expected-error @below {{'scf.if' op is not known to keep samples apart}}
  %0 = scf.if %c -> f32 {
    %c0 = arith.constant 0 : index
    %1 = tensor.extract %x[%c0] : tensor<?xf32>
    scf.yield %1 : f32
  } else {
    scf.yield %zero : f32
  }
  return %0 : f32
}

// -----

func.func @dynamic_scale(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @below {{of layer 'fc1' finds the scale of an activation over all samples; calibrate (data=FILE)}}
  %q, %s, %z = nnq.dynamic_qcast %x {nnq.layer = "fc1"} : tensor<?x4xf32> -> tensor<?x4xi8>
  %0 = nnq.dynamic_dcast %q, %s, %z : tensor<?x4xi8> -> tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

func.func @scale_a_sample(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  // expected-error @below {{has scales for single samples}}
  %q = quant.qcast %x : tensor<?x4xf32> to tensor<?x4x!quant.uniform<i8:f32:0, {1.0, 2.0}>>
  %0 = quant.dcast %q : tensor<?x4x!quant.uniform<i8:f32:0, {1.0, 2.0}>> to tensor<?x4xf32>
  return %0 : tensor<?x4xf32>
}

// -----

// expected-error @below {{branches}}
func.func @branches(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  cf.br ^bb1
^bb1:
  return %x : tensor<?x4xf32>
}
