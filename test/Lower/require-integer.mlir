// RUN: nnq-opt %s --split-input-file --nnq-require-integer --verify-diagnostics

#v = affine_map<(i) -> (i)>
#x = affine_map<(i, k) -> (k)>
#w = affine_map<(i, k) -> (i, k)>
#y = affine_map<(i, k) -> (i)>

// Numbers in front of the first layer, behind the last one and within bodies are
// no tensors between layers.
func.func @integer(%x: tensor<4xf32>, %w: tensor<4x4xi8>) -> tensor<4xf32> {
  %zero = arith.constant 0 : i32
  %two = arith.constant 2.0 : f32
  %e8 = tensor.empty() : tensor<4xi8>
  %e32 = tensor.empty() : tensor<4xi32>
  %ef = tensor.empty() : tensor<4xf32>
  %scaled = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]} ins(%x : tensor<4xf32>) outs(%ef : tensor<4xf32>) {
  ^bb0(%a: f32, %o: f32):
    %s = arith.mulf %a, %two : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  %q = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]} ins(%scaled : tensor<4xf32>) outs(%e8 : tensor<4xi8>) {
  ^bb0(%a: f32, %o: i8):
    %i = arith.fptosi %a : f32 to i8
    linalg.yield %i : i8
  } -> tensor<4xi8>
  %f = linalg.fill ins(%zero : i32) outs(%e32 : tensor<4xi32>) -> tensor<4xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "reduction"]} ins(%q, %w : tensor<4xi8>, tensor<4x4xi8>) outs(%f : tensor<4xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %ax = arith.extsi %a : i8 to i32
    %bx = arith.extsi %b : i8 to i32
    %m = arith.muli %ax, %bx : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4xi32>
  %q1 = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]} ins(%0 : tensor<4xi32>) outs(%e8 : tensor<4xi8>) {
  ^bb0(%a: i32, %o: i8):
    %n = arith.sitofp %a : i32 to f32
    %h = arith.divf %n, %two : f32
    %i = arith.fptosi %h : f32 to i8
    linalg.yield %i : i8
  } -> tensor<4xi8>
  %1 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "reduction"]} ins(%q1, %w : tensor<4xi8>, tensor<4x4xi8>) outs(%f : tensor<4xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %ax = arith.extsi %a : i8 to i32
    %bx = arith.extsi %b : i8 to i32
    %m = arith.muli %ax, %bx : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4xi32>
  %r = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]} ins(%1 : tensor<4xi32>) outs(%ef : tensor<4xf32>) {
  ^bb0(%a: i32, %o: f32):
    %n = arith.sitofp %a : i32 to f32
    linalg.yield %n : f32
  } -> tensor<4xf32>
  return %r : tensor<4xf32>
}

// -----

#v = affine_map<(i) -> (i)>
#x = affine_map<(i, k) -> (k)>
#w = affine_map<(i, k) -> (i, k)>
#y = affine_map<(i, k) -> (i)>

func.func @between(%x: tensor<4xi8>, %w: tensor<4x4xi8>) -> tensor<4xi32> {
  %zero = arith.constant 0 : i32
  %e8 = tensor.empty() : tensor<4xi8>
  %e32 = tensor.empty() : tensor<4xi32>
  %ef = tensor.empty() : tensor<4xf32>
  %f = linalg.fill ins(%zero : i32) outs(%e32 : tensor<4xi32>) -> tensor<4xi32>
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "reduction"]} ins(%x, %w : tensor<4xi8>, tensor<4x4xi8>) outs(%f : tensor<4xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %ax = arith.extsi %a : i8 to i32
    %bx = arith.extsi %b : i8 to i32
    %m = arith.muli %ax, %bx : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4xi32>
  // expected-error @below {{'linalg.generic' op of layer 'gate' gives a tensor of f32 between integer layers}}
  // expected-note @below {{--remarks-filter-missed=nnq says why layers stay in f32}}
  %n = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]} ins(%0 : tensor<4xi32>) outs(%ef : tensor<4xf32>) attrs = {nnq.layer = "gate"} {
  ^bb0(%a: i32, %o: f32):
    %c = arith.sitofp %a : i32 to f32
    linalg.yield %c : f32
  } -> tensor<4xf32>
  %q = linalg.generic {indexing_maps = [#v, #v], iterator_types = ["parallel"]} ins(%n : tensor<4xf32>) outs(%e8 : tensor<4xi8>) {
  ^bb0(%a: f32, %o: i8):
    %i = arith.fptosi %a : f32 to i8
    linalg.yield %i : i8
  } -> tensor<4xi8>
  %1 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "reduction"]} ins(%q, %w : tensor<4xi8>, tensor<4x4xi8>) outs(%f : tensor<4xi32>) {
  ^bb0(%a: i8, %b: i8, %o: i32):
    %ax = arith.extsi %a : i8 to i32
    %bx = arith.extsi %b : i8 to i32
    %m = arith.muli %ax, %bx : i32
    %s = arith.addi %o, %m : i32
    linalg.yield %s : i32
  } -> tensor<4xi32>
  return %1 : tensor<4xi32>
}

// -----

#x = affine_map<(i, k) -> (k)>
#w = affine_map<(i, k) -> (i, k)>
#y = affine_map<(i, k) -> (i)>

// expected-error @below {{'func.func' op has no integer layers; run --quantize-int8 first}}
// expected-note @below {{--remarks-filter-missed=nnq says why layers stay in f32}}
func.func @numbers(%x: tensor<4xf32>, %w: tensor<4x4xf32>, %f: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{'linalg.generic' op of layer 'fc' multiplies in f32, where integers are required: as asked for}}
  // expected-note @below {{--remarks-filter-missed=nnq says why layers stay in f32}}
  %0 = linalg.generic {indexing_maps = [#x, #w, #y], iterator_types = ["parallel", "reduction"]} ins(%x, %w : tensor<4xf32>, tensor<4x4xf32>) outs(%f : tensor<4xf32>)
      attrs = {nnq.layer = "fc", nnq.keep_f32 = "as asked for"} {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %m = arith.mulf %a, %b : f32
    %s = arith.addf %o, %m : f32
    linalg.yield %s : f32
  } -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
