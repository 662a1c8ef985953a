// RUN: nnq-opt %s --nnq-calibrate=data=%S/Inputs/x.npy --split-input-file --verify-diagnostics

// expected-error @below {{cannot calibrate: the module has 0 public functions; calibration needs one}}
module {}

// -----

// expected-error @below {{cannot calibrate: the module has 2 public functions; calibration needs one}}
module {
  func.func @a(%x: tensor<1x3xf32>) -> tensor<1x3xf32> {
    return %x : tensor<1x3xf32>
  }
  func.func @b(%x: tensor<1x3xf32>) -> tensor<1x3xf32> {
    return %x : tensor<1x3xf32>
  }
}

// -----

// expected-error-re @below {{cannot calibrate: {{.*}}x.npy: is one array, but function 'f' takes 2 inputs; pass a .npz}}
module {
  func.func @f(%x: tensor<1x3xf32>, %y: tensor<1x3xf32>) -> tensor<1x3xf32> {
    return %x : tensor<1x3xf32>
  }
}

// -----

// expected-error @below {{cannot calibrate: function 'f' does not take tensors of static shape, apart from a batch}}
module {
  func.func @f(%x: tensor<1x?xf32>) -> tensor<1x?xf32> {
    return %x : tensor<1x?xf32>
  }
}

// -----

// expected-error @below {{cannot calibrate: function 'f' takes inputs of different batch sizes}}
module {
  func.func @f(%x: tensor<1x3xf32>, %y: tensor<2x3xf32>) -> tensor<1x3xf32> {
    return %x : tensor<1x3xf32>
  }
}

// -----

// expected-error @below {{cannot calibrate: function 'f' takes no input}}
module {
  func.func @f() {
    return
  }
}

// -----

// expected-error @below {{4 samples do not fill a batch of 8}}
module {
  func.func @f(%x: tensor<8x3xf32>) -> tensor<8x3xf32> {
    return %x : tensor<8x3xf32>
  }
}

// -----

// The network itself overflows.
func.func @overflow(%x: tensor<1x3xf32>) -> tensor<1x1xf32> {
  %w = arith.constant dense<1.0> : tensor<3x1xf32>
  %zero = arith.constant 0.0 : f32
  %huge = arith.constant 3.0e38 : f32
  %e1 = tensor.empty() : tensor<1x3xf32>
  // expected-error @below {{the input of layer 'fc' became NaN or infinite in calibration; the network does not work on the data given by data=}}
  %0 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>,
        affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]}
      ins(%x : tensor<1x3xf32>) outs(%e1 : tensor<1x3xf32>) {
    ^bb0(%in: f32, %out: f32):
      %m = arith.mulf %in, %huge : f32
      linalg.yield %m : f32
  } -> tensor<1x3xf32>
  %e = tensor.empty() : tensor<1x1xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<1x1xf32>) -> tensor<1x1xf32>
  %1 = linalg.matmul {nnq.layer = "fc"} ins(%0, %w : tensor<1x3xf32>, tensor<3x1xf32>)
    outs(%f : tensor<1x1xf32>) -> tensor<1x1xf32>
  return %1 : tensor<1x1xf32>
}
