// RUN: nnq-opt %s --split-input-file --nnq-raise-tosa-quantization | FileCheck %s

// CHECK-LABEL: func.func @conv
// CHECK-SAME:      %[[X:.*]]: tensor<1x8x8x3xi8>
// CHECK-DAG:     %[[W:.*]] = arith.constant dense<3> : tensor<4x3x3x3xi8>
// The bias is scaled with its channel: 10 * 2^30 * 2^-36.
// CHECK-DAG:     %[[B:.*]] = arith.constant dense<[1.562500e-01, 1.562500e-01, -2.343750e-01, 1.250000e+00]> : tensor<4xf32>
// CHECK-DAG:     %[[XQ:.*]] = quant.scast %[[X]] : {{.*}} to tensor<1x8x8x3x!quant.uniform<i8:f32, 1.000000e+00:-5>>
// CHECK-DAG:     %[[WQ:.*]] = quant.scast %[[W]] : {{.*}}!quant.uniform<i8<-127:127>:f32:0, {1.562500e-02,7.812500e-03,7.812500e-03,3.125000e-02}>>
// CHECK-DAG:     %[[XD:.*]] = quant.dcast %[[XQ]]
// CHECK-DAG:     %[[WD:.*]] = quant.dcast %[[WQ]]
// CHECK:         %[[Y:.*]] = tosa.conv2d %[[XD]], %[[WD]], %[[B]], %[[Z:.*]], %[[Z]] {acc_type = f32
// CHECK:         %[[YQ:.*]] = quant.qcast %[[Y]] : tensor<1x8x8x4xf32> to tensor<1x8x8x4x!quant.uniform<i8:f32, 1.000000e+00:-7>>
// CHECK:         %[[YS:.*]] = quant.scast %[[YQ]]
// CHECK:         return %[[YS]]
func.func @conv(%x: tensor<1x8x8x3xi8>) -> tensor<1x8x8x4xi8> {
  %w = "tosa.const"() <{values = dense<3> : tensor<4x3x3x3xi8>}> : () -> tensor<4x3x3x3xi8>
  %b = "tosa.const"() <{values = dense<[10, 20, -30, 40]> : tensor<4xi32>}> : () -> tensor<4xi32>
  %xz = "tosa.const"() <{values = dense<-5> : tensor<1xi8>}> : () -> tensor<1xi8>
  %wz = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %0 = tosa.conv2d %x, %w, %b, %xz, %wz {acc_type = i32, pad = array<i64: 1, 1, 1, 1>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
      : (tensor<1x8x8x3xi8>, tensor<4x3x3x3xi8>, tensor<4xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x8x8x4xi32>
  %m = "tosa.const"() <{values = dense<1073741824> : tensor<4xi32>}> : () -> tensor<4xi32>
  %s = "tosa.const"() <{values = dense<[36, 37, 37, 35]> : tensor<4xi8>}> : () -> tensor<4xi8>
  %zi = "tosa.const"() <{values = dense<0> : tensor<1xi32>}> : () -> tensor<1xi32>
  %zo = "tosa.const"() <{values = dense<-7> : tensor<1xi8>}> : () -> tensor<1xi8>
  %1 = tosa.rescale %0, %m, %s, %zi, %zo {scale32 = true, rounding_mode = DOUBLE_ROUND, per_channel = true, input_unsigned = false, output_unsigned = false}
      : (tensor<1x8x8x4xi32>, tensor<4xi32>, tensor<4xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x8x8x4xi8>
  return %1 : tensor<1x8x8x4xi8>
}

// -----

// One output channel for each input channel: scales are of dimension 2.
// CHECK-LABEL: func.func @depthwise
// CHECK:         quant.scast %{{.*}} : tensor<3x3x2x1xi8> to tensor<3x3x2x1x!quant.uniform<i8<-127:127>:f32:2, {1.562500e-02,7.812500e-03}>>
// CHECK:         tosa.depthwise_conv2d {{.*}} -> tensor<1x6x6x2xf32>
func.func @depthwise(%x: tensor<1x8x8x2xi8>) -> tensor<1x6x6x2xi8> {
  %w = "tosa.const"() <{values = dense<3> : tensor<3x3x2x1xi8>}> : () -> tensor<3x3x2x1xi8>
  %b = "tosa.const"() <{values = dense<0> : tensor<1xi32>}> : () -> tensor<1xi32>
  %z = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %0 = tosa.depthwise_conv2d %x, %w, %b, %z, %z {acc_type = i32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>, dilation = array<i64: 1, 1>}
      : (tensor<1x8x8x2xi8>, tensor<3x3x2x1xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x6x6x2xi32>
  %m = "tosa.const"() <{values = dense<1073741824> : tensor<2xi32>}> : () -> tensor<2xi32>
  %s = "tosa.const"() <{values = dense<[36, 37]> : tensor<2xi8>}> : () -> tensor<2xi8>
  %zi = "tosa.const"() <{values = dense<0> : tensor<1xi32>}> : () -> tensor<1xi32>
  %1 = tosa.rescale %0, %m, %s, %zi, %z {scale32 = true, rounding_mode = SINGLE_ROUND, per_channel = true, input_unsigned = false, output_unsigned = false}
      : (tensor<1x6x6x2xi32>, tensor<2xi32>, tensor<2xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x6x6x2xi8>
  return %1 : tensor<1x6x6x2xi8>
}

// -----

// The sum is of numbers, and its pool and pad are of what is quantized.
// CHECK-LABEL: func.func @sum
// CHECK-SAME:      %[[A:[a-z0-9]*]]: tensor<1x4x4x2xi8>, %[[B:[a-z0-9]*]]: tensor<1x4x4x2xi8>
// CHECK:         %[[AQ:.*]] = quant.scast %[[A]] {{.*}}!quant.uniform<i8:f32, 1.000000e+00:3>>
// CHECK:         %[[AD:.*]] = quant.dcast %[[AQ]]
// CHECK:         %[[AF:.*]] = arith.constant dense<0x49800000>
// CHECK:         %[[AM:.*]] = tosa.mul %[[AD]], %[[AF]]
// CHECK:         quant.scast %[[B]] {{.*}}!quant.uniform<i8:f32, 1.000000e+00:-4>>
// CHECK:         %[[BM:.*]] = tosa.mul
// CHECK:         %[[S:.*]] = tosa.add %[[AM]], %[[BM]] : (tensor<1x4x4x2xf32>, tensor<1x4x4x2xf32>)
// CHECK:         %[[F:.*]] = arith.constant dense<4.76837158E-7>
// CHECK:         %[[SM:.*]] = tosa.mul %[[S]], %[[F]]
// CHECK:         quant.qcast %[[SM]] {{.*}}!quant.uniform<i8:f32, 1.000000e+00:9>>
// CHECK:         %[[P:.*]] = tosa.max_pool2d %{{.*}} -> tensor<1x2x2x2xf32>
// CHECK:         quant.qcast %[[P]] {{.*}}!quant.uniform<i8:f32, 1.000000e+00:9>>
// The zero point is the number zero.
// CHECK:         %[[ZERO:.*]] = arith.constant dense<0.000000e+00>
// CHECK:         tosa.pad %{{.*}}, %{{.*}}, %[[ZERO]] {{.*}} -> tensor<1x4x4x2xf32>
func.func @sum(%a: tensor<1x4x4x2xi8>, %b: tensor<1x4x4x2xi8>) -> tensor<1x4x4x2xi8> {
  %m = "tosa.const"() <{values = dense<1073741824> : tensor<1xi32>}> : () -> tensor<1xi32>
  %in = "tosa.const"() <{values = dense<10> : tensor<1xi8>}> : () -> tensor<1xi8>
  %out = "tosa.const"() <{values = dense<51> : tensor<1xi8>}> : () -> tensor<1xi8>
  %za = "tosa.const"() <{values = dense<3> : tensor<1xi8>}> : () -> tensor<1xi8>
  %zb = "tosa.const"() <{values = dense<-4> : tensor<1xi8>}> : () -> tensor<1xi8>
  %zy = "tosa.const"() <{values = dense<9> : tensor<1xi8>}> : () -> tensor<1xi8>
  %z = "tosa.const"() <{values = dense<0> : tensor<1xi32>}> : () -> tensor<1xi32>
  %0 = tosa.rescale %a, %m, %in, %za, %z {scale32 = true, rounding_mode = DOUBLE_ROUND, per_channel = false, input_unsigned = false, output_unsigned = false}
      : (tensor<1x4x4x2xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi32>) -> tensor<1x4x4x2xi32>
  %1 = tosa.rescale %b, %m, %in, %zb, %z {scale32 = true, rounding_mode = DOUBLE_ROUND, per_channel = false, input_unsigned = false, output_unsigned = false}
      : (tensor<1x4x4x2xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi32>) -> tensor<1x4x4x2xi32>
  %2 = tosa.add %0, %1 : (tensor<1x4x4x2xi32>, tensor<1x4x4x2xi32>) -> tensor<1x4x4x2xi32>
  %3 = tosa.rescale %2, %m, %out, %z, %zy {scale32 = true, rounding_mode = DOUBLE_ROUND, per_channel = false, input_unsigned = false, output_unsigned = false}
      : (tensor<1x4x4x2xi32>, tensor<1xi32>, tensor<1xi8>, tensor<1xi32>, tensor<1xi8>) -> tensor<1x4x4x2xi8>
  %4 = tosa.max_pool2d %3 {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x4x4x2xi8>) -> tensor<1x2x2x2xi8>
  %pads = tosa.const_shape {values = dense<[0, 0, 1, 1, 1, 1, 0, 0]> : tensor<8xindex>} : () -> !tosa.shape<8>
  %5 = tosa.pad %4, %pads, %zy : (tensor<1x2x2x2xi8>, !tosa.shape<8>, tensor<1xi8>) -> tensor<1x4x4x2xi8>
  return %5 : tensor<1x4x4x2xi8>
}

// -----

// Integers without a sign stay integers, and so does what no rescale has
// quantized.
// CHECK-LABEL: func.func @kept
// CHECK-NOT:     quant.
// CHECK:         tosa.max_pool2d {{.*}} -> tensor<1x2x2x2xi8>
// CHECK-NEXT:    tosa.rescale
// CHECK-NOT:     quant.
func.func @kept(%a: tensor<1x4x4x2xi8>) -> tensor<1x2x2x2xi8> {
  %m = "tosa.const"() <{values = dense<1073741824> : tensor<1xi32>}> : () -> tensor<1xi32>
  %s = "tosa.const"() <{values = dense<30> : tensor<1xi8>}> : () -> tensor<1xi8>
  %z = "tosa.const"() <{values = dense<0> : tensor<1xi8>}> : () -> tensor<1xi8>
  %y = "tosa.const"() <{values = dense<-128> : tensor<1xi8>}> : () -> tensor<1xi8>
  %0 = tosa.max_pool2d %a {kernel = array<i64: 2, 2>, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 2, 2>} : (tensor<1x4x4x2xi8>) -> tensor<1x2x2x2xi8>
  %1 = tosa.rescale %0, %m, %s, %y, %z {scale32 = true, rounding_mode = SINGLE_ROUND, per_channel = false, input_unsigned = false, output_unsigned = true}
      : (tensor<1x2x2x2xi8>, tensor<1xi32>, tensor<1xi8>, tensor<1xi8>, tensor<1xi8>) -> tensor<1x2x2x2xi8>
  return %1 : tensor<1x2x2x2xi8>
}
