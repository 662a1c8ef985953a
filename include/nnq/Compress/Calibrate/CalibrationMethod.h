//===- CalibrationMethod.h - How ranges are chosen --------------*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_CALIBRATE_CALIBRATIONMETHOD_H
#define NNQ_COMPRESS_CALIBRATE_CALIBRATIONMETHOD_H

#include "nnq/Support/EnumOption.h"

namespace nnq {

/// How statistics of a tensor become the range that quantization represents.
enum class CalibrationMethod {
  MinMax,
  MovingAverage,
  Percentile,
  Mse,
  Entropy,
};

/// Values of an option of type CalibrationMethod.
inline llvm::cl::ValuesClass calibrationMethodValues() {
  return llvm::cl::values(
      clEnumValN(CalibrationMethod::MinMax, "minmax", "All that was seen"),
      clEnumValN(CalibrationMethod::MovingAverage, "moving-average",
                 "Moving averages of the extremes of each run"),
      clEnumValN(CalibrationMethod::Percentile, "percentile",
                 "All but a share of the elements"),
      clEnumValN(CalibrationMethod::Mse, "mse",
                 "The least mean squared error of quantization"),
      clEnumValN(CalibrationMethod::Entropy, "entropy",
                 "The least divergence of the distribution"));
}

} // namespace nnq

NNQ_ENUM_OPTION(::nnq::CalibrationMethod)

#endif // NNQ_COMPRESS_CALIBRATE_CALIBRATIONMETHOD_H
