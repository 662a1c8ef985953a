// REQUIRES: x86_64
// RUN: rm -f %t.json
// Weights that are all alike would be folded.
// RUN: %python -c "import random, struct; w = struct.pack('<262144f', *(random.uniform(-1, 1) for _ in range(262144))); t = open('%s').read(); open('%t.in.mlir', 'w').write(t.replace('dense<0.5>', 'dense<\"0x' + w.hex() + '\">'))"
// RUN: nnq-opt %t.in.mlir --nnq-measure-factors=cache=%t.json --remarks-filter=nnq -o %t.mlir 2>%t.txt
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: FileCheck %s --input-file=%t.txt --check-prefix=TIMES
// RUN: FileCheck %s --input-file=%t.json --check-prefix=CACHE
// RUN: nnq-opt %t.in.mlir --nnq-measure-factors="cache=%t.json precision=int8" --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=INT8
// Nothing is measured twice: what the file says counts.
// RUN: %python -c "import re, sys; t = open('%t.json').read(); open('%t.2.json', 'w').write(re.sub(r'_ns\": [0-9.e+]+', '_ns\": 7000', t))"
// RUN: nnq-opt %t.in.mlir --nnq-measure-factors=cache=%t.2.json --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=KNOWN
// Times of another compiler do not, nor does a file of something else.
// RUN: %python -c "t = open('%t.2.json').read(); open('%t.3.json', 'w').write(t.replace('LLVM', 'GCC'))"
// RUN: nnq-opt %t.in.mlir --nnq-measure-factors=cache=%t.3.json --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=TIMES
// RUN: FileCheck %s --input-file=%t.3.json --check-prefix=CACHE
// RUN: echo '{' > %t.4.json
// RUN: nnq-opt %t.in.mlir --nnq-measure-factors=cache=%t.4.json --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=TIMES
// RUN: nnq-opt %t.in.mlir --nnq-measure-factors=cache=%t.json/times --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=UNWRITABLE
// RUN: nnq-opt %t.in.mlir --nnq-set-target=target=aarch64 --nnq-measure-factors=cache=none --remarks-filter=nnq 2>&1 | FileCheck %s --check-prefix=OTHER
// RUN: not nnq-opt %t.in.mlir --nnq-set-target=target=aarch64 --nnq-measure-factors="cache=none gate=measure" 2>&1 | FileCheck %s --check-prefix=MEASURE

// Four of 512 inputs and outputs are much faster, 500 of them nearly twice as
// slow.
// CHECK: func.func @net{{.*}} attributes {nnq.refused = [{layer = "slow", reason = "svd of rank 500 takes {{.*}} (measured, f32)", technique = "factorize"}]}
// CHECK: linalg.matmul {nnq.factorize = {method = "svd", ranks = array<i64: 4>}, nnq.layer = "fast"}
// CHECK: linalg.matmul {nnq.layer = "slow"}
// TIMES-DAG: Passed{{.*}}Layer=fast, Remark="svd of rank 4 takes {{[0-9.]+}} us, the layer {{[0-9.]+}} us (measured, f32)"
// TIMES-DAG: Missed{{.*}}Layer=slow, Reason="svd of rank 500 takes {{[0-9.]+}} us, the layer {{[0-9.]+}} us (measured, f32)"
// CACHE: "compiler": "nnq {{.*}}, LLVM 22
// CACHE: "after_ns":
// CACHE: "before_ns":
// CACHE: "what": "tensor<1x512xf32> by weights of tensor<512x512xf32>, svd of rank
// INT8-DAG: Passed{{.*}}Layer=fast, Remark="svd of rank 4 takes {{.*}} (measured, int8)"
// INT8-DAG: Missed{{.*}}Layer=slow, Reason="svd of rank 500 takes {{.*}} (measured, int8)"
// KNOWN: Layer=fast, Reason="svd of rank 4 takes 7.00 us, the layer 7.00 us
// UNWRITABLE: Reason="times are not kept: {{.*}}Not a directory
// OTHER-COUNT-2: Reason="the target is another machine, where nothing can be measured; the estimate stands"
// OTHER: nnq.factorize = {method = "svd", ranks = array<i64: 500>}
// MEASURE: error: nnq-measure-factors: gate=measure asks for times of {{.*}}, and this machine is a {{.*}}; take gate=estimate, or measure there
func.func @net(%x: tensor<1x512xf32>) -> (tensor<1x512xf32>, tensor<1x512xf32>) {
  %zero = arith.constant 0.0 : f32
  %w = arith.constant dense<0.5> : tensor<512x512xf32>
  %empty = tensor.empty() : tensor<1x512xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<1x512xf32>) -> tensor<1x512xf32>
  %0 = linalg.matmul {nnq.layer = "fast", nnq.factorize = {method = "svd", ranks = array<i64: 4>}}
      ins(%x, %w : tensor<1x512xf32>, tensor<512x512xf32>) outs(%init : tensor<1x512xf32>) -> tensor<1x512xf32>
  %1 = linalg.matmul {nnq.layer = "slow", nnq.factorize = {method = "svd", ranks = array<i64: 500>}}
      ins(%x, %w : tensor<1x512xf32>, tensor<512x512xf32>) outs(%init : tensor<1x512xf32>) -> tensor<1x512xf32>
  return %0, %1 : tensor<1x512xf32>, tensor<1x512xf32>
}
