// A long tail: what is rare costs more levels than it is worth.
// RUN: %python %S/Inputs/long_tail.py > %t.mlir
// RUN: nnq-opt %t.mlir --nnq-choose-ranges=calibration=entropy | FileCheck %s --check-prefix=ENTROPY
// RUN: nnq-opt %t.mlir --nnq-choose-ranges="calibration=entropy activations=symmetric" \
// RUN:   | FileCheck %s --check-prefix=SYMMETRIC
// RUN: nnq-opt %t.mlir --nnq-choose-ranges=calibration=mse | FileCheck %s --check-prefix=MSE
// RUN: nnq-opt %t.mlir --nnq-choose-ranges=calibration=percentile | FileCheck %s --check-prefix=PERCENTILE

// ENTROPY: nnq.quant_range = #nnq.quant_range<[0.000000e+00, 1.136{{[0-9]+}}e+01], clipped = 1.066{{[0-9]+}}E-6
// SYMMETRIC: nnq.quant_range = #nnq.quant_range<[-1.036{{[0-9]+}}e+01, 1.036{{[0-9]+}}e+01], clipped = 1.22{{[0-9]+}}E-5
// MSE: nnq.quant_range = #nnq.quant_range<[0.000000e+00, 9.99{{[0-9]+}}e+00], clipped = 2.01{{[0-9]+}}E-5
// PERCENTILE: nnq.quant_range = #nnq.quant_range<[0.000000e+00, 9.22{{[0-9]+}}e+00], clipped = {{5.00[0-9]+E-5|5.000000e-05}}
