//===- Reciprocal.h - Quantization without division -------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_SUPPORT_RECIPROCAL_H
#define NNQ_SUPPORT_RECIPROCAL_H

#include <cstdint>
#include <optional>

namespace nnq {

/// Multiplication in place of a division before a rounding, in f32. With
/// y = clamp(x, low, high), where a NaN becomes `low`, the integer is
/// roundeven(y * factor), or roundeven(fma(y, factor, y * rest)) if `rest` is
/// not zero.
struct Reciprocal {
  float low;
  float high;
  float factor;
  float rest;
};

/// Factors that give clamp(roundeven(x / divisor), min, max) for every f32 x.
/// Both sides are monotone steps, so that it is proven by a comparison at each
/// step. None for divisors that are not positive, at the ends of the range of
/// f32, and, without fma, for nearly all but powers of two.
std::optional<Reciprocal> findReciprocal(float divisor, int32_t min,
                                         int32_t max, bool hasFma);

} // namespace nnq

#endif // NNQ_SUPPORT_RECIPROCAL_H
