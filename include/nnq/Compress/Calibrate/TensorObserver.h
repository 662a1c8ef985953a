//===- TensorObserver.h - Statistics of a stream of elements ----*- C++ -*-===//
//
// Part of the nnq project.
//
//===----------------------------------------------------------------------===//

#ifndef NNQ_COMPRESS_CALIBRATE_TENSOROBSERVER_H
#define NNQ_COMPRESS_CALIBRATE_TENSOROBSERVER_H

#include "nnq/Dialect/NNQ/IR/NNQ.h"
#include "llvm/ADT/ArrayRef.h"

#include <array>

namespace nnq {

/// Gathers what `#nnq.tensor_stats` holds in one pass and in constant memory.
/// Only the moving averages depend on the order of the elements.
class TensorObserver {
public:
  static constexpr int64_t kNumBins = 2048;

  /// Weight of the last run in moving averages.
  static constexpr double kMovingWeight = 0.01;

  /// Adds the elements of one run.
  void add(llvm::ArrayRef<float> elements);

  int64_t getCount() const { return count; }
  /// False once an element was NaN or infinite; it is not counted.
  bool isFinite() const { return finite; }
  double getMin() const { return min; }
  double getMax() const { return max; }
  double getMovingMin() const { return movingMin; }
  double getMovingMax() const { return movingMax; }
  double getMean() const { return sum / count; }
  double getSecondMoment() const { return sumOfSquares / count; }
  llvm::ArrayRef<int64_t> getHistogram() const { return bins; }

  /// There must be elements, all of them finite.
  TensorStatsAttr getAttr(mlir::MLIRContext *context) const;

private:
  void growTo(float low, float high);

  int64_t count = 0;
  bool finite = true;
  float min = 0, max = 0;
  double movingMin = 0, movingMax = 0;
  double sum = 0, sumOfSquares = 0;

  /// Bins lie over [0, 2^exponent), or [-2^exponent, 2^exponent) if `isSigned`.
  std::array<int64_t, kNumBins> bins{};
  int exponent = -126;
  bool isSigned = false;
};

} // namespace nnq

#endif // NNQ_COMPRESS_CALIBRATE_TENSOROBSERVER_H
