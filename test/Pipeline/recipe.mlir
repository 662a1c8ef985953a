// RUN: split-file %s %t
// RUN: nnq-opt %t/net.mlir --recipe=%t/good.yaml | FileCheck %t/net.mlir
// RUN: nnq-opt %t/net.mlir --recipe=%t/good.json | FileCheck %t/net.mlir
// RUN: nnq-opt %t/net.mlir --pass-pipeline="builtin.module(recipe{file=%t/good.yaml})" | FileCheck %t/net.mlir
// RUN: %python %inputs/make_arrays.py %t/x.npz x=f4:4x16:iota
// The data of the recipe are those of all steps.
// RUN: nnq-opt %t/net.mlir --recipe="file=%t/quantize.yaml data=%t/x.npz" --remarks-filter=nnq 2>%t/remarks.txt | FileCheck %t/net.mlir --check-prefix=INT8
// RUN: nnq-compile %t/net.mlir --recipe="file=%t/good.yaml" -o %t/net.so
// RUN: nnq-run %t/net.so --data %t/x.npz
// RUN: not nnq-opt %t/net.mlir --recipe=%t/undone.yaml 2>&1 | FileCheck %t/errors.txt --check-prefix=UNDONE
// RUN: not nnq-opt %t/net.mlir --recipe=%t/step.yaml 2>&1 | FileCheck %t/errors.txt --check-prefix=STEP
// RUN: not nnq-opt %t/net.mlir --recipe=%t/option.yaml 2>&1 | FileCheck %t/errors.txt --check-prefix=OPTION
// RUN: not nnq-opt %t/net.mlir --recipe=%t/value.yaml 2>&1 | FileCheck %t/errors.txt --check-prefix=VALUE
// RUN: not nnq-opt %t/net.mlir --recipe=%t/indent.yaml 2>&1 | FileCheck %t/errors.txt --check-prefix=INDENT
// RUN: not nnq-opt %t/net.mlir --recipe=%t/broken.yaml 2>&1 | FileCheck %t/errors.txt --check-prefix=BROKEN
// RUN: not nnq-opt %t/net.mlir --recipe=%t/empty.yaml 2>&1 | FileCheck %t/errors.txt --check-prefix=EMPTY
// RUN: not nnq-opt %t/net.mlir --recipe=%t/key.yaml 2>&1 | FileCheck %t/errors.txt --check-prefix=KEY
// RUN: not nnq-opt %t/net.mlir --recipe=%t/missing.yaml 2>&1 | FileCheck %t/errors.txt --check-prefix=MISSING
// RUN: not nnq-opt %t/net.mlir --recipe 2>&1 | FileCheck %t/errors.txt --check-prefix=FILE

//--- good.yaml
# A list of patterns, and of steps by themselves.
- factorize: {layers: ["fc2=svd:2"], objective: size, round-to: 1, exclude: fc1}
- prune-weights:
    ratio: 0.5
- quantize-int8
//--- good.json
{"steps": [
  {"factorize": {"layers": "fc2=svd:2", "objective": "size", "round-to": 1, "exclude": "fc1"}},
  {"prune-weights": {"ratio": 0.5}},
  {"quantize-int8": {}}
]}
//--- quantize.yaml
- quantize-int8: {weights: symmetric}
//--- undone.yaml
- prune-weights: {ratio: 0.5}
- factorize: {layers: "fc2=svd:4", objective: none, round-to: 1, exclude: fc1}
//--- step.yaml
- prune-weights: {ratio: 0.5}
- quantise-int8
//--- option.yaml
- prune-weights: {ratios: 0.5}
//--- value.yaml
- prune-weights: {ratio: 0.5, criterion: largest}
//--- indent.yaml
- prune-weights:
  ratio: 0.5
//--- broken.yaml
- prune-weights: {ratio: 0.5
//--- empty.yaml
[]
//--- key.yaml
recipe:
- quantize-int8

//--- errors.txt
UNDONE: error: step 'factorize' undoes step 'prune-weights': layer 'fc2' has factors with {{[0-9]+}} weights that are not zero, and had 64; put it in front of that step
STEP: step.yaml, step 2: there is no step 'quantise-int8'; there are: prune-channels, prune-layers, prune-weights, {{.*}}factorize, share-weights, share-kernels, quantize-int8
OPTION: option.yaml, step 1: 'prune-weights' has no option 'ratios'; it has: criterion, damping, data, exclude, {{.*}}ratio,
VALUE: for the --criterion option: unknown value 'largest', expected one of: magnitude, wanda, obs
VALUE: value.yaml, step 1: 'prune-weights' cannot read its options
INDENT: indent.yaml:2: a step has one name; options of 'prune-weights' are indented further than it
BROKEN: broken.yaml:
EMPTY: empty.yaml' has no steps
KEY: key.yaml:1: 'recipe' is no key of a recipe; there is 'steps'
MISSING: cannot read recipe '{{.*}}missing.yaml': No such file
FILE: 'recipe' needs file=FILE, a list of steps

//--- net.mlir
// CHECK-NOT: nnq.invariants
// CHECK: nnq.layer = "fc1"
// CHECK: nnq.layer = "fc2.0"
// CHECK: nnq.layer = "fc2.1"
// INT8: quant.qcast
// INT8-NOT: nnq.invariants
func.func @net(%x: tensor<1x16xf32>) -> tensor<1x8xf32> {
  %zero = arith.constant 0.0 : f32
  %v = arith.constant dense_resource<v> : tensor<16x16xf32>
  %w = arith.constant dense_resource<w> : tensor<16x8xf32>
  %e = tensor.empty() : tensor<1x16xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<1x16xf32>) -> tensor<1x16xf32>
  %0 = linalg.matmul {nnq.layer = "fc1"} ins(%x, %v : tensor<1x16xf32>, tensor<16x16xf32>) outs(%i : tensor<1x16xf32>) -> tensor<1x16xf32>
  %1 = linalg.generic {indexing_maps = [affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>], iterator_types = ["parallel", "parallel"]} ins(%0 : tensor<1x16xf32>) outs(%e : tensor<1x16xf32>) {
  ^bb0(%a: f32, %o: f32):
    %r = arith.maximumf %a, %zero : f32
    linalg.yield %r : f32
  } -> tensor<1x16xf32>
  %f = tensor.empty() : tensor<1x8xf32>
  %j = linalg.fill ins(%zero : f32) outs(%f : tensor<1x8xf32>) -> tensor<1x8xf32>
  %2 = linalg.matmul {nnq.layer = "fc2"} ins(%1, %w : tensor<1x16xf32>, tensor<16x8xf32>) outs(%j : tensor<1x8xf32>) -> tensor<1x8xf32>
  return %2 : tensor<1x8xf32>
}

{-# dialect_resources: { builtin: { v: "0x0400000000007D3F0000703F000037BF000066BF0000D0BE00001FBF0000FE3E00004B3F000052BF000086BE000028BF0000DC3E0000D03E0000C6BE0000C03E000080BE0000EABE0000D4BE00000ABF0000E43E0000DCBE000022BF00008A3E00002A3F0000CABE0000A03E00000D3F000058BF0000A03E00001A3F00003B3F0000DE3E0000383F00009CBE00008A3E0000273F00004CBF00001D3F0000543F000033BF000075BF00005FBF0000BCBE000036BF0000433F0000463F0000363F000056BF00000B3F00002EBF0000EABE0000433F0000CA3E0000063F00000FBF00000E3F0000A8BE000078BF00003B3F000078BF0000A8BE0000903E00007DBF0000003F0000663F0000CA3E000063BF00003EBF0000EA3E00007BBF000061BF0000B63E00002FBF0000CC3E00002BBF0000C83E00005E3F000045BF00003C3F00003A3F00000A3F0000273F0000B8BE0000483F000060BF0000163F0000ACBE0000053F0000A03E0000713F00000EBF00004F3F00003C3F0000703F0000173F000054BF000039BF0000133F0000363F0000403F0000193F0000643F00007C3F0000193F000070BF00001D3F0000443F000047BF0000E4BE00003A3F0000713F000078BF0000D63E00000D3F0000783F0000E4BE000056BF00005F3F0000F0BE000061BF000038BF0000D4BE0000C4BE000011BF00003BBF00004CBF00002ABF0000193F0000693F000057BF0000F8BE0000803E0000273F0000283F000070BF0000923E0000B03E00004B3F0000543F00001A3F00002BBF0000503F0000373F0000D0BE0000503F0000E43E00005BBF000019BF000021BF000013BF000013BF00002D3F0000F23E00000A3F0000753F0000223F000058BF00007D3F00003F3F00002A3F000011BF00003D3F0000C83E00008C3E000068BF0000FC3E0000943E000024BF00003ABF0000FC3E0000923E00003DBF0000CE3E00000B3F00005B3F0000443F000088BE00000CBF0000483F00005D3F00007B3F000036BF00001C3F000092BE000000BF00006F3F00006FBF000086BE00002D3F0000223F0000243F00000BBF0000A03E0000803E0000553F0000653F00000F3F0000D4BE0000713F0000143F00002CBF0000A2BE000004BF0000A0BE000015BF0000A23E0000733F0000983E0000BEBE00005DBF000076BF00000ABF0000CC3E00005CBF000029BF0000A2BE000096BE000069BF00007E3F000007BF000052BF00007EBF00005F3F000084BE0000AE3E00006F3F00003D3F0000673F00009C3E000072BF0000CC3E00004E3F000003BF00004DBF000001BF0000443F0000F8BE0000343F0000DA3E000076BF000067BF0000AA3E0000AEBE000041BF0000FA3E0000363F0000123F000047BF00004ABF00009A3E00002DBF00007FBF0000AABE0000EC3E000073BF00001A3F", w: "0x0400000000000ABF00005D3F0000223F0000C43E0000653F0000613F00001C3F000057BF00007DBF000025BF0000B0BE000090BE0000E6BE000094BE00003B3F0000803E0000383F00005E3F0000123F0000363F0000E2BE000067BF0000A4BE0000223F0000CC3E0000B83E0000D23E00006C3F000090BE0000903E00001E3F00009E3E00006CBF0000383F0000BCBE00000A3F00006C3F00007ABF000090BE000076BF000053BF000068BF00005EBF0000743F00006E3F0000DE3E00001C3F0000A23E0000D23E0000D8BE000096BE0000793F0000823E00009E3E00006E3F0000D63E000090BE0000B03E0000F8BE0000AE3E00009A3E000064BF00003FBF00009E3E000001BF0000323F0000633F000092BE0000DABE0000E03E0000AABE0000B63E00004ABF000059BF00007ABF00005FBF000030BF00003C3F0000523F0000453F000079BF00000EBF0000F23E0000C6BE00003B3F000003BF0000103F0000C2BE000038BF000072BF00002DBF000006BF00003EBF000098BE000009BF0000B23E00002BBF0000213F000009BF000053BF000031BF000070BF00007ABF000073BF0000043F000021BF000012BF00000EBF0000C6BE00003F3F0000093F0000A0BE00008EBE000098BE00001BBF0000023F0000F6BE0000C03E0000E63E00001B3F0000D2BE00007ABF000004BF000061BF000032BF00002D3F000015BF0000323F" } } #-}
