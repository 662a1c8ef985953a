// RUN: not nnq-opt %s --nnq-quantize=weights=foo 2>&1 | FileCheck %s --check-prefix=SCHEME
// RUN: not nnq-opt %s --nnq-quantize=activations=foo 2>&1 | FileCheck %s --check-prefix=SCHEME
// RUN: not nnq-opt %s --nnq-quantize=weight-granularity=foo 2>&1 | FileCheck %s --check-prefix=GRANULARITY
// RUN: not nnq-opt %s --quantize-int8=weight-range=foo 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not nnq-opt %s --quantize-int8=weights=foo 2>&1 | FileCheck %s --check-prefix=SCHEME
// RUN: not nnq-opt %s --quantize-int8=weight-granularity=foo 2>&1 | FileCheck %s --check-prefix=GRANULARITY
// RUN: not nnq-opt %s --quantize-int8=attention=foo 2>&1 | FileCheck %s --check-prefix=ATTENTION
// RUN: not nnq-opt %s --quantize-int8=compute=foo 2>&1 | FileCheck %s --check-prefix=ATTENTION
// RUN: not nnq-opt %s --quantize-int8=weight-bits=5 2>&1 | FileCheck %s --check-prefix=BITS
// RUN: not nnq-opt %s --quantize-int8=group-size=48 2>&1 | FileCheck %s --check-prefix=GROUP
// RUN: not nnq-opt %s --quantize-int8="weight-bits=4 weight-range=reduced" 2>&1 | FileCheck %s --check-prefix=BOTH

// BITS: error: weight-bits=5 group-size=0: weights have 4 or 8 bits, not 5
// GROUP: error: weight-bits=8 group-size=48: groups are of 32, 64 or 128 weights, or 0 for none, not 48
// BOTH: error: weight-bits=4 group-size=0: a reduced range is about weights of 8 bits
// SCHEME: unknown value 'foo', expected one of: symmetric, asymmetric
// GRANULARITY: unknown value 'foo', expected one of: per-axis, per-tensor
// RANGE: unknown value 'foo', expected one of: auto, full, reduced
// ATTENTION: unknown value 'foo', expected one of: int8, f32
