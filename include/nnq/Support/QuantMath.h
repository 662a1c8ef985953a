//===- QuantMath.h - Arithmetic of quantization ---------------------------===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_QUANTMATH_H
#define NNQ_SUPPORT_QUANTMATH_H

#include <cstdint>

namespace nnq {

/// The integers that a quantized value may take.
struct StorageRange {
  int32_t min;
  int32_t max;
};

inline constexpr StorageRange kInt8{-128, 127};
/// Leaves out -128, so that the range is symmetric.
inline constexpr StorageRange kNarrowInt8{-127, 127};
inline constexpr StorageRange kUInt8{0, 255};
inline constexpr StorageRange kInt4{-8, 7};
/// Products of two such weights with u8 add up to less than 2^15.
inline constexpr StorageRange kReducedInt8{-63, 63};

/// The weights of one sign that a signed 16-bit sum of products with u8 holds
/// for certain: 255 * 128 < 2^15.
inline constexpr int64_t kMaxWeightSumI16 = 128;
/// The same for products with s8, and weights of both signs: 128 * 255 < 2^15.
inline constexpr int64_t kMaxSignedWeightSumI16 = 255;

/// real = (q - zeroPoint) * scale
struct QuantParams {
  float scale = 1.0f;
  int32_t zeroPoint = 0;
};

/// Parameters with zero point 0 that cover [min, max]. A range without extent
/// has scale 1.
QuantParams chooseSymmetricParams(double min, double max, StorageRange range);

/// Parameters that cover [min, max] and zero, which is represented exactly. A
/// range without extent has scale 1.
QuantParams chooseAsymmetricParams(double min, double max, StorageRange range);

/// The one of these that a scheme means.
QuantParams chooseParams(double min, double max, bool isSymmetric,
                         StorageRange range);

/// Parameters of an activation of 8 bits, and the integers that it may take.
struct ActivationGrid {
  QuantParams params;
  StorageRange range;
};
ActivationGrid chooseActivationGrid(double min, double max, bool isSymmetric);

/// clamp(roundeven(x / scale) + zeroPoint, range), in f32.
int32_t quantize(float x, QuantParams params, StorageRange range);

} // namespace nnq

#endif // NNQ_SUPPORT_QUANTMATH_H
