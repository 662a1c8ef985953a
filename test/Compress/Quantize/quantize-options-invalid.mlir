// RUN: not nnq-opt %s --nnq-quantize=weights=foo 2>&1 | FileCheck %s --check-prefix=SCHEME
// RUN: not nnq-opt %s --nnq-quantize=activations=foo 2>&1 | FileCheck %s --check-prefix=SCHEME
// RUN: not nnq-opt %s --nnq-quantize=weight-granularity=foo 2>&1 | FileCheck %s --check-prefix=GRANULARITY
// RUN: not nnq-opt %s --quantize-int8=weight-range=foo 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not nnq-opt %s --quantize-int8=weights=foo 2>&1 | FileCheck %s --check-prefix=SCHEME
// RUN: not nnq-opt %s --quantize-int8=weight-granularity=foo 2>&1 | FileCheck %s --check-prefix=GRANULARITY
// RUN: not nnq-opt %s --quantize-int8=attention=foo 2>&1 | FileCheck %s --check-prefix=ATTENTION

// SCHEME: unknown value 'foo', expected one of: symmetric, asymmetric
// GRANULARITY: unknown value 'foo', expected one of: per-axis, per-tensor
// RANGE: unknown value 'foo', expected one of: full, reduced
// ATTENTION: unknown value 'foo', expected one of: int8, f32
